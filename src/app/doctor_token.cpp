#include "app/doctor.hpp"
#include "net/expiry_warnings.hpp"

#include <fmt/format.h>
#include <simdjson.h>

namespace harrier::app {

namespace {

// URL-safe Base64 without padding; what is no letter of it ends the text.
std::string decode_base64url(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const auto value = kLetters.find(c);
    if (value == std::string_view::npos) break;
    bits = (bits << 6U) | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
  }
  return out;
}

}  // namespace

bool grants(std::string_view role, std::string_view permission) {
  constexpr std::string_view kWrites = ".ReadWrite.";
  if (role == permission) return true;
  const auto at = role.find(kWrites);
  return at != std::string_view::npos &&
         fmt::format("{}.Read.{}", role.substr(0, at), role.substr(at + kWrites.size())) ==
             permission;
}

Check certificate_check(Instant expires, Instant now) {
  const std::string end = format_seconds(expires);
  const std::string remedy(net::kCertificateRemedy);
  if (expires <= now) return {"certificate", "fail", "it expired on " + end, remedy};
  const std::string left =
      fmt::format("valid until {}, {} from now", end, format_duration(expires - now));
  if (expires - now <= net::kExpiryNotice) return {"certificate", "warn", left, remedy};
  return {"certificate", "ok", left};
}

std::vector<std::string> roles_of_token(std::string_view token) {
  std::vector<std::string> roles;
  const auto begin = token.find('.');
  if (begin == std::string_view::npos) return roles;
  const auto payload = token.substr(begin + 1, token.find('.', begin + 1) - begin - 1);
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(decode_base64url(payload))["roles"].get(list) != simdjson::SUCCESS) return roles;
  for (const auto role : list) {
    std::string_view name;
    if (role.get(name) == simdjson::SUCCESS) roles.emplace_back(name);
  }
  return roles;
}

}  // namespace harrier::app
