#include "ingest/error_policy.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harrier::ingest {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMaxBackoff = std::chrono::minutes(15);
// From this consecutive failure on a stream says that it is failing; before, it just repeats.
constexpr int kFailingAttempts = 3;

// Full jitter: anywhere between nothing and the exponential bound, but never a hot loop.
milliseconds backoff(int attempt, double random) {
  const auto bound =
      std::min<milliseconds>(kMaxBackoff, milliseconds(1000) * (1LL << std::min(attempt, 12)));
  return std::max(
      milliseconds(250),
      milliseconds(static_cast<std::int64_t>(static_cast<double>(bound.count()) * random)));
}

// What an admin may do about an error that no setting cures; Harrier itself only tries again.
std::string_view advice(Errc code) {
  if (code == Errc::unavailable || code == Errc::timeout)
    return "the service or the way to it fails: when this lasts, look at the service health in the "
           "Microsoft 365 admin centre, and run harrier doctor for the network and the proxy";
  if (code == Errc::storage || code == Errc::storage_corrupt)
    return "the store fails: look at the disk and at the rights of the storage directory, and run "
           "harrier verify";
  return "the service answers in a way that is not understood: when this lasts, look at the "
         "service health in the Microsoft 365 admin centre, and report this sentence";
}

Verdict transient(const Error& error, int attempt, double random) {
  Verdict verdict;
  verdict.state = attempt >= kFailingAttempts ? "failing" : "";
  verdict.reason = fmt::format(
      "{}; what is missing stays pending and is tried again by itself, at least every "
      "{} minutes ({})",
      advice(error.code), std::chrono::duration_cast<std::chrono::minutes>(kMaxBackoff).count(),
      error.message);
  verdict.wait = error.retry_after.value_or(backoff(attempt, random));
  return verdict;
}

Verdict parked(std::string_view state, std::string reason, milliseconds wait) {
  Verdict verdict;
  verdict.state = state;
  verdict.reason = std::move(reason);
  verdict.wait = wait;
  verdict.parked = true;
  return verdict;
}

}  // namespace

Verdict judge(const Error& error, int attempt, std::string_view permission, double random) {
  switch (error.code) {
    case Errc::throttled: {
      Verdict verdict;
      verdict.state = "throttled";
      verdict.reason = fmt::format(
          "it goes on by itself; when this lasts, a longer poll_interval or fewer tables ask for "
          "less ({})",
          error.message);
      verdict.wait = error.retry_after.value_or(
          std::max<milliseconds>(std::chrono::seconds(10), backoff(attempt + 4, random)));
      return verdict;
    }
    case Errc::forbidden:
      return parked(
          "denied",
          fmt::format(
              "grant the application permission {} with admin consent; tried again hourly ({})",
              permission, error.message),
          std::chrono::hours(1));
    case Errc::unlicensed:
      return parked("unlicensed",
                    fmt::format("the tenant does not offer this table; tried again daily ({})",
                                error.message),
                    std::chrono::hours(24));
    case Errc::auth: {
      const bool entra = error.service_code.starts_with("AADSTS");
      return parked("failing", error.message,
                    entra ? milliseconds(std::chrono::minutes(15)) : std::chrono::minutes(5));
    }
    case Errc::config:
      return parked("failing", error.message, std::chrono::minutes(15));
    case Errc::storage_full:
      return parked("failing", error.message, std::chrono::seconds(30));
    case Errc::storage:
    case Errc::storage_corrupt: {
      Verdict verdict = transient(error, attempt, random);
      verdict.state = "failing";
      return verdict;
    }
    case Errc::not_found:
    case Errc::unavailable:
    case Errc::timeout:
    case Errc::too_large:
    case Errc::gone:
    case Errc::protocol:
    case Errc::parse:
    case Errc::query:
    case Errc::limit:
    case Errc::cancelled:
    case Errc::internal:
      break;
  }
  return transient(error, attempt, random);
}

}  // namespace harrier::ingest
