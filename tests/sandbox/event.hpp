// One event in the making: who and what takes part in it, looked up when a column asks for it.
#pragma once

#include "model/batch.hpp"
#include "sandbox/world.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace harrier::sandbox {

using model::Cell;

/// How an event of a table is tied to processes.
enum class Tie : std::uint8_t { none, is_process, by_process };

/// The context in which the columns of one event are filled. Short-lived; one thread.
class Event {
 public:
  Event(const World& world, std::string_view table, Tie tie, std::uint64_t index, Instant ingested,
        model::Arena& arena)
      : world_(world),
        table_(table),
        arena_(arena),
        index_(index),
        ingested_(ingested),
        tie_(tie),
        table_hash_(name_hash_of(table)) {}

  [[nodiscard]] const World& world() const noexcept { return world_; }

  [[nodiscard]] std::string_view table() const noexcept { return table_; }

  [[nodiscard]] std::uint64_t index() const noexcept { return index_; }

  [[nodiscard]] Instant ingested() const noexcept { return ingested_; }

  /// A hash of this event for one purpose.
  [[nodiscard]] std::uint64_t hash(std::uint64_t purpose) const noexcept {
    return world_.hash(table_hash_ ^ (purpose * 0x9e37ULL), index_);
  }

  /// When it happened.
  [[nodiscard]] Instant time();
  /// The process that is the event, or that did it.
  [[nodiscard]] const Process& process();
  /// The parent of `process()`.
  [[nodiscard]] const Process& parent();

  /// What `InitiatingProcess…` columns describe, and its parent.
  [[nodiscard]] const Process& initiator() {
    return tie_ == Tie::is_process ? parent() : process();
  }

  [[nodiscard]] const Process& initiator_parent();
  [[nodiscard]] const Device& device();
  [[nodiscard]] const User& user();
  /// The latest event of another table that was ingested before this one (0 when there is none
  /// yet).
  [[nodiscard]] std::uint64_t latest_of(std::string_view table) const;

  // Cells whose bytes live in the row's arena, or for ever.
  [[nodiscard]] static Cell fixed(std::string_view text) noexcept { return Cell::of_text(text); }

  [[nodiscard]] Cell copy(std::string_view text) { return Cell::of_text(arena_.copy(text)); }

  template <class... Args>
  [[nodiscard]] Cell format(fmt::format_string<Args...> pattern, Args&&... args) {
    scratch_.clear();
    fmt::format_to(std::back_inserter(scratch_), pattern, std::forward<Args>(args)...);
    return copy(scratch_);
  }

  [[nodiscard]] static Cell number(std::uint64_t value) noexcept {
    return Cell::of_integer(static_cast<std::int64_t>(value));
  }

  [[nodiscard]] static Cell flag(bool value) noexcept { return Cell::of_integer(value ? 1 : 0); }

  [[nodiscard]] static Cell at(Instant time) noexcept { return Cell::of_integer(time.ticks); }

  [[nodiscard]] static Cell null() noexcept { return {}; }

 private:
  static std::uint64_t name_hash_of(std::string_view table) noexcept;
  [[nodiscard]] Process find_parent(const Process& child) const;

  const World& world_;
  std::string_view table_;
  model::Arena& arena_;
  std::uint64_t index_;
  Instant ingested_;
  Tie tie_;
  std::uint64_t table_hash_;
  std::string scratch_;
  std::optional<Instant> time_;
  std::optional<Process> process_;
  std::optional<Process> parent_;
  std::optional<Process> grandparent_;
};

/// Fills one column of one event.
using Fill = Cell (*)(Event&);
/// By `Table.Column`, else by `Column`.
using FillMap = std::unordered_map<std::string, Fill>;

void register_devices(FillMap& fills);
void register_processes(FillMap& fills);
void register_network(FillMap& fills);
void register_endpoint(FillMap& fills);
void register_mail(FillMap& fills);
void register_identity(FillMap& fills);
void register_cloud(FillMap& fills);
void register_alerts(FillMap& fills);

/// Fills a column nobody described, by its name and type.
[[nodiscard]] Cell generic_fill(Event& event, const model::Column& column);

}  // namespace harrier::sandbox
