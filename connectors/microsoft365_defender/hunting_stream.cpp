#include "connectors/microsoft365_defender/hunting_stream.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harrier::connectors::microsoft365_defender {

namespace {

using model::Window;
using model::WindowState;

constexpr Ticks kFirstWidth = std::chrono::hours(1);
constexpr Ticks kRereadSpan = std::chrono::hours(48);
constexpr Ticks kRereadEvery = std::chrono::hours(24);
constexpr Ticks kRereadWidth = std::chrono::hours(6);
// Without ingestion times late rows show only when their event time is read again.
constexpr Ticks kEventTimeOverlap = std::chrono::hours(6);

}  // namespace

HuntingStream::HuntingStream(HuntingOptions options, ingest::Services& services)
    : options_(std::move(options)),
      services_(services),
      api_(services.api(options_.spec.api)),
      tables_{options_.table},
      main_(options_.spec.name, kFirstWidth, rules_),
      removals_(cursor_name("removal")) {
  rules_.poll_interval = options_.poll_interval;
  rules_.retention = options_.spec.duration("retention", std::chrono::hours(24 * 30));
}

std::string HuntingStream::fingerprint() const {
  return fmt::format("hunting {} {} {} {} {} {} {}", options_.spec.name,
                     options_.poll_interval.count(), options_.settle.count(),
                     options_.backfill.count(), options_.max_rows, options_.max_bytes,
                     options_.filter);
}

std::string HuntingStream::cursor_name(std::string_view what) const {
  return fmt::format("{}.{}", options_.spec.name, what);
}

Instant HuntingStream::horizon(const ingest::PollContext& context) const {
  const Instant now = context.once ? *context.once + api_.clock_skew() : api_.now();
  return whole_second(now - options_.settle);
}

ingest::PollOutcome HuntingStream::outcome(bool more, Instant next) const {
  ingest::PollOutcome result;
  result.more = more;
  result.next = next;
  result.progress = ingest::progress_of(main_.ledger);
  return result;
}

Task<> HuntingStream::save_cursor(std::string name, std::string value) {
  HARRIER_CO_TRY(auto page, co_await store_->open_page());
  model::PageCommit what;
  what.cursors.emplace_back(std::move(name), std::move(value));
  HARRIER_CO_TRYV(co_await page->commit(std::move(what)));
  co_return Result<>();
}

Task<> HuntingStream::load() {
  HARRIER_CO_TRY(store_, co_await services_.stores.open(options_.table));
  HARRIER_CO_TRY(main_.ledger, co_await store_->ledger(main_.ledger_name));
  HARRIER_CO_TRY(const auto clock, co_await store_->cursor(cursor_name("clock")));
  clock_proven_ = clock.has_value();
  clock_ = clock == "event" ? options_.table->time_column : "_Ingested";
  HARRIER_CO_TRY(const auto reread_at, co_await store_->cursor(cursor_name("reread_at")));
  last_reread_ = reread_at ? parse_instant(*reread_at) : std::nullopt;
  HARRIER_CO_TRY(const auto reread, co_await store_->cursor(cursor_name("reread")));
  if (const auto window = reread ? parse_window(*reread) : std::nullopt) {
    reread_.emplace(options_.spec.name + "/reread", kRereadWidth, rules_);
    reread_->late = true;
    reread_->ledger.mark(*window, WindowState::pending);
  }
  co_return co_await removals_.load(*store_);
}

Task<ingest::PollOutcome> HuntingStream::poll(ingest::PollContext context) {
  if (!store_) HARRIER_CO_TRYV(co_await load());
  const bool snapshot = options_.spec.option("clock") == "snapshot";
  auto result = Result<ingest::PollOutcome>(Error());
  if (snapshot) {
    result = co_await poll_snapshot(context);
  } else {
    result = co_await poll_windows(context);
  }
  if (!result || !result->more) {
    const auto settled = co_await settle();
    if (result && !settled) result = settled.error();
    if (result) result->progress = ingest::progress_of(main_.ledger);
  }
  if (!result && result.error().code == Errc::storage_corrupt) store_.reset();
  co_return result;
}

// Plans up to `horizon`; what the service no longer has is recorded as lost.
Task<> HuntingStream::advance(Lane& lane, Instant origin, Instant horizon, Instant now) {
  if (!ingest::advance(lane.ledger, origin, horizon, now, rules_)) co_return Result<>();
  const auto spans = lane.ledger.entries();  // giving up changes the ledger
  for (const auto& entry : spans) {
    if (entry.state == WindowState::lost)
      HARRIER_CO_TRYV(co_await give_up(lane, entry.window, entry.state, entry.reason));
  }
  co_return Result<>();
}

