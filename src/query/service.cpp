#include "query/service.hpp"

#include "kql/compile.hpp"
#include "kql/traverse.hpp"
#include "query/convert.hpp"
#include "query/execution.hpp"
#include "query/operators/make.hpp"
#include "query/table_scan.hpp"
#include "storage/reader.hpp"

#include <algorithm>
#include <map>
#include <thread>

namespace harrier::query {

namespace {

/// Columns that services began to send, as the stores know them. Each store is asked once.
class StoredColumns final : public kql::TableProvider {
 public:
  explicit StoredColumns(const std::filesystem::path& stores) : stores_(stores) {}

  std::vector<model::Column> added_columns(const model::TableSchema& table) const override {
    const auto [known, fresh] = known_.try_emplace(table.name);
    std::vector<model::Column>& out = known->second;
    if (!fresh) return out;
    const auto connection = storage::ReadConnection::open(stores_, table.name);
    if (!connection) return out;
    for (const storage::StoredColumn& column : connection->columns()) {
      const auto type = model::parse_scalar_type(column.added_type);
      if (type) out.emplace_back(column.name, *type, column.added_source);
    }
    return out;
  }

 private:
  const std::filesystem::path& stores_;
  mutable std::map<std::string, std::vector<model::Column>> known_;  ///< by table
};

class LateColumns final : public kql::LateSchemas {
 public:
  explicit LateColumns(Execution& execution) : execution_(execution) {}

  Result<kql::Schema> columns_of(const kql::PlanPtr& plan) override {
    return late_schema(plan, execution_);
  }

 private:
  Execution& execution_;
};

kql::Value constant_value(const Value& value) {
  if (value.null && value.type != ScalarType::string) return kql::Value::null(value.type);
  switch (value.type) {
    case ScalarType::boolean:
      return kql::Value::of_bool(value.i != 0);
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::datetime:
    case ScalarType::timespan:
      return {value.type, value.i};
    case ScalarType::real:
      return kql::Value::of_real(value.r);
    case ScalarType::string:
    case ScalarType::guid:
    case ScalarType::decimal:
    case ScalarType::dynamic:
      break;
  }
  return {value.type, std::string(value.s)};
}

/// A call of constants, for the compiler.
std::optional<kql::Value> fold(const kql::Expr& expr, Execution& execution) {
  StringHeap heap;
  const auto value = constant_of(kql::ExprPtr(kql::ExprPtr(), &expr), Scope{execution}, heap);
  if (!value) return std::nullopt;
  return constant_value(*value);
}

/// A compiled query with what runs it.
struct Prepared {
  Prepared(const ServiceOptions& options, Instant now, CancelToken cancel)
      : context(options.limits, now, std::move(cancel), options.mappings, options.stores),
        execution(context, Sources{options.stores, options.mappings}) {}

  QueryContext context;
  Execution execution;
  kql::BoundQuery query;
};

Result<std::unique_ptr<Prepared>> prepare(std::string_view text, std::optional<Ticks> timespan,
                                          const model::Catalog& catalog, Instant now,
                                          const ServiceOptions& options, CancelToken cancel,
                                          bool late_columns) {
  auto out = std::make_unique<Prepared>(options, now, std::move(cancel));
  const StoredColumns tables(options.stores);
  LateColumns late(out->execution);
  kql::CompileOptions compile;
  compile.now = now;
  compile.timespan = timespan;
  compile.tables = &tables;
  compile.late = late_columns ? &late : nullptr;
  compile.fold = [&](const kql::Expr& expr) { return fold(expr, out->execution); };
  HARRIER_TRY(out->query, kql::compile(text, catalog, compile));
  return out;
}

/// Every table scan of a plan, each once, those of subqueries in expressions too.
void collect_scans(const kql::PlanPtr& plan, std::vector<const kql::Plan*>& out) {
  if (std::holds_alternative<kql::TableScan>(plan->node)) {
    if (std::find(out.begin(), out.end(), plan.get()) == out.end()) out.push_back(plan.get());
  }
  const kql::PlanMap plans = [&](const kql::PlanPtr& part) {
    collect_scans(part, out);
    return part;
  };
  kql::ExprMap exprs;
  exprs = [&](const kql::ExprPtr& expr) { return kql::map_parts(expr, exprs, plans); };
  (void)kql::map_parts(plan, exprs, plans);
}

}  // namespace

ServiceOptions::ServiceOptions() {
  limits.threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
}

Result<Summary> QueryService::run(std::string_view text, std::optional<Ticks> timespan, Sink& sink,
                                  CancelToken cancel, ScanProgressPtr progress) const {
  const auto started = std::chrono::steady_clock::now();
  HARRIER_TRY(const std::unique_ptr<Prepared> prepared,
              prepare(text, timespan, catalog_, clock_.now(), options_, std::move(cancel), true));
  if (progress) prepared->context.report_to(std::move(progress));
  Summary summary;
  summary.schema = prepared->query.root->schema;
  summary.render = prepared->query.render;
  HARRIER_TRY(const OperatorPtr root, prepared->execution.build(prepared->query.root));
  HARRIER_TRYV(sink.begin(summary.schema));
  Chunk chunk;
  while (true) {
    HARRIER_TRYV(prepared->context.check());
    HARRIER_TRY(const bool more, root->next(chunk));
    if (!more) break;
    if (chunk.rows == 0) continue;
    const std::uint64_t left = options_.limits.result_rows - summary.rows;
    if (chunk.rows > left) {
      chunk = slice(chunk, 0, static_cast<std::size_t>(left));
      summary.truncated = true;
    }
    summary.rows += chunk.rows;
    HARRIER_TRY(const bool wanted, sink.rows(chunk));
    if (!wanted) summary.truncated = true;
    if (summary.truncated) break;
  }
  summary.warnings = prepared->query.warnings;
  const auto& own = prepared->execution.warnings();
  summary.warnings.insert(summary.warnings.end(), own.begin(), own.end());
  summary.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - started);
  HARRIER_TRYV(sink.end(summary));
  return summary;
}

Result<std::string> QueryService::explain(std::string_view text,
                                          std::optional<Ticks> timespan) const {
  HARRIER_TRY(const std::unique_ptr<Prepared> prepared,
              prepare(text, timespan, catalog_, clock_.now(), options_, CancelToken(), false));
  std::string out = kql::dump(prepared->query);
  std::vector<const kql::Plan*> scans;
  collect_scans(prepared->query.root, scans);
  for (const kql::Plan* scan : scans) {
    out += "store " + explain_scan(*scan, options_.stores) + "\n";
  }
  return out;
}

}  // namespace harrier::query
