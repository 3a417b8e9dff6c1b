#include "ingest/list_stream.hpp"

#include "base/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace harrier::ingest {

namespace {

using model::Window;
using model::WindowState;

constexpr Ticks kMaxOverlap = std::chrono::hours(24);
constexpr Ticks kDefaultFull = std::chrono::hours(24 * 7);
// A list is paged, so its size says nothing about the width; windows grow back slowly after a
// refusal.
constexpr double kListFill = 0.1;

std::string with_query(std::string url, std::string_view query) {
  if (query.empty()) return url;
  url += url.find('?') == std::string::npos ? '?' : '&';
  return url += query;
}

}  // namespace

namespace {

std::optional<ListKind> parse_list_kind(std::string_view kind) noexcept {
  if (kind == "window") return ListKind::window;
  if (kind == "snapshot") return ListKind::snapshot;
  if (kind == "delta") return ListKind::delta;
  if (kind == "since") return ListKind::since;
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Stream> make_list_stream(const StreamSpec& spec, model::TablePtr table,
                                         const settings::Settings& all,
                                         const settings::Connector& setting,
                                         const settings::TableSetting& own, Services& services) {
  const auto kind = parse_list_kind(spec.kind);
  if (!kind) return nullptr;
  ListOptions options;
  options.spec = spec;
  options.kind = *kind;
  options.table = std::move(table);
  options.tenant = all.tenant.id;
  options.poll_interval = own.poll_interval.value_or(setting.poll_interval);
  options.backfill = setting.backfill;
  return std::make_unique<ListStream>(std::move(options), services);
}

std::string encode_query(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

ListStream::ListStream(ListOptions options, Services& services)
    : options_(std::move(options)),
      services_(services),
      api_(services.api(options_.spec.api)),
      tables_{options_.table},
      width_(options_.spec.duration("max_window", std::chrono::hours(24)), rules_),
      field_(options_.spec.option("field")),
      removals_(cursor_name("removal")) {
  rules_.poll_interval =
      std::max(options_.poll_interval, options_.spec.duration("poll", options_.poll_interval));
  rules_.retention = options_.spec.duration("retention", std::chrono::hours(24 * 30));
  rules_.max_width = options_.spec.duration("max_window", std::chrono::hours(24));
  overlap_ = options_.spec.duration("overlap", std::chrono::hours(1));
}

std::string ListStream::fingerprint() const {
  return fmt::format("list {} {} {}", options_.spec.name, options_.poll_interval.count(),
                     options_.backfill.count());
}

std::string ListStream::cursor_name(std::string_view what) const {
  return fmt::format("{}.{}", options_.spec.name, what);
}

Ticks ListStream::settle() const {
  return options_.spec.duration("settle", std::chrono::seconds(60));
}

Instant ListStream::horizon(const PollContext& context) const {
  const Instant now = context.once ? *context.once + api_.clock_skew() : api_.now();
  return whole_second(now - settle());
}

PollOutcome ListStream::outcome(bool more, Instant next) const {
  PollOutcome result;
  result.more = more;
  result.next = next - api_.clock_skew();
  result.progress = progress_of(ledger_);
  return result;
}

Task<> ListStream::load() {
  HARRIER_CO_TRY(store_, co_await services_.stores.open(options_.table));
  HARRIER_CO_TRY(ledger_, co_await store_->ledger(options_.spec.name));
  HARRIER_CO_TRY(const auto overlap, co_await store_->cursor(cursor_name("overlap")));
  std::int64_t ticks = 0;
  if (overlap &&
      std::from_chars(overlap->data(), overlap->data() + overlap->size(), ticks).ec == std::errc())
    overlap_ = std::clamp(Ticks(ticks), overlap_, kMaxOverlap);
  HARRIER_CO_TRY(const auto delta, co_await store_->cursor(cursor_name("delta")));
  delta_link_ = delta.value_or("");
  HARRIER_CO_TRY(const auto full, co_await store_->cursor(cursor_name("full_at")));
  last_full_ = full ? parse_instant(*full) : std::nullopt;
  co_return co_await removals_.load(*store_);
}

Task<PollOutcome> ListStream::poll(PollContext context) {
  if (!store_) HARRIER_CO_TRYV(co_await load());
  auto result = Result<PollOutcome>(Error());
  switch (options_.kind) {
    case ListKind::window:
      result = co_await poll_windows(context);
      break;
    case ListKind::snapshot:
      result = co_await poll_whole(context);
      break;
    case ListKind::delta:
      result = co_await poll_delta(context);
      break;
    case ListKind::since:
      result = co_await poll_since(context);
      break;
  }
  if (!result && result.error().code == Errc::storage_corrupt) store_.reset();
  co_return result;
}

std::string ListStream::window_url(Window window) const {
  const auto& spec = options_.spec;
  std::string filter = fmt::format("{0} ge {1} and {0} le {2}", field_, format_instant(window.from),
                                   format_instant(window.to));
  if (const auto fixed = spec.option("filter"); !fixed.empty()) filter += " and " + fixed;
  std::string url = with_query(spec.path, "$filter=" + encode_query(filter));
  if (const auto order = spec.option("orderby"); !order.empty())
    url += "&$orderby=" + encode_query(order);
  return with_query(url, spec.option("query"));
}

Task<PollOutcome> ListStream::poll_windows(const PollContext& context) {
  const Instant now = api_.now();
  const bool due =
      context.once.has_value() || !last_poll_ || now - *last_poll_ >= rules_.poll_interval;
  if (due) {
    const Instant end = horizon(context);
    const bool first = !last_poll_;
    if (advance(ledger_, whole_second(end - options_.backfill), end, now, rules_))
      HARRIER_CO_TRYV(co_await mark_lost());
    if (!context.once || first) HARRIER_CO_TRYV(co_await reread_overlap());
    last_poll_ = now;
    HARRIER_CO_TRYV(co_await plan_backfill(now));
  }
  const auto window =
      next_window_before(horizon(context), ledger_, width_.width(), due && !context.once, rules_);
  if (window) {
    HARRIER_CO_TRYV(co_await read_window(*window));
  } else if (backfill_) {
    HARRIER_CO_TRYV(co_await work_backfill(now));
  }
  co_return outcome(is_pending_before(horizon(context), ledger_) || backfill_.has_value(),
                    last_poll_.value_or(now) + rules_.poll_interval);
}

// Rows may appear after their window was read: the end of what is done is read again, and the
// overlap doubles when that finds something.
Task<> ListStream::reread_overlap() {
  const auto done = ledger_.last_done();
  if (!done || overlap_.count() == 0) co_return Result<>();
  const Window window{std::max(whole_second(*done - overlap_), ledger_.begin()), *done};
  if (window.empty()) co_return Result<>();
  model::PageCommit what;
  what.late = true;
  HARRIER_CO_TRY(const auto result,
                 co_await read_list(window_url(window), std::move(what), std::nullopt));
  if (result.late == 0) co_return Result<>();
  overlap_ = std::min<Ticks>(overlap_ * 2, kMaxOverlap);
  log(LogLevel::info, "ingest", "Late rows were found; the overlap grows.",
      {{"stream", options_.spec.name},
       {"rows", result.late},
       {"overlap", format_duration(overlap_)}});
  HARRIER_CO_TRY(auto page, co_await store_->open_page());
  model::PageCommit grown;
  grown.cursors.emplace_back(cursor_name("overlap"), std::to_string(overlap_.count()));
  HARRIER_CO_TRYV(co_await page->commit(std::move(grown)));
  co_return Result<>();
}

Task<> ListStream::mark_lost() {
  HARRIER_CO_TRY(auto page, co_await store_->open_page());
  model::PageCommit what;
  for (const auto& entry : ledger_.entries()) {
    if (entry.state == WindowState::lost)
      what.marks.emplace_back(options_.spec.name, entry.window, entry.state, entry.reason);
  }
  log(LogLevel::error, "ingest", "A span is older than the service keeps and is lost.",
      {{"stream", options_.spec.name},
       {"remedy",
        "nothing brings it back; keep the daemon running, and its permissions, to lose no more"}});
  HARRIER_CO_TRYV(co_await page->commit(std::move(what)));
  co_return Result<>();
}

Task<> ListStream::read_window(Window window) {
  model::PageCommit what;
  model::Ledger after = ledger_;
  after.mark(window, WindowState::done);
  for (const auto& entry : after.entries()) {
    if (entry.state == WindowState::pending)
      what.marks.emplace_back(options_.spec.name, entry.window, entry.state);
  }
  what.marks.emplace_back(options_.spec.name, window, WindowState::done);
  const auto result = co_await read_list(window_url(window), std::move(what), std::nullopt);
  if (result) {
    if (result->early) co_return Result<>();
    ledger_ = std::move(after);
    width_.accepted(window.length(), kListFill);
    co_return Result<>();
  }
  const Errc code = result.error().code;
  const std::string fallback = options_.spec.option("field_fallback");
  if (code == Errc::config && pages_ == 0 && !fallback.empty() && field_ != fallback) {
    log(LogLevel::info, "ingest",
        "The service does not filter by the preferred time; the other one is used.",
        {{"stream", options_.spec.name}, {"field", fallback}});
    field_ = fallback;
    co_return Result<>();
  }
  // Lists refuse to be paged too far, and large ones time out: a shorter window has fewer pages.
  const bool too_long =
      code == Errc::too_large || code == Errc::timeout || (code == Errc::config && pages_ > 0);
  if (too_long && !width_.at_minimum()) width_.refused(window.length());
  if (too_long && code != Errc::timeout && window.length() > rules_.min_width) co_return Result<>();
  co_return result.error();
}

Task<> ListStream::plan_backfill(Instant now) {
  if (backfill_) co_return Result<>();
  HARRIER_CO_TRY(auto requests, co_await services_.stores.state().backfills());
  for (auto& request : requests) {
    if (request.table != options_.table->name) continue;
    const std::string name = fmt::format("{}/backfill/{}", options_.spec.name, request.id);
    HARRIER_CO_TRY(backfill_ledger_, co_await store_->ledger(name));
    const Window window{std::max(request.window.from, now - rules_.retention),
                        std::min(request.window.to, ledger_.end())};
    if (backfill_ledger_.empty()) backfill_ledger_.mark(window, WindowState::pending);
    backfill_ = std::move(request);
    co_return Result<>();
  }
  co_return Result<>();
}

Task<> ListStream::work_backfill(Instant now) {
  if (const auto window = next_window(backfill_ledger_, width_.width(), false, rules_)) {
    model::PageCommit what;
    what.marks.emplace_back(fmt::format("{}/backfill/{}", options_.spec.name, backfill_->id),
                            *window, WindowState::done);
    HARRIER_CO_TRYV(co_await read_list(window_url(*window), std::move(what), std::nullopt));
    backfill_ledger_.mark(*window, WindowState::done);
  }
  if (backfill_ledger_.counts().pending > 0) co_return Result<>();
  HARRIER_CO_TRYV(co_await services_.stores.state().finish_backfill(backfill_->id));
  backfill_.reset();
  HARRIER_CO_TRYV(co_await plan_backfill(now));
  co_return Result<>();
}

// Lists without windows: one pass covers the time since the last one.
std::optional<Window> ListStream::due_pass(const PollContext& context) const {
  const Instant now = api_.now();
  const auto last = ledger_.last_done();
  const bool due = !last || (context.once ? *last < *context.once + api_.clock_skew()
                                          : now - *last >= rules_.poll_interval);
  if (!due) return std::nullopt;
  return Window{last.value_or(whole_second(now) - rules_.poll_interval), whole_second(now)};
}

Task<PollOutcome> ListStream::poll_whole(const PollContext& context) {
  HARRIER_CO_TRYV(co_await removals_.finish(*store_));
  const Instant now = api_.now();
  if (const auto window = due_pass(context)) {
    model::PageCommit what;
    what.marks.emplace_back(options_.spec.name, *window, WindowState::done);
    what.completes_snapshot = true;
    const bool removes = options_.spec.option("tombstones") == "true";
    if (removes) removals_.record(what, window->to);
    std::string url = with_query(options_.spec.path, options_.spec.option("query"));
    const std::optional<Instant> pass = window->to;
    HARRIER_CO_TRYV(co_await read_list(std::move(url), std::move(what), pass));
    ledger_.mark(*window, WindowState::done);
    if (removes) removals_.recorded(window->to);
    HARRIER_CO_TRYV(co_await removals_.finish(*store_));
  }
  co_return outcome(false, ledger_.last_done().value_or(now) + rules_.poll_interval);
}

Task<PollOutcome> ListStream::poll_delta(const PollContext& context) {
  HARRIER_CO_TRYV(co_await removals_.finish(*store_));
  const Instant now = api_.now();
  if (const auto window = due_pass(context)) {
    const bool whole = delta_link_.empty();
    model::PageCommit what;
    what.marks.emplace_back(options_.spec.name, *window, WindowState::done);
    if (whole) removals_.record(what, window->to);
    std::string url =
        whole ? with_query(options_.spec.path, options_.spec.option("query")) : delta_link_;
    const std::optional<Instant> pass = window->to;
    auto result = co_await read_list(std::move(url), std::move(what), pass);
    if (!result && result.error().code == Errc::gone && !whole) {
      log(LogLevel::info, "ingest", "The delta token is no longer valid; everything is read again.",
          {{"stream", options_.spec.name}});
      delta_link_.clear();
      co_return outcome(true, now);
    }
    if (!result) co_return result.error();
    delta_link_ = result->delta_link;
    ledger_.mark(*window, WindowState::done);
    if (whole) removals_.recorded(window->to);
    HARRIER_CO_TRYV(co_await removals_.finish(*store_));
  }
  co_return outcome(false, ledger_.last_done().value_or(now) + rules_.poll_interval);
}

Task<PollOutcome> ListStream::poll_since(const PollContext& context) {
  HARRIER_CO_TRYV(co_await removals_.finish(*store_));
  const Instant now = api_.now();
  if (const auto window = due_pass(context)) {
    const auto last = ledger_.last_done();
    const Ticks every_full = options_.spec.duration(
        "full", std::chrono::duration_cast<std::chrono::milliseconds>(kDefaultFull));
    const bool full =
        !last || !last_full_ || now - *last_full_ >= every_full || now - *last >= rules_.retention;
    model::PageCommit what;
    what.marks.emplace_back(options_.spec.name, *window, WindowState::done);
    if (full) {
      what.cursors.emplace_back(cursor_name("full_at"), format_instant(now));
      removals_.record(what, window->to);
    }
    std::string url = with_query(full ? options_.spec.option("full_path") : options_.spec.path,
                                 options_.spec.option("query"));
    if (!full)
      url = with_query(url, fmt::format("{}={}", options_.spec.option("field"),
                                        encode_query(format_seconds(*last - overlap_))));
    const std::optional<Instant> pass = full ? std::optional(window->to) : std::nullopt;
    HARRIER_CO_TRYV(co_await read_list(std::move(url), std::move(what), pass));
    ledger_.mark(*window, WindowState::done);
    if (full) {
      last_full_ = now;
      removals_.recorded(window->to);
    }
    HARRIER_CO_TRYV(co_await removals_.finish(*store_));
  }
  co_return outcome(false, ledger_.last_done().value_or(now) + rules_.poll_interval);
}

}  // namespace harrier::ingest
