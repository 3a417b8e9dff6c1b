// AST into bound plan. Internal to the compiler: other modules use compile.hpp.
#pragma once

#include "base/result.hpp"
#include "kql/ast.hpp"
#include "kql/bound.hpp"
#include "kql/compile.hpp"
#include "model/views.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace harrier::kql {

/// What a name of `let`, a parameter or an `as` stands for.
struct Binding {
  ExprPtr scalar;  ///< a scalar …
  int scope = 0;   ///< … over the columns of this row scope; 0: over none
  PlanPtr table;   ///< … or rows
  const ast::Function* function = nullptr;   ///< … or a function
  const struct Environment* home = nullptr;  ///< where a function was defined
};

/// Names in force, innermost first.
struct Environment {
  std::map<std::string, Binding, std::less<>> names;
  const Environment* outer = nullptr;

  [[nodiscard]] const Binding* find(std::string_view name) const noexcept;
};

/// An expression that may turn out to be rows.
struct Bound {
  ExprPtr scalar;
  PlanPtr table;
};

/// Collects the aggregates of a summarize; the expression around them refers to their outputs.
struct AggregateSink {
  std::vector<AggregateCall> calls;
  std::vector<OutColumn> outputs;
  std::size_t first_output = 0;  ///< index of the first output column: the number of keys
};

/// Names of scan's steps and its state columns.
struct ScanScope {
  const std::vector<ast::ScanStep>* steps = nullptr;
  std::size_t current = 0;
};

/// The variables of a graph pattern where an expression over its matches stands.
struct GraphScope {
  enum class Kind { node, edge, path };

  struct Variable {
    std::string name;
    Kind kind = Kind::node;
    std::size_t element = 0;
    std::size_t first = 0;  ///< of its columns in the match's row; none for a path
  };

  std::vector<Variable> variables;
  const Schema* nodes = nullptr;
  const Schema* edges = nullptr;
  std::size_t columns = 0;  ///< of the match's row, before its computed values
  std::vector<MatchValue>* values = nullptr;
  /// Inside all(), any(), map(): columns of the element before those of the row.
  std::optional<std::size_t> shift;

  [[nodiscard]] const Variable* find(std::string_view name) const noexcept;
};

/// What column names mean where an expression stands.
struct Scope {
  const Schema* columns = nullptr;  ///< null: no row
  int id = 0;
  bool visible = true;  ///< false in the body of a function: only its parameters reach the row
  AggregateSink* aggregates = nullptr;
  const ScanScope* scan = nullptr;
  const GraphScope* graph = nullptr;
  bool search = false;  ///< a lone string is a term to look for
  bool case_sensitive = false;
};

/// One result column before its name is settled.
struct NamedExpr {
  ExprPtr expr;
  std::string name;            ///< empty: none could be derived
  bool explicit_name = false;  ///< written by the author: a column's own name, or `name = …` ///<
                               ///< `sum_x`, `Column1`: gives way to others
  Span span;
};

class Binder {
 public:
  Binder(std::string_view text, const model::Catalog& catalog, const CompileOptions& options)
      : text_(text), catalog_(catalog), options_(options) {}

  Result<BoundQuery> run(const ast::Query& query);

 private:
  using Names = std::vector<NamedExpr>;

