#include "sandbox/event.hpp"

#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

bool needs_windows(std::string_view table) {
  return table == "DeviceRegistryEvents";
}

}  // namespace

std::uint64_t Event::name_hash_of(std::string_view table) noexcept {
  return name_hash(table);
}

Instant Event::time() {
  if (!time_) {
    if (tie_ == Tie::is_process) {
      time_ = process().created;
    } else if (tie_ == Tie::by_process) {
      const auto& by = process();
      const auto time = round_down(ingested_ - by.delay, 3 + static_cast<unsigned>(hash(1) % 5));
      time_ = std::min(std::max(time, by.created), ingested_);
    } else {
      time_ = round_down(ingested_ - world_.delay(hash(2)), static_cast<unsigned>(hash(1) % 8));
    }
  }
  return *time_;
}

const Process& Event::process() {
  if (!process_) {
    if (tie_ == Tie::is_process) {
      process_ = world_.process(index_);
    } else {
      const auto count = world_.processes().count_before(ingested_);
      auto found = world_.process(count == 0 ? 0 : count - 1);
      // A download keeps its connection; other processes take turns.
      if (!found.is_download && count > 8) found = world_.process(count - 1 - hash(3) % 8);
      for (unsigned tries = 0;
           tries < 16 && needs_windows(table_) && found.device->os != Os::windows; ++tries) {
        found = world_.process(found.index == 0 ? found.index : found.index - 1);
      }
      process_ = found;
    }
  }
  return *process_;
}

Process Event::find_parent(const Process& child) const {
  if (child.has_parent) return world_.process(child.parent);
  return world_.root(static_cast<std::uint64_t>(child.device - world_.devices().data()));
}

const Process& Event::parent() {
  if (!parent_) parent_ = find_parent(process());
  return *parent_;
}

const Process& Event::initiator_parent() {
  if (tie_ != Tie::is_process) return parent();
  if (!grandparent_) grandparent_ = find_parent(parent());
  return *grandparent_;
}

const Device& Event::device() {
  if (tie_ != Tie::none) return *process().device;
  return world_.devices()[hash(4) % world_.devices().size()];
}

const User& Event::user() {
  if (tie_ != Tie::none && process().user != nullptr) return *process().user;
  return world_.users()[hash(5) % world_.users().size()];
}

std::uint64_t Event::latest_of(std::string_view table) const {
  const auto count = world_.timeline(table).count_before(ingested_);
  return count == 0 ? 0 : count - 1;
}

}  // namespace harrier::sandbox
