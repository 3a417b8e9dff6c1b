// The bound plan: every name resolved, every expression typed. What the binder makes and execution
// runs.
#pragma once

#include "kql/functions.hpp"
#include "kql/span.hpp"
#include "kql/value.hpp"
#include "model/catalog.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace harrier::kql {

/// A column of a plan's output.
struct OutColumn {
  OutColumn() = default;

  OutColumn(std::string name_, ScalarType type_, bool hidden_ = false)
      : name(std::move(name_)), type(type_), hidden(hidden_) {}

  std::string name;
  ScalarType type = ScalarType::string;
  /// Reachable by name, not part of `*`: `_Id`, `_Ingested`, a time alias. Never in a query's
  /// result.
  bool hidden = false;

  friend bool operator==(const OutColumn&, const OutColumn&) = default;
};

using Schema = std::vector<OutColumn>;

struct Expr;
struct Plan;
/// Trees are immutable and shared: two uses of a `let` are one object.
using ExprPtr = std::shared_ptr<const Expr>;
using PlanPtr = std::shared_ptr<const Plan>;

// ---- expressions
// --------------------------------------------------------------------------------------------------------------

struct Constant {
  Value value;
};

/// Column `index` of the operator's input.
struct ColumnRef {
  std::size_t index = 0;
};

/// A scalar or window function or an operator. Conversions are calls too (`tolong`, `tostring` …),
/// so:
/// - `== != < <= > >=`: both operands have one type, except that either may be dynamic against
/// anything (compared by converted value);
/// - `=~ !~ contains has startswith endswith hasprefix hassuffix matches regex` and their forms:
/// two strings;
/// - `+ - * / %`: (long,long) (real,real) (decimal,decimal), (datetime,timespan),
/// (datetime,datetime) for `-`,
///   (timespan,timespan), (timespan,real) for `*` and `/`; `neg`: long, real, decimal, timespan;
/// - `and`, `or`: two or more bools, three-valued; `not`: a function;
/// - `between`: value, low, high of one type, both ends included; `!between` its complement.
/// - `iff`: bool and two of the result's type; `case`: bool, value, bool, value …, else.
/// - functions with several results (series_fit_line, series_decompose) give them as one dynamic
/// array, taken apart by DynamicPath
///   over one shared call;
/// - functions with Type parameters never see them: the result type says it.
struct Call {
  const Function* function = nullptr;
  std::vector<ExprPtr> args;
};

/// One step into a dynamic value.
struct PathStep {
  /// A key, a position (negative: from the end), or an expression of either type.
  std::variant<std::string, std::int64_t, ExprPtr> key;
};

/// `base.a["b"][0]`: always dynamic, null where there is nothing.
struct DynamicPath {
  ExprPtr base;
  std::vector<PathStep> steps;
};

enum class ListOp : std::uint8_t { in, in_ci, has_any, has_all };

/// `value in (…)`. `items` are constants or expressions; a dynamic item is an array to be
/// flattened; `tables` give their first column. For `in`, value and items have one type or are
/// dynamic; for the others value is a string.
struct ListTest {
  ListOp op = ListOp::in;
  bool negated = false;
  ExprPtr value;
  std::vector<ExprPtr> items;
  std::vector<PlanPtr> tables;
};

/// `toscalar(plan)`: first column of the first row, null (or "") when there is none. Evaluated once
/// per query.
struct ScalarSubquery {
  PlanPtr plan;
};

/// A value of `Scan`: column `column` of the last row matched by step `step`.
struct ScanState {
  std::size_t step = 0;
  std::size_t column = 0;  ///< of the scan's state columns: input columns, then declared ones
};

using ExprNode =
    std::variant<Constant, ColumnRef, Call, DynamicPath, ListTest, ScalarSubquery, ScanState>;

struct Expr {
  ScalarType type = ScalarType::dynamic;
  Span span;
  ExprNode node;
  std::uint32_t depth = 1;  ///< nesting, for the compiler's bounds
};

/// An aggregate over a group. `…if` forms are the plain function with a `predicate` (`countif(p)`
/// is `count` with p).
struct AggregateCall {
  const Function* function = nullptr;
  std::vector<ExprPtr> args;   ///< arg_max, arg_min: the ordering expression, then the returned
                               ///< ones; take_any: the returned ones
  ExprPtr predicate;           ///< null: every row
  std::vector<Value> options;  ///< percentile: [percent]; make_list, make_set, make_bag: [limit]
                               ///< when given; dcount: [accuracy]
  /// Output columns it fills: 1, and for arg_max, arg_min and take_any one per argument.
  std::size_t outputs = 1;
};

