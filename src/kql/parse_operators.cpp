#include "kql/parser_impl.hpp"

#include <algorithm>

namespace harrier::kql {

ast::Options Parser::options(std::initializer_list<std::string_view> allowed) {
  ast::Options list;
  while (peek().kind == TokenKind::name) {
    ast::Option option;
    const bool hint = is_word("hint") && is_symbol(".", 1);
    const bool known = std::find(allowed.begin(), allowed.end(), peek().text) != allowed.end();
    if (!hint && !(known && is_symbol("=", 1))) break;
    option.name = name();
    if (hint) {
      advance();
      option.name.text += "." + name().text;
    }
    expect_symbol("=");
    option.value = option_value();
    list.push_back(std::move(option));
  }
  return list;
}

/// A word or a constant: what follows in parentheses is no argument list.
ast::ExprPtr Parser::option_value() {
  if (peek().kind != TokenKind::name && name_tokens(0) == 0) return unary();
  const ast::Word word = name();
  return make(word.span, ast::Name{word.text});
}

ast::ColumnDef Parser::column_def() {
  ast::ColumnDef column;
  column.name = name();
  expect_symbol(":");
  const Span span = peek().span;
  const auto type = scalar_type();
  if (!type) fail(span, "unknown type");
  column.type = type.value_or(ScalarType::string);
  if (accept_symbol("=")) column.default_value = expression();
  return column;
}

std::vector<ast::ColumnDef> Parser::column_defs() {
  std::vector<ast::ColumnDef> columns;
  expect_symbol("(");
  while (!is_symbol(")") && peek().kind != TokenKind::end) {
    columns.push_back(column_def());
    if (!accept_symbol(",")) break;
  }
  expect_symbol(")");
  return columns;
}

/// `(a = 1, b = "x")`; several values of one property stand one after another.
void Parser::property_list(ast::Options& list) {
  expect_symbol("(");
  while (!is_symbol(")") && peek().kind != TokenKind::end) {
    ast::Option option;
    if (const std::size_t tokens = name_tokens(0); tokens != 0 && is_symbol("=", tokens)) {
      option.name = name();
      advance();
    } else if (!list.empty()) {
      option.name = list.back().name;
    }
    option.value = expression();
    list.push_back(std::move(option));
    if (!accept_symbol(",")) break;
  }
  expect_symbol(")");
}

ast::Expand Parser::expand(bool apply, bool old_spelling) {
  ast::Expand node;
  node.old_spelling = old_spelling;
  node.options = options({"kind", "bagexpansion", "with_itemindex"});
  do {
    ast::ExpandColumn column;
    column.value = named_expression();
    if (accept_word("to")) {
      expect_word("typeof");
      const Span span = peek().span;
      const ast::TypeLiteral type = type_literal();
      if (type.columns.size() == 1) {
        column.type = type.columns.front().second;
      } else {
        fail(span, "expected one type");
      }
    }
    node.columns.push_back(std::move(column));
  } while (accept_symbol(","));
  if (accept_word("limit")) node.limit = expression();
  if (apply) {
    expect_word("on");
    node.sub = sub_pipeline();
  }
  return node;
}

ast::ParseText Parser::parse_text(bool where) {
  ast::ParseText node;
  node.where = where;
  node.options = options({"kind", "flags"});
  node.text = expression();
  expect_word("with");
  while (true) {
    ast::ParsePiece piece;
    const Token& token = peek();
    piece.text.span = token.span;
    if (accept_symbol("*")) {
      piece.kind = ast::ParsePiece::Kind::skip;
    } else if (token.kind == TokenKind::literal && token.value.type() == ScalarType::string) {
      piece.text.text = advance().value.text();
    } else if (at_name()) {
      piece.kind = ast::ParsePiece::Kind::column;
      piece.text = name();
      if (accept_symbol(":")) {
        const Span span = peek().span;
        piece.type = scalar_type();
        if (!piece.type) fail(span, "unknown type");
      }
    } else {
      break;
    }
    node.pieces.push_back(std::move(piece));
  }
  if (node.pieces.empty()) fail_here("a pattern of texts, columns and `*`");
  return node;
}

ast::ParsePairs Parser::parse_pairs() {
  ast::ParsePairs node;
  node.text = expression();
  expect_word("as");
  node.columns = column_defs();
  if (accept_word("with")) property_list(node.options);
  return node;
}

/// The axis of a series: `in` behind it begins the range.
ast::ExprPtr Parser::axis() {
  const std::size_t tokens = name_tokens(0);
  if (tokens == 0 || !is_symbol("=", tokens)) return additive();
  ast::Assign assign;
  const std::uint32_t begin = peek().span.begin;
  assign.names.push_back(name());
  expect_symbol("=");
  assign.value = additive();
  return make(span_from(begin), std::move(assign));
}

ast::MakeSeries Parser::make_series() {
  ast::MakeSeries node;
  node.options = options({"kind"});
  do {
    ast::SeriesColumn column;
    column.aggregate = named_expression();
    if (accept_word("default")) {
      expect_symbol("=");
      column.default_value = expression();
    }
    node.series.push_back(std::move(column));
  } while (accept_symbol(","));
  expect_word("on");
  node.axis = axis();
  if (accept_word("in")) {
    expect_word("range");
    expect_symbol("(");
    node.in_range = true;
    node.from = expression();
    expect_symbol(",");
    node.to = expression();
    expect_symbol(",");
    node.step = expression();
    expect_symbol(")");
  } else {
    if (accept_word("from")) node.from = expression();
    if (accept_word("to")) node.to = expression();
    expect_word("step");
    node.step = expression();
  }
  if (accept_word("by")) node.by = named_list();
  return node;
}

ast::NestedLevel Parser::nested_level() {
  ast::NestedLevel level;
  if (!is_word("of")) level.count = expression();
  expect_word("of");
  level.key = named_expression();
  if (accept_word("with")) {
    expect_word("others");
    expect_symbol("=");
    level.others = expression();
  }
  expect_word("by");
  level.value = named_expression();
  order_suffix(level.descending, level.nulls_first);
  return level;
}

ast::TopNested Parser::top_nested() {
  ast::TopNested node;
  node.levels.push_back(nested_level());
  while (accept_symbol(",")) {
    const Span span = peek().span;
    if (operator_word() != "top-nested") fail(span, "expected `top-nested`");
    node.levels.push_back(nested_level());
  }
  return node;
}

ast::TopHitters Parser::top_hitters() {
  ast::TopHitters node;
  node.count = expression();
  expect_word("of");
  node.key = named_expression();
  if (accept_word("by")) node.by = expression();
  return node;
}

ast::PartitionBy Parser::partition_by() {
  ast::PartitionBy node;
  node.options = options({});
  expect_word("by");
  node.key = option_value();
  node.sub = sub_pipeline();
  return node;
}

ast::ScanRows Parser::scan_rows() {
  ast::ScanRows node;
  node.options = options({"with_match_id"});
  if (accept_word("order")) {
    expect_word("by");
    do {
      node.order_by.push_back(order_item());
    } while (accept_symbol(","));
  }
  if (accept_word("partition")) {
    expect_word("by");
    node.partition_by = named_list();
  }
  if (accept_word("declare")) node.declared = column_defs();
  expect_word("with");
  expect_symbol("(");
  while (is_word("step")) node.steps.push_back(scan_step());
  if (node.steps.empty()) fail_here("`step`");
  expect_symbol(")");
  return node;
}

ast::ScanStep Parser::scan_step() {
  ast::ScanStep step;
  advance();
  step.name = name();
  step.optional = accept_word("optional");
  if (accept_word("output")) {
    expect_symbol("=");
    step.output = name().text;
  }
  expect_symbol(":");
  step.condition = expression();
  if (accept_symbol("=>")) step.assignments = named_list();
  expect_symbol(";");
  return step;
}

ast::RangeOf Parser::range_of() {
  ast::RangeOf node;
  node.name = name();
  expect_word("from");
  node.from = expression();
  expect_word("to");
  node.to = expression();
  expect_word("step");
  node.step = expression();
  return node;
}

ast::DataTable Parser::data_table() {
  ast::DataTable node;
  node.columns = column_defs();
  expect_symbol("[");
  while (!is_symbol("]") && peek().kind != TokenKind::end) {
    node.cells.push_back(expression());
    if (!accept_symbol(",")) break;
  }
  expect_symbol("]");
  return node;
}

ast::ExternalTable Parser::external_table() {
  ast::ExternalTable node;
  node.columns = column_defs();
  expect_symbol("[");
  while (!is_symbol("]") && peek().kind != TokenKind::end) {
    node.urls.push_back(expression());
    if (!accept_symbol(",")) break;
  }
  expect_symbol("]");
  if (accept_word("with")) property_list(node.options);
  return node;
}

ast::SearchFor Parser::search_for() {
  ast::SearchFor node;
  node.options = options({"kind"});
  if (accept_word("in")) {
    expect_symbol("(");
    do {
      node.tables.push_back(table_reference());
    } while (accept_symbol(","));
    expect_symbol(")");
  }
  node.predicate = expression();
  return node;
}

ast::FindRows Parser::find_rows() {
  ast::FindRows node;
  node.options = options({"withsource", "with_source", "datascope"});
  if (accept_word("in")) {
    expect_symbol("(");
    do {
      node.tables.push_back(table_reference());
    } while (accept_symbol(","));
    expect_symbol(")");
  }
  accept_word("where");
  node.predicate = expression();
  const Span span = peek().span;
  if (!is_word("project")) return node;
  const std::string word = operator_word();
  if (word == "project-smart") return node;
  if (word != "project" && word != "project-away") fail(span, "expected `project`");
  if (word == "project-away") {
    do {
      node.away.push_back(name_pattern());
    } while (accept_symbol(","));
    return node;
  }
  node.smart = false;
  do {
    node.columns.push_back(name_pattern());
    std::optional<ScalarType> type;
    if (accept_symbol(":")) type = scalar_type();
    if (is_symbol("(")) {
      fail(peek().span, "`pack(…)` in `find` is not supported");
    }
    node.types.push_back(type);
  } while (accept_symbol(","));
  return node;
}

ast::Evaluate Parser::evaluate(bool invoke) {
  ast::Evaluate node;
  node.invoke = invoke;
  options({});
  ast::ExprPtr expr = call(name());
  node.call = std::move(std::get<ast::Call>(expr->node));
  if (!invoke && accept_symbol(":")) node.schema = type_literal();
  return node;
}

ast::Reduce Parser::reduce() {
  ast::Reduce node;
  node.options = options({"kind"});
  expect_word("by");
  node.column = expression();
  if (accept_word("with")) {
    do {
      ast::Option option;
      option.name = name();
      expect_symbol("=");
      option.value = option_value();
      node.options.push_back(std::move(option));
    } while (accept_symbol(","));
  }
  return node;
}

ast::RenderAs Parser::render() {
  ast::RenderAs node;
  node.kind = name();
  if (accept_word("with")) {
    property_list(node.options);
    return node;
  }
  while (at_name()) {
    ast::Option option;
    option.name = name();
    if (accept_word("by")) option.name.text += "by";
    if (!accept_symbol("=")) break;
    option.value = option_value();
    node.options.push_back(std::move(option));
    while (accept_symbol(",")) {
      ast::Option more;
      more.name = node.options.back().name;
      more.value = option_value();
      node.options.push_back(std::move(more));
    }
  }
  return node;
}

}  // namespace harrier::kql
