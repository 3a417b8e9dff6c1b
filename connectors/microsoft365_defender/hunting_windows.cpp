#include "base/log.hpp"
#include "connectors/microsoft365_defender/hunting_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// Reading windows: whole, in smaller windows, or in hash shards, until nothing can have been cut.
namespace harrier::connectors::microsoft365_defender {

namespace {

using model::Window;
using model::WindowState;

constexpr int kMaxShards = 4096;
// A window that fails this often in a row in a way that waiting does not mend is given up, so that
// the rest goes on.
constexpr int kGiveUpAfter = 8;

bool asks_for_less(const Error& error) {
  return error.code == Errc::too_large;
}

}  // namespace

// Records a state other than done; the rows of the window are not there.
Task<> HuntingStream::give_up(Lane& lane, Window window, WindowState state, std::string reason) {
  log(LogLevel::error, "hunting", "A window could not be collected.",
      {{"table", options_.table->name},
       {"from", format_seconds(window.from)},
       {"to", format_seconds(window.to)},
       {"reason", reason},
       {"remedy",
        "take away the reason, then read the span again with harrier backfill, unless it is older "
        "than 30 days"}});
  HARRIER_CO_TRY(auto page, co_await store_->open_page());
  model::PageCommit what;
  what.marks.emplace_back(lane.ledger_name, window, state, reason);
  HARRIER_CO_TRYV(co_await page->commit(std::move(what)));
  lane.ledger.mark(window, state, std::move(reason));
  co_return Result<>();
}

Task<> HuntingStream::read_window(Lane& lane, Window window, std::string clock) {
  HuntingRead read;
  read.table = options_.table->name;
  read.clock = std::move(clock);
  read.window = window;
  read.filter = options_.filter;
  auto done = co_await read_whole(lane, read);
  if (done) {
    lane.failures = 0;
    timed_out_ = false;
    co_return Result<>();
  }
  if (done.error().code == Errc::timeout) {
    if (std::exchange(timed_out_, true)) lane.width.refused(window.length());
  }
  const bool hopeless = done.error().code == Errc::protocol || asks_for_less(done.error());
  if (hopeless && ++lane.failures >= kGiveUpAfter) {
    lane.failures = 0;
    co_return co_await give_up(lane, window, WindowState::partial, done.error().message);
  }
  co_return done.error();
}

Task<> HuntingStream::read_whole(Lane& lane, HuntingRead read) {
  const Window window = read.window;
  const bool smallest = window.length() <= rules_.min_width;
  if (lane.careful) {
    HARRIER_CO_TRY(const std::int64_t rows, co_await count(read));
    if (may_be_cut(rows, options_.max_rows)) {
      if (smallest) co_return co_await read_shards(lane, read, rows);
      lane.width.refused(window.length() * options_.max_rows / std::max(rows, options_.max_rows));
      co_return Result<>();
    }
  }
  auto page = co_await fetch(read, std::nullopt);
  HARRIER_CO_TRYV(co_await settle());
  const bool cut = page && may_be_cut(page->records, options_.max_rows);
  if (cut || (!page && asks_for_less(page.error()))) {
    lane.careful = true;
    if (smallest) {
      const std::int64_t rows = cut ? options_.max_rows : 0;
      if (cut) page->writer.reset();
      co_return co_await read_shards(lane, read, rows);
    }
    lane.width.refused(window.length());
    co_return Result<>();
  }
  if (!page) co_return page.error();
  // The first answer may show that the service's clock is behind ours: then the window has not
  // settled yet.
  if (!lane.late && !ingest::has_settled(window, api_.answered_now(), options_.settle)) {
    log(LogLevel::info, "hunting", "The service's clock is behind; the window is read again later.",
        {{"table", options_.table->name}});
    co_return Result<>();
  }
  if (page->records == 0 && !clock_proven_ && !by_event_time()) {
    HARRIER_CO_TRYV(co_await choose_clock());
    if (by_event_time()) co_return Result<>();
  }
  const double fill =
      std::max(static_cast<double>(page->records) / static_cast<double>(options_.max_rows),
               static_cast<double>(page->bytes) / static_cast<double>(options_.max_bytes));
  if (page->ingestion_times) clock_proven_ = true;
  if (&lane == &main_) {
    HARRIER_CO_TRYV(co_await hand_over(std::move(*page), window));
  } else {
    HARRIER_CO_TRYV(co_await commit(lane, std::move(*page), true, window, model::PageCommit()));
  }
  lane.width.accepted(window.length(), fill);
  if (fill < 0.5) lane.careful = false;
  co_return Result<>();
}

Task<> HuntingStream::read_shards(Lane& lane, HuntingRead read, std::int64_t rows) {
  if (rows == 0 || may_be_cut(rows, options_.max_rows)) {
    HARRIER_CO_TRY(rows, co_await count(read));
  }
  for (int shards = shards_for(rows, options_.max_rows); shards <= kMaxShards; shards *= 2) {
    std::int64_t records = 0;
    bool whole = true;
    bool broken = false;
    for (int index = 0; index < shards && whole; ++index) {
      read.shard = {index, shards};
      auto page = co_await fetch(read, std::nullopt);
      if (!page && !asks_for_less(page.error())) co_return page.error();
      whole = page && !may_be_cut(page->records, options_.max_rows);
      if (!whole) break;
      records += page->records;
      broken = broken || !page->quarantine.empty();
      const bool last = index + 1 == shards;
      if (last && records < rows && !broken)
        co_return Error(
            Errc::protocol,
            fmt::format("{} shards brought {} rows where {} were counted", shards, records, rows));
      HARRIER_CO_TRYV(
          co_await commit(lane, std::move(*page), last, read.window, model::PageCommit()));
    }
    if (whole) co_return Result<>();
  }
  co_return Error(Errc::too_large,
                  "one second of rows exceeds the service's limits even in 4096 parts");
}

void HuntingStream::describe(model::PageCommit& what, const Lane& lane, ingest::IngestedPage& page,
                             bool finish, Window window) {
  what.quarantine = std::move(page.quarantine);
  what.late = lane.late;
  what.completes_snapshot = finish && options_.table->is_snapshot();
  if (finish) {
    model::Ledger after = lane.ledger;
    after.mark(window, WindowState::done);
    if (&lane == &main_ || (backfill_ && &lane == &*backfill_)) {
      // Planned but unread time is part of the proof: it is stored as pending.
      for (const auto& entry : after.entries()) {
        if (entry.state == WindowState::pending)
          what.marks.emplace_back(lane.ledger_name, entry.window, entry.state);
      }
      what.marks.emplace_back(lane.ledger_name, window, WindowState::done);
    } else {
      std::string rest;
      for (const auto& entry : after.entries()) {
        if (entry.state == WindowState::pending && rest.empty()) rest = window_text(entry.window);
      }
      what.cursors.emplace_back(cursor_name("reread"), rest);
    }
    if (&lane == &main_ && clock_proven_)
      what.cursors.emplace_back(cursor_name("clock"), by_event_time() ? "event" : "ingestion");
  }
  if (!what.quarantine.empty())
    services_.metrics.add("harrier_quarantined", {{"table", options_.table->name}},
                          static_cast<double>(what.quarantine.size()));
}

Task<> HuntingStream::commit(Lane& lane, ingest::IngestedPage page, bool finish, Window window,
                             model::PageCommit what) {
  describe(what, lane, page, finish, window);
  HARRIER_CO_TRY(const auto stats, co_await page.writer->commit(std::move(what)));
  if (finish) lane.ledger.mark(window, WindowState::done);
  count_stored(window, stats);
  co_return Result<>();
}

Task<> HuntingStream::hand_over(ingest::IngestedPage page, Window window) {
  model::PageCommit what;
  describe(what, main_, page, true, window);
  HARRIER_CO_TRYV(co_await page.writer->submit(std::move(what)));
  handed_over_ = std::move(page.writer);
  handed_over_window_ = window;
  co_return Result<>();
}

Task<> HuntingStream::settle() {
  if (!handed_over_) co_return Result<>();
  const auto writer = std::exchange(handed_over_, nullptr);
  HARRIER_CO_TRY(const auto stats, co_await writer->committed());
  main_.ledger.mark(handed_over_window_, WindowState::done);
  count_stored(handed_over_window_, stats);
  co_return Result<>();
}

model::Ledger HuntingStream::expected_ledger() const {
  model::Ledger ledger = main_.ledger;
  if (handed_over_) ledger.mark(handed_over_window_, WindowState::done);
  return ledger;
}

void HuntingStream::count_stored(Window window, const model::WriteStats& stats) {
  const Labels labels = {{"table", options_.table->name}};
  services_.metrics.add("harrier_rows", labels, static_cast<double>(stats.rows));
  services_.metrics.add("harrier_duplicates", labels, static_cast<double>(stats.duplicates));
  services_.metrics.add("harrier_late_rows", labels, static_cast<double>(stats.late));
  log(LogLevel::debug, "hunting", "A page is stored.",
      {{"table", options_.table->name},
       {"from", format_seconds(window.from)},
       {"to", format_seconds(window.to)},
       {"rows", stats.rows},
       {"duplicates", stats.duplicates},
       {"late", stats.late}});
}

}  // namespace harrier::connectors::microsoft365_defender
