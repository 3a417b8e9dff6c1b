#include "base/log.hpp"
#include "ingest/list_stream.hpp"
#include "ingest/stream_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

// Following the pages of one list.
namespace harrier::ingest {

namespace {

// Bounds a peer that hands out links for ever: far beyond what any documented list returns.
constexpr int kMaxPages = 20'000;

std::string skip_url(const std::string& base, const StreamSpec& spec, std::int64_t skip) {
  const char separator = base.find('?') == std::string::npos ? '?' : '&';
  return fmt::format("{}{}$top={}&$skip={}", base, separator, spec.option("page_size", "1000"),
                     skip);
}

bool has_removals(const StreamSpec& spec) {
  return std::any_of(spec.columns.begin(), spec.columns.end(),
                     [](const auto& rule) { return rule.first == "_Removed"; });
}

}  // namespace

Result<std::shared_ptr<const RecordMap>> ListStream::map_now() const {
  StreamSpec spec = options_.spec;
  for (auto& [column, rule] : spec.columns) {
    if (rule == "=$now") rule = "=" + format_instant(api_.now());
  }
  return stream_map(spec, options_.tenant);
}

void ListStream::count(const model::WriteStats& stats, std::size_t quarantined) {
  const Labels labels = {{"table", options_.table->name}};
  services_.metrics.add("harrier_rows", labels, static_cast<double>(stats.rows));
  services_.metrics.add("harrier_duplicates", labels, static_cast<double>(stats.duplicates));
  services_.metrics.add("harrier_late_rows", labels, static_cast<double>(stats.late));
  if (quarantined > 0)
    services_.metrics.add("harrier_quarantined", labels, static_cast<double>(quarantined));
}

Task<> probe_list(StreamSpec spec, Services& services) {
  net::Request request;
  const bool can_limit = spec.kind == "window" || spec.option("paging") == "skip";
  request.url = can_limit ? spec.path + "?$top=1" : spec.path;
  // The time is required, and since now there is little.
  if (spec.kind == "since")
    request.url += fmt::format("?{}={}", spec.option("field"),
                               encode_query(format_seconds(services.api(spec.api).now())));
  if (const auto filter = spec.option("filter"); !filter.empty())
    request.url += "&$filter=" + encode_query(filter);
  auto response = co_await services.api(spec.api).call(std::move(request));
  if (!response && response.error().code == Errc::not_found &&
      spec.option("missing_is_empty") == "true")
    co_return Result<>();
  if (!response) co_return response.error();
  // The head of the answer is the proof; the rest is not read.
  co_return Result<>();
}

// The first answer may show that the service's clock is behind: then the window has not settled.
bool ListStream::is_early(const model::PageCommit& what) const {
  if (options_.kind != ListKind::window || what.marks.empty()) return false;
  const auto& mark = what.marks.back();
  if (mark.stream != options_.spec.name || has_settled(mark.window, api_.answered_now(), settle()))
    return false;
  log(LogLevel::info, "ingest", "The service's clock is behind; the window is read again later.",
      {{"stream", options_.spec.name}});
  return true;
}

Task<ListStream::ListResult> ListStream::read_list(std::string url, model::PageCommit what,
                                                   std::optional<Instant> pass) {
  ListResult result;
  const bool late = what.late;
  HARRIER_CO_TRY(const auto map, map_now());
  std::set<std::string> seen;
  const std::string prefer = options_.spec.option("prefer");
  const bool skipping = options_.spec.option("paging") == "skip";
  const std::string base = url;
  if (skipping) url = skip_url(base, options_.spec, 0);
  std::int64_t listed = 0;
  for (pages_ = 0; pages_ < kMaxPages; ++pages_) {
    if (!seen.insert(url).second)
      co_return Error(Errc::protocol, "a next link leads back to a page that was read");
    net::Request request;
    request.url = url;
    request.caller = options_.spec.name;
    request.headers.emplace_back("Accept", "application/json");
    if (!prefer.empty()) request.headers.emplace_back("Prefer", prefer);
    auto response = co_await api_.call(std::move(request));
    const bool none = !response && response.error().code == Errc::not_found &&
                      options_.spec.option("missing_is_empty") == "true";
    if (!response && !none) co_return response.error();

    IngestedPage page;
    if (none) {
      HARRIER_CO_TRY(page.writer, co_await store_->open_page(pass));
    } else {
      PageOptions options;
      options.stream = options_.spec.name;
      options.items = options_.spec.option("items", "value");
      options.map = map;
      options.removals = has_removals(options_.spec);
      options.pass = pass;
      HARRIER_CO_TRY(page, co_await ingest_page(**response, *store_, std::move(options)));
    }
    std::string next = page.member_text("@odata.nextLink");
    listed += page.records;
    if (skipping && next.empty() && page.records > 0) next = skip_url(base, options_.spec, listed);
    model::PageCommit commit;
    if (next.empty()) {
      result.delta_link = page.member_text("@odata.deltaLink");
      commit = std::move(what);
      if (!result.delta_link.empty())
        commit.cursors.emplace_back(cursor_name("delta"), result.delta_link);
      result.early = is_early(commit);
      if (result.early) commit.marks.clear();
    }
    commit.late = late;
    commit.quarantine = std::move(page.quarantine);
    const std::size_t quarantined = commit.quarantine.size();
    HARRIER_CO_TRY(const auto stats, co_await page.writer->commit(std::move(commit)));
    count(stats, quarantined);
    result.late += stats.late;
    log(LogLevel::trace, "ingest", "A page is stored.",
        {{"stream", options_.spec.name}, {"rows", stats.rows}, {"duplicates", stats.duplicates}});
    if (next.empty()) co_return result;
    url = std::move(next);
  }
  co_return Error(Errc::protocol, fmt::format("more than {} pages in one list", kMaxPages));
}

}  // namespace harrier::ingest
