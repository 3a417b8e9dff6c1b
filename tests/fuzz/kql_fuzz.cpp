// Texts of any kind as queries: every one compiles or is refused with a place, and the optimizer
// keeps the result's columns.
#include "kql/compile.hpp"

#include "fuzz_target.hpp"

#include <string_view>

using namespace harrier;

namespace {

model::TableSchema table(std::string name, std::vector<model::Column> columns) {
  model::TableSchema made;
  made.name = std::move(name);
  made.time_column = "t";
  made.columns = std::move(columns);
  return made;
}

const model::Catalog& catalog() {
  using enum model::ScalarType;
  static const model::Catalog kCatalog = model::Catalog::of(
      {table("T", {{"a", string},
                   {"b", long_},
                   {"c", real},
                   {"d", dynamic},
                   {"t", datetime},
                   {"i", int_},
                   {"bo", boolean}}),
       table("U", {{"a", string}, {"b", long_}, {"d", string}, {"t", datetime}})});
  return kCatalog;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  kql::CompileOptions options;
  options.now = Instant{638'000'000'000'000'000};
  const auto optimized = kql::compile(text, catalog(), options);
  options.optimize = false;
  const auto plain = kql::compile(text, catalog(), options);
  test::require(optimized.has_value() == plain.has_value(), "the optimizer refuses nothing");
  if (!plain) {
    test::require(!plain.error().message.empty(), "a refusal has a message");
    return 0;
  }
  test::require(optimized->root->schema == plain->root->schema,
                "the optimizer keeps the result's columns");
  (void)kql::dump(*optimized);
  return 0;
}
