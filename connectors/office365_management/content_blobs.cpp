#include "base/log.hpp"
#include "connectors/office365_management/content_stream.hpp"

#include <boost/asio/experimental/parallel_group.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

// Fetching blobs: a round of several at once, each stored and finished on its own.
namespace harrier::connectors::office365_management {

namespace {

constexpr std::size_t kRound = 32;
constexpr std::size_t kAtOnce = 4;
constexpr int kMaxFailures = 6;
// A larger blob is stored in pieces: its records' keys make a second fetch harmless.
constexpr std::size_t kFlushBytes = 16ULL << 20;
constexpr std::string_view kLate = "late ";

// Codes and answers that mean this blob will never come.
bool is_lost(const Error& error) {
  constexpr std::array<std::string_view, 3> kCodes = {"AF20050", "AF20051", "AF20052"};
  if (std::find(kCodes.begin(), kCodes.end(), error.service_code) != kCodes.end()) return true;
  return error.code == Errc::not_found || error.code == Errc::gone;
}

// A failure that says something about this blob only; others are worth trying.
bool is_its_own(const Error& error) {
  return error.code == Errc::unavailable || error.code == Errc::timeout ||
         error.code == Errc::protocol || error.code == Errc::parse;
}

}  // namespace

Task<bool> ContentStream::fetch_blobs() {
  HARRIER_CO_TRY(auto items,
                 co_await services_.stores.state().pending_items(options_.spec.name, kRound + 1));
  const bool more = items.size() > kRound;
  if (more) items.resize(kRound);
  std::size_t next = 0;
  Result<> failure;
  int failures = 0;
  // Each worker takes the next item until none is left; a failed item stays durable work and does
  // not stop the others.
  const auto work = [&]() -> asio::awaitable<void> {
    while (next < items.size() && failures < kMaxFailures) {
      model::WorkItem item = std::move(items[next++]);
      auto done = co_await fetch_blob(std::move(item));
      if (done) continue;
      failures += is_its_own(done.error()) ? 1 : kMaxFailures;
      failure = done;
    }
  };
  using namespace asio::experimental::awaitable_operators;
  static_assert(kAtOnce == 4);
  co_await (work() && work() && work() && work());
  if (!failure) co_return failure.error();
  co_return more;
}

Task<> ContentStream::fetch_blob(model::WorkItem item) {
  if (item.expires < api_.now())
    co_return co_await lose(item, "the blob expired before it could be fetched");
  const bool late = item.detail.starts_with(kLate);
  net::Request request;
  request.caller = options_.spec.name;
  request.url =
      with_publisher(late ? item.detail.substr(kLate.size()) : item.detail, options_.feed);
  auto response = co_await api_.call(std::move(request));
  if (!response && is_lost(response.error()))
    co_return co_await lose(item, response.error().message);
  if (!response) co_return response.error();
  BlobRows rows(router_, feed_tables_, options_.spec.name);
  ingest::PageReader reader(rows, {});
  for (;;) {
    HARRIER_CO_TRY(const std::string_view chunk, co_await (*response)->read());
    if (chunk.empty()) break;
    HARRIER_CO_TRYV(reader.feed(chunk));
    if (rows.bytes() > kFlushBytes) HARRIER_CO_TRYV(co_await store_rows(rows, late));
  }
  HARRIER_CO_TRYV(reader.finish());
  HARRIER_CO_TRYV(co_await store_rows(rows, late));
  co_return co_await finish(item);
}

// One table after the other: no page of one store is held while another is waited for.
Task<> ContentStream::store_rows(BlobRows& rows, bool late) {
  auto quarantine = rows.take_quarantine();
  if (!quarantine.empty()) {
    services_.metrics.add("harrier_quarantined", {{"table", quarantine.front().table}},
                          static_cast<double>(quarantine.size()));
    HARRIER_CO_TRYV(co_await services_.stores.state().quarantine(std::move(quarantine)));
  }
  for (std::size_t i = 0; i < feed_tables_.size(); ++i) {
    auto batch = rows.take(i);
    if (!batch) continue;
    HARRIER_CO_TRY(auto page, co_await feed_tables_[i].store->open_page());
    auto taken = std::move(*batch);
    HARRIER_CO_TRYV(co_await page->append(std::move(taken)));
    model::PageCommit what;
    what.late = late;
    HARRIER_CO_TRY(const auto stats, co_await page->commit(std::move(what)));
    const Labels labels = {{"table", feed_tables_[i].store->schema()->name}};
    services_.metrics.add("harrier_rows", labels, static_cast<double>(stats.rows));
    services_.metrics.add("harrier_duplicates", labels, static_cast<double>(stats.duplicates));
    services_.metrics.add("harrier_late_rows", labels, static_cast<double>(stats.late));
  }
  co_return Result<>();
}

Task<> ContentStream::finish(const model::WorkItem& item) {
  model::FeedCommit commit;
  commit.stream = options_.spec.name;
  commit.finished.push_back(item.id);
  co_return co_await services_.stores.state().commit_feed(std::move(commit));
}

Task<> ContentStream::lose(const model::WorkItem& item, std::string reason) {
  log(LogLevel::error, "office365", "A content blob is lost.",
      {{"stream", options_.spec.name},
       {"created", format_seconds(item.created)},
       {"reason", reason},
       {"remedy", "nothing brings it back from this API; harrier verify lists what is lost"}});
  const Instant from = whole_second(item.created);
  const model::Window window{from, from + std::chrono::seconds(1)};
  model::FeedCommit commit;
  commit.stream = options_.spec.name;
  commit.marks.emplace_back(options_.spec.name, window, model::WindowState::lost, reason);
  commit.lost.emplace_back(item.id, reason);
  HARRIER_CO_TRYV(co_await services_.stores.state().commit_feed(std::move(commit)));
  ledger_.mark(window, model::WindowState::lost, std::move(reason));
  co_return Result<>();
}

}  // namespace harrier::connectors::office365_management
