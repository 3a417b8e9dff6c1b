#include "net/beast_client.hpp"
#include "settings/settings.hpp"

#include <cstdlib>

namespace harrier::net {

namespace {

std::string environment(const char* name) {
  const char* value =
      std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing changes the environment
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

Result<HttpOptions> http_options(const settings::Network& network) {
  HttpOptions options;
  HARRIER_TRY(options.proxy, ProxyRules::make(network.proxy, environment));
  options.ca_file = network.ca_file;
  options.connect_timeout = network.connect_timeout;
  return options;
}

}  // namespace harrier::net
