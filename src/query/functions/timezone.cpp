// Local times of named zones, from the system's zone files.
#include "query/convert.hpp"
#include "query/registry.hpp"
#include "query/zone.hpp"

namespace harrier::query {

namespace {

const Zone* zone_of(Frame& f) {
  const std::string_view name = f.text(1);
  auto zone = Zone::find(name);
  if (!zone) {
    f.error = zone.error().message;
    return nullptr;
  }
  return *zone;
}

void set_datetime(Frame& f, Result<std::int64_t> ticks) {
  if (!ticks) {
    f.error = ticks.error().message;
  } else if (in_datetime_range(*ticks)) {
    f.set_int(*ticks);
  }
}

void utc_to_local(Frame& f) {
  if (const Zone* zone = zone_of(f)) set_datetime(f, zone->to_local(f.args[0].i));
}

void local_to_utc(Frame& f) {
  if (const Zone* zone = zone_of(f)) set_datetime(f, zone->to_utc(f.args[0].i));
}

constexpr Kernel kKernels[] = {
    strict("datetime_utc_to_local", utc_to_local),
    strict("datetime_local_to_utc", local_to_utc),
};

}  // namespace

std::span<const Kernel> timezone_kernels() {
  return kKernels;
}

}  // namespace harrier::query
