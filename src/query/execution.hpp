// One running query: what all its operators and expressions share, and how they are made from the
// bound plan.
#pragma once

#include "kql/bound.hpp"
#include "query/context.hpp"
#include "query/table.hpp"
#include "query/vector.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harrier::query {

/// Produces rows, batch by batch. Used by one thread.
class Operator {
 public:
  virtual ~Operator() = default;
  /// False at the end; `out` may have no rows. Errors: as the query's.
  [[nodiscard]] virtual Result<bool> next(Chunk& out) = 0;
};

using OperatorPtr = std::unique_ptr<Operator>;

/// A compiled expression with its kept state. Used by one thread.
class Expression {
 public:
  virtual ~Expression() = default;
  /// A vector of `input.rows` cells or a constant.
  [[nodiscard]] virtual Result<VectorPtr> evaluate(const Chunk& input) = 0;
};

using ExpressionPtr = std::unique_ptr<Expression>;

/// Where the query's data comes from.
struct Sources {
  std::filesystem::path stores;    ///< folder of the table stores
  std::filesystem::path mappings;  ///< folder of local tables for externaldata, FileProfile and geo
                                   ///< lookups; empty: none
};

using TablePtr = std::shared_ptr<const Table>;

class Execution;

/// What an expression may use besides its input chunk.
struct Scope {
  Execution& execution;
  /// States of a scan's steps: row values by [step][state column]; only inside scan.
  const std::vector<std::vector<Value>>* scan_states = nullptr;
};

/// Used by one thread; operators that read in parallel compile what their workers need beforehand.
class Execution {
 public:
  Execution(QueryContext& context, Sources sources)
      : context_(context), sources_(std::move(sources)) {}

  [[nodiscard]] QueryContext& context() noexcept { return context_; }

  [[nodiscard]] const Sources& sources() const noexcept { return sources_; }

  /// The operator of a plan. Errors: not_found, query (a part that is not supported).
  [[nodiscard]] Result<OperatorPtr> build(const kql::PlanPtr& plan);
  /// Runs a plan to its end.
  [[nodiscard]] Result<TablePtr> run(const kql::PlanPtr& plan);
  /// The rows of a Materialize; run once per query.
  [[nodiscard]] Result<TablePtr> materialized(const kql::PlanPtr& plan);
  /// First column of the first row; run once per query. The text lives as long as this object.
  [[nodiscard]] Result<Value> scalar(const kql::PlanPtr& plan, ScalarType type);
  /// First column of all rows; run once per query.
  [[nodiscard]] Result<TablePtr> list(const kql::PlanPtr& plan);

  /// Rows that SubInput stands for, innermost last.
  void push_sub_input(Chunk rows) { sub_inputs_.push_back(std::move(rows)); }

  void pop_sub_input() { sub_inputs_.pop_back(); }

  [[nodiscard]] const Chunk* sub_input() const noexcept {
    return sub_inputs_.empty() ? nullptr : &sub_inputs_.back();
  }

  void warn(std::string sentence);

  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  [[nodiscard]] Result<TablePtr> cached(const kql::PlanPtr& key, const kql::PlanPtr& plan);

  QueryContext& context_;
  Sources sources_;
  std::vector<Chunk> sub_inputs_;
  std::map<const kql::Plan*, TablePtr> cache_;
  std::vector<kql::PlanPtr> kept_;  ///< keeps the cache's keys valid
  std::vector<std::shared_ptr<StringHeap>> texts_;
  std::vector<std::string> warnings_;
};

/// Compiles for one thread. Errors: query, naming what is not supported.
[[nodiscard]] Result<ExpressionPtr> compile_expression(const kql::ExprPtr& expr, Scope scope);
[[nodiscard]] Result<std::vector<ExpressionPtr>> compile_expressions(
    const std::vector<kql::ExprPtr>& exprs, Scope scope);
/// The value of an expression without columns.
[[nodiscard]] Result<Value> constant_of(const kql::ExprPtr& expr, Scope scope, StringHeap& heap);
/// The same as a long; nullopt for null.
[[nodiscard]] Result<std::optional<std::int64_t>> count_of(const kql::ExprPtr& expr, Scope scope);
/// True where the expression, or one below it, needs the rows in order.
[[nodiscard]] bool has_window(const kql::Expr& expr);
/// Is there a window call in any of them?
[[nodiscard]] bool has_window(const std::vector<kql::ExprPtr>& exprs);

[[nodiscard]] Value value_of(const kql::Value& value, StringHeap& heap);
[[nodiscard]] std::vector<ScalarType> types_of(const kql::Schema& schema);
/// `message` with nothing added: an unsupported part as an error.
[[nodiscard]] Error unsupported(std::string what);
/// Reads an operator to its end.
[[nodiscard]] Result<TablePtr> drain(Operator& input, const std::vector<ScalarType>& types,
                                     QueryContext& context);

/// Serves the rows of a chunk in batches.
class ChunkSource final : public Operator {
 public:
  explicit ChunkSource(Chunk rows) : rows_(std::move(rows)) {}

  Result<bool> next(Chunk& out) override;

 private:
  Chunk rows_;
  std::size_t at_ = 0;
};

}  // namespace harrier::query
