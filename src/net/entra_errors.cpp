#include "net/entra_errors.hpp"

#include "base/text.hpp"
#include "net/json.hpp"
#include "net/retry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace harrier::net {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kCheckSkew =
    "the client assertion was outside its time range; set this machine's clock (NTP)";
constexpr std::string_view kFederation =
    "the federated credential does not match the token file (issuer, subject or audience, letter "
    "case included); a new one takes up to ten minutes to work";
constexpr std::string_view kUnknownApp =
    "the application is not known in this tenant; check tenant.client_id and tenant.id, and that "
    "an admin consented to the application";
constexpr std::string_view kUnknownTenant =
    "the tenant does not exist; check tenant.id, and tenant.cloud for a national cloud";
constexpr std::string_view kWrongCloud =
    "the tenant belongs to another national cloud; set tenant.cloud or tenant.endpoints.login";
constexpr std::string_view kUnknownResource =
    "the tenant does not know the API of this scope (no licence for it, or no service principal); "
    "check tenant.scopes and tenant.cloud";
constexpr std::string_view kConsent =
    "an admin must grant consent to the application's permissions";
constexpr std::string_view kBlocked =
    "conditional access blocks the application; exclude it, or allow this machine's address";
constexpr std::string_view kRestricted =
    "tenant restrictions of the network's proxy block this tenant; ask the network team";
constexpr std::string_view kTrouble = "the login service has trouble; it is asked again later";
constexpr std::string_view kBadAssertion =
    "the client assertion was refused; check certificate, tenant.client_id and this machine's "
    "clock";
constexpr std::string_view kBadScope =
    "the scope is malformed; tenant.scopes takes one resource each, ending in /.default";

// Ascending.
constexpr std::array kCodes = {
    EntraCode{28002, Errc::auth, kBadScope},
    EntraCode{50000, Errc::unavailable, kTrouble},
    EntraCode{50001, Errc::auth, kUnknownResource},
    EntraCode{50002, Errc::auth, kRestricted},
    EntraCode{50012, Errc::auth, kBadAssertion},
    EntraCode{50013, Errc::auth, kBadAssertion},
    EntraCode{50027, Errc::auth, kBadAssertion},
    EntraCode{50033, Errc::unavailable, kTrouble},
    EntraCode{50059, Errc::auth, kUnknownTenant},
    EntraCode{50128, Errc::auth, kUnknownTenant},
    EntraCode{50131, Errc::auth, kBlocked},
    EntraCode{
        50196, Errc::throttled,
        "the login service saw too many requests in a row; it is left alone for five minutes"},
    EntraCode{53003, Errc::auth, kBlocked},
    EntraCode{65001, Errc::auth, kConsent},
    EntraCode{70001, Errc::auth, kUnknownApp},
    EntraCode{70011, Errc::auth, kBadScope},
    EntraCode{70021, Errc::auth, kFederation},
    EntraCode{90002, Errc::auth, kUnknownTenant},
    EntraCode{90006, Errc::unavailable, kTrouble},
    EntraCode{90012, Errc::unavailable, kTrouble},
    EntraCode{90024, Errc::unavailable, kTrouble},
    EntraCode{90033, Errc::unavailable, kTrouble},
    EntraCode{90038, Errc::auth, kWrongCloud},
    EntraCode{90055, Errc::throttled, "the tenant sends too many requests to the login service"},
    EntraCode{90090, Errc::unavailable, kTrouble},
    EntraCode{500011, Errc::auth, kUnknownResource},
    EntraCode{500021, Errc::auth, kRestricted},
    EntraCode{500022, Errc::auth, kRestricted},
    EntraCode{530032, Errc::auth, kBlocked},
    EntraCode{530035, Errc::auth, kBlocked},
    EntraCode{650052, Errc::auth, kConsent},
    EntraCode{650056, Errc::auth, kConsent},
    EntraCode{650057, Errc::auth, kUnknownResource},
    EntraCode{700011, Errc::auth, kUnknownApp},
    EntraCode{700016, Errc::auth, kUnknownApp},
    EntraCode{700021, Errc::auth,
              "the client assertion names another application; check tenant.client_id"},
    EntraCode{700022, Errc::auth, kBadScope},
    EntraCode{700023, Errc::auth,
              "the client assertion is for another endpoint; check tenant.endpoints.login"},
    EntraCode{700024, Errc::auth, kCheckSkew},
    EntraCode{700027, Errc::auth,
              "the certificate is not registered for the application, or its key does not fit; "
              "upload it to the app registration"},
    EntraCode{700211, Errc::auth, kFederation},
    EntraCode{700212, Errc::auth, kFederation},
    EntraCode{700213, Errc::auth, kFederation},
    EntraCode{900023, Errc::auth, kUnknownTenant},
    EntraCode{900382, Errc::auth, kWrongCloud},
    EntraCode{900432, Errc::auth, kWrongCloud},
    EntraCode{7000112, Errc::auth,
              "the application is disabled in the tenant; enable its enterprise application"},
    EntraCode{
        7000215, Errc::auth,
        "the client secret is wrong; put the secret's value, not its id, into the secret file"},
    EntraCode{7000218, Errc::auth,
              "no credential reached the login service; check tenant.credential"},
    EntraCode{
        7000222, Errc::auth,
        "the client secret has expired; create a new one and put its value into the secret file"},
    EntraCode{7000229, Errc::auth,
              "the application has no service principal in this tenant; grant admin consent once"},
    EntraCode{7002138, Errc::auth, kFederation},
};

