// The parsed query: what was written, before any name means anything.
#pragma once

#include "kql/span.hpp"
#include "kql/value.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace harrier::kql::ast {

struct Expr;
struct Operator;
struct Statement;
using ExprPtr = std::unique_ptr<Expr>;
using Exprs = std::vector<ExprPtr>;

/// A word of the query with its place.
struct Word {
  std::string text;
  Span span;
};

// ---- expressions ----

struct Literal {
  Value value;
};

struct Name {
  std::string text;
};

/// `*`, and name patterns such as `Device*`.
struct Wildcard {
  std::string pattern;
};

struct Member {
  ExprPtr base;
  std::string name;
};

struct Index {
  ExprPtr base;
  ExprPtr key;
};

struct Call {
  Word name;
  Exprs args;  ///< an argument `name = value` is an Assign
};

struct Negate {
  ExprPtr operand;
};

/// Two operands; `and` and `or` take a whole chain.
struct Binary {
  std::string op;
  Exprs operands;
};

struct Between {
  bool negated = false;
  ExprPtr value;
  ExprPtr low;
  ExprPtr high;
};

/// `in`, `in~`, `has_any`, `has_all` and the negations.
struct ListTest {
  std::string op;
  ExprPtr value;
  Exprs items;
};

/// `a = expr`, `(a, b) = expr`.
struct Assign {
  std::vector<Word> names;
  ExprPtr value;
};

/// `typeof(long)`, `typeof(a:long, b:string)`.
struct TypeLiteral {
  std::vector<std::pair<Word, ScalarType>> columns;  ///< one without a name: a scalar type
  bool star = false;                                 ///< `typeof(*, …)`
};

/// `source | operator | …`; a lone source operator (`print`, `union`) has no `source`.
struct Pipeline {
  ExprPtr source;
  std::vector<std::unique_ptr<Operator>> operators;
};

struct Expr {
  Span span;
  std::variant<Literal, Name, Wildcard, Member, Index, Call, Negate, Binary, Between, ListTest,
               Assign, TypeLiteral, Pipeline>
      node;
};

// ---- operators ----

/// `kind = inner`, `hint.strategy = broadcast`.
struct Option {
  Word name;
  ExprPtr value;
};

using Options = std::vector<Option>;

struct ColumnDef {
  Word name;
  ScalarType type = ScalarType::string;
  ExprPtr default_value;  ///< of parameters and scan columns
};

struct Where {
  ExprPtr predicate;
};

/// project, extend, project-away, -keep, -rename, -reorder, distinct, serialize, print: a word and
/// a list.
struct ColumnList {
  enum class Kind : std::uint8_t {
    project,
    extend,
    away,
    keep,
    rename,
    reorder,
    distinct,
    serialize,
    print,
  };
  Kind kind = Kind::project;
  Exprs columns;
  std::vector<std::string> orders;  ///< of reorder: ``, `asc`, `desc`, `granny-asc` …
};

struct Summarize {
  Exprs aggregates;
  Exprs by;
  bool has_by = false;
};

struct OrderItem {
  ExprPtr expr;
  std::optional<bool> descending;
  std::optional<bool> nulls_first;
};

struct SortBy {
  std::vector<OrderItem> items;
  ExprPtr top;  ///< the count of `top`
};

struct TakeRows {
  enum class Kind : std::uint8_t { take, sample, sample_distinct };
  Kind kind = Kind::take;
  ExprPtr count;
  ExprPtr column;  ///< of sample-distinct
};

struct CountRows {
  std::optional<Word> name;
};

struct JoinWith {
  bool lookup = false;
  Options options;
  ExprPtr right;
  Exprs on;
};

struct UnionOf {
  Options options;
  Exprs tables;
};

struct ExpandColumn {
  ExprPtr value;
  std::optional<ScalarType> type;
};

struct Expand {
  bool old_spelling = false;  ///< mvexpand
  Options options;
  std::vector<ExpandColumn> columns;
  ExprPtr limit;
  ExprPtr sub;  ///< mv-apply: a Pipeline without source
};

struct ParsePiece {
  enum class Kind : std::uint8_t { text, skip, column };
  Kind kind = Kind::text;
  Word text;  ///< the constant, or the column's name
  std::optional<ScalarType> type;
};

struct ParseText {
  bool where = false;
  Options options;
  ExprPtr text;
  std::vector<ParsePiece> pieces;
};

struct ParsePairs {
  ExprPtr text;
  std::vector<ColumnDef> columns;
  Options options;
};

struct SeriesColumn {
  ExprPtr aggregate;
  ExprPtr default_value;
};

