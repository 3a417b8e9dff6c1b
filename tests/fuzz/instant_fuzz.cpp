// Texts of any kind as times and timespans.
#include "base/time.hpp"
#include "ingest/conversions.hpp"

#include "fuzz_target.hpp"

#include <string_view>

using namespace harrier;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto instant : {parse_instant(text), ingest::parse_other_time(text)}) {
    if (!instant) continue;
    test::require(instant->ticks >= 0 && *instant < kEndOfTime, "an instant is in range");
    test::require(parse_instant(format_instant(*instant)) == instant,
                  "an instant survives its text");
  }
  (void)parse_http_date(text);
  (void)ingest::parse_timespan(text);
  return 0;
}
