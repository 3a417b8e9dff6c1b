#include "net/token_cache.hpp"

#include "base/log.hpp"

#include <algorithm>

namespace harrier::net {

namespace {

using namespace std::chrono_literals;

// The login service ends clients that ask in a loop, so a refusal is remembered for at least this
// long.
constexpr Ticks kRefusalHold = 60s;
// Shields the service from many tables asking one after the other while it has trouble.
constexpr Ticks kTroubleHold = 2s;
constexpr Ticks kRefreshEarly = 5min;
constexpr Ticks kUnusableMargin = 2min;
constexpr Ticks kFirstRefreshRetry = 30s;
constexpr Ticks kLastRefreshRetry = 5min;
// Many tables may be denied at once: they share one new token.
constexpr Ticks kOutdatedAfter = 5min;

Ticks hold_of(const Error& error) {
  if (error.retry_after) return *error.retry_after;
  const bool refused =
      error.code == Errc::auth || error.code == Errc::config || error.code == Errc::throttled;
  return refused ? kRefusalHold : kTroubleHold;
}

}  // namespace

// Marks an entry as being acquired; leaving it, also by cancellation, lets those who wait look
// again.
struct TokenCache::Flight {
  explicit Flight(Entry& owner) : entry(owner) { entry.in_flight = true; }

  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  ~Flight() {
    entry.in_flight = false;
    for (asio::steady_timer* timer : entry.waiting) timer->cancel();
  }

  Entry& entry;
};

TokenCache::TokenCache(std::unique_ptr<Credential> credential, const Clock& clock)
    : credential_(std::move(credential)), clock_(clock) {}

Task<Secret> TokenCache::token(std::string scope) {
  Entry& entry = entries_[scope];
  for (;;) {
    const Instant now = clock_.now();
    const bool usable = entry.token && now < entry.unusable_at;
    if (usable && (now < entry.refresh_at || entry.in_flight))
      co_return entry.token->value.duplicate();
    if (!usable && !entry.in_flight && entry.failure && now < entry.failure_until)
      co_return *entry.failure;
    if (!entry.in_flight) break;
    HARRIER_CO_TRYV(co_await wait(entry));
  }
  const Flight flight(entry);
  auto answer = co_await credential_->acquire(std::move(scope));
  if (answer) {
    store(entry, std::move(*answer));
    co_return entry.token->value.duplicate();
  }
  note_failure(entry, answer.error());
  if (entry.token && clock_.now() < entry.unusable_at) co_return entry.token->value.duplicate();
  co_return answer.error();
}

Task<> TokenCache::wait(Entry& entry) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, std::chrono::steady_clock::time_point::max());

  // Takes itself off the list on every way out.
  struct Listed {
    Listed(std::list<asio::steady_timer*>& all, asio::steady_timer* own)
        : list(all), where(all.insert(all.end(), own)) {}

    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;

    ~Listed() { list.erase(where); }

    std::list<asio::steady_timer*>& list;
    std::list<asio::steady_timer*>::iterator where;
  };

  const Listed listed(entry.waiting, &timer);
  boost::system::error_code woken;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  const auto cancelled = co_await asio::this_coro::cancellation_state;
  if (cancelled.cancelled() != asio::cancellation_type::none)
    co_return Error(Errc::cancelled, "stopped while waiting for a token");
  co_return Result<>();
}

void TokenCache::store(Entry& entry, TokenAnswer answer) {
  const Instant now = clock_.now();
  const Ticks lifetime = answer.lifetime;
  Token token;
  token.value = std::move(answer.value);
  token.expires = now + lifetime;
  entry.token = std::move(token);
  entry.acquired_at = now;
  entry.refresh_at = now + (answer.refresh_in ? Ticks(*answer.refresh_in)
                                              : std::max(lifetime - kRefreshEarly, lifetime / 2));
  entry.unusable_at = now + lifetime - std::min(kUnusableMargin, lifetime / 4);
  entry.failed_refreshes = 0;
  entry.failure.reset();
}

void TokenCache::note_failure(Entry& entry, const Error& error) {
  if (error.code == Errc::cancelled) return;
  const Instant now = clock_.now();
  entry.failure = error;
  entry.failure_until = now + hold_of(error);
  if (!entry.token || now >= entry.unusable_at) return;
  const Ticks wait = std::min(kFirstRefreshRetry * (1 << std::min(entry.failed_refreshes++, 4)),
                              kLastRefreshRetry);
  entry.refresh_at = now + wait;
  log(LogLevel::warn, "net",
      "A token could not be refreshed; the old one is still valid and is used.",
      {{"error", error.message},
       {"expires", format_seconds(entry.token->expires)},
       {"remedy", "none while it is tried again by itself; harrier doctor says what refuses"}});
}

void TokenCache::invalidate(const std::string& scope, const Secret& used) {
  const auto found = entries_.find(scope);
  if (found == entries_.end() || !found->second.token) return;
  if (found->second.token->value.reveal() == used.reveal()) found->second.token.reset();
}

bool TokenCache::outdate(const std::string& scope, const Secret& used) {
  const auto found = entries_.find(scope);
  if (found == entries_.end() || !found->second.token) return false;
  const Entry& entry = found->second;
  if (entry.token->value.reveal() != used.reveal() ||
      clock_.now() - entry.acquired_at < kOutdatedAfter)
    return false;
  found->second.token.reset();
  return true;
}

void TokenCache::forget() {
  for (auto& [scope, entry] : entries_) {
    entry.token.reset();
    entry.failure.reset();
  }
}

std::optional<Instant> TokenCache::expiry(const std::string& scope) const {
  const auto found = entries_.find(scope);
  if (found == entries_.end() || !found->second.token) return std::nullopt;
  return found->second.token->expires;
}

}  // namespace harrier::net
