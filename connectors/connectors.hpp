// All connectors of the program.
#pragma once

#include "ingest/connector.hpp"

namespace harrier::connectors {

/// One instance of every connector, made from the folders beside this file.
/// A connector folder NAME defines `std::unique_ptr<ingest::Connector>
/// harrier::connectors::NAME::make_connector()`.
[[nodiscard]] ingest::Connectors make_connectors();

}  // namespace harrier::connectors
