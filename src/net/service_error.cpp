// What an answer outside 200-299 means: the table of statuses, codes and phrases.
#include "base/text.hpp"
#include "net/api_client.hpp"
#include "net/json.hpp"
#include "net/retry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace harrier::net {

namespace {

constexpr std::size_t kMaxMessage = 300;

struct ServiceText {
  std::string code;
  std::string message;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool contains(std::string_view lower_text, std::string_view phrase) {
  return lower_text.find(phrase) != std::string_view::npos;
}

// `AF` and its digits anywhere in text that is no JSON.
std::string find_af_code(std::string_view text) {
  for (std::size_t at = text.find("AF"); at != std::string_view::npos;
       at = text.find("AF", at + 1)) {
    if (at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0) continue;
    std::size_t end = at + 2;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end - at >= 5) return std::string(text.substr(at, end - at));
  }
  return {};
}

// The value of `'name':'...'` in the single-quoted bodies of the Management API.
std::string quoted_value(std::string_view text, std::string_view name) {
  const std::size_t key = text.find(fmt::format("'{}'", name));
  if (key == std::string_view::npos) return {};
  const std::size_t open = text.find('\'', key + name.size() + 2);
  if (open == std::string_view::npos) return {};
  const std::size_t close = text.find('\'', open + 1);
  return close == std::string_view::npos ? std::string()
                                         : std::string(text.substr(open + 1, close - open - 1));
}

ServiceText read_body(std::string_view body) {
  const SmallJson json(body);
  ServiceText out;
  out.code = json.text({"error", "code"}).value_or("");
  out.message = json.text({"error", "message"}).value_or("");
  if (out.code.empty()) out.code = json.text({"error"}).value_or(json.text({"code"}).value_or(""));
  if (out.message.empty())
    out.message = json.text({"error_description"}).value_or(json.text({"message"}).value_or(""));
  if (json.valid()) return out;
  out.code = find_af_code(body);
  if (out.code.empty()) out.code = quoted_value(body, "code");
  out.message = quoted_value(body, "message");
  return out;
}

// One printable line. HTML and binary bodies say nothing to an admin and are left out.
std::string printable(std::string_view text) {
  std::string line;
  for (const char c : to_valid_utf8(text.substr(0, kMaxMessage))) {
    const bool blank = static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
    if (!blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && (line.back() == ' ' || line.back() == '.')) line.pop_back();
  return line;
}

// Source: the advanced hunting errors page; none of them has a code of its own.
bool asks_for_less(std::string_view lower) {
  constexpr std::array<std::string_view, 4> kPhrases = {
      "exceeded the allowed result size", "exceeded the allowed limits",
      "result size limit exceeded", "excessive resource consumption"};
  return std::any_of(kPhrases.begin(), kPhrases.end(),
                     [&](auto phrase) { return contains(lower, phrase); });
}

// The last phrase is Graph's for what a national cloud does not have.
bool names_unknown_table(std::string_view lower) {
  constexpr std::array<std::string_view, 4> kPhrases = {
      "failed to resolve table", "failed to resolve entity", "does not refer to any known table",
      "resource not found for the segment"};
  return std::any_of(kPhrases.begin(), kPhrases.end(),
                     [&](auto phrase) { return contains(lower, phrase); });
}

bool ran_out_of_time(std::string_view lower) {
  return contains(lower, "timed out") || contains(lower, "query timeout") ||
         contains(lower, "execution timeout") || contains(lower, "exceeded the timeout");
}

// Codes that mean the same whatever the status is.
std::optional<Errc> class_of_code(std::string_view code) {
  struct Known {
    std::string_view code;
    Errc errc;
  };

  static constexpr std::array<Known, 8> kKnown = {{
      {"AF429", Errc::throttled},
      {"429", Errc::throttled},
      {"TooManyRequests", Errc::throttled},
      {"AF10001", Errc::forbidden},
      {"AF20050", Errc::not_found},
      {"AF20051", Errc::gone},
      {"AF20052", Errc::not_found},
      {"Authentication_RequestFromNonPremiumTenantOrB2CTenant", Errc::unlicensed},
  }};
  for (const Known& known : kKnown) {
    if (equals_ignore_case(code, known.code)) return known.errc;
  }
  if (code.substr(0, 3) == "AF5" && code.size() == 7) return Errc::unavailable;
  return std::nullopt;
}

Errc class_of_status(int status, const Headers& headers, std::string_view lower_message) {
  const bool says_when = std::any_of(headers.begin(), headers.end(), [](const auto& header) {
    return equals_ignore_case(header.first, "Retry-After");
  });
  if (status < 400) return Errc::protocol;
  if (status == 429) return Errc::throttled;
  if (status == 503 && says_when) return Errc::throttled;
  if (status == 401) return Errc::auth;
  if (status == 403) return Errc::forbidden;
  if (status == 404) return Errc::not_found;
  if (status == 408 || status == 504) return Errc::timeout;
  if (status == 410) return Errc::gone;
  if (status == 413) return Errc::too_large;
  if (status >= 500) return ran_out_of_time(lower_message) ? Errc::timeout : Errc::unavailable;
  if (names_unknown_table(lower_message)) return Errc::unlicensed;
  if (ran_out_of_time(lower_message)) return Errc::timeout;
  return Errc::config;
}

std::string_view status_words(int status) {
  if (status >= 300 && status < 400) return "a redirect, which is never followed with a token";
  switch (status) {
    case 400:
      return "bad request";
    case 401:
      return "token refused";
    case 403:
      return "forbidden";
    case 404:
      return "not found";
    case 410:
      return "gone";
    case 413:
      return "request too large";
    case 429:
      return "too many requests";
    case 502:
      return "bad gateway";
    case 503:
      return "service unavailable";
    case 504:
      return "gateway timeout";
    default:
      return status >= 500 ? "server error" : "refused";
  }
}

}  // namespace

Error error_of(int status, const Headers& headers, std::string_view body, Instant now) {
  const ServiceText text = read_body(body);
  const std::string lower = to_lower(text.message);
  Error error;
  error.http_status = status;
  error.service_code = text.code.substr(0, 100);
  const auto by_code = class_of_code(text.code);
  if (asks_for_less(lower)) {
    error.code = Errc::too_large;
  } else {
    error.code = by_code ? *by_code : class_of_status(status, headers, lower);
  }
  // A conditional-access demand is not met by a new token.
  if (status == 401 && contains(find_header(headers, "WWW-Authenticate"), "insufficient_claims"))
    error.code = Errc::config;
  if (error.code == Errc::throttled || (error.code == Errc::unavailable && status >= 500))
    error.retry_after = parse_retry_after(find_header(headers, "Retry-After"), text.message, now);
  error.message = fmt::format("status {} ({})", status, status_words(status));
  if (const std::string code = printable(text.code); !code.empty()) error.message += " " + code;
  if (const std::string message = printable(text.message); !message.empty())
    error.message += ": " + message;
  return error;
}

}  // namespace harrier::net
