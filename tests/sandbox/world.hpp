// The simulated organisation: devices, people, programs, and the process trees that run on the
// devices.
#pragma once

#include "base/time.hpp"
#include "sandbox/options.hpp"
#include "sandbox/timeline.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::sandbox {

enum class Os : std::uint8_t { windows, mac, linux_ };

struct User {
  std::string name;  ///< mia.keller
  std::string display;
  std::string upn;
  std::string sid;
  std::string object_id;
  std::string department;
  std::string title;
  std::string city;
  std::string country;
  std::string account_id;
};

struct Device {
  std::string id;    ///< 40 hex digits
  std::string name;  ///< lower-case DNS name
  std::string aad_id;
  Os os = Os::windows;
  std::string platform;  ///< Windows11, macOS, Ubuntu
  std::string os_version;
  std::string build;
  std::string local_ip;
  std::string public_ip;
  std::string mac;
  std::string group;
  std::uint64_t owner = 0;  ///< index of its user
};

/// A program file.
struct Image {
  std::string file;
  std::string folder;
  std::string company;
  std::string product;
  std::string description;
  std::string version;
  std::string sha1;
  std::string sha256;
  std::string md5;
  std::int64_t size = 0;
};

/// One process of the simulated tenant: event `index` of DeviceProcessEvents.
struct Process {
  std::uint64_t index = 0;
  const Device* device = nullptr;
  const User* user = nullptr;  ///< null: the system account
  const Image* image = nullptr;
  std::int64_t pid = 0;
  Instant created;
  Ticks delay{0};           ///< from creation to ingestion
  bool has_parent = false;  ///< false: its parent is the session root
  std::uint64_t parent = 0;
  std::uint64_t hash = 0;
  bool is_download = false;  ///< PowerShell fetching a script; a network connection belongs to it
  std::string_view host;     ///< what a download contacts
  std::string_view host_ip;
};

/// Immutable once built, so free to share between threads.
class World {
 public:
  explicit World(const Options& options);

  [[nodiscard]] const std::vector<Device>& devices() const noexcept { return devices_; }

  [[nodiscard]] const std::vector<User>& users() const noexcept { return users_; }

  [[nodiscard]] const Timeline& processes() const noexcept { return processes_; }

  /// The timeline of a table that others refer to (mails, alerts, Teams messages, behaviors).
  [[nodiscard]] const Timeline& timeline(std::string_view table) const noexcept;

  [[nodiscard]] const Options& options() const noexcept { return options_; }

  /// The process that event `index` of DeviceProcessEvents creates. A pure function.
  [[nodiscard]] Process process(std::uint64_t index) const;
  /// The session root of a device: what the top processes have as parent.
  [[nodiscard]] Process root(std::uint64_t device) const;
  /// How long an event that no process ties is on its way.
  [[nodiscard]] Ticks delay(std::uint64_t hash) const noexcept;

  [[nodiscard]] std::uint64_t hash(std::uint64_t salt, std::uint64_t index) const noexcept;

 private:
  [[nodiscard]] const Image* image_of(const Process& process, unsigned level) const;

  Options options_;
  Timeline processes_;
  std::vector<std::pair<std::string_view, Timeline>> referred_;
  std::vector<Device> devices_;
  std::vector<User> users_;
  std::vector<std::vector<Image>> windows_;  // by level of the tree
  std::vector<std::vector<Image>> unix_;
};

/// A random-looking lower-case GUID.
[[nodiscard]] std::string guid_text(std::uint64_t hash);
/// `digits` lower-case hexadecimal digits.
[[nodiscard]] std::string hex_text(std::uint64_t hash, unsigned digits);
/// Cuts `time` to `digits` fractional digits.
[[nodiscard]] Instant round_down(Instant time, unsigned digits) noexcept;

}  // namespace harrier::sandbox
