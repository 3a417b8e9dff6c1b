// The shipped hunting queries bind against the catalog and run over empty stores.
#include "model/catalog.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include "compare.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace harrier;
using namespace harrier::query;

TEST_CASE("Every query of the library runs", "[library]") {
  const harrier::test::TempDir folder;
  const auto catalog = model::Catalog::load_embedded();
  REQUIRE(catalog.has_value());
  const SystemClock clock;
  ServiceOptions options;
  options.stores = folder.path();
  const QueryService service(*catalog, clock, options);
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("config/queries")) {
    if (entry.path().extension() != ".kql") continue;
    ++count;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    INFO(entry.path().string());
    CHECK(text.rfind("// Title: ", 0) == 0);
    harrier::query::test::CollectingSink sink;
    const auto done = service.run(text, std::nullopt, sink);
    if (done.has_error()) FAIL_CHECK(done.error().message);
  }
  CHECK(count >= 12);
}
