// How far the compiler agrees with cases whose answer is known.
#include "base/text.hpp"

#include "golden.hpp"

#include <simdjson.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

namespace harrier::test {
namespace {

/// Agreement below these shares of the cases is a failure. Some documented examples are about
/// graphs and H3 cells, which are refused.
constexpr double kDocumentedFloor = 0.9;
constexpr double kEngineFloor = 0.99;

struct Case {
  std::string id;
  std::string query;
  std::vector<std::pair<std::string, std::string>> columns;  ///< type empty: not compared
};

std::vector<Case> read_cases(const std::string& path, const char* columns_key, bool types) {
  std::vector<Case> cases;
  std::ifstream in(path);
  simdjson::dom::parser parser;
  for (std::string line; std::getline(in, line);) {
    simdjson::dom::element row;
    if (parser.parse(line).get(row) != simdjson::SUCCESS) continue;
    Case one;
    std::string_view text;
    if (row["id"].get(text) == simdjson::SUCCESS) one.id = text;
    if (row["query"].get(text) != simdjson::SUCCESS) continue;
    one.query = text;
    simdjson::dom::array columns;
    if (row[columns_key].get(columns) != simdjson::SUCCESS) continue;
    for (const simdjson::dom::element column : columns) {
      std::string_view name;
      std::string_view type;
      if (column.at(0).get(name) != simdjson::SUCCESS) continue;
      if (types && column.at(1).get(type) != simdjson::SUCCESS) continue;
      one.columns.emplace_back(std::string(name), std::string(type));
    }
    if (!one.columns.empty()) cases.push_back(std::move(one));
  }
  return cases;
}

/// Columns that depend on data are those the case expects.
class ExpectedColumns : public kql::LateSchemas {
 public:
  explicit ExpectedColumns(const Case& one) : case_(one) {}

  Result<kql::Schema> columns_of(const kql::PlanPtr& plan) override {
    kql::Schema schema = plan->schema;
    for (const auto& [name, type] : case_.columns) {
      bool known = false;
      for (const kql::OutColumn& column : schema) known = known || column.name == name;
      const auto scalar = model::parse_scalar_type(to_lower(type == "Int" ? "long" : type));
      if (!known) schema.emplace_back(name, scalar.value_or(model::ScalarType::dynamic));
    }
    return schema;
  }

 private:
  const Case& case_;
};

std::string check(const Case& one, const model::Catalog& catalog) {
  ExpectedColumns late(one);
  kql::CompileOptions options = golden_options();
  options.late = &late;
  const auto result = kql::compile(one.query, catalog, options);
  if (!result)
    return "refused: " + result.error().message.substr(0, result.error().message.find('\n'));
  const kql::Schema& schema = result->root->schema;
  std::string found;
  std::string wanted;
  for (const kql::OutColumn& column : schema) {
    found += " " + column.name + ":" + std::string(model::to_string(column.type));
  }
  bool same = schema.size() == one.columns.size();
  for (std::size_t i = 0; i < one.columns.size(); ++i) {
    wanted += " " + one.columns[i].first + ":" + one.columns[i].second;
    if (!same) continue;
    const std::string& type = one.columns[i].second;
    same = schema[i].name == one.columns[i].first &&
           (type.empty() || type == model::to_string(schema[i].type));
  }
  return same ? std::string() : "found" + found + "\n    wanted" + wanted;
}

Result<model::Catalog> read_catalog(const std::string& golden) {
  GoldenFile file;
  if (!golden.empty()) {
    std::ifstream in(golden, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    HARRIER_TRY(file, parse_golden(text));
  }
  return catalog_of(file);
}

std::string columns_json(const kql::Schema& schema) {
  std::string text = "[";
  for (const kql::OutColumn& column : schema) {
    if (text.size() > 1) text += ',';
    text += '[';
    append_json_string(text, column.name);
    text += ",\"" + std::string(model::to_string(column.type)) + "\"]";
  }
  return text + "]";
}

int run_set(const char* title, const std::vector<Case>& cases, const model::Catalog& catalog,
            bool verbose, double floor) {
  std::size_t agreed = 0;
  for (const Case& one : cases) {
    const std::string problem = check(one, catalog);
    if (problem.empty()) ++agreed;
    if (!problem.empty() && verbose) {
      std::cout << one.id << " " << one.query << "\n    " << problem << "\n";
    }
  }
  std::cout << title << ": " << agreed << " of " << cases.size() << " agree\n";
  return static_cast<double>(agreed) < floor * static_cast<double>(cases.size()) ? 1 : 0;
}

}  // namespace

int run_cases(bool verbose) {
  const char* folder = std::getenv("HARRIER_KQL_CASES");
  if (folder == nullptr) {
    std::cout << "SKIPPED: HARRIER_KQL_CASES is not set\n";
    return 0;
  }
  const model::Catalog catalog = model::Catalog::of({});
  const std::string base(folder);
  int failed = run_set("documented examples, names and types",
                       read_cases(base + "/doc_cases.jsonl", "binder_columns", true), catalog,
                       verbose, kDocumentedFloor);
  failed += run_set("engine answers, names",
                    read_cases(base + "/engine_cases.jsonl", "expected_columns", false), catalog,
                    verbose, kEngineFloor);
  return failed;
}

int run_columns(const std::string& tables) {
  const auto catalog = read_catalog(tables);
  if (!catalog) return 1;
  for (std::string query; std::getline(std::cin, query, '\0');) {
    const auto result = kql::compile(query, *catalog, golden_options());
    std::string line = "{\"ok\":" + std::string(result.has_value() ? "true" : "false");
    if (!result) {
      line += ",\"error\":";
      append_json_string(line, result.error().message);
    } else {
      line += ",\"columns\":" + columns_json(result->root->schema);
    }
    std::cout << line << "}\n";
  }
  return 0;
}

int run_schema(const std::string& tables) {
  const auto catalog = read_catalog(tables);
  if (!catalog) return 1;
  for (const model::TablePtr& table : catalog->tables()) {
    kql::Schema schema;
    for (const model::Column& column : table->columns)
      schema.emplace_back(column.name, column.type);
    std::cout << "{\"name\":\"" << table->name << "\",\"columns\":" << columns_json(schema)
              << "}\n";
  }
  return 0;
}

}  // namespace harrier::test