  // binder.cpp
  [[nodiscard]] Error fail(Span span, std::string_view what) const;
  Result<> count_step(Span span);
  Result<Bound> bind_statements(const std::vector<ast::Statement>& statements, const Scope& scope);
  Result<> bind_let(const ast::Let& let, const Scope& scope);
  Result<> bind_declare(const ast::Declare& declare);
  Result<> declare(const ast::Word& name, Binding binding);
  Result<Bound> bind_any(const ast::Expr& expr, const Scope& scope);
  Result<Bound> bind_either(const ast::Expr& expr, const Scope& scope);
  Result<PlanPtr> bind_table(const ast::Expr& expr);
  Result<Bound> bind_pipeline(const ast::Pipeline& pipeline, Span span);
  Result<PlanPtr> bind_operators(PlanPtr input, const ast::Pipeline& pipeline, std::size_t from);
  Result<Bound> call_function(const Binding& binding, const ast::Call& call, Span span,
                              const Scope& scope, PlanPtr piped);
  Result<Binding> bind_argument(const ast::FunctionParameter& parameter, const ast::Expr& arg,
                                const Scope& scope);
  Result<Binding> tabular_argument(const ast::FunctionParameter& parameter, PlanPtr table,
                                   Span span);
  PlanPtr make_plan(Schema schema, Span span, PlanNode node) const;
  Scope row_scope(const Schema& schema);
  Environment* new_environment(const Environment* outer);
  PlanPtr drop_hidden(PlanPtr plan) const;
  PlanPtr keep_times(PlanPtr plan) const;

  // bind_table.cpp
  [[nodiscard]] std::string table_names_hint(std::string_view name) const;
  /// `view`: only the rows of a named view.
  PlanPtr scan_table(const model::TablePtr& table, bool latest, Span span,
                     const model::TableView* view = nullptr);
  std::optional<PlanPtr> find_table(std::string_view name, Span span);
  Result<PlanPtr> table_by_name(std::string_view name, Span span);
  std::string source_name(const ast::Expr* item, const Plan& plan) const;
  Result<std::vector<std::pair<std::string, PlanPtr>>> table_list(const ast::Exprs& list,
                                                                  bool fuzzy,
                                                                  std::string_view prefix);
  Result<PlanPtr> bind_source(const ast::Operator& op);
  Result<PlanPtr> bind_print(const ast::ColumnList& list, Span span);
  Result<PlanPtr> bind_range(const ast::RangeOf& range, Span span);
  Result<PlanPtr> bind_datatable(const ast::DataTable& table, Span span);
  Result<PlanPtr> bind_external(const ast::ExternalTable& table, Span span);
  Result<PlanPtr> bind_search(PlanPtr input, const ast::SearchFor& search, Span span);
  Result<PlanPtr> bind_find(const ast::FindRows& find, Span span);
  Result<PlanPtr> bind_union(PlanPtr input, const ast::UnionOf& node, Span span);
  Result<PlanPtr> unite(std::vector<std::pair<std::string, PlanPtr>> legs, bool inner,
                        const std::string& source_column, Span span);
  Result<Schema> external_schema(const std::vector<ast::ColumnDef>& columns);

  // bind_expression.cpp
  Result<ExprPtr> bind_scalar(const ast::Expr& expr, const Scope& scope);
  Result<ExprPtr> bind_typed(const ast::Expr& expr, const Scope& scope, ScalarType type);
  Result<ExprPtr> bind_condition(const ast::Expr& expr, const Scope& scope);
  Result<ExprPtr> bind_name(const ast::Name& name, Span span, const Scope& scope);
  Result<ExprPtr> bind_member(const ast::Member& member, Span span, const Scope& scope);
  Result<ExprPtr> bind_index(const ast::Index& index, Span span, const Scope& scope);
  Result<ExprPtr> extend_path(ExprPtr base, PathStep step, Span span);
  Result<ExprPtr> bind_binary(const ast::Binary& binary, Span span, const Scope& scope);
  Result<ExprPtr> bind_logic(const ast::Binary& binary, Span span, const Scope& scope);
  Result<ExprPtr> bind_operation(std::string_view op, ExprPtr left, ExprPtr right, Span span,
                                 const Scope& scope);
  Result<ExprPtr> bind_equality(std::string_view op, ExprPtr left, ExprPtr right, Span span);
  Result<ExprPtr> bind_order(std::string_view op, ExprPtr left, ExprPtr right, Span span);
  Result<ExprPtr> bind_text_test(std::string_view op, ExprPtr left, ExprPtr right, Span span);
  Result<ExprPtr> bind_arithmetic(std::string_view op, ExprPtr left, ExprPtr right, Span span);
  Result<ExprPtr> bind_negate(const ast::Negate& negate, Span span, const Scope& scope);
  Result<ExprPtr> bind_between(const ast::Between& between, Span span, const Scope& scope);
  Result<ExprPtr> bind_list_test(const ast::ListTest& test, Span span, const Scope& scope);
  Result<ExprPtr> bind_star_test(const ast::Binary& binary, Span span, const Scope& scope);
  Result<ExprPtr> search_term(const std::string& text, Span span, const Scope& scope);
  Result<ExprPtr> search_column(ExprPtr column, const std::string& text, Span span,
                                const Scope& scope);
  [[nodiscard]] Error mismatch(std::string_view op, ScalarType left, ScalarType right,
                               Span span) const;

