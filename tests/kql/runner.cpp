// kql_runner [--update] PATH...      golden files
// kql_runner --cases [--verbose]     agreement with the cases of HARRIER_KQL_CASES
// kql_runner --columns [FILE]        result columns of queries on standard input, over the tables
// of a golden file kql_runner --plan                  plan of the query on standard input, over the
// shipped catalog
#include "golden.hpp"

#include <iostream>
#include <iterator>

namespace {

int print_plan() {
  using namespace harrier;
  const std::string query{std::istreambuf_iterator<char>(std::cin),
                          std::istreambuf_iterator<char>()};
  const auto catalog = model::Catalog::load_embedded();
  if (!catalog) return 1;
  const auto result = kql::compile(query, *catalog, test::golden_options());
  std::cout << (result ? kql::dump(*result) : result.error().message + "\n");
  return result ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  const std::string first = args.empty() ? "" : args.front();
  if (first == "--cases") return harrier::test::run_cases(args.size() > 1);
  if (first == "--columns") return harrier::test::run_columns(args.size() > 1 ? args[1] : "");
  if (first == "--schema") return harrier::test::run_schema(args.size() > 1 ? args[1] : "");
  if (first == "--plan") return print_plan();
  const bool update = first == "--update";
  const int differences = harrier::test::run_golden(
      std::vector<std::string>(args.begin() + (update ? 1 : 0), args.end()), update);
  if (differences != 0) std::cout << differences << " differences\n";
  return differences == 0 ? 0 : 1;
}
