// Which column a property of a record belongs to, found by the order in which properties came
// before.
#pragma once

#include "ingest/json_walk.hpp"
#include "model/batch.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace harrier::ingest {

struct MapNode;

/// Remembers for each property which one followed it last time: in a page of records of one shape
/// every look-up is one comparison. Other properties cost a hash look-up.
class RecordFields {
 public:
  static constexpr int kDrop = -1;   ///< an annotation
  static constexpr int kOther = -2;  ///< no column

  struct Field {
    std::string key;  // raw, with the closing quote
    int column = kOther;
    bool exact = false;  // spelled as the column is
    std::uint32_t next = 0;
    // For a record map: the node of its rules for this property, once looked up.
    const MapNode* child = nullptr;
    bool child_known = false;
  };

  explicit RecordFields(const model::RowLayout& layout);

  /// Begins a record.
  void rewind() noexcept { previous_ = 0; }

  /// The key that most likely comes next, with its closing quote; empty when none is known.
  [[nodiscard]] std::string_view expected() const noexcept {
    return fields_[fields_[previous_].next].key;
  }

  /// The field of the member that `members` stands on, which was stepped to with `expected()`.
  Field& match(const JsonObjectReader& members);
  /// The column for a property's name (unescaped), or `kOther`; `exact` tells how it is spelled.
  [[nodiscard]] int resolve(std::string_view name, bool& exact) const;

 private:
  struct Hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::uint32_t look_up(std::string_view key);

  std::vector<Field> fields_;  // [0] is the record's beginning, [1] a key that is not remembered
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> by_key_;
  std::unordered_map<std::string, int, Hash, std::equal_to<>> exact_;
  std::unordered_map<std::string, int, Hash, std::equal_to<>>
      folded_;  // kOther where several names fold together
  std::uint32_t previous_ = 0;
};

}  // namespace harrier::ingest
