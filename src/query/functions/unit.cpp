// Conversion between units of measure.
#include "query/registry.hpp"

#include <fmt/format.h>

namespace harrier::query {

namespace {

/// How many of the base unit one unit is; `base = value * factor + shift`.
struct Measure {
  std::string_view name;
  double factor;
  double shift = 0;
};

constexpr Measure kAngle[] = {{"Radian", 1},
                              {"Degree", 0.017453292519943295},
                              {"Gradian", 0.015707963267948967},
                              {"Arcminute", 0.0002908882086657216},
                              {"Arcsecond", 4.84813681109536e-06},
                              {"Revolution", 6.283185307179586}};
constexpr Measure kEnergy[] = {{"Joule", 1},
                               {"Kilojoule", 1e3},
                               {"Megajoule", 1e6},
                               {"Gigajoule", 1e9},
                               {"Calorie", 4.184},
                               {"Kilocalorie", 4184},
                               {"WattHour", 3600},
                               {"KilowattHour", 3.6e6},
                               {"MegawattHour", 3.6e9},
                               {"GigawattHour", 3.6e12},
                               {"BritishThermalUnit", 1055.05585262},
                               {"ElectronVolt", 1.602176565e-19},
                               {"Erg", 1e-7},
                               {"FootPound", 1.3558179483314004}};
constexpr Measure kForce[] = {
    {"Newton", 1},       {"Decanewton", 10},         {"Kilonewton", 1e3},
    {"Meganewton", 1e6}, {"Millinewton", 1e-3},      {"Micronewton", 1e-6},
    {"Dyn", 1e-5},       {"KilogramForce", 9.80665}, {"PoundForce", 4.4482216152605}};
constexpr Measure kLength[] = {{"Meter", 1},          {"Kilometer", 1e3},   {"Hectometer", 100},
                               {"Decimeter", 0.1},    {"Centimeter", 0.01}, {"Millimeter", 1e-3},
                               {"Micrometer", 1e-6},  {"Nanometer", 1e-9},  {"Inch", 0.0254},
                               {"Foot", 0.3048},      {"Yard", 0.9144},     {"Mile", 1609.344},
                               {"NauticalMile", 1852}};
constexpr Measure kMass[] = {{"Kilogram", 1},           {"Gram", 1e-3},       {"Milligram", 1e-6},
                             {"Microgram", 1e-9},       {"Tonne", 1e3},       {"Pound", 0.45359237},
                             {"Ounce", 0.028349523125}, {"Stone", 6.35029318}};
constexpr Measure kSpeed[] = {{"MeterPerSecond", 1},
                              {"MeterPerMinute", 1.0 / 60},
                              {"MeterPerHour", 1.0 / 3600},
                              {"KilometerPerHour", 1 / 3.6},
                              {"KilometerPerMinute", 1000.0 / 60},
                              {"KilometerPerSecond", 1000},
                              {"CentimeterPerSecond", 0.01},
                              {"CentimeterPerMinute", 0.01 / 60},
                              {"CentimeterPerHour", 0.01 / 3600},
                              {"MilePerHour", 0.44704},
                              {"FootPerSecond", 0.3048},
                              {"Knot", 1852.0 / 3600}};
constexpr Measure kTemperature[] = {{"Kelvin", 1},
                                    {"DegreeCelsius", 1, 273.15},
                                    {"DegreeFahrenheit", 5.0 / 9, 459.67 * 5 / 9},
                                    {"DegreeRankine", 5.0 / 9}};
constexpr Measure kVolume[] = {{"CubicMeter", 1},
                               {"CubicDecimeter", 1e-3},
                               {"CubicCentimeter", 1e-6},
                               {"CubicMillimeter", 1e-9},
                               {"CubicKilometer", 1e9},
                               {"Liter", 1e-3},
                               {"Deciliter", 1e-4},
                               {"Centiliter", 1e-5},
                               {"Milliliter", 1e-6},
                               {"Hectoliter", 0.1},
                               {"CubicInch", 1.6387064e-5},
                               {"CubicFoot", 0.028316846592},
                               {"CubicYard", 0.764554857984},
                               {"AcreFoot", 1 / 0.000810714},
                               {"UsGallon", 0.003785411784}};

const Measure* find(std::span<const Measure> measures, std::string_view name) {
  for (const Measure& measure : measures) {
    if (measure.name == name) return &measure;
  }
  return nullptr;
}

template <const auto& kMeasures>
void convert_unit(Frame& f) {
  const Measure* from = find(kMeasures, f.text(1));
  const Measure* to = find(kMeasures, f.text(2));
  for (const std::size_t arg : {1U, 2U}) {
    if ((arg == 1 ? from : to) != nullptr) continue;
    f.error = fmt::format("the unit '{}' is not one that this function knows", f.text(arg));
    return;
  }
  f.set_real((f.real(0, 0) * from->factor + from->shift - to->shift) / to->factor);
}

constexpr Kernel kKernels[] = {
    strict("convert_angle", convert_unit<kAngle>),
    strict("convert_energy", convert_unit<kEnergy>),
    strict("convert_force", convert_unit<kForce>),
    strict("convert_length", convert_unit<kLength>),
    strict("convert_mass", convert_unit<kMass>),
    strict("convert_speed", convert_unit<kSpeed>),
    strict("convert_temperature", convert_unit<kTemperature>),
    strict("convert_volume", convert_unit<kVolume>),
};

}  // namespace

std::span<const Kernel> unit_kernels() {
  return kKernels;
}

}  // namespace harrier::query
