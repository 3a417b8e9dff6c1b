// Devices and their adapters: DeviceInfo, DeviceNetworkInfo, and the device columns of every other
// table.
#include "sandbox/event.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {

void register_devices(FillMap& fills) {
  fills["DeviceId"] = [](Event& e) { return Event::fixed(e.device().id); };
  fills["DeviceName"] = [](Event& e) { return Event::fixed(e.device().name); };
  fills["AadDeviceId"] = [](Event& e) { return Event::fixed(e.device().aad_id); };
  fills["OSPlatform"] = [](Event& e) { return Event::fixed(e.device().platform); };
  fills["OSVersion"] = [](Event& e) { return Event::fixed(e.device().os_version); };
  fills["OSArchitecture"] = [](Event&) { return Event::fixed("64-bit"); };
  fills["DeviceInfo.OSBuild"] = [](Event& e) {
    return e.device().os == Os::windows ? Event::number(26'100) : Event::null();
  };
  fills["DeviceInfo.PublicIP"] = [](Event& e) { return Event::fixed(e.device().public_ip); };
  fills["DeviceInfo.MachineGroup"] = [](Event& e) { return Event::fixed(e.device().group); };
  fills["DeviceInfo.ClientVersion"] = [](Event&) { return Event::fixed("10.8760.26100.1"); };
  fills["DeviceInfo.LoggedOnUsers"] = [](Event& e) {
    return e.format(R"([{{"UserName":"{}","DomainName":"CONTOSO","Sid":"{}"}}])", e.user().name,
                    e.user().sid);
  };
  fills["DeviceInfo.SensorHealthState"] = [](Event& e) {
    return Event::fixed(e.hash(20) % 12 == 0 ? "Inactive" : "Active");
  };
  fills["DeviceInfo.OnboardingStatus"] = [](Event&) { return Event::fixed("Onboarded"); };
  fills["DeviceInfo.ExposureLevel"] = [](Event& e) {
    constexpr std::string_view kLevels[] = {"Low", "Medium", "High", "None"};
    return Event::fixed(pick(kLevels, e.hash(21)));
  };
  // Entity rows are counters beyond what a double can hold.
  fills["DeviceInfo.ReportId"] = [](Event& e) {
    return Event::number(639'199'803'770'463'703ULL + e.index());
  };
  fills["DeviceNetworkInfo.MacAddress"] = [](Event& e) { return Event::fixed(e.device().mac); };
  fills["DeviceNetworkInfo.NetworkAdapterName"] = [](Event& e) {
    return e.format("{{{}}}", guid_text(name_hash(e.device().id)));
  };
  fills["DeviceNetworkInfo.NetworkAdapterType"] = [](Event& e) {
    return Event::fixed(e.hash(22) % 2 == 0 ? "Ethernet" : "Wireless80211");
  };
  fills["DeviceNetworkInfo.NetworkAdapterStatus"] = [](Event&) { return Event::fixed("Up"); };
  fills["DeviceNetworkInfo.IPAddresses"] = [](Event& e) {
    return e.format(R"([{{"IPAddress":"{}","SubnetPrefix":24,"AddressType":"Private"}}])",
                    e.device().local_ip);
  };
  fills["DeviceNetworkInfo.DnsAddresses"] = [](Event&) {
    return Event::fixed(R"(["10.0.0.53","fd00::53"])");
  };
  fills["DeviceNetworkInfo.DefaultGateways"] = [](Event&) {
    return Event::fixed(R"(["10.0.0.1"])");
  };
  fills["DeviceNetworkInfo.ConnectedNetworks"] = [](Event&) {
    return Event::fixed(
        R"([{"Name":"contoso.example","IsConnectedToInternet":true,"Category":"Domain"}])");
  };
}

}  // namespace harrier::sandbox
