// Files, registry, images, logons and the other sensor tables.
#include "sandbox/event.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

constexpr std::string_view kFiles[] = {"Quartalsbericht.xlsx", "notes.txt",   "setup.exe",
                                       "update.dll",           "photo 📷.jpg", "archive.zip"};
constexpr std::string_view kLibraries[] = {"kernel32.dll", "ntdll.dll", "amsi.dll", "clr.dll",
                                           "vaultcli.dll"};

/// Every fiftieth row, the first of them early, puts a password where the logon screen reads it.
bool is_planted(Event& e) {
  return e.index() % 50 == 3;
}

Cell file_name(Event& e) {
  return e.format("{}-{}", e.hash(60) % 5000, pick(kFiles, e.hash(61)));
}

void register_files(FillMap& fills) {
  for (const std::string table :
       {"DeviceFileEvents.", "DeviceEvents.", "DeviceFileCertificateInfo."}) {
    fills[table + "FileName"] = file_name;
    fills[table + "FolderPath"] = [](Event& e) {
      return e.format("C:\\Users\\{}\\Downloads\\{}", e.user().name, e.hash(60) % 5000);
    };
    fills[table + "SHA1"] = [](Event& e) { return e.copy(hex_text(e.hash(62), 40)); };
    fills[table + "SHA256"] = [](Event& e) { return e.copy(hex_text(e.hash(63), 64)); };
    fills[table + "MD5"] = [](Event& e) { return e.copy(hex_text(e.hash(64), 32)); };
    fills[table + "FileSize"] = [](Event& e) { return Event::number(e.hash(65) % 90'000'000); };
  }
  fills["DeviceFileEvents.ActionType"] = [](Event& e) {
    constexpr std::string_view kTypes[] = {"FileCreated", "FileModified", "FileDeleted",
                                           "FileRenamed"};
    return Event::fixed(pick(kTypes, e.hash(66)));
  };
  fills["DeviceImageLoadEvents.ActionType"] = [](Event&) { return Event::fixed("ImageLoaded"); };
  fills["DeviceImageLoadEvents.FileName"] = [](Event& e) {
    return Event::fixed(pick(kLibraries, e.hash(67)));
  };
  fills["DeviceImageLoadEvents.FolderPath"] = [](Event& e) {
    return e.format("C:\\Windows\\System32\\{}", pick(kLibraries, e.hash(67)));
  };
}

void register_registry(FillMap& fills) {
  const std::string table = "DeviceRegistryEvents.";
  fills[table + "ActionType"] = [](Event& e) {
    constexpr std::string_view kTypes[] = {"RegistryValueSet", "RegistryKeyCreated",
                                           "RegistryValueDeleted"};
    return Event::fixed(is_planted(e) ? kTypes[0] : pick(kTypes, e.hash(70)));
  };
  fills[table + "RegistryKey"] = [](Event& e) {
    if (is_planted(e)) {
      return Event::fixed(
          R"(HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon)");
    }
    return e.format(R"(HKEY_LOCAL_MACHINE\SOFTWARE\Vendor{}\Settings)", e.hash(71) % 400);
  };
  fills[table + "RegistryValueName"] = [](Event& e) {
    if (is_planted(e)) return Event::fixed("DefaultPassword");
    return e.format("Option{}", e.hash(72) % 40);
  };
  fills[table + "RegistryValueData"] = [](Event& e) {
    if (is_planted(e)) return e.format("Sommer{}!", 2000 + e.hash(73) % 30);
    return e.format("{}", e.hash(73) % 100'000);
  };
  fills[table + "RegistryValueType"] = [](Event& e) {
    return Event::fixed(is_planted(e) || e.hash(74) % 2 == 0 ? "String" : "Dword");
  };
  for (const char* column :
       {"PreviousRegistryKey", "PreviousRegistryValueName", "PreviousRegistryValueData"}) {
    fills[table + column] = [](Event&) { return Event::fixed(""); };
  }
}

void register_logons(FillMap& fills) {
  const std::string table = "DeviceLogonEvents.";
  fills[table + "ActionType"] = [](Event& e) {
    return Event::fixed(e.hash(80) % 9 == 0 ? "LogonFailed" : "LogonSuccess");
  };
  fills[table + "FailureReason"] = [](Event& e) {
    return Event::fixed(e.hash(80) % 9 == 0 ? "InvalidUserNameOrPassword" : "");
  };
  fills["LogonType"] = [](Event& e) {
    constexpr std::string_view kTypes[] = {"Interactive", "Network", "RemoteInteractive", "Batch",
                                           "Unlock"};
    return Event::fixed(pick(kTypes, e.hash(81)));
  };
  fills[table + "IsLocalAdmin"] = [](Event& e) {
    if (e.hash(80) % 9 == 0) return Event::null();
    return Event::flag(e.hash(82) % 7 == 0);
  };
  fills[table + "Protocol"] = [](Event& e) {
    return Event::fixed(e.hash(83) % 2 == 0 ? "Negotiate" : "Kerberos");
  };
  fills[table + "RemoteIP"] = [](Event& e) {
    return e.hash(81) % 5 == 0 ? Event::fixed("")
                               : e.format("10.7.{}.{}", e.hash(84) % 40, 1 + e.hash(85) % 250);
  };
}

}  // namespace

void register_endpoint(FillMap& fills) {
  register_files(fills);
  register_registry(fills);
  register_logons(fills);
  fills["DeviceEvents.ActionType"] = [](Event& e) {
    constexpr std::string_view kTypes[] = {
        "AntivirusDetection", "AsrOfficeChildProcessBlocked",
        "UsbDriveMounted",    "ScheduledTaskCreated",
        "OpenProcessApiCall", "PowerShellCommand",
        "UserAccountCreated", "FirewallOutboundConnectionBlocked"};
    return Event::fixed(pick(kTypes, e.hash(90)));
  };
  fills["DeviceEvents.AdditionalFields"] = [](Event& e) {
    if (e.hash(91) % 3 == 0) return Event::null();
    return e.format(
        R"({{"Command":"Get-Item 'C:\\Temp\\{}'","TaskName":"\\Wartung\\Täglich","Nested":{{"a":[1,2.50,{}]}}}})",
        e.hash(92) % 100, e.hash(93) % 10);
  };
}

}  // namespace harrier::sandbox
