// People: accounts, sign-ins, directory changes.
#include "sandbox/event.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {

void register_identity(FillMap& fills) {
  fills["AccountUpn"] = [](Event& e) { return Event::fixed(e.user().upn); };
  fills["AccountName"] = [](Event& e) { return Event::fixed(e.user().name); };
  fills["AccountSid"] = [](Event& e) { return Event::fixed(e.user().sid); };
  fills["AccountObjectId"] = [](Event& e) { return Event::fixed(e.user().object_id); };
  fills["AccountId"] = [](Event& e) { return Event::fixed(e.user().account_id); };
  fills["AccountDomain"] = [](Event&) { return Event::fixed("contoso"); };
  fills["AccountDisplayName"] = [](Event& e) { return Event::fixed(e.user().display); };
  fills["DisplayName"] = fills["AccountDisplayName"];
  fills["EmailAddress"] = fills["AccountUpn"];
  fills["Department"] = [](Event& e) { return Event::fixed(e.user().department); };
  fills["JobTitle"] = [](Event& e) { return Event::fixed(e.user().title); };
  fills["City"] = [](Event& e) { return Event::fixed(e.user().city); };
  fills["Country"] = [](Event& e) { return Event::fixed(e.user().country); };
  fills["CountryCode"] = fills["Country"];
  fills["IPAddress"] = [](Event& e) {
    if (e.hash(120) % 12 == 0) return e.format("2001:db8:aa::{:x}", e.hash(121) % 65536);
    return e.format("198.51.100.{}", 1 + e.hash(121) % 250);
  };
  fills["IpAddress"] = fills["IPAddress"];
  fills["Isp"] = [](Event&) { return Event::fixed("Example Telecom"); };
  fills["UserAgent"] = [](Event& e) {
    return e.format("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/{}.0.0.0",
                    120 + e.hash(122) % 30);
  };
  fills["SessionId"] = [](Event& e) { return e.copy(guid_text(e.hash(123))); };
  fills["CorrelationId"] = [](Event& e) { return e.copy(guid_text(e.hash(124))); };
  fills["ErrorCode"] = [](Event& e) {
    constexpr std::uint64_t kCodes[] = {0, 0, 0, 0, 50126, 50053, 53003, 65001};
    return Event::number(pick(kCodes, e.hash(125)));
  };
  for (const std::string table : {"AADSignInEventsBeta.", "EntraIdSignInEvents."}) {
    fills[table + "SessionId"] = fills["SessionId"];
    fills[table + "ApplicationId"] = [](Event& e) {
      return e.copy(guid_text(name_hash("app") + e.hash(126) % 9));
    };
  }
  fills["IdentityLogonEvents.ActionType"] = [](Event& e) {
    return Event::fixed(e.hash(127) % 6 == 0 ? "LogonFailed" : "LogonSuccess");
  };
  fills["IdentityDirectoryEvents.ActionType"] = [](Event& e) {
    constexpr std::string_view kTypes[] = {"Group Membership changed", "Account Password changed",
                                           "Account Enabled changed",
                                           "Device Operating System changed"};
    return Event::fixed(pick(kTypes, e.hash(128)));
  };
  fills["IdentityQueryEvents.ActionType"] = [](Event& e) {
    return Event::fixed(e.hash(129) % 2 == 0 ? "LDAP query" : "DNS query");
  };
}

}  // namespace harrier::sandbox
