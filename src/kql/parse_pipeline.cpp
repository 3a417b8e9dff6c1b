#include "kql/diagnostic.hpp"
#include "kql/parser.hpp"
#include "kql/parser_impl.hpp"

#include <algorithm>
#include <array>

namespace harrier::kql {
namespace {

constexpr int kMaxOperators = 400;

constexpr std::array<std::string_view, 51> kRun{"where",
                                                "filter",
                                                "project",
                                                "project-away",
                                                "project-keep",
                                                "project-rename",
                                                "project-reorder",
                                                "extend",
                                                "distinct",
                                                "serialize",
                                                "summarize",
                                                "sort",
                                                "order",
                                                "top",
                                                "take",
                                                "limit",
                                                "sample",
                                                "sample-distinct",
                                                "count",
                                                "join",
                                                "lookup",
                                                "union",
                                                "mv-expand",
                                                "mvexpand",
                                                "mv-apply",
                                                "parse",
                                                "parse-where",
                                                "parse-kv",
                                                "make-series",
                                                "top-nested",
                                                "top-hitters",
                                                "partition",
                                                "scan",
                                                "search",
                                                "find",
                                                "evaluate",
                                                "invoke",
                                                "as",
                                                "getschema",
                                                "reduce",
                                                "render",
                                                "print",
                                                "range",
                                                "datatable",
                                                "externaldata",
                                                "external_data",
                                                "make-graph",
                                                "graph-match",
                                                "graph-to-table",
                                                "graph-shortest-paths",
                                                "graph-mark-components"};

constexpr std::array<std::string_view, 12> kRefused{"fork",
                                                    "facet",
                                                    "consume",
                                                    "assert-schema",
                                                    "macro-expand",
                                                    "execute-and-cache",
                                                    "graph-where-nodes",
                                                    "graph-where-edges",
                                                    "graph-merge",
                                                    "project-by-names",
                                                    "mvapply",
                                                    "partition-by"};

bool contains(std::string_view word, const auto& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

std::vector<std::string> operator_names() {
  return {kRun.begin(), kRun.end()};
}

/// True where an operator that makes rows of its own begins a pipeline.
bool Parser::at_source_operator() const noexcept {
  const Token& word = peek();
  if (word.kind != TokenKind::name) return false;
  const Token& next = peek(1);
  const bool name_next = next.kind == TokenKind::name;
  if (word.text == "datatable" || word.text == "externaldata" || word.text == "external_data") {
    return is_symbol("(", 1) || is_symbol("[", 1);
  }
  if (word.text == "range") return name_next || (is_symbol("[", 1) && name_tokens(1) == 3);
  if (word.text == "union") return name_next || is_symbol("(", 1) || is_symbol("*", 1);
  if (word.text == "print" || word.text == "search" || word.text == "find") {
    return name_next || next.kind == TokenKind::literal || is_symbol("(", 1) || is_symbol("-", 1) ||
           is_symbol("*", 1) || name_tokens(1) == 3;
  }
  return false;
}

ast::ExprPtr Parser::piped() {
  const std::uint32_t begin = peek().span.begin;
  ast::Pipeline pipeline;
  if (at_source_operator()) {
    const DepthGuard guard(*this);
    pipeline.operators.push_back(pipe_operator());
  } else {
    ast::ExprPtr first = expression();
    if (!is_symbol("|")) return first;
    pipeline.source = std::move(first);
  }
  pipeline_tail(pipeline);
  return make(span_from(begin), std::move(pipeline));
}

/// `(where … | …)` without a source, of mv-apply and partition.
ast::ExprPtr Parser::sub_pipeline() {
  const DepthGuard guard(*this);
  const std::uint32_t begin = peek().span.begin;
  const bool braces = accept_symbol("{");
  if (!braces) expect_symbol("(");
  ast::Pipeline pipeline;
  accept_symbol("|");
  pipeline.operators.push_back(pipe_operator());
  pipeline_tail(pipeline);
  expect_symbol(braces ? "}" : ")");
  return make(span_from(begin), std::move(pipeline));
}

void Parser::pipeline_tail(ast::Pipeline& pipeline) {
  while (accept_symbol("|")) pipeline.operators.push_back(pipe_operator());
}

/// Joins `project`, `-`, `away` when that is an operator's word.
std::string Parser::operator_word() {
  if (peek().kind != TokenKind::name) {
    fail_here("an operator");
    return {};
  }
  std::string word = advance().text;
  while (is_symbol("-") && peek().glued && peek(1).kind == TokenKind::name && peek(1).glued) {
    advance();
    word += "-" + advance().text;
  }
  return word;
}

std::unique_ptr<ast::Operator> Parser::pipe_operator() {
  auto op = std::make_unique<ast::Operator>();
  const std::uint32_t begin = peek().span.begin;
  const std::string word = operator_word();
  op->span = span_from(begin);
  op->node = ast::GetSchema{};
  if (++operators_ > kMaxOperators) {
    fail(op->span, "the query has too many operators", Errc::limit);
  }
  if (error_) return op;
  if (contains(word, kRefused)) {
    fail(op->span, "the operator `" + word + "` is not supported");
  } else if (!list_operator(word, *op) && !row_operator(word, *op) && !shape_operator(word, *op) &&
             !graph_operator(word, *op)) {
    fail(op->span, "unknown operator `" + word + "`" + suggestion(word, operator_names()));
  }
  return op;
}

bool Parser::list_operator(const std::string& word, ast::Operator& op) {
  using Kind = ast::ColumnList::Kind;
  static constexpr std::array<std::pair<std::string_view, Kind>, 9> kLists{{
      {"project", Kind::project},
      {"extend", Kind::extend},
      {"project-away", Kind::away},
      {"project-keep", Kind::keep},
      {"project-rename", Kind::rename},
      {"project-reorder", Kind::reorder},
      {"distinct", Kind::distinct},
      {"serialize", Kind::serialize},
      {"print", Kind::print},
  }};
  for (const auto& [name, kind] : kLists) {
    if (name != word) continue;
    op.node = column_list(kind);
    return true;
  }
  return false;
}

bool Parser::row_operator(const std::string& word, ast::Operator& op) {
  using Take = ast::TakeRows;
  if (word == "where" || word == "filter") {
    op.node = ast::Where{expression()};
  } else if (word == "summarize") {
    op.node = summarize();
  } else if (word == "sort" || word == "order") {
    op.node = sort_by(false);
  } else if (word == "top") {
    op.node = sort_by(true);
  } else if (word == "take" || word == "limit") {
    op.node = Take{Take::Kind::take, expression(), nullptr};
  } else if (word == "sample") {
    op.node = Take{Take::Kind::sample, expression(), nullptr};
  } else if (word == "sample-distinct") {
    Take take{Take::Kind::sample_distinct, expression(), nullptr};
    expect_word("of");
    take.column = expression();
    op.node = std::move(take);
  } else if (word == "count") {
    ast::CountRows count;
    if (accept_word("as")) count.name = name();
    op.node = std::move(count);
  } else if (word == "getschema") {
    op.node = ast::GetSchema{};
  } else if (word == "as") {
    options({});
    op.node = ast::As{name()};
  } else if (word == "render") {
    op.node = render();
  } else {
    return false;
  }
  return true;
}

bool Parser::shape_operator(const std::string& word, ast::Operator& op) {
  if (word == "join" || word == "lookup") {
    op.node = join(word == "lookup");
  } else if (word == "union") {
    op.node = union_of();
  } else if (word == "mv-expand" || word == "mvexpand" || word == "mv-apply") {
    op.node = expand(word == "mv-apply", word == "mvexpand");
  } else if (word == "parse" || word == "parse-where") {
    op.node = parse_text(word == "parse-where");
  } else if (word == "parse-kv") {
    op.node = parse_pairs();
  } else if (word == "make-series") {
    op.node = make_series();
  } else if (word == "top-nested") {
    op.node = top_nested();
  } else if (word == "top-hitters") {
    op.node = top_hitters();
  } else if (word == "partition") {
    op.node = partition_by();
  } else if (word == "scan") {
    op.node = scan_rows();
  } else if (word == "search") {
    op.node = search_for();
  } else if (word == "find") {
    op.node = find_rows();
  } else if (word == "evaluate" || word == "invoke") {
    op.node = evaluate(word == "invoke");
  } else if (word == "reduce") {
    op.node = reduce();
  } else if (word == "range") {
    op.node = range_of();
  } else if (word == "datatable") {
    op.node = data_table();
  } else if (word == "externaldata" || word == "external_data") {
    op.node = external_table();
  } else {
    return false;
  }
  return true;
}

ast::ColumnList Parser::column_list(ast::ColumnList::Kind kind) {
  using Kind = ast::ColumnList::Kind;
  ast::ColumnList list;
  list.kind = kind;
  const bool empty = peek().kind == TokenKind::end || is_symbol("|") || is_symbol(")") ||
                     is_symbol(";") || is_symbol("}");
  if (empty) {
    if (kind != Kind::serialize) fail_here("a column");
    return list;
  }
  do {
    if (kind == Kind::away || kind == Kind::keep || kind == Kind::reorder) {
      list.columns.push_back(name_pattern());
    } else {
      list.columns.push_back(named_expression());
    }
    std::string order;
    if (kind == Kind::reorder && peek().kind == TokenKind::name) order = operator_word();
    list.orders.push_back(std::move(order));
  } while (accept_symbol(","));
  return list;
}

ast::Summarize Parser::summarize() {
  ast::Summarize node;
  options({});
  if (!is_word("by")) node.aggregates = named_list();
  if (accept_word("by")) {
    node.has_by = true;
    node.by = named_list();
  }
  return node;
}

void Parser::order_suffix(std::optional<bool>& descending, std::optional<bool>& nulls_first) {
  if (accept_word("desc")) {
    descending = true;
  } else if (accept_word("asc")) {
    descending = false;
  }
  if (accept_word("nulls")) {
    nulls_first = is_word("first");
    if (!accept_word("first")) expect_word("last");
  }
}

ast::OrderItem Parser::order_item() {
  ast::OrderItem item;
  item.expr = named_expression();
  order_suffix(item.descending, item.nulls_first);
  return item;
}

ast::SortBy Parser::sort_by(bool top) {
  ast::SortBy node;
  options({});
  if (top) node.top = expression();
  expect_word("by");
  do {
    node.items.push_back(order_item());
  } while (!top && accept_symbol(","));
  return node;
}

/// A table by name, call, pattern or in parentheses, without a pipe of its own.
ast::ExprPtr Parser::table_reference() {
  if (is_symbol("(")) return parenthesized();
  const bool star =
      is_symbol("*") || (peek().kind == TokenKind::name && is_symbol("*", 1) && peek(1).glued);
  if (star) return name_pattern();
  return postfix();
}

ast::JoinWith Parser::join(bool lookup) {
  ast::JoinWith node;
  node.lookup = lookup;
  node.options = options({"kind", "withsource"});
  node.right = table_reference();
  if (accept_word("on")) {
    do {
      node.on.push_back(expression());
    } while (accept_symbol(","));
  } else {
    fail_here("`on` and the columns to join by");
  }
  return node;
}

ast::UnionOf Parser::union_of() {
  ast::UnionOf node;
  node.options = options({"kind", "withsource", "with_source", "isfuzzy"});
  do {
    node.tables.push_back(table_reference());
  } while (accept_symbol(","));
  return node;
}

}  // namespace harrier::kql
