#include "sandbox/compare.hpp"

#include "sandbox/hunting.hpp"
#include "sandbox/truth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace harrier::sandbox {
namespace {

constexpr std::size_t kMaxPaired = 200;

std::string shorten(const std::string& text) {
  return text.size() <= 120 ? text
                            : fmt::format("{}… ({} bytes)", text.substr(0, 120), text.size());
}

/// Compares one store with one table's truth.
class Comparison {
 public:
  Comparison(const TableGenerator& table, Instant until, Instant now, std::uint64_t examples)
      : table_(table), max_examples_(examples), truth_(truth_of(table, until, now)) {
    findings_.table = table.table().name;
    for (const auto& column : table.columns()) names_.push_back(column.name);
    for (const auto& key : table.table().keys) {
      const auto found = std::ranges::find(names_, key);
      if (found != names_.end()) keys_.push_back(static_cast<std::size_t>(found - names_.begin()));
    }
    if (keys_.empty() && table.time_index() >= 0)
      keys_.push_back(static_cast<std::size_t>(table.time_index()));
  }

  Findings run(const std::filesystem::path& file) {
    auto absent =
        read_store(file, findings_.table, names_, [&](const StoredRow& row) { visit(row); });
    if (absent) {
      for (const auto& column : *absent) example(fmt::format("the store has no column {}", column));
    } else {
      findings_.problem = absent.error().message;
    }
    judge();
    return std::move(findings_);
  }

 private:
  void example(std::string text) {
    if (findings_.examples.size() < max_examples_ * 4)
      findings_.examples.push_back(std::move(text));
  }

  void visit(const StoredRow& row) {
    ++findings_.found;
    const auto hash = hash_row(row.values);
    const auto [first, last] = std::ranges::equal_range(truth_, hash, {}, &Truth::hash);
    if (first == last) {
      ++findings_.extra;
      if (extras_.size() < kMaxPaired) extras_.push_back(row);
      return;
    }
    if (++first->seen > 1) {
      ++findings_.duplicate;
      if (findings_.duplicate <= max_examples_) example(fmt::format("duplicate: _Id {}", row.id));
    }
    if (table_.is_ingestion_null()) return;
    const bool is_right = std::any_of(first, last, [&](const Truth& truth) {
      return format_instant(truth.ingested) == row.ingested;
    });
    if (!is_right && ++findings_.wrong_ingested <= max_examples_) {
      example(fmt::format("_Ingested of _Id {} is '{}' instead of '{}'", row.id, row.ingested,
                          format_instant(first->ingested)));
    }
  }

  void judge() {
    std::vector<const Truth*> missing;
    for (std::size_t i = 0; i < truth_.size();) {
      auto end = i;
      bool is_required = false;
      for (; end < truth_.size() && truth_[end].hash == truth_[i].hash; ++end)
        is_required |= truth_[end].is_required;
      if (is_required) {
        ++findings_.expected;
        if (truth_[i].seen == 0) missing.push_back(&truth_[i]);
      }
      i = end;
    }
    findings_.missing = missing.size();
    pair_up(missing);
  }

  [[nodiscard]] std::string key_of(const std::vector<std::string>& values) const {
    std::string key;
    for (const auto column : keys_) key += values[column] + '\x1f';
    return key;
  }

  /// A missing event and an extra row with the same key are one event stored with other values.
  void pair_up(const std::vector<const Truth*>& missing) {
    std::multimap<std::string, const StoredRow*> extras;
    for (const auto& row : extras_) extras.emplace(key_of(row.values), &row);
    std::uint64_t shown = 0;
    for (std::size_t i = 0; i < missing.size() && i < kMaxPaired; ++i) {
      const auto values = stored_row(table_, missing[i]->index);
      const auto twin = extras.find(key_of(values));
      if (twin == extras.end()) {
        if (shown++ < max_examples_) {
          example(fmt::format("missing: event {} ingested {} key {}", missing[i]->index,
                              format_instant(missing[i]->ingested), shorten(key_of(values))));
        }
        continue;
      }
      --findings_.missing;
      --findings_.extra;
      if (++findings_.differing <= max_examples_)
        show_differences(*twin->second, values, missing[i]->index);
      extras.erase(twin);
    }
    for (const auto& [key, row] : extras) {
      if (shown++ < 2 * max_examples_)
        example(fmt::format("extra: _Id {} key {}", row->id, shorten(key)));
    }
  }

  void show_differences(const StoredRow& row, const std::vector<std::string>& values,
                        std::uint64_t index) {
    std::string text = fmt::format("differing: _Id {} event {}", row.id, index);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] == row.values[i]) continue;
      text += fmt::format("\n      {}: stored '{}' instead of '{}'", names_[i],
                          shorten(row.values[i]), shorten(values[i]));
    }
    example(std::move(text));
  }

  const TableGenerator& table_;
  std::uint64_t max_examples_;
  std::vector<Truth> truth_;
  std::vector<std::string> names_;
  std::vector<std::size_t> keys_;
  std::vector<StoredRow> extras_;
  Findings findings_;
};

void print(const Findings& findings) {
  fmt::print(
      "{:<5} {:<45} expected {:>8}  found {:>8}  missing {}  extra {}  duplicate {}  differing {}  "
      "_Ingested {}\n",
      findings.is_clean() ? "ok" : "WRONG", findings.table, findings.expected, findings.found,
      findings.missing, findings.extra, findings.duplicate, findings.differing,
      findings.wrong_ingested);
  if (!findings.problem.empty()) fmt::print("    {}\n", findings.problem);
  for (const auto& text : findings.examples) fmt::print("    {}\n", text);
}

}  // namespace

Result<int> compare(const CompareRequest& request) {
  HARRIER_TRY(const auto options, load_state(request.dir));
  HARRIER_TRY(const auto catalog, model::Catalog::load_embedded());
  const World world(options);
  const Hunting hunting(world, catalog);
  const auto now = SystemClock().now() + options.clock_skew;
  const auto until =
      request.until.value_or(options.rate > 0 ? now - Ticks(600 * kTicksPerSecond) : now);
  bool is_clean = true;
  std::uint64_t expected = 0;
  std::uint64_t found = 0;
  for (const auto& name : request.tables) {
    if (hunting.find(name) == nullptr)
      return Error(Errc::config, fmt::format("the tenant has no table '{}'", name));
  }
  for (const auto& [name, table] : hunting.tables()) {
    if (!request.tables.empty() && std::ranges::find(request.tables, name) == request.tables.end())
      continue;
    const auto findings =
        Comparison(*table, until, now, request.examples).run(request.stores / (name + ".db"));
    print(findings);
    is_clean = is_clean && findings.is_clean();
    expected += findings.expected;
    found += findings.found;
  }
  fmt::print("{} expected, {} found, until {}: {}\n", expected, found, format_seconds(until),
             is_clean ? "ok" : "WRONG");
  return is_clean ? 0 : 1;
}

}  // namespace harrier::sandbox