  // bind_call.cpp
  Result<Bound> bind_call(const ast::Call& call, Span span, const Scope& scope);
  Result<ExprPtr> bind_builtin(const Function& function, const ast::Call& call, Span span,
                               const Scope& scope);
  Result<std::optional<ExprPtr>> bind_special(const ast::Call& call, Span span, const Scope& scope);
  Result<ExprPtr> bind_column_if_exists(const ast::Call& call, Span span, const Scope& scope);
  Result<ExprPtr> bind_pack_columns(const ast::Call& call, Span span, const Scope& scope);
  Result<ExprPtr> bind_replace(const ast::Call& call, Span span, const Scope& scope);
  Result<std::vector<ExprPtr>> match_arguments(std::string_view name,
                                               const std::vector<std::vector<Parameter>>& overloads,
                                               std::vector<ExprPtr> args,
                                               std::optional<ScalarType>& type_literal,
                                               const ast::Call& call, Span span);
  Result<ExprPtr> finish_call(const Function& function, std::vector<ExprPtr> args,
                              std::optional<ScalarType> type_literal, Span span);
  Result<ExprPtr> common_call(const Function& function, std::vector<ExprPtr> args, Span span);
  Result<> check_arity(const ast::Call& call, Span span, std::size_t min, std::size_t max) const;

  // bind_aggregate.cpp
  Result<ExprPtr> bind_aggregate(const ast::Call& call, Span span, const Scope& scope);
  Result<std::pair<AggregateCall, ScalarType>> aggregate_call(const ast::Call& call, Span span,
                                                              const Scope& rows);
  Result<bool> aggregate_columns(const ast::Expr& item, const Scope& rows,
                                 const std::vector<std::string>& keys, AggregateSink& sink,
                                 Names& out);
  Result<> arg_extreme(const ast::Call& call, const std::vector<ast::Word>& names, Span span,
                       const Scope& rows, const std::vector<std::string>& keys, AggregateSink& sink,
                       Names& out);
  Result<> take_any_columns(const ast::Call& call, const std::vector<ast::Word>& names, Span span,
                            const Scope& rows, const std::vector<std::string>& keys,
                            AggregateSink& sink, Names& out);
  Result<> percentiles(const ast::Call& call, const std::vector<ast::Word>& names, Span span,
                       const Scope& rows, AggregateSink& sink, Names& out);
  ExprPtr add_aggregate(AggregateSink& sink, AggregateCall call, ScalarType type, Span span);
  Result<PlanPtr> bind_summarize(PlanPtr input, const ast::Summarize& node, Span span);
  Result<std::vector<ExprPtr>> bind_keys(const ast::Exprs& by, const Scope& scope, Names& out);
  Result<PlanPtr> bind_make_series(PlanPtr input, const ast::MakeSeries& node, Span span);
  Result<PlanPtr> bind_top_nested(PlanPtr input, const ast::TopNested& node, Span span);
  Result<PlanPtr> bind_top_hitters(PlanPtr input, const ast::TopHitters& node, Span span);
  Result<Value> constant_value(const ExprPtr& expr, std::string_view what) const;

