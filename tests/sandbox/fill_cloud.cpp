// Cloud applications: CloudAppEvents and its kin, whose details are objects.
#include "sandbox/event.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

constexpr std::string_view kOperations[] = {"FileDownloaded",          "FileAccessed",
                                            "MailItemsAccessed",       "Add member to role.",
                                            "Consent to application.", "New-InboxRule"};
constexpr std::string_view kApplications[] = {
    "Microsoft Exchange Online", "Microsoft SharePoint Online", "Microsoft Teams", "Office 365"};

std::string_view operation(Event& e) {
  return pick(kOperations, e.hash(130));
}

}  // namespace

void register_cloud(FillMap& fills) {
  fills["Application"] = [](Event& e) { return Event::fixed(pick(kApplications, e.hash(131))); };
  fills["CloudAppEvents.ActionType"] = [](Event& e) { return Event::fixed(operation(e)); };
  fills["CloudAppEvents.ActivityType"] = [](Event&) { return Event::fixed("Basic"); };
  fills["CloudAppEvents.ApplicationId"] = [](Event& e) {
    return Event::number(11'161 + e.hash(131) % 4);
  };
  fills["CloudAppEvents.AppInstanceId"] = [](Event&) { return Event::number(0); };
  fills["CloudAppEvents.AccountId"] = [](Event& e) { return Event::fixed(e.user().account_id); };
  fills["CloudAppEvents.RawEventData"] = [](Event& e) {
    return e.format(
        R"({{"Id":"{}","Operation":"{}","RecordType":{},"UserId":"{}","Parameters":[{{"Name":"Name","Value":"Regel {}"}}],"SizeInBytes":{},"Score":1.50}})",
        guid_text(e.hash(132)), operation(e), e.hash(130) % 50, e.user().upn, e.hash(133) % 100,
        9'007'199'254'740'993ULL + e.hash(134) % 1000);
  };
  fills["CloudAppEvents.ActivityObjects"] = [](Event& e) {
    if (e.hash(135) % 5 == 0) return Event::null();
    return e.format(
        R"([{{"Type":"User","Role":"Actor","Name":"{}","Id":"{}"}},{{"Type":"File","Role":"Target object","Name":"Plan {}.docx"}}])",
        e.user().display, e.user().object_id, e.hash(136) % 1000);
  };
  fills["CloudAppEvents.ReportId"] = [](Event& e) {
    return e.format("{}_{}_{}", 60'000'000 + e.hash(137) % 1'000'000, 11'161 + e.hash(131) % 4,
                    guid_text(e.hash(132)));
  };
  fills["CloudAppEvents.IPTags"] = [](Event& e) {
    return e.hash(138) % 2 == 0 ? Event::null() : Event::fixed(R"(["Brute force attacker","Tor"])");
  };
  fills["UserAgentTags"] = [](Event& e) {
    return e.hash(139) % 2 == 0 ? Event::null() : Event::fixed(R"(["Outdated browser"])");
  };
}

}  // namespace harrier::sandbox
