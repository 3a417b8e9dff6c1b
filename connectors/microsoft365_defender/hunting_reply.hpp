// What small hunting replies say: counts and probes.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace harrier::connectors::microsoft365_defender {

/// The only number of a `summarize count()` reply. Errors: protocol.
[[nodiscard]] Result<std::int64_t> count_of_reply(std::string_view body);

/// Whether the first row of a probe has a `_Ingested` that is a time; nullopt when there is no row.
/// Errors: protocol.
[[nodiscard]] Result<std::optional<bool>> reply_tells_ingestion_time(std::string_view body);

}  // namespace harrier::connectors::microsoft365_defender
