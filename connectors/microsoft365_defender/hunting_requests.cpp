#include "base/log.hpp"
#include "connectors/microsoft365_defender/hunting_reply.hpp"
#include "connectors/microsoft365_defender/hunting_stream.hpp"

// The requests a hunting stream makes.
namespace harrier::connectors::microsoft365_defender {

namespace {

// A count or a probe is small; a probe row may be a large record.
constexpr std::size_t kSmallReply = 96ULL << 20;
constexpr Ticks kProbeEvery = std::chrono::hours(1);

}  // namespace

net::Request hunting_request(const ingest::StreamSpec& spec, std::string_view query) {
  net::Request request;
  request.method = net::Method::post;
  request.url = spec.path;
  request.caller = spec.name;
  request.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
  request.body = request_body(query);
  return request;
}

Task<ingest::IngestedPage> HuntingStream::fetch(HuntingRead read, std::optional<Instant> pass) {
  auto request = hunting_request(options_.spec, rows_query(read));
  HARRIER_CO_TRY(auto response, co_await api_.call(std::move(request)));
  ingest::PageOptions page;
  page.stream = options_.spec.name;
  page.items = "results";
  page.typed_by_reply = true;
  page.pass = pass;
  co_return co_await ingest::ingest_page(*response, *store_, std::move(page));
}

Task<std::int64_t> HuntingStream::count(HuntingRead read) {
  auto request = hunting_request(options_.spec, count_query(read));
  HARRIER_CO_TRY(auto response, co_await api_.call(std::move(request)));
  HARRIER_CO_TRY(const std::string body, co_await net::read_all(*response, kSmallReply));
  co_return count_of_reply(body);
}

Task<std::optional<bool>> HuntingStream::tells_ingestion_time() {
  auto request = hunting_request(options_.spec, probe_query(options_.table->name, 1));
  HARRIER_CO_TRY(auto response, co_await api_.call(std::move(request)));
  HARRIER_CO_TRY(const std::string body, co_await net::read_all(*response, kSmallReply));
  co_return reply_tells_ingestion_time(body);
}

Task<> HuntingStream::choose_clock() {
  const Instant now = api_.now();
  if (last_probe_ && now - *last_probe_ < kProbeEvery) co_return Result<>();
  last_probe_ = now;
  HARRIER_CO_TRY(const auto tells, co_await tells_ingestion_time());
  if (!tells) co_return Result<>();
  clock_proven_ = true;
  if (*tells || options_.table->time_column.empty()) co_return Result<>();
  log(LogLevel::info, "hunting",
      "The service tells no ingestion time; windows run on event time with a wide overlap.",
      {{"table", options_.table->name}});
  clock_ = options_.table->time_column;
  const model::Window all{main_.ledger.begin(), main_.ledger.end()};
  main_.ledger.mark(all, model::WindowState::pending);
  co_return Result<>();
}

// A current state is read in one pass of hash shards; the pass counts only when its last shard is
// stored.
Task<ingest::PollOutcome> HuntingStream::poll_snapshot(const ingest::PollContext& context) {
  HARRIER_CO_TRYV(co_await removals_.finish(*store_));
  const Instant now = api_.now();
  const Ticks every =
      std::max<Ticks>(options_.spec.duration("poll", std::chrono::hours(6)), rules_.poll_interval);
  const auto last = main_.ledger.last_done();
  const bool due = context.once ? !last || *last < horizon(context) : !last || now - *last >= every;
  if (due) HARRIER_CO_TRYV(co_await read_snapshot(last.value_or(now - every)));
  const Instant since = main_.ledger.last_done().value_or(now) - api_.clock_skew();
  co_return outcome(false, since + every);
}

Task<> HuntingStream::read_snapshot(Instant since) {
  HuntingRead read;
  read.table = options_.table->name;
  read.filter = options_.filter;
  const Instant pass = whole_second(api_.now());
  const model::Window window{since, pass};
  const std::optional<Instant> seen_in = pass;
  // A table without a time column knows its newest complete reading; in the others, what is no
  // longer listed needs a version that says so.
  const bool removes = !options_.table->is_snapshot();
  HARRIER_CO_TRY(const std::int64_t rows, co_await count(read));
  int shards = rows * 2 <= options_.max_rows ? 1 : shards_for(rows, options_.max_rows);
  for (; shards <= 4096; shards *= 2) {
    bool whole = true;
    for (int index = 0; index < shards && whole; ++index) {
      read.shard = {index, shards};
      auto page = co_await fetch(read, seen_in);
      if (!page && page.error().code != Errc::too_large) co_return page.error();
      whole = page && !may_be_cut(page->records, options_.max_rows);
      if (!whole) continue;
      const bool last = index + 1 == shards;
      model::PageCommit what;
      if (last && removes) removals_.record(what, pass);
      HARRIER_CO_TRYV(co_await commit(main_, std::move(*page), last, window, std::move(what)));
      if (last && removes) removals_.recorded(pass);
    }
    if (whole) co_return co_await removals_.finish(*store_);
  }
  co_return Error(Errc::too_large, "the table exceeds the service's limits even in 4096 parts");
}

}  // namespace harrier::connectors::microsoft365_defender
