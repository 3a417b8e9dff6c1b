// The rows that the query benchmark asks about: processes and network events of a made-up company,
// about 1.2 KB each over all documented columns, the same on every run.
#pragma once

#include "model/batch.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace harrier::bench {

/// One number for every (row, purpose).
inline std::uint64_t mixed(std::uint64_t row, std::uint64_t purpose) noexcept {
  std::uint64_t x = row * 0x9E3779B97F4A7C15ULL + purpose * 0xD6E8FEB86659FD93ULL + 1;
  x = (x ^ (x >> 32U)) * 0xD6E8FEB86659FD93ULL;
  x = (x ^ (x >> 32U)) * 0xD6E8FEB86659FD93ULL;
  return x ^ (x >> 32U);
}

inline constexpr std::uint64_t kPrograms = 700;
inline constexpr std::uint64_t kDevices = 2000;
inline constexpr std::uint64_t kAccounts = 3000;
inline constexpr std::int64_t kRowTicks = 2'000'000;

inline Instant first_time() {
  return Instant{parse_instant("2026-11-01T00:00:00Z")->ticks};
}

/// Fills the cells of one row, column by column.
class RowMaker {
 public:
  /// `network`: rows of DeviceNetworkEvents, else of DeviceProcessEvents.
  RowMaker(const model::RowLayout& layout, bool network) : layout_(layout), network_(network) {}

  void fill(std::uint64_t row, model::Batch& batch) const {
    const auto cells = batch.add_row();
    for (std::size_t k = 0; k < cells.size(); ++k) {
      const model::Column& column = layout_.columns[k];
      if (model::sqlite_type(column.type) == "TEXT") {
        const std::string text = text_of(row, column);
        if (!text.empty()) cells[k] = model::Cell::of_text(batch.arena().copy(text));
      } else {
        cells[k] = model::Cell::of_integer(number_of(row, column.name));
      }
    }
  }

 private:
  static bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
  }

  static bool of_parent(std::string_view name) { return name.substr(0, 10) == "Initiating"; }

  static std::uint64_t program(std::uint64_t row, bool parent) {
    const std::uint64_t x = mixed(row, parent ? 11 : 10);
    return (x % kPrograms) * (x >> 32U) % kPrograms;  // some are much more frequent than others
  }

  static std::int64_t number_of(std::uint64_t row, std::string_view name) {
    if (has(name, "Port"))
      return mixed(row, 20) % 3 == 0 ? 443 : 1024 + static_cast<int>(mixed(row, 21) % 500);
    if (has(name, "ProcessId")) return static_cast<std::int64_t>(mixed(row, 22) % 30'000);
    if (has(name, "FileSize"))
      return static_cast<std::int64_t>(program(row, of_parent(name)) * 7919);
    if (has(name, "Is")) return 0;
    return static_cast<std::int64_t>(row);
  }

  std::string text_of(std::uint64_t row, const model::Column& column) const {
    const std::string_view name = column.name;
    if (column.type == model::ScalarType::datetime) {
      const std::int64_t jitter = static_cast<std::int64_t>(mixed(row, 30) % 1'000'000);
      const std::int64_t age =
          name == "Timestamp" ? 0 : static_cast<std::int64_t>(mixed(row, 31) % 36'000'000'000);
      return format_instant(
          Instant{first_time().ticks +
                  static_cast<std::int64_t>(row) * kRowTicks * (network_ ? 5 : 1) + jitter - age});
    }
    const std::uint64_t device = mixed(row, 1) % kDevices;
    const std::uint64_t account = mixed(row, 2) % kAccounts;
    const std::uint64_t image = program(row, of_parent(name));
    if (name == "DeviceId") return fmt::format("{:040x}", mixed(device, 3));
    if (name == "DeviceName") return fmt::format("host-{}.contoso.example", device);
    if (name == "ActionType")
      return network_ ? (row % 7 == 0 ? "ConnectionFailed" : "ConnectionSuccess")
                      : "ProcessCreated";
    if (has(name, "CommandLine")) return command_line(row, image, of_parent(name));
    if (has(name, "FileName")) return fmt::format("program{}.exe", image);
    if (has(name, "FolderPath"))
      return fmt::format("C:\\Program Files\\Vendor{0}\\program{1}.exe", image % 40, image);
    if (has(name, "SHA1")) return fmt::format("{:040x}", mixed(image, 4));
    if (has(name, "SHA256")) return fmt::format("{:032x}{:032x}", mixed(image, 5), mixed(image, 6));
    if (has(name, "MD5")) return fmt::format("{:032x}", mixed(image, 7));
    if (has(name, "VersionInfo"))
      return fmt::format("Vendor{} product {}", image % 40, image % 100);
    if (has(name, "AccountName")) return fmt::format("user{}", account);
    if (has(name, "AccountUpn")) return fmt::format("user{}@contoso.example", account);
    if (has(name, "AccountSid"))
      return fmt::format("S-1-5-21-1004336348-1177238915-682003330-{}", account);
    if (has(name, "AccountDomain")) return "contoso";
    if (has(name, "IntegrityLevel")) return row % 9 == 0 ? "System" : "Medium";
    if (has(name, "IP") && has(name, "Type")) return "Public";
    if (has(name, "IP"))
      return fmt::format("203.0.{}.{}", mixed(row, 8) % 113, mixed(row, 9) % 256);
    if (name == "RemoteUrl")
      return fmt::format("https://cdn{}.example.net/", mixed(row, 12) % 5000);
    if (mixed(row, name.size()) % 3 == 0) return {};
    return fmt::format("value {}", mixed(row, name.size() + 100) % 50);
  }

  static std::string command_line(std::uint64_t row, std::uint64_t image, bool parent) {
    const std::uint64_t x = mixed(row, parent ? 41 : 40);
    std::string out = fmt::format("\"C:\\Program Files\\Vendor{}\\program{}.exe\" --session {:08x}",
                                  image % 40, image, x & 0xFFFFFFFFU);
    if (x % 10'000 == 0) out += " -ExecutionPolicy bypass -enc SQBFAFgA";
    if (x % 10'000 == 1) out += " -policy bypassed -nop";
    if (x % 1'000 == 2) out += " --Größe Straße";
    return out + fmt::format(" --mode quiet --profile user{} --log C:\\ProgramData\\log{}.txt",
                             x % kAccounts, (x >> 40U) % 100);
  }

  const model::RowLayout& layout_;
  bool network_;
};

}  // namespace harrier::bench
