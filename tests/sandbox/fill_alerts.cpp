// Alerts and behaviors: evidence rows name an alert that exists.
#include "sandbox/event.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

constexpr std::string_view kTitles[] = {
    "Suspicious PowerShell download", "Credential theft tool detected",
    "Unusual consent to an application", "Password written to the registry"};
constexpr std::string_view kCategories[] = {"Execution", "CredentialAccess", "Persistence",
                                            "CredentialAccess"};
constexpr std::string_view kSources[] = {
    "Microsoft Defender for Endpoint", "Microsoft Defender for Office 365",
    "Microsoft Defender for Identity", "Microsoft Defender for Cloud Apps"};
constexpr std::string_view kEntities[] = {"Process", "Machine", "User",       "Ip",
                                          "Url",     "File",    "MailMessage"};

std::uint64_t parent(Event& e, std::string_view table) {
  return e.table() == table ? e.index() : e.latest_of(table);
}

std::uint64_t alert_hash(Event& e) {
  return e.world().hash(8000, parent(e, "AlertInfo"));
}

std::uint64_t behavior_hash(Event& e) {
  return e.world().hash(8100, parent(e, "BehaviorInfo"));
}

std::string_view entity(Event& e) {
  return kEntities[e.index() % std::size(kEntities)];
}

}  // namespace

void register_alerts(FillMap& fills) {
  fills["AlertId"] = [](Event& e) { return e.format("da{}_1", guid_text(alert_hash(e))); };
  fills["Title"] = [](Event& e) { return Event::fixed(pick(kTitles, alert_hash(e))); };
  fills["Category"] = [](Event& e) { return Event::fixed(pick(kCategories, alert_hash(e))); };
  fills["Severity"] = [](Event& e) {
    constexpr std::string_view kLevels[] = {"Low", "Medium", "High", "Informational"};
    return Event::fixed(pick(kLevels, alert_hash(e) >> 8U));
  };
  fills["ServiceSource"] = [](Event& e) {
    return Event::fixed(pick(kSources, alert_hash(e) >> 16U));
  };
  fills["DetectionSource"] = [](Event&) { return Event::fixed("EDR"); };
  fills["AttackTechniques"] = [](Event&) {
    return Event::fixed(R"-(["PowerShell (T1059.001)","Ingress Tool Transfer (T1105)"])-");
  };
  fills["BehaviorId"] = [](Event& e) { return e.format("be{}", guid_text(behavior_hash(e))); };
  fills["EntityType"] = [](Event& e) { return Event::fixed(entity(e)); };
  fills["AlertEvidence.EvidenceRole"] = [](Event& e) {
    return Event::fixed(e.index() % 2 == 0 ? "Impacted" : "Related");
  };
  fills["AlertEvidence.AdditionalFields"] = [](Event& e) {
    return e.format(
        R"({{"$id":"1","Type":"{}","Asset":{{"$ref":"{}"}},"LastRemediationState":"Active"}})",
        entity(e), e.index() % 9);
  };
}

}  // namespace harrier::sandbox
