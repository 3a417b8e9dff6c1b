// Counters, gauges and histograms, and their OpenMetrics text.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier {

/// Label names and values in the order they are printed.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// All metrics of a process. Thread-safe. Families are declared once, in INTERFACE's names without
/// the `_total` suffix for counters. Source: OpenMetrics 1.0 text format.
class Metrics {
 public:
  enum class Kind : std::uint8_t { counter, gauge, histogram };

  /// Declares a family; `help` is one sentence. For histograms `bounds` are the upper bounds in
  /// seconds, ascending.
  void declare(std::string name, Kind kind, std::string help, std::vector<double> bounds = {});
  void add(std::string_view name, const Labels& labels, double amount = 1);
  void set(std::string_view name, const Labels& labels, double value);
  void observe(std::string_view name, const Labels& labels, double seconds);
  /// Forgets every series of all families whose labels contain `label`=`value` (a table that was
  /// disabled).
  void forget(std::string_view label, std::string_view value);
  /// The current value of a counter or gauge; 0 where there is none. For tests and status.
  [[nodiscard]] double value(std::string_view name, const Labels& labels) const;
  /// The whole exposition, ending in `# EOF`.
  [[nodiscard]] std::string expose() const;

 private:
  struct Series {
    double value = 0;
    std::vector<std::uint64_t> buckets;
    std::uint64_t count = 0;
  };

  struct Family {
    Kind kind = Kind::counter;
    std::string help;
    std::vector<double> bounds;
    std::map<Labels, Series> series;
  };

  Series& series_of(std::string_view name, const Labels& labels);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace harrier
