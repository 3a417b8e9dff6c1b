#include "base/embedded.hpp"
#include "ingest/spec_connector.hpp"

namespace harrier::embedded {
std::span<const base::EmbeddedText> streams_of_graph_security();
}

namespace harrier::connectors::graph_security {

std::unique_ptr<ingest::Connector> make_connector();

// Everything Graph delivers is a list, so this connector is its streams.toml.
std::unique_ptr<ingest::Connector> make_connector() {
  return std::make_unique<ingest::SpecConnector>(
      "graph_security", embedded::streams_of_graph_security().front().text);
}

}  // namespace harrier::connectors::graph_security
