#include "net/connection_pool.hpp"

#include <iterator>

namespace harrier::net {

ConnectionPool::ConnectionPool(std::chrono::milliseconds idle_timeout, std::size_t max_idle)
    : idle_timeout_(idle_timeout), max_idle_(max_idle) {}

std::unique_ptr<Connection> ConnectionPool::take(const std::string& origin) {
  const auto oldest = std::chrono::steady_clock::now() - idle_timeout_;
  for (auto it = idle_.begin(); it != idle_.end();) {
    std::erase_if(it->second,
                  [&](const auto& connection) { return connection->idle_since <= oldest; });
    it = it->second.empty() ? idle_.erase(it) : std::next(it);
  }
  const auto found = idle_.find(origin);
  while (found != idle_.end() && !found->second.empty()) {
    auto connection = std::move(found->second.back());
    found->second.pop_back();
    if (connection->is_idle()) return connection;
  }
  return nullptr;
}

void ConnectionPool::give(const std::string& origin, std::unique_ptr<Connection> connection) {
  auto& list = idle_[origin];
  if (list.size() >= max_idle_) return;
  connection->idle_since = std::chrono::steady_clock::now();
  list.push_back(std::move(connection));
}

}  // namespace harrier::net
