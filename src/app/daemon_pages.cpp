#include "app/daemon.hpp"
#include "app/overview.hpp"
#include "base/json_writer.hpp"

#include <fmt/format.h>

#include <map>

namespace harrier::app {

namespace {

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kOpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";

struct StoreFacts {
  StoreFacts() = default;
  std::string table;
  std::uint64_t bytes = 0;
  std::optional<Instant> last_event;
};

std::vector<StoreFacts> read_facts(const std::filesystem::path& directory,
                                   const std::vector<model::TablePtr>& tables) {
  std::vector<StoreFacts> all;
  for (const auto& table : tables) {
    const auto summary = storage::summarize(directory, table->name);
    if (!summary || !summary->exists) continue;
    StoreFacts facts;
    facts.table = table->name;
    facts.bytes = summary->bytes;
    facts.last_event = summary->last_event;
    all.push_back(std::move(facts));
  }
  return all;
}

}  // namespace

Task<std::string> Daemon::metrics_text() {
  auto work = [directory = settings_.storage.directory,
               tables = settings_.enabled_tables(catalog_)] {
    return read_facts(directory, tables);
  };
  const auto facts = co_await run_on(background_.get_executor(), std::move(work));
  for (const auto& store : facts) {
    const Labels labels(1, {"table", store.table});
    metrics_.set("harrier_store_bytes", labels, static_cast<double>(store.bytes));
    if (store.last_event)
      metrics_.set("harrier_last_event_timestamp_seconds", labels,
                   to_unix_seconds(*store.last_event));
  }
  if (engine_) engine_->refresh_metrics();
  co_return metrics_.expose();
}

Task<PageAnswer> Daemon::page(std::string path) {
  if (path == "/metrics") {
    HARRIER_CO_TRY(auto text, co_await metrics_text());
    co_return PageAnswer(200, kOpenMetrics, std::move(text));
  }
  if (path == "/healthz") co_return PageAnswer(200, kText, "ok\n");
  if (path == "/readyz") {
    const bool ready = started_ && !stopping_ && engine_ && makes_progress();
    co_return PageAnswer(ready ? 200 : 503, kText,
                         ready ? status_line() + "\n" : "not collecting\n");
  }
  co_return PageAnswer(404, kText, "/metrics, /healthz, /readyz\n");
}

std::string Daemon::status_line() const {
  const auto tables = engine_->supervisor().tables();
  std::map<std::string, int> states;
  for (const auto& table : tables) ++states[table.status.state];
  std::string list;
  for (const auto& [state, count] : states)
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", count, state);
  return fmt::format("{} tables: {}", tables.size(), list.empty() ? "none enabled" : list);
}

std::string Daemon::status_json() const {
  JsonWriter json;
  json.begin_object().field("ok", true).key("streams").begin_array();
  if (engine_) {
    for (const auto& entry : engine_->supervisor().progress()) {
      json.begin_object()
          .field("table", entry.status.table)
          .field("stream", entry.stream)
          .field("state", entry.status.state);
      json.field("reason", entry.status.reason)
          .field("busy", entry.busy)
          .field("last_success", entry.status.last_success);
      json.field("next_poll", entry.status.next_poll).end_object();
    }
  }
  return json.end_array().end_object().take();
}

}  // namespace harrier::app