  // names.cpp
  [[nodiscard]] std::string derived_name(const ast::Expr& expr) const;
  Result<Names> bind_named(const ast::Expr& item, const Scope& scope);
  Result<Schema> settle_names(Names& names) const;

  // bind_operators.cpp
  Result<PlanPtr> bind_operator(PlanPtr input, const ast::Operator& op);
  Result<PlanPtr> bind_list(PlanPtr input, const ast::ColumnList& list, Span span);
  Result<PlanPtr> bind_project(PlanPtr input, const ast::Exprs& columns, Span span);
  Result<PlanPtr> bind_extend(PlanPtr input, const ast::Exprs& columns, Span span);
  Result<PlanPtr> bind_away(PlanPtr input, const ast::ColumnList& list, bool keep, Span span);
  Result<PlanPtr> bind_rename(PlanPtr input, const ast::ColumnList& list, Span span);
  Result<PlanPtr> bind_reorder(PlanPtr input, const ast::ColumnList& list, Span span);
  Result<PlanPtr> bind_distinct(PlanPtr input, const ast::Exprs& columns, Span span);
  Result<PlanPtr> bind_sort(PlanPtr input, const ast::SortBy& sort, Span span);
  Result<PlanPtr> bind_take(PlanPtr input, const ast::TakeRows& take, Span span);
  Result<PlanPtr> bind_count(PlanPtr input, const ast::CountRows& count, Span span);
  Result<PlanPtr> bind_getschema(const PlanPtr& input, Span span);
  Result<PlanPtr> bind_partition(PlanPtr input, const ast::PartitionBy& partition, Span span);
  Result<PlanPtr> bind_scan(PlanPtr input, const ast::ScanRows& scan, Span span);
  Result<SortKey> sort_key(const ast::OrderItem& item, const Scope& scope);
  PlanPtr select(PlanPtr input, const std::vector<std::size_t>& columns, Span span) const;
  Result<> bind_render(const ast::RenderAs& render);
  Result<std::vector<std::size_t>> matching(const ast::Expr& pattern, const Schema& schema) const;

  // bind_join.cpp
  Result<PlanPtr> bind_join(PlanPtr left, const ast::JoinWith& join, Span span);
  Result<> join_condition(const ast::Expr& on, const PlanPtr& left, const PlanPtr& right,
                          Join& join, std::vector<std::size_t>& right_keys);
  Result<ExprPtr> join_operand(const ast::Expr& side, std::string_view prefix,
                               const Schema& schema) const;
  Result<> check_key(const ExprPtr& left, const ExprPtr& right, Span span) const;

  // bind_graph.cpp
  Result<PlanPtr> bind_make_graph(PlanPtr edges, const ast::MakeGraph& node, Span span);
  Result<PlanPtr> bind_components(PlanPtr graph, const ast::MarkComponents& node, Span span);
  Result<PlanPtr> bind_graph_table(PlanPtr graph, const ast::GraphTable& node, Span span);
  Result<PlanPtr> bind_match(PlanPtr graph, const ast::MatchGraph& node, Span span);
  Result<> pattern_of(const ast::MatchGraph& node, GraphScope& scope, GraphMatch& match) const;
  Result<> match_options(const ast::MatchGraph& node, GraphMatch& match, Span span) const;
  Result<std::optional<ExprPtr>> bind_property(const ast::Member& member, Span span,
                                               const Scope& scope);
  Result<std::optional<ExprPtr>> bind_graph_call(const ast::Call& call, Span span,
                                                 const Scope& scope);
  Result<ExprPtr> bind_elements(MatchValue value, const ast::Expr* body, Span span,
                                const Scope& scope);
  Result<std::size_t> named_column(const ast::Word& name, const Schema& schema) const;

