// Log entries with fields of their own, in the journal's native protocol.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier {

/// Where systemd's journal listens.
inline constexpr std::string_view kJournalSocket = "/run/systemd/journal/socket";

/// Names in capitals with their values, which may hold anything.
using JournalFields = std::vector<std::pair<std::string, std::string>>;

/// Sends one entry to the datagram socket at `socket_path`; an entry too large for a datagram goes
/// as a sealed memory file (systemd.io, JOURNAL_NATIVE_PROTOCOL). False when nobody takes it.
[[nodiscard]] bool send_to_journal(std::string_view socket_path, const JournalFields& fields);

/// `key` as the journal takes it: HARRIER_ and its letters and digits in capitals.
[[nodiscard]] std::string journal_name(std::string_view key);

}  // namespace harrier
