#include "sandbox/packed_rows.hpp"

#include "sandbox/hunting.hpp"
#include "support/catch.hpp"

#include <zlib.h>

using namespace harrier;
using namespace harrier::sandbox;

namespace {

std::string unpacked(const std::string& packed, std::size_t room) {
  std::string out(room, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
  std::string input = packed;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int end = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  REQUIRE(end == Z_STREAM_END);
  REQUIRE(stream.avail_in == 0);
  out.resize(stream.total_out);
  return out;
}

}  // namespace

TEST_CASE("An answer from packed blocks is the answer made row by row") {
  Options options;
  options.start = *parse_instant("2026-11-24T12:00:00Z");
  options.events = 2000;
  options.quirks = 0.02;
  const auto catalog = *model::Catalog::load_embedded();
  const World world(options);
  const Hunting hunting(world, catalog);
  const Instant now = options.start;
  AnswerTwists packed;
  packed.may_be_packed = true;

  for (const std::string_view hours : {"00:00:00", "03:17:42", "17:00:00"}) {
    const std::string query =
        "DeviceProcessEvents\n| extend _Ingested = ingestion_time()\n| where _Ingested >= "
        "datetime(2026-11-23T12:30:00Z) and _Ingested < datetime(2026-11-24T" +
        std::string(hours) + "Z)";
    INFO(query);
    const auto plain = hunting.run(query, "P30D", now, {});
    REQUIRE(plain.packed.empty());
    for (int again = 0; again < 2; ++again) {
      const auto fast = hunting.run(query, "P30D", now, packed);
      REQUIRE(fast.body.empty());
      CHECK(fast.rows == plain.rows);
      CHECK(unpacked(fast.packed, plain.body.size() + 1) == plain.body);
    }
  }
  const auto sorted = hunting.run("DeviceProcessEvents | order by Timestamp", "P30D", now, packed);
  CHECK(sorted.packed.empty());
}
