// What `harrierd --once` shows while it collects.
#pragma once

#include "app/terminal.hpp"
#include "base/metrics.hpp"
#include "ingest/supervisor.hpp"

#include <map>
#include <string>
#include <vector>

namespace harrier::app {

/// On a terminal a bar per table, drawn over itself; elsewhere a line when a table's state changes.
class OnceDisplay {
 public:
  OnceDisplay(Io& io, const Metrics& metrics) : io_(io), metrics_(metrics) {}

  void update(const std::vector<ingest::TableProgress>& tables);
  /// The last picture, and the sum.
  void finish(const ingest::OnceOutcome& outcome);

 private:
  void draw(const std::vector<ingest::TableProgress>& tables);
  void tell(const ingest::TableProgress& table, bool last);
  [[nodiscard]] std::string line(const ingest::TableProgress& table, std::size_t name_width) const;
  [[nodiscard]] std::int64_t rows(const std::string& table) const;

  Io& io_;
  const Metrics& metrics_;
  int drawn_ = 0;

  struct Told {
    std::string state;
    std::string line;
  };

  std::map<std::string, Told> told_;  // by table
};

}  // namespace harrier::app
