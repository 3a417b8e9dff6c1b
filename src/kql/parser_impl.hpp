// The recursive-descent parser. After the first error every token reads as `end`, so that all loops
// come to their end; the functions always return a node.
#pragma once

#include "kql/ast.hpp"
#include "kql/lexer.hpp"

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::kql {

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  Result<ast::Query> query();

 private:
  friend class DepthGuard;

  // parser.cpp: tokens
  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const noexcept;
  const Token& advance() noexcept;
  [[nodiscard]] bool is_symbol(std::string_view symbol, std::size_t ahead = 0) const noexcept;
  [[nodiscard]] bool is_word(std::string_view word, std::size_t ahead = 0) const noexcept;
  bool accept_symbol(std::string_view symbol);
  bool accept_word(std::string_view word);
  void expect_symbol(std::string_view symbol);
  void expect_word(std::string_view word);
  void fail(Span span, std::string_view what, Errc code = Errc::query);
  void fail_here(std::string_view expected);
  [[nodiscard]] Span span_from(std::uint32_t begin) const noexcept;

  // parser.cpp: statements
  std::vector<ast::Statement> statements(std::string_view closing);
  ast::Statement statement();
  ast::Let let_statement();
  ast::Declare declare_statement();
  void skip_set_statement();
  [[nodiscard]] bool at_function() const noexcept;
  ast::Function function();
  ast::FunctionParameter function_parameter();

  // parse_pipeline.cpp
  ast::ExprPtr piped();
  ast::ExprPtr sub_pipeline();
  void pipeline_tail(ast::Pipeline& pipeline);
  [[nodiscard]] bool at_source_operator() const noexcept;
  std::string operator_word();
  std::unique_ptr<ast::Operator> pipe_operator();
  void operator_body(const std::string& word, ast::Operator& op);
  bool list_operator(const std::string& word, ast::Operator& op);
  bool row_operator(const std::string& word, ast::Operator& op);
  bool shape_operator(const std::string& word, ast::Operator& op);
  ast::Summarize summarize();
  ast::SortBy sort_by(bool top);
  ast::OrderItem order_item();
  void order_suffix(std::optional<bool>& descending, std::optional<bool>& nulls_first);
  ast::JoinWith join(bool lookup);
  ast::UnionOf union_of();
  ast::ColumnList column_list(ast::ColumnList::Kind kind);

  // parse_operators.cpp
  ast::Expand expand(bool apply, bool old_spelling);
  ast::ParseText parse_text(bool where);
  ast::ParsePairs parse_pairs();
  ast::MakeSeries make_series();
  ast::ExprPtr axis();
  ast::TopNested top_nested();
  ast::NestedLevel nested_level();
  ast::TopHitters top_hitters();
  ast::PartitionBy partition_by();
  ast::ScanRows scan_rows();
  ast::ScanStep scan_step();
  ast::RangeOf range_of();
  ast::DataTable data_table();
  ast::ExternalTable external_table();
  ast::SearchFor search_for();
  ast::FindRows find_rows();
  ast::Evaluate evaluate(bool invoke);
  ast::Reduce reduce();

  // parse_graph.cpp
  bool graph_operator(const std::string& word, ast::Operator& op);
  ast::MakeGraph make_graph();
  ast::MatchGraph match_graph(bool shortest);
  ast::PatternSequence pattern_sequence();
  ast::PatternNode pattern_node();
  ast::PatternEdge pattern_edge();
  std::int64_t edge_count();
  ast::GraphTable graph_table();

  ast::RenderAs render();
  void property_list(ast::Options& options);
  ast::Options options(std::initializer_list<std::string_view> allowed);
  ast::ExprPtr option_value();
  std::vector<ast::ColumnDef> column_defs();
  ast::ColumnDef column_def();

  // parse_expression.cpp
  ast::ExprPtr expression();
  ast::ExprPtr named_expression();
  ast::Exprs named_list();
  ast::ExprPtr chain(std::string_view op, ast::ExprPtr (Parser::*next)());
  ast::ExprPtr conjunction();
  ast::ExprPtr equality();
  ast::ExprPtr relational();
  ast::ExprPtr additive();
  ast::ExprPtr multiplicative();
  ast::ExprPtr string_test();
  ast::ExprPtr unary();
  ast::ExprPtr postfix();
  ast::ExprPtr primary();
  ast::ExprPtr call(ast::Word name);
  ast::ExprPtr parenthesized();
  ast::ExprPtr list_test(ast::ExprPtr value);
  ast::ExprPtr between(ast::ExprPtr value);
  ast::ExprPtr binary(std::string op, ast::ExprPtr left, ast::ExprPtr right);
  ast::ExprPtr table_reference();
  ast::ExprPtr name_pattern();
  ast::Word name();
  [[nodiscard]] bool at_name() const noexcept;
  [[nodiscard]] std::size_t name_tokens(std::size_t ahead) const noexcept;
  [[nodiscard]] bool at_tuple_assignment() const noexcept;
  std::optional<ScalarType> scalar_type();
  ast::TypeLiteral type_literal();
  ast::ExprPtr dynamic_literal();
  void json(std::string& out);
  ast::ExprPtr make(Span span, decltype(ast::Expr::node) node);

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int operators_ = 0;
  std::optional<Error> error_;
};

/// Counts nesting; beyond the bound parsing fails.
class DepthGuard {
 public:
  explicit DepthGuard(Parser& parser);

  ~DepthGuard() { --parser_.depth_; }

  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;

 private:
  Parser& parser_;
};

}  // namespace harrier::kql
