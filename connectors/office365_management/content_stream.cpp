#include "connectors/office365_management/content_stream.hpp"

#include "base/log.hpp"
#include "ingest/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

// Planning and listing; content_blobs.cpp fetches.
namespace harrier::connectors::office365_management {

namespace {

using model::Window;
using model::WindowState;

constexpr Ticks kOverlap = std::chrono::hours(2);
// Starting a subscription again within this time is against the API's rules.
constexpr Ticks kBetweenStarts = std::chrono::minutes(15);
constexpr std::size_t kMaxReply = 64ULL << 20;
constexpr int kMaxPages = 1000;
// Finished blobs are remembered longer than the feed can list them again.
constexpr Ticks kRemember = std::chrono::hours(24 * 15);

bool is_code(const Error& error, std::string_view code) {
  return error.service_code == code;
}

}  // namespace

ContentStream::ContentStream(ContentOptions options, ingest::Services& services)
    : options_(std::move(options)),
      services_(services),
      api_(services.api("office365")),
      router_(options_.rules) {
  for (const auto& rule : options_.rules) {
    const bool known = std::find(tables_.begin(), tables_.end(), rule.table) != tables_.end();
    if (rule.enabled && !known) tables_.push_back(rule.table);
  }
  rules_.poll_interval = options_.poll_interval;
  rules_.max_width = std::chrono::hours(24);
  rules_.retention = std::chrono::hours(24 * 7) - std::chrono::minutes(5);
}

std::string ContentStream::fingerprint() const {
  std::string text = fmt::format("content {} {} {} {}", options_.spec.name, options_.feed.publisher,
                                 options_.poll_interval.count(), options_.backfill.count());
  for (const auto& rule : options_.rules) {
    if (!rule.enabled) continue;
    text += " " + rule.table->name;
    for (const auto& workload : rule.chosen) text += "/" + workload;
  }
  return text;
}

Instant ContentStream::horizon(const ingest::PollContext& context) const {
  const Instant now = context.once ? *context.once + api_.clock_skew() : api_.now();
  return whole_second(now - options_.spec.duration("settle", std::chrono::seconds(60)));
}

ingest::PollOutcome ContentStream::outcome(bool more, Instant next) const {
  ingest::PollOutcome result;
  result.more = more;
  result.next = next - api_.clock_skew();
  result.progress = ingest::progress_of(ledger_);
  return result;
}

Task<> ContentStream::open_tables() {
  feed_tables_.clear();
  for (std::size_t i = 0; i < options_.rules.size(); ++i) {
    FeedTable table;
    if (options_.rules[i].enabled) {
      HARRIER_CO_TRY(table.store, co_await services_.stores.open(options_.rules[i].table));
      table.layout = ingest::layout_of_store(options_.rules[i].table, table.store->columns());
      table.map = options_.maps[i];
    }
    feed_tables_.push_back(std::move(table));
  }
  co_return Result<>();
}

Task<> ContentStream::load() {
  HARRIER_CO_TRYV(co_await open_tables());
  HARRIER_CO_TRY(ledger_, co_await services_.stores.state().feed_ledger(options_.spec.name));
  loaded_ = true;
  co_return Result<>();
}

Task<ingest::PollOutcome> ContentStream::poll(ingest::PollContext context) {
  if (!loaded_) HARRIER_CO_TRYV(co_await load());
  HARRIER_CO_TRY(const bool delivering, co_await ensure_subscription());
  if (!delivering) co_return outcome(false, api_.now() + rules_.poll_interval);
  auto listed = co_await list_due(context);
  if (!listed && (is_code(listed.error(), "AF20022") || is_code(listed.error(), "AF20023"))) {
    // A subscription that was just started answers so for minutes to hours.
    subscribed_ = false;
    log(LogLevel::info, "office365", "The subscription does not deliver yet.",
        {{"content_type", options_.feed.content_type}});
    co_return outcome(false, api_.now() + rules_.poll_interval);
  }
  if (!listed) co_return listed.error();
  auto more_blobs = co_await fetch_blobs();
  if (!more_blobs) {
    if (more_blobs.error().code == Errc::storage_corrupt) loaded_ = false;
    co_return more_blobs.error();
  }
  const bool more = *more_blobs || ledger_.counts().pending > 0;
  co_return outcome(more, last_listing_.value_or(api_.now()) + rules_.poll_interval);
}

Task<bool> ContentStream::ensure_subscription() {
  if (subscribed_) co_return true;
  net::Request request;
  request.url = list_subscriptions_path(options_.feed);
  request.caller = options_.spec.name;
  HARRIER_CO_TRY(auto response, co_await api_.call(std::move(request)));
  HARRIER_CO_TRY(const std::string reply, co_await net::read_all(*response, kMaxReply));
  HARRIER_CO_TRY(subscribed_, is_subscribed(reply, options_.feed.content_type));
  if (subscribed_) co_return true;
  if (!options_.subscribe)
    co_return Error(Errc::config, fmt::format("{} is not subscribed and auto_subscribe is off",
                                              options_.feed.content_type));
  const Instant now = api_.now();
  if (last_start_ && now - *last_start_ < kBetweenStarts) {
    if (start_error_) co_return *start_error_;
    co_return false;
  }
  last_start_ = now;
  start_error_.reset();
  net::Request start;
  start.method = net::Method::post;
  start.url = start_subscription_path(options_.feed);
  start.caller = options_.spec.name;
  auto started = co_await api_.call(std::move(start));
  if (!started && !is_code(started.error(), "AF20024")) {
    // Nothing was started, and the service says when to come back.
    if (started.error().retry_after) {
      last_start_.reset();
      co_return started.error();
    }
    start_error_ = started.error();
    if (start_error_->code == Errc::throttled)
      start_error_->retry_after =
          std::chrono::duration_cast<std::chrono::milliseconds>(kBetweenStarts);
    co_return *start_error_;
  }
  if (started) HARRIER_CO_TRYV(co_await net::read_all(**started, kMaxReply));
  log(LogLevel::info, "office365", "Subscribed.", {{"content_type", options_.feed.content_type}});
  subscribed_ = true;
  co_return true;
}

Task<> ContentStream::list_due(const ingest::PollContext& context) {
  const Instant now = api_.now();
  const bool due =
      context.once.has_value() || !last_listing_ || now - *last_listing_ >= rules_.poll_interval;
  if (due) {
    const auto done = ledger_.last_done();
    const Instant end = horizon(context);
    if (ingest::advance(ledger_,
                        std::max(whole_second(end - options_.backfill), now - rules_.retention),
                        end, now, rules_)) {
      model::FeedCommit commit;
      commit.stream = options_.spec.name;
      for (const auto& entry : ledger_.entries()) {
        if (entry.state == WindowState::lost)
          commit.marks.emplace_back(options_.spec.name, entry.window, entry.state, entry.reason);
      }
      log(LogLevel::error, "office365", "A span is older than the service keeps and is lost.",
          {{"stream", options_.spec.name},
           {"remedy",
            "nothing brings it back; keep the daemon running, and its permissions, to lose no "
            "more"}});
      HARRIER_CO_TRYV(co_await services_.stores.state().commit_feed(std::move(commit)));
    }
    // Blobs may be listed late: the end of what was listed is listed again.
    if (done && (!context.once || !last_listing_)) {
      const Window again{std::max({*done - kOverlap, ledger_.begin(), now - rules_.retention}),
                         *done};
      if (!again.empty()) HARRIER_CO_TRYV(co_await list_window(again, true));
    }
    HARRIER_CO_TRYV(co_await plan_backfill());
  }
  if (const auto window =
          ingest::next_window(ledger_, rules_.max_width, due && !context.once, rules_))
    HARRIER_CO_TRYV(co_await list_window(*window, false));
  if (due) last_listing_ = now;
  co_return Result<>();
}

// `known`: the window is done already; what it lists now is late.
Task<> ContentStream::list_window(Window window, bool known) {
  model::FeedCommit commit;
  commit.stream = options_.spec.name;
  commit.forget_before = window.from - kRemember;
  std::set<std::string> seen;
  std::string url = list_content_path(options_.feed, window);
  for (int pages = 0; !url.empty(); ++pages) {
    if (pages == kMaxPages || !seen.insert(url).second)
      co_return Error(Errc::protocol, "the listing's pages do not end");
    net::Request request;
    request.url = url;
    request.caller = options_.spec.name;
    HARRIER_CO_TRY(auto response, co_await api_.call(std::move(request)));
    HARRIER_CO_TRY(const std::string reply, co_await net::read_all(*response, kMaxReply));
    HARRIER_CO_TRY(auto items, parse_listing(reply, options_.spec.name));
    for (auto& item : items) {
      if (known) item.detail = "late " + item.detail;
      commit.found.push_back(std::move(item));
    }
    const std::string next(response->header("NextPageUri"));
    url = next.empty() ? next : with_publisher(next, options_.feed);
  }
  model::Ledger after = ledger_;
  if (!known) {
    after.mark(window, WindowState::done);
    for (const auto& entry : after.entries()) {
      if (entry.state == WindowState::pending)
        commit.marks.emplace_back(options_.spec.name, entry.window, entry.state);
    }
    commit.marks.emplace_back(options_.spec.name, window, WindowState::done);
  }
  HARRIER_CO_TRYV(co_await services_.stores.state().commit_feed(std::move(commit)));
  ledger_ = std::move(after);
  co_return Result<>();
}

Task<> ContentStream::plan_backfill() {
  HARRIER_CO_TRY(const auto requests, co_await services_.stores.state().backfills());
  for (const auto& request : requests) {
    const bool ours = std::any_of(tables_.begin(), tables_.end(),
                                  [&](const auto& table) { return table->name == request.table; });
    if (!ours) continue;
    Window rest{std::max(request.window.from, api_.now() - rules_.retention),
                std::min(request.window.to, ledger_.end())};
    while (!rest.empty()) {
      Window part = rest;
      part.to = std::min(part.to, part.from + rules_.max_width);
      HARRIER_CO_TRYV(co_await list_window(part, true));
      rest.from = part.to;
    }
    HARRIER_CO_TRYV(co_await services_.stores.state().finish_backfill(request.id));
  }
  co_return Result<>();
}

}  // namespace harrier::connectors::office365_management
