// Mail: the tables around one message share its NetworkMessageId.
#include "sandbox/event.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

constexpr std::string_view kSubjects[] = {
    "Rechnung", "Quarterly figures", "Re: Lunch?",  "Your parcel is waiting",
    "会議の件", "دعوة إلى اجتماع",   "🎉 Invitation"};
constexpr std::string_view kSenders[] = {"billing@fabrikam.example", "news@shop.example",
                                         "no-reply@parcel.example", "ceo@c0ntoso.example",
                                         "anna@partner.example"};

/// The message an event is about: its own number in EmailEvents, an earlier one elsewhere.
std::uint64_t mail(Event& e) {
  if (e.table() == "EmailEvents") return e.index();
  const auto latest = e.latest_of("EmailEvents");
  return latest < 4 ? latest : latest - e.hash(100) % 4;
}

std::uint64_t mail_hash(Event& e, std::uint64_t purpose) {
  return e.world().hash(7000 + purpose, mail(e));
}

const User& recipient(Event& e) {
  return e.world().users()[mail_hash(e, 1) % e.world().users().size()];
}

std::string_view sender(Event& e) {
  return pick(kSenders, mail_hash(e, 2));
}

std::string_view sender_domain(Event& e) {
  return sender(e).substr(sender(e).find('@') + 1);
}

bool is_phish(Event& e) {
  return mail_hash(e, 3) % 12 == 0;
}

Cell url(Event& e) {
  return e.format("https://{}/open?id={}&m={}", sender_domain(e), e.hash(101) % 100'000, mail(e));
}

void register_message(FillMap& fills) {
  fills["NetworkMessageId"] = [](Event& e) { return e.copy(guid_text(mail_hash(e, 4))); };
  fills["InternetMessageId"] = [](Event& e) {
    return e.format("<{}@{}>", hex_text(mail_hash(e, 5), 20), sender_domain(e));
  };
  fills["RecipientEmailAddress"] = [](Event& e) { return Event::fixed(recipient(e).upn); };
  fills["RecipientObjectId"] = [](Event& e) { return Event::fixed(recipient(e).object_id); };
  fills["SenderFromAddress"] = [](Event& e) { return Event::fixed(sender(e)); };
  fills["SenderMailFromAddress"] = [](Event& e) { return Event::fixed(sender(e)); };
  fills["SenderFromDomain"] = [](Event& e) { return Event::fixed(sender_domain(e)); };
  fills["SenderMailFromDomain"] = [](Event& e) { return Event::fixed(sender_domain(e)); };
  fills["SenderDisplayName"] = [](Event& e) { return Event::fixed(sender_domain(e)); };
  fills["SenderIPv4"] = [](Event& e) {
    return e.format("198.51.100.{}", 1 + mail_hash(e, 6) % 250);
  };
  fills["SenderIPv6"] = [](Event&) { return Event::fixed(""); };
  fills["Subject"] = [](Event& e) {
    return e.format("{} {}", pick(kSubjects, mail_hash(e, 7)), mail(e));
  };
  fills["EmailSubject"] = fills["Subject"];
  fills["EmailDirection"] = [](Event&) { return Event::fixed("Inbound"); };
  fills["DeliveryAction"] = [](Event& e) {
    return Event::fixed(is_phish(e) ? "Blocked" : "Delivered");
  };
  fills["DeliveryLocation"] = [](Event& e) {
    return Event::fixed(is_phish(e) ? "Quarantine" : "Inbox/folder");
  };
  fills["LatestDeliveryAction"] = fills["DeliveryAction"];
  fills["LatestDeliveryLocation"] = fills["DeliveryLocation"];
  fills["EmailEvents.ThreatTypes"] = [](Event& e) {
    return Event::fixed(is_phish(e) ? "Phish" : "");
  };
  fills["EmailEvents.DetectionMethods"] = [](Event& e) {
    return Event::fixed(is_phish(e) ? R"({"Phish":["URL detonation reputation","Spoof DMARC"]})"
                                    : "");
  };
  fills["EmailEvents.ConfidenceLevel"] = [](Event& e) {
    return Event::fixed(is_phish(e) ? R"({"Phish":"High"})" : "");
  };
  fills["EmailEvents.AuthenticationDetails"] = [](Event& e) {
    return Event::fixed(is_phish(e) ? R"({"SPF":"fail","DKIM":"none","DMARC":"fail"})"
                                    : R"({"SPF":"pass","DKIM":"pass","DMARC":"pass"})");
  };
  fills["EmailEvents.AttachmentCount"] = [](Event& e) {
    return Event::number(mail_hash(e, 8) % 3);
  };
  fills["EmailEvents.UrlCount"] = [](Event& e) { return Event::number(mail_hash(e, 9) % 5); };
  fills["EmailEvents.EmailLanguage"] = [](Event&) { return Event::fixed("de"); };
  fills["EmailClusterId"] = [](Event& e) {
    return e.format("{}", 1'000'000'000ULL + mail_hash(e, 10) % 3'000'000'000ULL);
  };
  fills["EmailEvents.EmailClusterId"] = [](Event& e) {
    return Event::number(1'000'000'000ULL + mail_hash(e, 10) % 3'000'000'000ULL);
  };
}

void register_parts(FillMap& fills) {
  fills["EmailAttachmentInfo.FileName"] = [](Event& e) {
    return e.format("Rechnung_{}.pdf", e.hash(110) % 10'000);
  };
  fills["EmailAttachmentInfo.FileType"] = [](Event&) { return Event::fixed("pdf"); };
  fills["EmailAttachmentInfo.SHA256"] = [](Event& e) { return e.copy(hex_text(e.hash(111), 64)); };
  fills["EmailUrlInfo.Url"] = url;
  fills["EmailUrlInfo.UrlDomain"] = [](Event& e) { return Event::fixed(sender_domain(e)); };
  fills["EmailUrlInfo.UrlLocation"] = [](Event& e) {
    return Event::fixed(e.hash(112) % 4 == 0 ? "Attachment" : "Body");
  };
  fills["EmailPostDeliveryEvents.Action"] = [](Event&) {
    return Event::fixed("Moved to quarantine");
  };
  fills["EmailPostDeliveryEvents.ActionType"] = [](Event& e) {
    return Event::fixed(e.hash(113) % 2 == 0 ? "Phish ZAP" : "Malware ZAP");
  };
  fills["UrlClickEvents.Url"] = url;
  fills["UrlClickEvents.ActionType"] = [](Event& e) {
    constexpr std::string_view kTypes[] = {"ClickAllowed", "ClickAllowed", "ClickBlocked",
                                           "UrlScanInProgress"};
    return Event::fixed(pick(kTypes, e.hash(114)));
  };
  fills["UrlClickEvents.UrlChain"] = [](Event& e) {
    return e.format(R"(["https://{}/r","https://{}/open"])", sender_domain(e), sender_domain(e));
  };
  fills["UrlClickEvents.AccountUpn"] = [](Event& e) { return Event::fixed(recipient(e).upn); };
  fills["UrlClickEvents.Workload"] = [](Event&) { return Event::fixed("Email"); };
}

}  // namespace

void register_mail(FillMap& fills) {
  register_message(fills);
  register_parts(fills);
}

}  // namespace harrier::sandbox