// ---- operators
// ----------------------------------------------------------------------------------------------------------------

enum class ScanOp : std::uint8_t { eq, ne, lt, le, gt, ge, in, not_null };

/// A conjunct that a store can evaluate. Exact: the filter above no longer holds it, so the scan
/// must apply every one. Values have the column's type, are never null, and strings among them are
/// never empty. `ne` keeps nulls.
struct ScanPredicate {
  std::string column;
  ScalarType type = ScalarType::string;
  ScanOp op = ScanOp::eq;
  std::vector<Value> values;  ///< one, or for `in` several; none for not_null
};

/// Reads a store. `Plan::schema[i]` is store column `columns[i]`.
struct TableScan {
  model::TablePtr table;
  bool latest = false;  ///< read the view `<Table>_latest`
  std::vector<std::string> columns;
  std::vector<ScanPredicate> predicates;  ///< conjuncts
  bool flagged = false;                   ///< only events that have a flag; one more conjunct
  std::optional<std::int64_t> limit;      ///< after the conjuncts; any rows
};

/// Literal rows: `datatable`, `print`, `getschema`. Cells have the schema's types and no columns in
/// them.
struct Values {
  std::vector<std::vector<ExprPtr>> rows;
};

/// `range name from a to b step c`, ends included. All of the schema's type (step: timespan for
/// datetime).
struct RangeRows {
  ExprPtr from;
  ExprPtr to;
  ExprPtr step;
};

struct ExternalData {
  std::vector<std::string> urls;
  std::vector<std::pair<std::string, std::string>> properties;  ///< format, ignoreFirstRecord …
};

/// The rows that the enclosing MvApply, Partition or plugin hands in.
struct SubInput {};

struct Filter {
  PlanPtr input;
  ExprPtr predicate;  ///< bool
};

/// project, extend, project-away …: schema column i is `columns[i]`. May hold window calls: then
/// the input's order counts.
struct Project {
  PlanPtr input;
  std::vector<ExprPtr> columns;
};

/// summarize, count: the schema is the keys, then the outputs of the aggregates. Without keys
/// exactly one row.
struct Aggregate {
  PlanPtr input;
  std::vector<ExprPtr> keys;
  std::vector<AggregateCall> aggregates;
};

/// Distinct rows of the input.
struct Distinct {
  PlanPtr input;
};

struct SortKey {
  ExprPtr expr;
  bool descending = true;
  bool nulls_first = false;
};

/// sort, and top when `limit` is set.
struct Sort {
  PlanPtr input;
  std::vector<SortKey> keys;
  ExprPtr limit;  ///< long without columns, or null
};

struct Take {
  PlanPtr input;
  ExprPtr count;  ///< long without columns
};

struct Sample {
  PlanPtr input;
  ExprPtr count;
  bool distinct = false;  ///< sample-distinct: distinct values of the only column
};

/// A result both of whose uses come from one run (`materialize`, `as`): same object, same rows.
struct Materialize {
  PlanPtr input;
  std::string name = {};  ///< what `as` calls it
};

enum class JoinKind : std::uint8_t {
  inner,
  inner_unique,
  left_outer,
  right_outer,
  full_outer,
  left_semi,
  right_semi,
  left_anti,
  right_anti,
};

struct JoinColumn {
  bool right = false;
  std::size_t index = 0;
};

/// join and lookup. `keys[i].first` is over the left input, `.second` over the right; equal types;
/// nulls match nulls. inner_unique: of left rows with equal keys only the first counts. Unmatched
/// sides: null, "" for strings.
struct Join {
  PlanPtr left;
  PlanPtr right;
  JoinKind kind = JoinKind::inner_unique;
  std::vector<std::pair<ExprPtr, ExprPtr>> keys;
  std::vector<JoinColumn> output;  ///< parallel to the schema
};

/// All rows of all inputs; each input has the union's schema already.
struct Union {
  std::vector<PlanPtr> inputs;
};

/// What an output column of MvExpand or MvApply is.
struct ExpandColumn {
  enum class Source : std::uint8_t {
    input,    ///< input column `index`
    item,     ///< element of `items[index]`
    ordinal,  ///< 0-based position of the element
    sub,      ///< column `index` of the subquery (MvApply)
  };
  Source source = Source::input;
  std::size_t index = 0;
};

