// Audit records by content type, and what Harrier's tables must hold of them.
#include "sandbox/hash.hpp"
#include "sandbox/management.hpp"

#include <fmt/format.h>

namespace harrier::sandbox {
namespace {

struct Maker {
  const World& world;
  std::uint64_t index;
  std::uint64_t hash;
  const User& user;
  Record& record;
};

/// The properties every record begins with.
void begin(Maker& m, Instant created, int record_type, std::string_view record_type_name,
           std::string_view workload, std::string_view operation, std::string_view user_type_name,
           int user_type) {
  auto& r = m.record;
  r.text("CreationTime", format_seconds(created).substr(0, 19))
      .text("Id", guid_text(mix(m.hash, 1)))
      .text("Operation", operation)
      .text("OrganizationId", m.world.options().tenant)
      .number("RecordType", record_type)
      .text("ResultStatus", mix(m.hash, 2) % 8 == 0 ? "Failed" : "Succeeded")
      .text("UserKey", hex_text(mix(m.hash, 3), 16))
      .number("UserType", user_type)
      .number("Version", 1)
      .text("Workload", workload)
      .text("UserId", m.user.upn);
  switch (mix(m.hash, 4) % 5) {
    case 0:
      r.text("ClientIP", "198.51.100.{}:{}", 1 + m.hash % 250, 1024 + m.hash % 60'000);
      break;
    case 1:
      r.text("ClientIP", "[2001:db8::{:x}]:443", m.hash % 65'536);
      break;
    case 2:
      break;
    default:
      r.text("ClientIP", "198.51.100.{}", 1 + m.hash % 250);
  }
  r.text("ObjectId", "Objekt {}", m.hash % 5000);
  r.stored("RecordTypeName", record_type_name).stored("UserTypeName", user_type_name);
}

std::string_view exchange(Maker& m, Instant created) {
  if (m.index % 3 == 0) {
    begin(m, created, 1, "ExchangeAdmin", "Exchange", "New-InboxRule", "DcAdmin", 3);
    if (mix(m.hash, 5) % 10 == 0) {
      m.record.text("Parameters", "Get-Mailbox -Identity \"{}\" | fl", m.user.upn);
    } else {
      m.record.json(
          "Parameters",
          fmt::format(
              R"([{{"Name":"Name","Value":"Regel {}"}},{{"Name":"DeleteMessage","Value":"True"}}])",
              m.hash % 100));
    }
    m.record.flag("ExternalAccess", false)
        .text("OriginatingServer", "AM0PR01MB0001 (15.20.0000.000)\r\n")
        .text("OrganizationName", "contoso.example");
    return "OfficeActivity";
  }
  begin(m, created, 50, "ExchangeItemAggregated", "Exchange", "MailItemsAccessed", "Regular", 0);
  m.record.number("LogonType", 0)
      .number("InternalLogonType", 0)
      .text("MailboxGuid", guid_text(mix(m.hash, 6)))
      .text("MailboxOwnerUPN", m.user.upn)
      .json("OperationProperties",
            R"([{"Name":"MailAccessType","Value":"Bind"},{"Name":"IsThrottled","Value":"False"}])")
      .number("OperationCount", static_cast<std::int64_t>(m.hash % 40));
  return "OfficeActivity";
}

std::string_view sharepoint(Maker& m, Instant created) {
  const bool is_drive = m.index % 2 == 0;
  constexpr std::string_view kOperations[] = {"FileAccessed", "FileDownloaded", "FileModified",
                                              "SharingSet"};
  begin(m, created, 6, "SharePointFileOperation", is_drive ? "OneDrive" : "SharePoint",
        pick(kOperations, m.hash), "Regular", 0);
  m.record.text("Site", guid_text(mix(m.hash, 7) % 30))
      .text("ItemType", "File")
      .text("EventSource", "SharePoint")
      .text("SiteUrl", "https://contoso.example/sites/{}/", m.hash % 30)
      .text("SourceFileName", "Bericht Größe {}.xlsx", m.hash % 900)
      .text("SourceFileExtension", "xlsx")
      .text("SourceRelativeUrl", "Freigegebene Dokumente")
      .text("UserAgent", "Mozilla/5.0")
      .flag("IsManagedDevice", m.hash % 3 == 0);
  return "OfficeActivity";
}

std::string_view general(Maker& m, Instant created) {
  switch (m.index % 10) {
    case 0:
    case 1:
    case 2:
      begin(m, created, 25, "MicrosoftTeams", "MicrosoftTeams", "MemberAdded", "Regular", 0);
      m.record.text("TeamName", "Team {}", m.hash % 50)
          .text("TeamGuid", guid_text(mix(m.hash, 8) % 50))
          .json("Members", fmt::format(R"([{{"UPN":"{}","Role":1,"DisplayName":"{}"}}])",
                                       m.user.upn, m.user.display));
      return "OfficeActivity";
    case 3:
      begin(m, created, 20, "PowerBIAudit", "PowerBI", "ViewReport", "Regular", 0);
      m.record.text("WorkSpaceName", "Finance")
          .text("ReportName", "Q{}", m.hash % 4)
          .flag("IsSuccess", true);
      return "PowerBIActivity";
    case 4:
      begin(m, created, 43, "MIPLabel", "Exchange", "MIPLabel", "System", 4);
      return "MicrosoftPurviewInformationProtection";
    case 5:
      begin(m, created, 40, "SecurityComplianceAlerts", "SecurityComplianceCenter",
            "AlertTriggered", "System", 4);
      m.record.text("AlertId", guid_text(mix(m.hash, 9)))
          .text("Data", R"({"f3u":"x","QueryTime":"1","QueryTime":"2"})");
      return "AuditGeneral";
    case 6:
      // A type that nobody has a name for.
      begin(m, created, 98'765, "98765", "Copilot", "CopilotInteraction", "Regular", 0);
      m.record.json("CopilotEventData",
                    R"({"AppHost":"Word","Contexts":[],"Big":36787265537123456789})");
      return "AuditGeneral";
    case 7:
      begin(m, created, 35, "Project", "Project", "ProjectAccessed", "Regular", 0);
      m.record.text("Entity", "Project").text("Action", "Accessed");
      return "ProjectActivity";
    case 8:
      begin(m, created, 21, "CRM", "CRM", "RetrieveMultiple", "Regular", 0);
      m.record.text("EntityName", "account").text("UserAgent", "Mozilla/5.0");
      return "Dynamics365Activity";
    default:
      begin(m, created, 28, "ThreatIntelligence", "ThreatIntelligence", "TIMailData", "System", 4);
      m.record.json("AttachmentData", R"([{"FileName":"a.pdf","FileVerdict":1}])")
          .text("Verdict", "Phish");
      return "AuditGeneral";
  }
}

std::string_view directory(Maker& m, Instant created) {
  if (m.index % 2 == 0) {
    begin(m, created, 15, "AzureActiveDirectoryStsLogon", "AzureActiveDirectory", "UserLoggedIn",
          "Regular", 0);
  } else {
    begin(m, created, 8, "AzureActiveDirectory", "AzureActiveDirectory", "Consent to application.",
          "Regular", 0);
  }
  m.record
      .json("Actor", fmt::format(R"([{{"ID":"{}","Type":0}},{{"ID":"{}","Type":5}}])",
                                 m.user.object_id, m.user.upn))
      .json(
          "ModifiedProperties",
          R"([{"Name":"ConsentContext.IsAdminConsent","NewValue":"[\r\n  \"True\"\r\n]","OldValue":""}])")
      .number("AzureActiveDirectoryEventType", 1);
  return "AuditGeneral";
}

}  // namespace

AuditRecord make_audit_record(const World& world, std::string_view content_type,
                              std::uint64_t index, Instant created) {
  AuditRecord result;
  const auto hash = world.hash(name_hash(content_type), index);
  Maker maker{world, index, hash, world.users()[hash % world.users().size()], result.record};
  if (content_type == "Audit.Exchange") {
    result.table = exchange(maker, created);
  } else if (content_type == "Audit.SharePoint") {
    result.table = sharepoint(maker, created);
  } else if (content_type == "Audit.General") {
    result.table = general(maker, created);
  } else if (content_type == "Audit.AzureActiveDirectory") {
    result.table = directory(maker, created);
  } else {
    begin(maker, created, 13, "ComplianceDLPExchange", "Exchange", "DLPRuleMatch", "System", 4);
    result.record.json("PolicyDetails",
                       R"([{"PolicyId":"p","Rules":[{"RuleName":"PII","Actions":[]}]}])");
    result.table = "AuditGeneral";
  }
  auto& r = result.record;
  if (result.table == "OfficeActivity") {
    r.stored("RecordType", *r.stored_value("RecordTypeName"))
        .stored("UserType", *r.stored_value("UserTypeName"));
  } else if (result.table == "AuditGeneral") {
    r.stored("Record", r.to_json());
  }
  return result;
}

std::vector<std::pair<std::string_view, std::string_view>> audit_columns(std::string_view table) {
  if (table == "OfficeActivity") {
    return {{"OfficeId", "Id"},
            {"TimeGenerated", "CreationTime"},
            {"RecordType", ""},
            {"UserType", ""},
            {"Operation", "Operation"},
            {"OfficeWorkload", "Workload"},
            {"UserId", "UserId"},
            {"UserKey", "UserKey"},
            {"ClientIP", "ClientIP"},
            {"OfficeObjectId", "ObjectId"},
            {"ResultStatus", "ResultStatus"},
            {"Parameters", "Parameters"},
            {"OriginatingServer", "OriginatingServer"},
            {"Members", "Members"},
            {"OperationProperties", "OperationProperties"},
            {"SourceFileName", "SourceFileName"},
            {"Site_", "Site"},
            {"Site_Url", "SiteUrl"},
            {"ItemType", "ItemType"},
            {"TeamName", "TeamName"}};
  }
  if (table == "AuditGeneral") {
    return {{"Id", "Id"},           {"TimeGenerated", "CreationTime"}, {"RecordType", "RecordType"},
            {"RecordTypeName", ""}, {"Workload", "Workload"},          {"Operation", "Operation"},
            {"UserId", "UserId"},   {"ClientIP", "ClientIP"},          {"Record", ""}};
  }
  if (table == "PowerBIActivity" || table == "ProjectActivity")
    return {{"EventOriginalUid", "Id"}, {"TimeGenerated", "CreationTime"}};
  if (table == "Dynamics365Activity")
    return {{"SourceRecordId", "Id"}, {"TimeGenerated", "CreationTime"}};
  return {{"Id", "Id"}, {"TimeGenerated", "CreationTime"}};
}

}  // namespace harrier::sandbox
