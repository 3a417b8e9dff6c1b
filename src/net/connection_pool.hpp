// Connections that wait for their next request.
#pragma once

#include "net/connection.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace harrier::net {

/// Idle connections by origin, the most recently used last. I/O thread only.
class ConnectionPool {
 public:
  /// Keeps at most `max_idle` connections per origin, each for `idle_timeout` after its last use.
  ConnectionPool(std::chrono::milliseconds idle_timeout, std::size_t max_idle);

  /// A connection that still looks alive; nullptr where there is none. Expired connections of every
  /// origin are closed on the way.
  [[nodiscard]] std::unique_ptr<Connection> take(const std::string& origin);
  /// Keeps a connection whose last answer was read to its end.
  void give(const std::string& origin, std::unique_ptr<Connection> connection);

 private:
  std::chrono::milliseconds idle_timeout_;
  std::size_t max_idle_;
  std::map<std::string, std::vector<std::unique_ptr<Connection>>> idle_;
};

}  // namespace harrier::net