struct ExpandItem {
  ExprPtr value;                          ///< dynamic
  ScalarType type = ScalarType::dynamic;  ///< `to typeof`: elements that are not of it become null
};

/// mv-expand: arrays and objects into rows, in parallel; null gives one row, an empty array none.
struct MvExpand {
  PlanPtr input;
  std::vector<ExpandItem> items;
  bool pairs = false;  ///< kind=array: a property becomes [key, value] instead of {key: value}
  ExprPtr limit;       ///< rows per input row; null: all
  std::vector<ExpandColumn> output;
};

/// mv-apply: for every input row, `sub` over the rows of its elements. SubInput inside `sub` has
/// the columns `sub_input`.
struct MvApply {
  PlanPtr input;
  std::vector<ExpandItem> items;
  ExprPtr limit;
  std::vector<ExpandColumn> sub_input;
  PlanPtr sub;
  std::vector<ExpandColumn> output;  ///< input and sub only
};

struct ParsePiece {
  enum class Kind : std::uint8_t { text, skip, column };
  Kind kind = Kind::text;
  std::string text;                      ///< literal (a regular expression in regex kind)
  std::size_t output = 0;                ///< schema column it fills
  ScalarType type = ScalarType::string;  ///< of the column
};

enum class ParseKind : std::uint8_t { simple, relaxed, regex };

/// parse, parse-where. `passthrough[i]` is the input column behind schema column i, nullopt where a
/// piece fills it.
struct Parse {
  PlanPtr input;
  ExprPtr text;
  ParseKind kind = ParseKind::simple;
  std::string flags;   ///< of regex kind: i, m, s, U
  bool where = false;  ///< drop rows that do not match
  std::vector<ParsePiece> pieces;
  std::vector<std::optional<std::size_t>> passthrough;
};

/// parse-kv. `keys` fill the schema columns whose `passthrough` is nullopt, in order.
struct ParseKv {
  PlanPtr input;
  ExprPtr text;
  std::vector<std::string> keys;
  std::string pair_delimiter;  ///< both empty: any character but letters and digits
  std::string kv_delimiter;
  std::string quote;  ///< none, one (both sides) or two characters
  std::string escape;
  bool greedy = false;
  std::string regex;  ///< `with (regex = …)`: group 1 is the key, 2 the value; empty: delimiters
  std::vector<std::optional<std::size_t>> passthrough;
};

struct SeriesAggregate {
  AggregateCall call;
  ExprPtr default_value;  ///< of the aggregate's type
};

/// make-series. Schema: keys, series, axis. from, to, step: of the axis' type, no columns; from and
/// to may be null.
struct MakeSeries {
  PlanPtr input;
  std::vector<ExprPtr> keys;
  std::vector<SeriesAggregate> series;
  ExprPtr axis;
  ExprPtr from;
  ExprPtr to;
  ExprPtr step;
  bool in_range = false;  ///< `in range(a, b, step)`: b is included
};

struct TopNestedLevel {
  ExprPtr count;  ///< null: all
  ExprPtr key;
  std::optional<Value> others;  ///< `with others = …`
  /// The ordering value: an expression over the level's aggregates (ColumnRef i is
  /// `aggregates[i]`).
  std::vector<AggregateCall> aggregates;
  ExprPtr value;
  bool descending = true;
  bool nulls_first = false;
};

/// top-nested. Schema: key and value of each level.
struct TopNested {
  PlanPtr input;
  std::vector<TopNestedLevel> levels;
};

/// Runs `sub` over the rows of every value of `key` and joins the results.
struct Partition {
  PlanPtr input;
  ExprPtr key;
  PlanPtr sub;
};

struct ScanAssignment {
  std::size_t column = 0;  ///< state column
  ExprPtr value;
};

struct ScanStep {
  std::string name;
  bool optional = false;
  enum class Output : std::uint8_t { all, last, none };
  Output output = Output::all;
  ExprPtr condition;  ///< ColumnRefs are state columns of the current row; ScanState reads earlier
                      ///< steps
  std::vector<ScanAssignment> assignments;
};

/// scan. State columns: the input's, then `declared` with their defaults; schema: those, then the
/// match id when `match_id`.
struct Scan {
  PlanPtr input;
  bool match_id = false;
  std::vector<ExprPtr> partition_by;  ///< no columns here when empty
  std::vector<ExprPtr> defaults;      ///< one per declared column, typed
  std::vector<ScanStep> steps;
};