static_assert(std::is_sorted(kCodes.begin(), kCodes.end(),
                             [](const auto& a, const auto& b) { return a.number < b.number; }));

struct Named {
  std::string_view error;
  Errc errc;
  std::string_view sentence;
};

// Entries for the `error` texts of RFC 6749 and Entra, used where the number says nothing.
constexpr std::array kNamed = {
    Named{"temporarily_unavailable", Errc::unavailable, kTrouble},
    Named{"server_error", Errc::unavailable, kTrouble},
    Named{"invalid_client", Errc::auth,
          "the application's credential was refused; check tenant.client_id and tenant.credential"},
    Named{"unauthorized_client", Errc::auth, kUnknownApp},
    Named{"invalid_scope", Errc::auth, kBadScope},
    Named{"invalid_resource", Errc::auth, kUnknownResource},
    Named{"access_denied", Errc::auth, kConsent},
    Named{"consent_required", Errc::auth, kConsent},
    Named{"interaction_required", Errc::auth, kBlocked},
};

std::optional<std::int64_t> number_in(std::string_view description) {
  constexpr std::string_view kPrefix = "AADSTS";
  const std::size_t at = description.find(kPrefix);
  if (at == std::string_view::npos) return std::nullopt;
  std::int64_t number = 0;
  const char* begin = description.data() + at + kPrefix.size();
  const auto [end, ec] = std::from_chars(begin, description.data() + description.size(), number);
  return ec == std::errc() ? std::optional(number) : std::nullopt;
}

Errc class_of_status(int status) {
  if (status == 429) return Errc::throttled;
  if (status == 408 || status == 504) return Errc::timeout;
  if (status >= 500) return Errc::unavailable;
  return status >= 400 ? Errc::auth : Errc::protocol;
}

// Ids for a support case. They are the service's text, so only what an id can hold is passed on.
std::string trace_of(const SmallJson& json) {
  std::string out;
  for (const char* name : {"trace_id", "correlation_id"}) {
    const auto value = json.text({name});
    const auto is_id = [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    };
    if (!value || value->empty() || value->size() > 40 ||
        !std::all_of(value->begin(), value->end(), is_id))
      continue;
    out += fmt::format("{}{} {}", out.empty() ? " (" : ", ", name, *value);
  }
  return out.empty() ? out : out + ")";
}

bool is_error_name(std::string_view text) {
  return !text.empty() && text.size() <= 60 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || c == '_';
  });
}

}  // namespace

const EntraCode* find_entra_code(std::int64_t number) noexcept {
  const auto found = std::lower_bound(
      kCodes.begin(), kCodes.end(), number,
      [](const EntraCode& code, std::int64_t wanted) { return code.number < wanted; });
  return found != kCodes.end() && found->number == number ? &*found : nullptr;
}

Error entra_error(int status, const Headers& headers, std::string_view body, Instant now) {
  const SmallJson json(body);
  std::string name = json.text({"error"}).value_or("");
  if (!is_error_name(name)) name.clear();
  auto number = json.first_number({"error_codes"});
  if (!number) number = number_in(json.text({"error_description"}).value_or(""));

  Error error(class_of_status(status),
              fmt::format("the login service answered with status {}", status));
  if (const auto named = std::find_if(kNamed.begin(), kNamed.end(),
                                      [&](const Named& entry) { return entry.error == name; });
      named != kNamed.end()) {
    error.code = named->errc;
    error.message = named->sentence;
  } else if (!json.valid()) {
    error.message += " and no JSON; a proxy may stand in between";
  }
  if (const EntraCode* known = number ? find_entra_code(*number) : nullptr) {
    error.code = known->errc;
    error.message = known->sentence;
  }
  if (status == 429) error.code = Errc::throttled;
  error.http_status = status;
  error.service_code = number ? fmt::format("AADSTS{}", *number) : name;
  if (!error.service_code.empty())
    error.message = fmt::format("{}: {}", error.service_code, error.message);
  error.message += trace_of(json);
  if (error.code == Errc::throttled || error.code == Errc::unavailable)
    error.retry_after = parse_retry_after(find_header(headers, "Retry-After"), {}, now);
  if (number == 50196 && !error.retry_after) error.retry_after = 5min;
  return error;
}

}  // namespace harrier::net
