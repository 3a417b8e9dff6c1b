// Network connections; each belongs to a process.
#include "sandbox/event.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

constexpr std::string_view kSites[] = {"outlook.office365.example", "teams.contoso.example",
                                       "www.example.com",           "api.payroll.example",
                                       "images.shop.example",       "telemetry.vendor.example"};

bool is_download(Event& e) {
  return e.process().is_download;
}

std::uint64_t site(Event& e) {
  return e.hash(40) % std::size(kSites);
}

bool is_public(Event& e) {
  return is_download(e) || e.hash(41) % 4 != 0;
}

Cell remote_ip(Event& e) {
  if (is_download(e)) return Event::fixed(e.process().host_ip);
  if (!is_public(e))
    return e.format("10.{}.{}.{}", 1 + e.hash(42) % 3, e.hash(43) % 250, 1 + e.hash(44) % 250);
  if (e.hash(45) % 10 == 0)
    return e.format("2001:db8:{:x}::{:x}", e.hash(46) % 65536, 1 + e.hash(47) % 4000);
  return e.format("203.0.113.{}", 1 + site(e) * 20 + e.hash(48) % 20);
}

Cell remote_url(Event& e) {
  if (is_download(e)) {
    return e.format("http://{}/{}.ps1", e.process().host, hex_text(e.process().hash, 6));
  }
  if (!is_public(e)) return Event::fixed("");
  return Event::fixed(kSites[site(e)]);
}

}  // namespace

void register_network(FillMap& fills) {
  constexpr auto kTable = "DeviceNetworkEvents.";
  const auto set = [&](const char* column, Fill fill) {
    fills[std::string(kTable) + column] = fill;
  };
  set("ActionType", [](Event& e) {
    constexpr std::string_view kTypes[] = {"ConnectionSuccess", "ConnectionSuccess",
                                           "ConnectionFailed", "HttpConnectionInspected",
                                           "DnsConnectionInspected"};
    return Event::fixed(is_download(e) ? kTypes[0] : pick(kTypes, e.hash(49)));
  });
  set("RemoteIP", remote_ip);
  set("RemoteUrl", remote_url);
  set("RemotePort", [](Event& e) {
    return Event::number(is_download(e) ? 80 : is_public(e) ? 443 : 445);
  });
  set("RemoteIPType", [](Event& e) { return Event::fixed(is_public(e) ? "Public" : "Private"); });
  set("LocalIP", [](Event& e) { return Event::fixed(e.device().local_ip); });
  set("LocalPort", [](Event& e) { return Event::number(49'152 + e.hash(50) % 16'000); });
  set("LocalIPType", [](Event&) { return Event::fixed("Private"); });
  set("Protocol",
      [](Event& e) { return Event::fixed(is_download(e) || e.hash(51) % 8 != 0 ? "Tcp" : "Udp"); });
  set("AdditionalFields", [](Event& e) {
    if (e.hash(52) % 3 == 0) return Event::null();
    return e.format(R"({{"direction":"Out","conn_state":"SF","uid":"{}","missed_bytes":"0"}})",
                    hex_text(e.hash(53), 18));
  });
}

}  // namespace harrier::sandbox
