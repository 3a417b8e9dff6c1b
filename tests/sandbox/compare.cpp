#include "sandbox/compare.hpp"

#include "sandbox/store_reader.hpp"
#include "sandbox/tenant.hpp"

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
  Comparison(TruthTable table, std::uint64_t examples)
      : table_(std::move(table)), max_examples_(examples) {
    findings_.table = table_.table;
  }

  Findings run(const std::filesystem::path& file) {
    auto absent =
        read_store(file, findings_.table, table_.names, [&](const StoredRow& row) { visit(row); });
    if (absent) {
      for (const auto& column : *absent) example(fmt::format("the store has no column {}", column));
    } else {
      findings_.problem = absent.error().message;
    }
    judge();
    if (table_.latest && findings_.problem.empty()) judge_latest(file);
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
    const auto [first, last] = std::ranges::equal_range(table_.truth, hash, {}, &Truth::hash);
    if (first == last) {
      ++findings_.extra;
      if (extras_.size() < kMaxPaired) extras_.push_back(row);
      return;
    }
    if (++first->seen > 1) {
      ++findings_.duplicate;
      if (findings_.duplicate <= max_examples_) example(fmt::format("duplicate: _Id {}", row.id));
    }
    if (!table_.checks_ingested) return;
    const bool is_right = std::any_of(first, last, [&](const Truth& truth) {
      return format_instant(truth.ingested) == row.ingested;
    });
    if (!is_right && ++findings_.wrong_ingested <= max_examples_) {
      example(fmt::format("_Ingested of _Id {} is '{}' instead of '{}'", row.id, row.ingested,
                          format_instant(first->ingested)));
    }
  }

  void judge_latest(const std::filesystem::path& file) {
    const auto count = count_rows(file, findings_.table + "_latest");
    if (!count) {
      findings_.problem = count.error().message;
    } else if (*count != *table_.latest) {
      findings_.problem = fmt::format("{}_latest has {} rows instead of {}", findings_.table,
                                      *count, *table_.latest);
    }
  }

  void judge() {
    const auto& truth = table_.truth;
    std::vector<const Truth*> missing;
    for (std::size_t i = 0; i < truth.size();) {
      auto end = i;
      bool is_required = false;
      for (; end < truth.size() && truth[end].hash == truth[i].hash; ++end)
        is_required |= truth[end].is_required;
      if (is_required) {
        ++findings_.expected;
        if (truth[i].seen == 0) missing.push_back(&truth[i]);
      }
      i = end;
    }
    findings_.missing = missing.size();
    pair_up(missing);
  }

  [[nodiscard]] std::string key_of(const std::vector<std::string>& values) const {
    std::string key;
    for (const auto column : table_.keys) key += values[column] + '\x1f';
    return key;
  }

  /// A missing event and an extra row with the same key are one event stored with other values.
  void pair_up(const std::vector<const Truth*>& missing) {
    std::multimap<std::string, const StoredRow*> extras;
    for (const auto& row : extras_) extras.emplace(key_of(row.values), &row);
    std::uint64_t shown = 0;
    for (std::size_t i = 0; i < missing.size() && i < kMaxPaired; ++i) {
      const auto values = table_.row(missing[i]->index);
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
      text += fmt::format("\n      {}: stored '{}' instead of '{}'", table_.names[i],
                          shorten(row.values[i]), shorten(values[i]));
    }
    example(std::move(text));
  }

  TruthTable table_;
  std::uint64_t max_examples_;
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
  HARRIER_TRY(auto options, load_state(request.dir));
  HARRIER_TRY(const auto tenant, Tenant::create(std::move(options)));
  const auto now = SystemClock().now() + tenant->options().clock_skew;
  const bool is_live = tenant->options().rate > 0;
  const auto until = request.until.value_or(is_live ? now - Ticks(600 * kTicksPerSecond) : now);
  bool is_clean = true;
  std::uint64_t expected = 0;
  std::uint64_t found = 0;
  const auto judged = tenant->judged_tables();
  for (const auto& name : request.tables) {
    if (std::ranges::find(judged, name) == judged.end()) {
      return Error(Errc::config, fmt::format("the tenant has no table '{}'", name));
    }
  }
  for (const auto& name : request.tables.empty() ? judged : request.tables) {
    const auto findings = Comparison(tenant->truth(name, until, now), request.examples)
                              .run(request.stores / (name + ".db"));
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
