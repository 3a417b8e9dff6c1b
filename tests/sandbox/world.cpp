#include "sandbox/world.hpp"

#include "sandbox/hash.hpp"

#include <fmt/format.h>

namespace harrier::sandbox {
namespace {

constexpr std::string_view kFirst[] = {"mia",  "jonas", "aylin",  "piet", "sofia", "liam", "noor",
                                       "emil", "chloe", "rafael", "ines", "yuki",  "olga", "tariq"};
constexpr std::string_view kLast[] = {"keller", "jansen", "demir",  "rossi",  "novak", "berg",
                                      "santos", "moreau", "tanaka", "okafor", "lund",  "weiss"};
constexpr std::string_view kDepartments[] = {"Finance", "Sales", "Engineering", "Legal",
                                             "Operations"};
constexpr std::string_view kTitles[] = {"Analyst", "Manager", "Engineer", "Counsel", "Assistant"};
constexpr std::string_view kCities[] = {"Delft", "Zürich", "København", "Lisboa", "Osaka"};
constexpr std::string_view kCountries[] = {"NL", "CH", "DK", "PT", "JP"};
constexpr std::string_view kGroups[] = {"Laptops", "Servers", "Workstations", "Kiosks"};
constexpr std::string_view kHosts[] = {"cdn.update-mirror.example", "files.contoso-share.example",
                                       "paste.example", "203.0.113.77"};
constexpr std::string_view kHostIps[] = {"203.0.113.10", "203.0.113.24", "198.51.100.61",
                                         "203.0.113.77"};

struct Program {
  std::string_view file;
  std::string_view folder;
  std::string_view company;
  std::string_view description;
};

constexpr Program kWindows0[] = {
    {"explorer.exe", "C:\\Windows", "Microsoft Corporation", "Windows Explorer"},
    {"svchost.exe", "C:\\Windows\\System32", "Microsoft Corporation",
     "Host Process for Windows Services"}};
constexpr Program kWindows1[] = {
    {"WINWORD.EXE", "C:\\Program Files\\Microsoft Office\\root\\Office16", "Microsoft Corporation",
     "Microsoft Word"},
    {"OUTLOOK.EXE", "C:\\Program Files\\Microsoft Office\\root\\Office16", "Microsoft Corporation",
     "Microsoft Outlook"},
    {"chrome.exe", "C:\\Program Files\\Google\\Chrome\\Application", "Google LLC", "Google Chrome"},
    {"cmd.exe", "C:\\Windows\\System32", "Microsoft Corporation", "Windows Command Processor"},
    {"ms-teams.exe", "C:\\Program Files\\WindowsApps\\MSTeams", "Microsoft Corporation",
     "Microsoft Teams"}};
constexpr Program kWindows2[] = {
    {"powershell.exe", "C:\\Windows\\System32\\WindowsPowerShell\\v1.0", "Microsoft Corporation",
     "Windows PowerShell"},
    {"cmd.exe", "C:\\Windows\\System32", "Microsoft Corporation", "Windows Command Processor"},
    {"msedgewebview2.exe", "C:\\Program Files (x86)\\Microsoft\\EdgeWebView\\Application",
     "Microsoft Corporation", "Microsoft Edge WebView2"}};
constexpr Program kWindows3[] = {
    {"whoami.exe", "C:\\Windows\\System32", "Microsoft Corporation",
     "whoami - displays logged on user"},
    {"net.exe", "C:\\Windows\\System32", "Microsoft Corporation", "Net Command"},
    {"reg.exe", "C:\\Windows\\System32", "Microsoft Corporation", "Registry Console Tool"},
    {"rundll32.exe", "C:\\Windows\\System32", "Microsoft Corporation",
     "Windows host process (Rundll32)"},
    {"curl.exe", "C:\\Windows\\System32", "curl, https://curl.se/", "The curl executable"}};
constexpr Program kUnix0[] = {{"systemd", "/usr/lib/systemd", "", ""},
                              {"launchd", "/sbin", "", ""}};
constexpr Program kUnix1[] = {
    {"bash", "/usr/bin", "", ""}, {"sshd", "/usr/sbin", "", ""}, {"cron", "/usr/sbin", "", ""}};
constexpr Program kUnix2[] = {
    {"python3", "/usr/bin", "", ""}, {"sh", "/bin", "", ""}, {"sudo", "/usr/bin", "", ""}};
constexpr Program kUnix3[] = {
    {"curl", "/usr/bin", "", ""}, {"ls", "/bin", "", ""}, {"systemctl", "/usr/bin", "", ""}};

template <class List>
std::vector<Image> images(const List& programs) {
  std::vector<Image> result;
  for (const auto& program : programs) {
    const auto hash = name_hash(program.file);
    Image image;
    image.file = program.file;
    image.folder = program.folder;
    image.company = program.company;
    image.description = program.description;
    image.product = program.company.empty() ? "" : program.description;
    image.version = fmt::format("10.0.{}.{}", 19041 + hash % 7000, hash % 4000);
    image.sha1 = hex_text(mix(hash, 1), 40);
    image.sha256 = hex_text(mix(hash, 2), 64);
    image.md5 = hex_text(mix(hash, 3), 32);
    image.size = static_cast<std::int64_t>(20'000 + hash % 4'000'000);
    result.push_back(std::move(image));
  }
  return result;
}

User make_user(std::uint64_t hash, std::uint64_t number) {
  User user;
  const auto first = kFirst[number % std::size(kFirst)];
  const auto last = kLast[(number / std::size(kFirst) + hash) % std::size(kLast)];
  user.name = fmt::format("{}.{}{}", first, last, number);
  user.display = fmt::format("{} {}", first, last);
  user.display[0] = static_cast<char>(user.display[0] - 'a' + 'A');
  user.upn = fmt::format("{}@contoso.example", user.name);
  user.sid = fmt::format("S-1-5-21-1004336348-1177238915-682003330-{}", 1100 + number);
  user.object_id = guid_text(hash);
  user.account_id = guid_text(mix(hash, 7));
  user.department = pick(kDepartments, hash);
  user.title = pick(kTitles, hash >> 8U);
  user.city = pick(kCities, hash >> 16U);
  user.country = pick(kCountries, hash >> 16U);
  return user;
}

Device make_device(std::uint64_t hash, std::uint64_t number, std::uint64_t users) {
  Device device;
  device.os = number % 10 < 7 ? Os::windows : number % 10 < 9 ? Os::linux_ : Os::mac;
  device.id = hex_text(hash, 40);
  device.aad_id = guid_text(mix(hash, 1));
  device.platform = device.os == Os::windows ? (number % 3 == 0 ? "Windows10" : "Windows11")
                    : device.os == Os::mac   ? "macOS"
                                             : "Ubuntu";
  device.os_version = device.os == Os::windows ? "10.0" : device.os == Os::mac ? "14.6" : "22.04";
  device.build = device.os == Os::windows ? "26100" : device.os == Os::mac ? "23" : "6";
  device.name =
      fmt::format("{}-{:03}.contoso.example", device.os == Os::linux_ ? "srv" : "lap", number);
  device.local_ip = fmt::format("10.{}.{}.{}", 1 + number / 250, number % 250, 10 + hash % 200);
  device.public_ip = fmt::format("198.51.100.{}", 1 + number % 250);
  device.mac = fmt::format("02{:010X}", hash & 0xffffffffffULL);
  device.group = pick(kGroups, hash);
  device.owner = number % users;
  return device;
}

}  // namespace

std::string hex_text(std::uint64_t hash, unsigned digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(digits, '0');
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < digits; ++i) {
    if (i % 16 == 0) bits = mix(hash, i);
    text[i] = kDigits[bits & 15U];
    bits >>= 4U;
  }
  return text;
}

std::string guid_text(std::uint64_t hash) {
  auto text = hex_text(hash, 36);
  text[8] = text[13] = text[18] = text[23] = '-';
  text[14] = '4';
  text[19] = "89ab"[hash & 3U];
  return text;
}

Instant round_down(Instant time, unsigned digits) noexcept {
  static constexpr std::int64_t kUnits[] = {10'000'000, 1'000'000, 100'000, 10'000,
                                            1000,       100,       10,      1};
  const auto unit = kUnits[digits < 7 ? digits : 7];
  return {time.ticks - time.ticks % unit};
}

World::World(const Options& options)
    : options_(options),
      processes_(options, "DeviceProcessEvents"),
      windows_{images(kWindows0), images(kWindows1), images(kWindows2), images(kWindows3)},
      unix_{images(kUnix0), images(kUnix1), images(kUnix2), images(kUnix3)} {
  for (const std::string_view table :
       {"EmailEvents", "AlertInfo", "MessageEvents", "BehaviorInfo"}) {
    referred_.emplace_back(table, Timeline(options, table));
  }
  const auto users = options.users == 0 ? 1 : options.users;
  const auto devices = options.devices == 0 ? 1 : options.devices;
  for (std::uint64_t i = 0; i < users; ++i) users_.push_back(make_user(hash(11, i), i));
  for (std::uint64_t i = 0; i < devices; ++i)
    devices_.push_back(make_device(hash(12, i), i, users));
}

const Timeline& World::timeline(std::string_view table) const noexcept {
  for (const auto& [name, timeline] : referred_) {
    if (name == table) return timeline;
  }
  return processes_;
}

std::uint64_t World::hash(std::uint64_t salt, std::uint64_t index) const noexcept {
  return mix(mix(options_.seed, salt), index);
}

Ticks World::delay(std::uint64_t hash) const noexcept {
  constexpr std::int64_t kMinute = 60 * kTicksPerSecond;
  const auto spread = mix(hash, 1);
  if (chance(hash, options_.late_share)) {
    const auto most =
        options_.late_by.count() > 10 * kMinute ? options_.late_by.count() - 10 * kMinute : 1;
    return Ticks(10 * kMinute +
                 static_cast<std::int64_t>(spread % static_cast<std::uint64_t>(most)));
  }
  return Ticks(2 * kTicksPerSecond + static_cast<std::int64_t>(spread % (88ULL * kTicksPerSecond)));
}

const Image* World::image_of(const Process& process, unsigned level) const {
  const auto& tree = process.device->os == Os::windows ? windows_ : unix_;
  const auto& choices = tree[level];
  return &choices[(process.hash >> 20U) % choices.size()];
}

Process World::process(std::uint64_t index) const {
  const auto count = devices_.size();
  const auto turn = index / count;
  const auto level = static_cast<unsigned>(turn % 4);
  Process process;
  process.index = index;
  process.hash = hash(13, index);
  process.device = &devices_[index % count];
  process.pid = static_cast<std::int64_t>(4 * (500 + process.hash % 16'000));
  // One tree of four levels shares its delay, so that a child is never older than its parent.
  process.delay = delay(hash(14, (turn / 4) * count + index % count));
  process.created = round_down(processes_.ingestion(index) - process.delay,
                               3 + static_cast<unsigned>(process.hash >> 40U) % 5);
  process.has_parent = level > 0;
  process.parent = level > 0 ? index - count : 0;
  process.image = image_of(process, level);
  const auto tree_hash = hash(15, (turn / 4) * count + index % count);
  if (tree_hash % 3 != 0) process.user = &users_[process.device->owner];
  process.is_download = process.image->file == "powershell.exe" && process.hash % 4 == 0;
  process.host = pick(kHosts, process.hash >> 8U);
  process.host_ip = pick(kHostIps, process.hash >> 8U);
  return process;
}

Process World::root(std::uint64_t device) const {
  Process process;
  process.device = &devices_[device % devices_.size()];
  process.hash = hash(16, device);
  process.pid = static_cast<std::int64_t>(4 + device % 900);
  process.created = round_down(
      options_.start - options_.span - Ticks(kTicksPerDay) -
          Ticks(static_cast<std::int64_t>(process.hash % static_cast<std::uint64_t>(kTicksPerDay))),
      7);
  process.image = image_of(process, 0);
  return process;
}

}  // namespace harrier::sandbox