/// evaluate and invoke of a service function: bag_unpack, pivot, narrow, ipv4_lookup, FileProfile …
/// The schema is known when execution runs it: data-dependent ones come from `LateSchemas`.
struct Plugin {
  PlanPtr input;
  std::string name;
  std::vector<ExprPtr> args;  ///< over the input; tables stand in `tables` instead
  std::vector<PlanPtr> tables;
  std::vector<AggregateCall> aggregates;  ///< pivot: its aggregate
  std::vector<std::optional<std::size_t>>
      passthrough;  ///< schema column i is this input column; nullopt: the plugin's
};

// Graphs: a plan whose schema is the columns of its nodes, then those of its edges. Only the
// operators below take one.

/// make-graph. Node columns come from `nodes`, or are the id alone, or none.
struct MakeGraph {
  struct Nodes {
    PlanPtr rows;
    std::size_t id = 0;
    std::vector<std::size_t> columns;  ///< the node column each column of `rows` fills
  };

  PlanPtr edges;
  std::size_t source = 0;  ///< columns of `edges`
  std::size_t target = 0;
  std::vector<Nodes> nodes;
  std::optional<std::size_t> id;  ///< the node column that is the id
  std::size_t node_columns = 0;
};

/// graph-mark-components: one more node column, the last: the number of its component.
struct GraphComponents {
  PlanPtr graph;
  bool strong = false;  ///< only with the directions of edges
  std::size_t node_columns = 0;
};

/// graph-to-table.
struct GraphTable {
  enum class End : std::uint8_t { node, source, target };
  PlanPtr graph;
  bool edges = false;
  std::vector<End> ids;  ///< hashes of ids, before the other columns
};

/// An edge of a pattern between two of its nodes, left and right as written.
struct PatternEdge {
  std::size_t left = 0;
  std::size_t right = 0;
  bool backward = false;  ///< from right to left
  bool undirected = false;
  bool variable = false;  ///< a path of `min` to `max` edges
  std::int64_t min = 1;
  std::int64_t max = 1;
};

/// A column of a match's row: column `column` of the element that `element` stands for.
struct MatchColumn {
  bool edge = false;
  std::size_t element = 0;
  std::size_t column = 0;
};

/// A value computed of a match; it stands behind the columns of its row.
struct MatchValue {
  enum class Kind : std::uint8_t { all, any, map, degree_in, degree_out };
  Kind kind = Kind::map;
  std::size_t element = 0;  ///< an edge of the pattern; of degrees a node
  bool inner_nodes = false;
  /// Over the columns of an edge (or of a node for `inner_nodes`), then those of the match's row.
  ExprPtr value;
};

/// graph-match and graph-shortest-paths. A match's row: `columns`, then `values`.
struct GraphMatch {
  enum class Cycles : std::uint8_t { all, none, unique_edges };
  PlanPtr graph;
  std::size_t nodes = 0;
  std::vector<PatternEdge> edges;
  Cycles cycles = Cycles::unique_edges;
  bool shortest = false;
  bool every = false;  ///< shortest: all of the least length
  std::vector<MatchColumn> columns;
  std::vector<MatchValue> values;
  ExprPtr where;  ///< null: every match
  std::vector<ExprPtr> project;
};

using PlanNode = std::variant<TableScan, Values, RangeRows, ExternalData, SubInput, Filter, Project,
                              Aggregate, Distinct, Sort, Take, Sample, Materialize, Join, Union,
                              MvExpand, MvApply, Parse, ParseKv, MakeSeries, TopNested, Partition,
                              Scan, MakeGraph, GraphComponents, GraphTable, GraphMatch, Plugin>;

struct Plan {
  Schema schema;
  Span span;
  PlanNode node;
  std::uint32_t depth = 1;  ///< nesting, for the compiler's bounds
};

/// How the author wants the result drawn; rows are unchanged.
struct Render {
  std::string kind;
  std::vector<std::pair<std::string, std::string>> properties;
};

/// A compiled query.
struct BoundQuery {
  PlanPtr root;  ///< its schema is the result: no hidden columns, unique names
  std::optional<Render> render;
  std::vector<std::string> warnings;  ///< sentences for the author
};

/// The plan as indented text, one operator a line: for `--explain` and golden tests.
[[nodiscard]] std::string dump(const BoundQuery& query);
[[nodiscard]] std::string dump(const PlanPtr& plan);
[[nodiscard]] std::string dump(const ExprPtr& expr, const Schema& input);

}  // namespace harrier::kql
