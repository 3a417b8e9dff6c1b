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

TEST_CASE("Local mappings stand in for services", "[mappings]") {
  const harrier::test::TempDir folder;
  folder.write("geo_ipv4.csv",
               "network,country,state,city,latitude,longitude\n"
               "10.0.0.0/8,Nowhere,,,,\n10.1.0.0/16,Utopia,North,\"Port, Old\",1.5,-2\n");
  folder.write("geo_ipv6.csv", "country,network\nDreamland,2001:db8::/32\n");
  folder.write("FileProfile.csv", "SHA1,GlobalPrevalence,Signer\nAB12,7,Example\n");
  folder.write("list.csv", "name,count\nx,1\ny,2\n");
  const auto catalog = model::Catalog::load_embedded();
  REQUIRE(catalog.has_value());
  const SystemClock clock;
  ServiceOptions options;
  options.mappings = folder.path();
  const QueryService service(*catalog, clock, options);
  const auto first = [&](const std::string& text) {
    harrier::query::test::CollectingSink sink;
    const auto done = service.run(text, std::nullopt, sink);
    if (done.has_error()) return done.error().message;
    return sink.result.rows.empty() ? std::string("(no row)") : sink.result.rows[0][0];
  };
  CHECK(first("print geo_info_from_ip_address('10.1.2.3').city") == "\"Port, Old\"");
  CHECK(first("print geo_info_from_ip_address('10.9.9.9').country") == "\"Nowhere\"");
  CHECK(first("print geo_info_from_ip_address('2001:db8::1').country") == "\"Dreamland\"");
  CHECK(first("print isnull(geo_info_from_ip_address('2001:db9::1'))") == "true");
  CHECK(first("print isnull(geo_info_from_ip_address('8.8.8.8'))") == "true");
  CHECK(first("print SHA1 = 'ab12' | invoke FileProfile(SHA1, 100) | project GlobalPrevalence") ==
        "7");
  const std::string external =
      "externaldata(name:string, count:long)['https://example.org/lists/list.csv'] with "
      "(ignoreFirstRecord=true)";
  CHECK(first(external + " | summarize sum(count)") == "3");
  CHECK(first("externaldata(a:string)['https://example.org/other.txt']").find("other.txt") !=
        std::string::npos);
}