struct MakeSeries {
  Options options;
  std::vector<SeriesColumn> series;
  ExprPtr axis;
  ExprPtr from;
  ExprPtr to;
  ExprPtr step;
  bool in_range = false;
  Exprs by;
};

struct NestedLevel {
  ExprPtr count;
  ExprPtr key;
  ExprPtr others;
  ExprPtr value;
  std::optional<bool> descending;
  std::optional<bool> nulls_first;
};

struct TopNested {
  std::vector<NestedLevel> levels;
};

struct TopHitters {
  ExprPtr count;
  ExprPtr key;
  ExprPtr by;
};

struct PartitionBy {
  Options options;
  ExprPtr key;
  ExprPtr sub;
};

struct ScanStep {
  Word name;
  bool optional = false;
  std::string output;
  ExprPtr condition;
  Exprs assignments;
};

struct ScanRows {
  Options options;
  std::vector<OrderItem> order_by;
  Exprs partition_by;
  std::vector<ColumnDef> declared;
  std::vector<ScanStep> steps;
};

struct RangeOf {
  Word name;
  ExprPtr from;
  ExprPtr to;
  ExprPtr step;
};

struct DataTable {
  std::vector<ColumnDef> columns;
  Exprs cells;
};

struct ExternalTable {
  std::vector<ColumnDef> columns;
  Exprs urls;
  Options options;
};

struct SearchFor {
  Options options;
  Exprs tables;  ///< of `search in (…)`
  ExprPtr predicate;
};

struct FindRows {
  Options options;
  Exprs tables;
  ExprPtr predicate;
  bool smart = true;  ///< without `project`
  Exprs columns;
  std::vector<std::optional<ScalarType>> types;
  Exprs away;
};

struct Evaluate {
  bool invoke = false;
  Call call;
  std::optional<TypeLiteral> schema;
};

struct As {
  Word name;
};

struct GetSchema {};

struct Reduce {
  ExprPtr column;
  Options options;
};

struct RenderAs {
  Word kind;
  Options options;
};

/// make-graph: each row an edge between the nodes that two columns name.
struct MakeGraph {
  struct Nodes {
    ExprPtr rows;
    Word id;
  };

  Word source;
  Word target;
  std::vector<Nodes> nodes;
  std::optional<Word> node_id;
};

/// `-[name*min..max]->` between two nodes of a pattern.
struct PatternEdge {
  std::optional<Word> name;
  bool backward = false;    ///< `<-[]-`
  bool undirected = false;  ///< `-[]-`
  bool variable = false;    ///< `*min..max`
  std::int64_t min = 1;
  std::int64_t max = 1;
  Span span;
};

struct PatternNode {
  std::optional<Word> name;
};

/// `(a)-[e]->(b)--(c)`: one edge less than nodes.
struct PatternSequence {
  std::vector<PatternNode> nodes;
  std::vector<PatternEdge> edges;
};

/// graph-match and graph-shortest-paths.
struct MatchGraph {
  bool shortest = false;
  Options options;
  std::vector<PatternSequence> sequences;
  ExprPtr where;
  Exprs project;
};

struct MarkComponents {
  Options options;
};

/// graph-to-table `nodes` or `edges`.
struct GraphTable {
  bool edges = false;
  std::optional<Word> name;
  Options options;  ///< with_node_id; with_source_id, with_target_id
};

/// Known, and not run here: `fork`, `facet` …
struct Refused {
  std::string name;
};

struct Operator {
  Span span;  ///< of the operator's word
  std::variant<Where, ColumnList, Summarize, SortBy, TakeRows, CountRows, JoinWith, UnionOf, Expand,
               ParseText, ParsePairs, MakeSeries, TopNested, TopHitters, PartitionBy, ScanRows,
               RangeOf, DataTable, ExternalTable, SearchFor, FindRows, Evaluate, As, GetSchema,
               Reduce, RenderAs, MakeGraph, MatchGraph, MarkComponents, GraphTable, Refused>
      node;
};

// ---- statements ----

struct TabularType {
  std::vector<ColumnDef> columns;
  bool star = false;
};

struct FunctionParameter {
  Word name;
  std::variant<ScalarType, TabularType> type;
  ExprPtr default_value;
};

struct Function {
  std::vector<FunctionParameter> parameters;
  std::vector<Statement> body;  ///< the last one is an expression
  bool view = false;            ///< a table of its own name in `union`
};

struct Let {
  Word name;
  std::variant<ExprPtr, Function> value;
};

/// `declare query_parameters(…)`: the defaults are the values.
struct Declare {
  std::vector<ColumnDef> parameters;
};

struct Statement {
  Span span;
  std::variant<ExprPtr, Let, Declare> node;
};

struct Query {
  std::vector<Statement> statements;
};

}  // namespace harrier::kql::ast