Task<ingest::PollOutcome> HuntingStream::poll_windows(const ingest::PollContext& context) {
  const Instant now = api_.now();
  // By the machine's clock: what the service's is said to be may jump.
  const Instant here = services_.clock.now();
  const bool newest_due =
      !last_newest_ ||
      (context.once ? !ingest::is_pending_before(horizon(context), expected_ledger())
                    : here - *last_newest_ >= rules_.poll_interval);
  if (newest_due) {
    HARRIER_CO_TRYV(co_await settle());
    const Instant newest = horizon(context);
    HARRIER_CO_TRYV(co_await advance(main_, whole_second(newest - options_.backfill), newest, now));
    last_newest_ = here;
    HARRIER_CO_TRYV(co_await plan_reread(now, context.once.has_value()));
    HARRIER_CO_TRYV(co_await plan_backfill(now));
  }
  const Instant end = horizon(context);
  const bool newest_first = newest_due && !context.once;
  const auto window =
      ingest::next_window_before(end, expected_ledger(), main_.width.width(), newest_first, rules_);
  if (!window) HARRIER_CO_TRYV(co_await settle());
  if (window) {
    HARRIER_CO_TRYV(co_await read_window(main_, *window, clock_));
  } else if (backfill_) {
    const auto part =
        ingest::next_window(backfill_->ledger, backfill_->width.width(), false, rules_);
    if (part) HARRIER_CO_TRYV(co_await read_window(*backfill_, *part, clock_));
    if (backfill_->ledger.counts().pending == 0) {
      HARRIER_CO_TRYV(co_await services_.stores.state().finish_backfill(backfill_id_));
      backfill_.reset();
      HARRIER_CO_TRYV(co_await plan_backfill(now));
    }
  } else if (reread_) {
    const auto part = ingest::next_window(reread_->ledger, reread_->width.width(), false, rules_);
    if (part) HARRIER_CO_TRYV(co_await read_window(*reread_, *part, options_.table->time_column));
    if (reread_->ledger.counts().pending == 0) reread_.reset();
  }
  // An answer may have shown that the service's clock is ahead.
  const bool unplanned = context.once && main_.ledger.end() < horizon(context);
  const bool more =
      ingest::is_pending_before(end, expected_ledger()) || unplanned || backfill_ || reread_;
  co_return outcome(more, last_newest_.value_or(here) + rules_.poll_interval);
}

Task<> HuntingStream::plan_reread(Instant now, bool once) {
  if (reread_ || options_.table->time_column.empty()) co_return Result<>();
  const bool daily = last_reread_ && now - *last_reread_ >= kRereadEvery;
  std::optional<Window> span;
  if (daily) span = Window{whole_second(now - kRereadSpan), whole_second(now - options_.settle)};
  const auto done = main_.ledger.last_done();
  if (!span && by_event_time() && done && !once) span = Window{*done - kEventTimeOverlap, *done};
  if (!last_reread_ || daily) {
    last_reread_ = now;
    HARRIER_CO_TRYV(co_await save_cursor(cursor_name("reread_at"), format_instant(now)));
  }
  if (!span) co_return Result<>();
  HARRIER_CO_TRYV(co_await save_cursor(cursor_name("reread"), window_text(*span)));
  reread_.emplace(options_.spec.name + "/reread", kRereadWidth, rules_);
  reread_->late = true;
  reread_->ledger.mark(*span, WindowState::pending);
  co_return Result<>();
}

Task<> HuntingStream::plan_backfill(Instant now) {
  if (backfill_) co_return Result<>();
  HARRIER_CO_TRY(const auto requests, co_await services_.stores.state().backfills());
  for (const auto& request : requests) {
    if (request.table != options_.table->name) continue;
    backfill_id_ = request.id;
    backfill_.emplace(fmt::format("{}/backfill/{}", options_.spec.name, request.id), kFirstWidth,
                      rules_);
    HARRIER_CO_TRY(backfill_->ledger, co_await store_->ledger(backfill_->ledger_name));
    const Window window{request.window.from, std::min({request.window.to, main_.ledger.end(),
                                                       whole_second(now - options_.settle)})};
    if (backfill_->ledger.empty()) backfill_->ledger.mark(window, WindowState::pending);
    co_return co_await advance(*backfill_, window.from, window.from, now);
  }
  co_return Result<>();
}

}  // namespace harrier::connectors::microsoft365_defender
