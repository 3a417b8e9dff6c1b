// Things that a whole reading no longer lists become removed versions.
#pragma once

#include "model/ports.hpp"

#include <optional>
#include <string>

namespace harrier::ingest {

/// A reading and its removals are two commits. The reading's commit records that the removals are
/// due, so that a process that dies between them does not forget it. One per stream.
class Removals {
 public:
  /// `cursor` is where the store remembers what is due.
  explicit Removals(std::string cursor) : cursor_(std::move(cursor)) {}

  /// What an earlier process left.
  [[nodiscard]] Task<> load(model::TableStore& store);
  /// Records in the commit that ends the reading `pass` that its removals are due.
  void record(model::PageCommit& commit, Instant pass) const;

  /// That commit is done.
  void recorded(Instant pass) noexcept { due_ = pass; }

  /// Appends the removals that are due.
  [[nodiscard]] Task<> finish(model::TableStore& store);

 private:
  std::string cursor_;
  std::optional<Instant> due_;
};

}  // namespace harrier::ingest
