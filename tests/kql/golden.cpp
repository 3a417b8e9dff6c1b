#include "golden.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace harrier::test {
namespace {

bool begins_block(const std::string& line) {
  return line == "kql" || line == "error";
}

std::string trim_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string actual(const GoldenBlock& block, const std::string& section,
                   const Result<kql::BoundQuery>& result) {
  if (!result) return "error: " + trim_end(result.error().message);
  if (block.error) return "(the query is right)";
  if (section == "columns") return trim_end(columns_text(result->root->schema));
  if (section == "plan") return trim_end(kql::dump(*result));
  return "unknown section `" + section + "`";
}

int run_file(const std::filesystem::path& path, bool update) {
  auto file = parse_golden(read_file(path));
  if (!file) {
    std::cout << path.string() << ": " << file.error().message << "\n";
    return 1;
  }
  const auto catalog = catalog_of(*file);
  if (!catalog) {
    std::cout << path.string() << ": " << catalog.error().message << "\n";
    return 1;
  }
  int differences = 0;
  for (GoldenBlock& block : file->blocks) {
    const auto result = kql::compile(block.query, *catalog, golden_options());
    if (block.sections.empty()) block.sections.emplace_back(block.error ? "" : "columns", "");
    for (auto& [section, expected] : block.sections) {
      if (section == "rows") continue;  // execution's own test reads them
      std::string found = actual(block, section, result);
      if (block.error && !result) found = trim_end(result.error().message);
      if (found == expected) continue;
      ++differences;
      if (update) {
        expected = found;
      } else {
        std::cout << path.string() << "\n"
                  << block.query << "\nexpected " << section << ":\n"
                  << expected << "\nfound:\n"
                  << found << "\n\n";
      }
    }
  }
  if (update && differences != 0) {
    std::ofstream out(path, std::ios::binary);
    out << print_golden(*file);
    std::cout << path.string() << ": " << differences << " rewritten\n";
    return 0;
  }
  return differences;
}

}  // namespace

Result<GoldenFile> parse_golden(std::string_view text) {
  GoldenFile file;
  std::istringstream in{std::string(text)};
  std::string line;
  std::string* target = &file.head;
  bool blank_before = true;
  while (std::getline(in, line)) {
    if (blank_before && begins_block(line)) {
      file.blocks.emplace_back().error = line == "error";
      target = &file.blocks.back().query;
      blank_before = false;
      continue;
    }
    if (!file.blocks.empty() && line.starts_with("----")) {
      auto& sections = file.blocks.back().sections;
      sections.emplace_back(std::string(trim(std::string_view(line).substr(4))), "");
      target = &sections.back().second;
      continue;
    }
    if (file.blocks.empty() && line.starts_with("table ")) {
      const auto open = line.find('(');
      const auto close = line.rfind(')');
      if (open == std::string::npos || close == std::string::npos) {
        return Error(Errc::parse, "a table line needs its columns in parentheses");
      }
      file.tables.push_back(make_table(trim(std::string_view(line).substr(6, open - 6)),
                                       std::string_view(line).substr(open + 1, close - open - 1)));
    }
    *target += line + "\n";
    blank_before = trim(line).empty();
  }
  for (GoldenBlock& block : file.blocks) {
    block.query = trim_end(std::move(block.query));
    for (auto& [name, body] : block.sections) body = trim_end(std::move(body));
  }
  return file;
}

std::string print_golden(const GoldenFile& file) {
  std::string text = trim_end(file.head) + "\n";
  for (const GoldenBlock& block : file.blocks) {
    text += std::string(block.error ? "\nerror\n" : "\nkql\n") + block.query + "\n";
    for (const auto& [name, body] : block.sections) {
      text += "----" + (name.empty() ? std::string() : " " + name) + "\n" + body + "\n";
    }
  }
  return text;
}

model::TableSchema make_table(std::string_view name, std::string_view columns) {
  model::TableSchema table;
  table.name = name;
  table.connector = "test";
  while (!columns.empty()) {
    const auto comma = columns.find(',');
    const std::string_view one = trim(columns.substr(0, comma));
    const auto colon = one.find(':');
    const std::string column(trim(one.substr(0, colon)));
    const auto type = colon == std::string_view::npos
                          ? std::nullopt
                          : model::parse_scalar_type(trim(one.substr(colon + 1)));
    table.columns.emplace_back(column, type.value_or(model::ScalarType::string));
    if (column == "t" || column == "Timestamp") table.time_column = column;
    if (comma == std::string_view::npos) break;
    columns.remove_prefix(comma + 1);
  }
  return table;
}

Result<model::Catalog> catalog_of(const GoldenFile& file) {
  if (file.tables.empty()) return model::Catalog::load_embedded();
  return model::Catalog::of(file.tables);
}

kql::CompileOptions golden_options() {
  kql::CompileOptions options;
  options.now = *parse_instant("2026-11-24T12:00:00Z");
  return options;
}

std::string columns_text(const kql::Schema& schema) {
  std::string text;
  for (const kql::OutColumn& column : schema) {
    text += column.name + ":" + std::string(model::to_string(column.type)) + "\n";
  }
  return text;
}

int run_golden(const std::vector<std::string>& paths, bool update) {
  int differences = 0;
  for (const std::string& path : paths) {
    std::vector<std::filesystem::path> files;
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.path().extension() == ".test") files.push_back(entry.path());
      }
    } else {
      files.emplace_back(path);
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) differences += run_file(file, update);
  }
  return differences;
}

}  // namespace harrier::test
