// What a connector is: code for one API that offers streams, each a feed of one table or of
// several.
#pragma once

#include "base/metrics.hpp"
#include "model/catalog.hpp"
#include "model/ports.hpp"
#include "net/api_client.hpp"
#include "settings/settings.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::ingest {

/// What streams work with. All references outlive every stream.
struct Services {
  model::StoreSet& stores;
  const model::Catalog& catalog;
  std::map<std::string, net::ApiClient*, std::less<>> apis;  ///< by `ApiLimit::key`
  const Clock& clock;
  Metrics& metrics;
  std::string tenant_id;

  [[nodiscard]] net::ApiClient& api(std::string_view name) const {
    return *apis.find(name)->second;
  }
};

/// How far a stream's collection reaches.
struct Progress {
  std::optional<Instant> done_until;  ///< end of the newest done window
  Ticks pending{0};                   ///< length of all pending windows
  Ticks total{0};                     ///< length of the whole ledger
  model::WindowCounts windows;
};

/// The progress that `ledger` shows.
[[nodiscard]] Progress progress_of(const model::Ledger& ledger);

/// What one poll did.
struct PollOutcome {
  PollOutcome() = default;
  bool more = false;  ///< further work is due at once
  Instant next;       ///< when to poll again, by the machine's clock; meaningless with `more`
  Progress progress;
};

/// The circumstances of a poll.
struct PollContext {
  PollContext() = default;
  /// Set by `--once`: collect up to this instant of the machine's clock minus the settle time,
  /// whatever the poll interval says.
  std::optional<Instant> once;
};

/// One feed. Polled by one task at a time, on the I/O thread.
class Stream {
 public:
  virtual ~Stream() = default;
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  /// The tables it fills.
  [[nodiscard]] virtual const std::vector<model::TablePtr>& tables() const noexcept = 0;
  /// Everything of the settings that this stream was made from: a stream whose fingerprint is
  /// unchanged is left running.
  [[nodiscard]] virtual std::string fingerprint() const = 0;
  /// The application permission it needs, for messages.
  [[nodiscard]] virtual std::string_view permission() const noexcept = 0;
  /// Does one bounded piece of work: reads at most one window, page or work item, and commits it.
  ///
  /// Errors are mapped to a state by the supervisor (see `ErrorPolicy`); nothing is marked done by
  /// a poll that fails.
  [[nodiscard]] virtual Task<PollOutcome> poll(PollContext context) = 0;
};

/// Code for one API family.
class Connector {
 public:
  virtual ~Connector() = default;
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  /// The streams that the enabled tables need. `setting` is the connector's section.
  /// A stream whose tables changed is made anew by the supervisor.
  [[nodiscard]] virtual std::vector<std::unique_ptr<Stream>> streams(
      const settings::Settings& all, const settings::Connector& setting,
      Services& services) const = 0;
  /// One cheap request that shows whether `table` can be read, for `harrier doctor`.
  [[nodiscard]] virtual Task<> probe(model::TablePtr table, Services& services) const = 0;
  /// The application permission that `table` needs; empty when the connector does not fill it.
  [[nodiscard]] virtual std::string permission(const model::TableSchema& table) const = 0;
};

using Connectors = std::vector<std::unique_ptr<Connector>>;

}  // namespace harrier::ingest
