// Flags of single events, kept beside the stores.
#include "query/registry.hpp"
#include "storage/inspect.hpp"

#include <unordered_map>

namespace harrier::query {

namespace {

/// The flags of one table, as they were when the call first met it.
struct TableFlags {
  bool read = false;
  std::string table;
  std::unordered_map<std::int64_t, std::string> notes;  ///< by id
};

/// The note of an event's flag; nullptr where it has none.
const std::string* note_of(Frame& f) {
  auto& flags = f.state.get<TableFlags>();
  const std::string_view table = f.text(0);
  if (!flags.read || flags.table != table) {
    auto found = storage::list_flags(f.query.stores(), table);
    if (!found) {
      f.error = found.error().message;
      return nullptr;
    }
    flags = {true, std::string(table), {}};
    for (auto& flag : *found) flags.notes.emplace(flag.event_id, std::move(flag.note));
  }
  const auto note = flags.notes.find(f.integer(1, 0));
  return note == flags.notes.end() ? nullptr : &note->second;
}

void event_flagged(Frame& f) {
  f.set_bool(note_of(f) != nullptr);
}

void event_flag_note(Frame& f) {
  const std::string* note = note_of(f);
  if (note != nullptr) f.set_text(*note);
}

constexpr Kernel kKernels[] = {
    strict("event_flagged", event_flagged),
    strict("event_flag_note", event_flag_note),
};

}  // namespace

std::span<const Kernel> flag_kernels() {
  return kKernels;
}

}  // namespace harrier::query
