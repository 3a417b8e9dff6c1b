// Every recorded answer of a real engine and of the public reference, run here.
#include "query/json.hpp"
#include "support/catch.hpp"

#include "compare.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

using namespace harrier;
using namespace harrier::query;
using harrier::query::test::Rows;

namespace {

struct Tally {
  int cases = 0;
  int agree = 0;
  int refused = 0;
  std::vector<std::string> wrong;
  std::map<std::string, std::vector<std::string>> reasons;

  [[nodiscard]] double rate() const { return cases == 0 ? 0 : 100.0 * agree / cases; }
};

std::string text_member(std::string_view json, std::string_view key) {
  return json_unquote(json_member(json, key));
}

using SameCell = bool (*)(std::string_view got, std::string_view expected);

bool same_recorded(std::string_view got, std::string_view expected) {
  return test::same_cell(got, expected);
}

bool same_printed(std::string_view got, std::string_view expected) {
  return test::same_printed(got, json_unquote(expected));
}

bool same_row(const std::vector<std::string>& got, std::string_view expected, SameCell same) {
  const auto cells = json_elements(expected);
  if (cells.size() != got.size()) return false;
  for (std::size_t c = 0; c < got.size(); ++c) {
    if (!same(got[c], cells[c])) return false;
  }
  return true;
}

bool is_blank(std::string_view row) {
  for (const std::string_view cell : json_elements(row)) {
    if (cell != "\"\"") return false;
  }
  return true;
}

bool same_rows(const Rows& got, std::string_view expected, bool ordered, SameCell same) {
  auto rows = json_elements(expected);
  // A page shows a result without rows as one row of nothing.
  if (got.rows.empty() && rows.size() == 1 && same == same_printed && is_blank(rows[0]))
    rows.clear();
  if (rows.size() != got.rows.size()) return false;
  std::vector<bool> used(rows.size(), false);
  for (std::size_t r = 0; r < got.rows.size(); ++r) {
    bool found = false;
    for (std::size_t k = ordered ? r : 0; k < (ordered ? r + 1 : rows.size()) && !found; ++k) {
      if (used[k] || !same_row(got.rows[r], rows[k], same)) continue;
      used[k] = true;
      found = true;
    }
    if (!found) return false;
  }
  return true;
}

std::string shown(const Rows& rows) {
  std::string out;
  for (const auto& row : rows.rows) {
    out += "  ";
    for (const std::string& cell : row) out += cell + " | ";
    out += "\n";
  }
  return out.substr(0, 600);
}

/// The column's name: engine cases write [name, type].
std::string name_of(std::string_view column) {
  return json_unquote(json_kind(column) == JsonKind::array ? json_element(column, 0) : column);
}

bool same_names(const Rows& got, std::string_view columns) {
  const auto expected = json_elements(columns);
  if (expected.size() != got.names.size()) return false;
  for (std::size_t c = 0; c < expected.size(); ++c) {
    if (name_of(expected[c]) != got.names[c]) return false;
  }
  return true;
}

/// The error's sentence without its place and quoted text, to count reasons.
std::string reason_of(const std::string& message) {
  std::string line = message.substr(0, message.find('\n'));
  const std::size_t colon = line.find(": ");
  if (colon != std::string::npos && colon < 10) line = line.substr(colon + 2);
  return line.substr(0, 90);
}

Tally run_cases(const std::string& file, SameCell same, bool verbose) {
  Tally tally;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::string json;
    if (!append_compact_json(json, line)) continue;
    ++tally.cases;
    const std::string id = text_member(json, "id");
    const std::string query = text_member(json, "query");
    const auto got = test::run_query(query);
    if (!got) {
      ++tally.refused;
      tally.reasons[reason_of(got.error().message)].push_back(id);
      continue;
    }
    const std::string_view expected = json_member(json, "expected_rows");
    const bool ordered = json_member(json, "ordered") == "true";
    if (same_names(*got, json_member(json, "expected_columns")) &&
        same_rows(*got, expected, ordered, same)) {
      ++tally.agree;
      continue;
    }
    tally.wrong.push_back(id);
    if (verbose) {
      std::cout << "WRONG " << id << "\n"
                << query << "\n expected " << json_member(json, "expected_columns")
                << expected.substr(0, 500) << "\n got\n"
                << shown(*got);
    }
  }
  return tally;
}

void print(const char* name, const Tally& tally) {
  std::cout << name << ": " << tally.agree << " of " << tally.cases << " agree (" << tally.rate()
            << " %), " << tally.refused << " refused, " << tally.wrong.size() << " different\n";
  for (const auto& [reason, ids] : tally.reasons) {
    std::cout << "  refused " << ids.size() << ": " << reason << " [" << ids[0] << "]\n";
  }
  std::cout << "  different:";
  for (const std::string& id : tally.wrong) std::cout << " " << id;
  std::cout << "\n";
}

}  // namespace

TEST_CASE("Recorded answers", "[cases]") {
  const char* folder = std::getenv("HARRIER_KQL_CASES");
  if (folder == nullptr) {
    WARN("skipped: HARRIER_KQL_CASES names no folder of recorded answers");
    return;
  }
  const bool verbose = std::getenv("HARRIER_KQL_VERBOSE") != nullptr;
  const Tally engine =
      run_cases(std::string(folder) + "/engine_cases.jsonl", same_recorded, verbose);
  const Tally documents =
      run_cases(std::string(folder) + "/doc_cases.jsonl", same_printed, verbose);
  print("engine", engine);
  print("documentation", documents);
  CHECK(engine.rate() >= 98.8);
  CHECK(engine.refused == 0);
  CHECK(documents.rate() >= 66);
}
