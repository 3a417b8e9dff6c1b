// Columns nobody described: a value by name and type that any reader would believe.
#include "sandbox/event.hpp"
#include "sandbox/hash.hpp"

namespace harrier::sandbox {
namespace {

constexpr std::string_view kWords[] = {"north", "copper", "delta",  "amber",
                                       "birch", "Größe",  "signal", "harbour"};

Cell generic_text(Event& e, std::string_view name, std::uint64_t hash) {
  if (name == "AdditionalFields") {
    return e.format(R"({{"Source":"{}","Count":{},"IsLast":{}}})", pick(kWords, hash), hash % 500,
                    hash % 2 == 0);
  }
  if (name == "ReportId") return e.format("{}-{}", guid_text(hash), e.index());
  if (name == "ConfigurationId") return e.format("scid-{}", 2000 + hash % 20);
  if (name.ends_with("Id") || name.ends_with("ID")) return e.copy(guid_text(hash));
  if (name.ends_with("SHA256")) return e.copy(hex_text(hash, 64));
  if (name.ends_with("SHA1") || name.ends_with("Thumbprint")) return e.copy(hex_text(hash, 40));
  if (name.ends_with("Upn")) return Event::fixed(e.user().upn);
  if (name.ends_with("IP") || name.ends_with("IPAddress"))
    return e.format("192.0.2.{}", hash % 250);
  if (name.find("Url") != std::string_view::npos || name.find("Uri") != std::string_view::npos) {
    return e.format("https://www.example.com/{}/{}", pick(kWords, hash), hash % 10'000);
  }
  if (name.find("Version") != std::string_view::npos)
    return e.format("{}.{}.{}", hash % 20, hash % 7, hash % 3000);
  if (name.ends_with("Time") || name.ends_with("Date")) {
    return e.copy(
        format_instant(e.time() - Ticks(static_cast<std::int64_t>(hash % 900'000'000'000ULL))));
  }
  if (name == "CveId") return e.format("CVE-20{}-{}", 20 + hash % 7, 1000 + hash % 50'000);
  return e.format("{} {}", pick(kWords, hash), hash % 1000);
}

Cell generic_dynamic(Event& e, std::uint64_t hash) {
  switch (hash % 4) {
    case 0:
      return e.format(R"(["{}","{}"])", pick(kWords, hash >> 8U), hash % 1000);
    case 1:
      return e.format(
          R"({{"name":"{}","count":{},"ratio":{}.50,"nested":{{"on":true,"off":null}}}})",
          pick(kWords, hash >> 8U), hash % 1000, hash % 9);
    case 2:
      return e.format(R"([{{"Key":"{}","Value":"{{\"inner\":{}}}"}}])", pick(kWords, hash >> 8U),
                      hash % 100);
    default:
      return e.format("\"{}\"", pick(kWords, hash >> 8U));
  }
}

}  // namespace

Cell generic_fill(Event& e, const model::Column& column) {
  const auto hash = e.hash(name_hash(column.source_name));
  if (mix(hash) % 8 == 0 && column.name != "ReportId") return Event::null();
  switch (column.type) {
    case model::ScalarType::boolean:
      return Event::flag(hash % 2 == 0);
    case model::ScalarType::int_:
      return Event::number(hash % 1000);
    case model::ScalarType::long_:
      return Event::number(column.name == "ReportId" ? 1 + e.index() % 900'000
                                                     : hash % 5'000'000'000ULL);
    case model::ScalarType::real:
      return Cell::of_real(static_cast<double>(hash % 80'000) / 16);
    case model::ScalarType::datetime:
      return Event::at(
          round_down(e.time() - Ticks(static_cast<std::int64_t>(hash % 900'000'000'000ULL)),
                     static_cast<unsigned>(hash >> 50U) % 8));
    case model::ScalarType::guid:
      return e.copy(guid_text(hash));
    case model::ScalarType::dynamic:
      return generic_dynamic(e, hash);
    case model::ScalarType::decimal:
    case model::ScalarType::timespan:
    case model::ScalarType::string:
      return generic_text(e, column.name, hash);
  }
  return Event::null();
}

}  // namespace harrier::sandbox
