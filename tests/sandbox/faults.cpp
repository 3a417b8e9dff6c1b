#include "sandbox/faults.hpp"

#include "base/text.hpp"
#include "sandbox/hash.hpp"
#include "sandbox/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace harrier::sandbox {
namespace {

constexpr std::string_view kKinds[] = {"throttle",
                                       "cpu_quota",
                                       "status",
                                       "unauthorized",
                                       "forbidden",
                                       "bad_gateway",
                                       "unavailable",
                                       "gateway_timeout",
                                       "size_limit",
                                       "af429",
                                       "reset_before_head",
                                       "reset_in_head",
                                       "reset_in_body",
                                       "torn_gzip",
                                       "wrong_length",
                                       "wrong_crc",
                                       "truncated_json",
                                       "hang",
                                       "slow",
                                       "close_idle",
                                       "foreign_next_link",
                                       "date_skew",
                                       "expire_tokens",
                                       "repeat",
                                       "af",
                                       "delta_gone",
                                       "reorder"};

Result<Fault> parse_fault(const FlatObject& object) {
  Fault fault;
  for (const auto& [key, value] : object) {
    const double number = std::strtod(value.c_str(), nullptr);
    if (key == "kind")
      fault.kind = value;
    else if (key == "api")
      fault.api = value;
    else if (key == "path")
      fault.path = value;
    else if (key == "table")
      fault.table = value;
    else if (key == "probability")
      fault.probability = number;
    else if (key == "next")
      fault.remaining = static_cast<std::int64_t>(number);
    else if (key == "skip")
      fault.skip = static_cast<std::int64_t>(number);
    else if (key == "seconds")
      fault.seconds = number;
    else if (key == "form")
      fault.form = value;
    else if (key == "status")
      fault.status = static_cast<int>(number);
    else if (key == "html")
      fault.html = value == "true";
    else if (key == "share")
      fault.share = number;
    else
      return Error(Errc::parse, fmt::format("a fault has no member '{}'", key));
  }
  if (std::ranges::find(kKinds, fault.kind) == std::end(kKinds)) {
    return Error(Errc::parse, fmt::format("there is no fault of kind '{}'", fault.kind));
  }
  return fault;
}

}  // namespace

Result<> Faults::add(std::string_view json) {
  HARRIER_TRY(const auto objects, parse_flat_objects(json));
  std::vector<Fault> added;
  for (const auto& object : objects) {
    HARRIER_TRY(auto fault, parse_fault(object));
    added.push_back(std::move(fault));
  }
  const std::lock_guard lock(mutex_);
  for (auto& fault : added) {
    fault.id = next_id_++;
    faults_.push_back(std::move(fault));
  }
  return {};
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

std::string Faults::list() {
  const std::lock_guard lock(mutex_);
  std::string out = "[";
  for (const auto& fault : faults_) {
    if (out.size() > 1) out += ',';
    out += fmt::format(R"({{"id":{},"kind":"{}","remaining":{},"hits":{},"table":)", fault.id,
                       fault.kind, fault.remaining, fault.hits);
    append_json_string(out, fault.table);
    out += R"(,"path":)";
    append_json_string(out, fault.path);
    out += '}';
  }
  return out + "]";
}

std::vector<Fault> Faults::strike(std::string_view api, std::string_view target,
                                  std::string_view table) {
  const std::lock_guard lock(mutex_);
  const auto number = requests_++;
  std::vector<Fault> struck;
  for (auto& fault : faults_) {
    if (fault.remaining == 0) continue;
    if (!fault.api.empty() && fault.api != api) continue;
    if (!fault.table.empty() && fault.table != table) continue;
    if (!fault.path.empty() && target.find(fault.path) == std::string_view::npos) continue;
    if (fault.skip > 0) {
      --fault.skip;
      continue;
    }
    if (!chance(mix(mix(seed_, fault.id), number), fault.probability)) continue;
    if (fault.remaining > 0) --fault.remaining;
    ++fault.hits;
    struck.push_back(fault);
  }
  return struck;
}

}  // namespace harrier::sandbox
