// How the records of an API map to the columns of a table, as rules: paths, alternatives,
// constants, names of numbers.
#pragma once

#include "base/result.hpp"
#include "ingest/record_fields.hpp"
#include "model/batch.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::ingest {

/// Where one column's value comes from.
struct MapRule {
  MapRule() = default;

  MapRule(std::string column_, std::vector<std::string> paths_)
      : column(std::move(column_)), paths(std::move(paths_)) {}

  std::string column;
  /// The first path whose value is there and neither null nor empty. Segments are separated by dots
  /// and match in any case: `status.errorCode`; `name[0].x` is an element; `name[*].x` is the list
  /// of that member of all elements;
  /// `Parameters[Name=Enabled]` is the `Value` of the element whose `Name` is `Enabled` (or what a
  /// further segment names: `...[Name=Enabled].OldValue`); `$` is the whole record.
  std::vector<std::string> paths;
  /// Not empty: the value is an object that has each path's value under the name here.
  std::vector<std::string> members;
  /// The value where no path has one.
  std::string constant;
  /// Names of coded values, as texts (`"0"`, `"Active"`); a code without a name stays as it is.
  std::vector<std::pair<std::string, std::string>> names;
};

/// A rule from its text form: alternatives separated by `|`, and `=constant` as the last of them
/// (`lastUpdateDateTimeUtc|lastUpdateTimeUtc`, `=Microsoft`); or an object of the values that are
/// there (`{assignedTo: assignedTo, email: owner.mail}`).
[[nodiscard]] MapRule parse_map_rule(std::string column, std::string_view text);

/// One name on the way along the paths of a map. For `RecordMap` only.
struct MapNode {
  std::string name;
  std::vector<std::size_t> takes;  ///< alternatives that end here
  std::vector<MapNode> children;
  std::vector<MapNode> lookups;  ///< elements of an array; they have no name
  std::string lookup_key;        ///< of such an element; empty: by index
  std::string lookup_value;
  std::size_t lookup_index = 0;
  bool lookup_all = false;  ///< every element
};

/// Rules of one kind of record, compiled. Immutable and shared.
///
/// A property that no rule mentions goes to the column of its name (see `Normalizer`), unless that
/// column has a rule, else to
/// `_Other`. What remains of an object whose members are mapped one by one stays in `_Other` under
/// the object's name; so do values of alternatives that came second, unless another column has
/// them. Elements looked up in an array do not use it up. With a rule for `$` nothing goes to
/// `_Other`.
class RecordMap {
 public:
  /// Errors: config, naming the column and the path that is wrong.
  [[nodiscard]] static Result<std::shared_ptr<const RecordMap>> make(std::vector<MapRule> rules);

  /// An empty map; see `make`.
  RecordMap() = default;

 private:
  friend class RecordMapping;

  using Node = MapNode;

  struct Alternative {
    std::size_t rule = 0;
    std::string path;
    bool collects = false;   // a list of all elements' values
    bool looked_up = false;  // of an array, which keeps the value
  };

  struct Rule {
    std::string column;
    std::size_t first = 0;  // alternatives [first, last)
    std::size_t last = 0;
    std::vector<std::string> members;                        // quoted; see `MapRule::members`
    std::string constant;                                    // as JSON; empty: none
    std::vector<std::pair<std::string, std::string>> names;  // code to name as JSON, sorted by code
  };

  Result<> add_path(const std::string& path, std::size_t alternative);

  Node root_;
  std::vector<Rule> rules_;
  std::vector<Alternative> alternatives_;
  std::vector<std::size_t> whole_;  // alternatives that take the whole record
};

/// A map at work on one layout. Not thread-safe.
class RecordMapping {
 public:
  /// Takes a column's value, or a quoted key with a value that has no column. False: the record
  /// does not parse.
  using PutColumn = std::function<bool(int column, std::string_view key, std::string_view raw)>;
  using PutOther = std::function<bool(std::string_view quoted_key, std::string_view raw)>;

  RecordMapping(std::shared_ptr<const RecordMap> map, const model::RowLayout& layout);

  /// Reads one record (a JSON object in valid UTF-8, padded). Values are handed on in rule order
  /// after the properties without rule. False when it does not parse.
  [[nodiscard]] bool read(std::string_view record, const PutColumn& column, const PutOther& other);

  /// Gives back what a huge record made the buffers grow to.
  void forget_buffers() noexcept {
    rest_ = std::string();
    code_ = std::string();
    built_.assign(built_.size(), {});
    lists_.assign(lists_.size(), {});
  }

 private:
  using Node = MapNode;

  static const Node* child_of(const Node& node, std::string_view key);
  static bool has_member(std::string_view element, const Node& lookup);
  bool walk_object(const Node& node, std::string_view raw, std::string& rest);
  bool walk_array(const Node& node, std::string_view raw);
  bool visit(const Node& node, std::string_view key, std::string_view raw, std::string& rest);
  void choose(std::size_t index);
  [[nodiscard]] bool is_stored(std::string_view found) const;
  bool put_rule(std::size_t index, const PutColumn& column, const PutOther& other);

  std::shared_ptr<const RecordMap> map_;
  RecordFields fields_;
  std::vector<int> rule_columns_;         // cell of each rule; negative: the layout has none
  std::vector<bool> has_rule_;            // by cell
  std::vector<std::string_view> found_;   // value of each alternative in the current record
  std::vector<std::string_view> chosen_;  // value of each rule in the current record
  std::vector<std::string> built_;        // objects, by rule
  std::vector<std::string> lists_;        // lists, by alternative
  std::string rest_;
  std::string code_;
};

}  // namespace harrier::ingest
