// KQL text into a bound plan.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "kql/bound.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace harrier::kql {

/// What is known about the tables beyond the catalog.
class TableProvider {
 public:
  virtual ~TableProvider() = default;
  /// Columns that the service has added to the table's store, after the documented ones.
  [[nodiscard]] virtual std::vector<model::Column> added_columns(
      const model::TableSchema& table) const = 0;
};

/// Columns that depend on data: execution runs the plugin's input and says which columns come out.
class LateSchemas {
 public:
  virtual ~LateSchemas() = default;
  /// `plan` holds a Plugin (bag_unpack, pivot) with the passthrough columns only in its schema. The
  /// answer is its whole schema. The plugin's input is a Materialize, so that running it once
  /// serves both passes.
  [[nodiscard]] virtual Result<Schema> columns_of(const PlanPtr& plan) = 0;
};

/// Evaluates a call of constants; nullopt when it cannot.
using Fold = std::function<std::optional<Value>(const Expr&)>;

struct CompileOptions {
  Instant now;  ///< what `now()` is
  std::optional<Ticks>
      timespan;  ///< only rows of the last `timespan` (by each table's time column)
  const TableProvider* tables = nullptr;  ///< none: documented columns only
  LateSchemas* late = nullptr;  ///< none: data-dependent columns are an error where they are named
  Fold fold;  ///< none: only the compiler's own folding (now, ago, date arithmetic, logic)
  bool optimize = true;
};

/// Bounds of a query's text.
inline constexpr std::size_t kMaxQueryBytes = 1024 * 1024;
inline constexpr int kMaxDepth = 200;

/// Parses, binds and optimizes. Pure but for the ports in `options`; thread-safe.
/// Errors: query, with a message `line:column: what`, the line and a caret below it; limit, for
/// text that is too long or too deep.
[[nodiscard]] Result<BoundQuery> compile(std::string_view text, const model::Catalog& catalog,
                                         const CompileOptions& options);

}  // namespace harrier::kql