  // bind_expand.cpp
  Result<PlanPtr> bind_expand(PlanPtr input, const ast::Expand& node, Span span);
  Result<PlanPtr> bind_parse(PlanPtr input, const ast::ParseText& node, Span span);
  Result<PlanPtr> bind_parse_kv(PlanPtr input, const ast::ParsePairs& node, Span span);

  // bind_analysis.cpp
  Result<ExprPtr> plugin_column(const ast::Expr& arg, const Schema& input);
  Result<ExprPtr> plugin_constant(const ast::Expr& arg, ScalarType type);
  Result<> add_dimensions(const ast::Evaluate& node, std::size_t first, const Schema& input,
                          Schema& schema, Plugin& plugin);
  Result<PlanPtr> bind_dcount_intersect(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_basket(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_rows_near(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_rolling_percentile(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_sliding_window(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_sequence_detect(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_shape_lookup(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_reduce(PlanPtr input, const ast::Reduce& node, Span span);

  // bind_plugin.cpp
  Result<PlanPtr> bind_evaluate(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_plugin(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_bag_unpack(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_pivot(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_ip_lookup(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_active_users(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> bind_file_profile(PlanPtr input, const ast::Evaluate& node, Span span);
  Result<PlanPtr> late_schema(Plugin plugin, Schema known, const ast::Evaluate& node, Span span);

  std::string_view text_;
  const model::Catalog& catalog_;
  const CompileOptions& options_;
  std::vector<std::unique_ptr<Environment>> environments_;
  Environment* environment_ = nullptr;
  std::optional<Render> render_;
  std::vector<std::string> warnings_;
  int next_scope_ = 0;
  int steps_ = 0;
  int expansion_ = 0;
  const Schema* naming_columns_ = nullptr;  ///< of the expression whose name is being derived
  bool unknown_table_ = false;              ///< the last error was a table's unknown name
};

// ---- helpers shared by the binder's files (bind_helpers.cpp) ----

[[nodiscard]] ExprPtr make_expr(ScalarType type, Span span, ExprNode node);
[[nodiscard]] ExprPtr column_ref(const Schema& schema, std::size_t index, Span span);
[[nodiscard]] ExprPtr constant(Value value, Span span);
[[nodiscard]] ExprPtr call_expr(std::string_view function, ScalarType type,
                                std::vector<ExprPtr> args, Span span);
/// `expr` as `type`, by a conversion call where it has another.
[[nodiscard]] ExprPtr convert(ExprPtr expr, ScalarType type);
/// The value of a constant expression; nullptr for others.
[[nodiscard]] const Value* constant_of(const ExprPtr& expr) noexcept;
[[nodiscard]] bool is_number(ScalarType type) noexcept;
[[nodiscard]] bool is_integer(ScalarType type) noexcept;
/// int < long < real < decimal; nullopt for others.
[[nodiscard]] std::optional<ScalarType> wider(ScalarType a, ScalarType b) noexcept;
/// Index of the column of that name, hidden ones included; visible ones win.
[[nodiscard]] std::optional<std::size_t> find_column(const Schema& schema,
                                                     std::string_view name) noexcept;
/// `base`, or `base1`, `base2` …: the first that `schema` does not have.
[[nodiscard]] std::string free_name(const Schema& schema, const std::string& base);
/// Appends all columns of a plugin's input to its schema and passthrough.
void keep_columns(const Schema& input, Schema& schema, Plugin& plugin);
[[nodiscard]] std::vector<std::string> column_names(const Schema& schema);
/// True when `name` matches a pattern with `*`.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view name) noexcept;
/// True for a graph: no rows, and only graph operators take it.
[[nodiscard]] bool is_graph(const Plan& plan) noexcept;
/// Columns of a graph's nodes: the first of its schema.
[[nodiscard]] std::size_t node_columns_of(const Plan& graph) noexcept;
/// A null of `type` ("" for strings).
[[nodiscard]] ExprPtr null_expr(ScalarType type, Span span);

}  // namespace harrier::kql
