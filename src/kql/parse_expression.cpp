#include "base/text.hpp"
#include "base/time.hpp"
#include "kql/literals.hpp"
#include "kql/parser_impl.hpp"

#include <algorithm>
#include <array>

namespace harrier::kql {
namespace {

constexpr std::array<std::string_view, 14> kStringWords{
    "has",           "has_cs",       "contains",    "contains_cs",   "startswith",
    "startswith_cs", "endswith",     "endswith_cs", "hasprefix",     "hasprefix_cs",
    "hassuffix",     "hassuffix_cs", "notcontains", "notcontains_cs"};

/// `has` … as an operator's canonical spelling; empty for other words.
std::string string_operator(const Token& token) {
  const std::string& text = token.text;
  if (token.kind == TokenKind::name) {
    if (text == "notcontains") return "!contains";
    if (text == "notcontains_cs") return "!contains_cs";
    const bool known =
        std::find(kStringWords.begin(), kStringWords.end(), text) != kStringWords.end();
    return known ? text : std::string();
  }
  if (token.kind != TokenKind::symbol) return {};
  if (text == "=~" || text == "!~" || text == ":") return text;
  const bool negated =
      text.size() > 3 && text.front() == '!' && text != "!between" && text != "!in~";
  return negated ? text : std::string();
}

}  // namespace

ast::ExprPtr Parser::make(Span span, decltype(ast::Expr::node) node) {
  auto expr = std::make_unique<ast::Expr>();
  expr->span = span;
  expr->node = std::move(node);
  return expr;
}

ast::ExprPtr Parser::binary(std::string op, ast::ExprPtr left, ast::ExprPtr right) {
  const Span span = cover(left->span, right->span);
  ast::Binary node;
  node.op = std::move(op);
  node.operands.push_back(std::move(left));
  node.operands.push_back(std::move(right));
  return make(span, std::move(node));
}

// ---- names ----

std::size_t Parser::name_tokens(std::size_t ahead) const noexcept {
  if (peek(ahead).kind == TokenKind::name) return 1;
  const Token& inner = peek(ahead + 1);
  const bool bracketed = is_symbol("[", ahead) && inner.kind == TokenKind::literal &&
                         inner.value.type() == ScalarType::string && is_symbol("]", ahead + 2);
  return bracketed ? 3 : 0;
}

bool Parser::at_name() const noexcept {
  return name_tokens(0) != 0;
}

ast::Word Parser::name() {
  const std::size_t tokens = name_tokens(0);
  const Token& first = peek();
  if (tokens == 0) {
    fail_here("a name");
    return {{}, first.span};
  }
  ast::Word word{first.text, first.span};
  if (tokens == 3) {
    word.text = peek(1).value.text();
    word.span.end = peek(2).span.end;
    if (word.text.empty()) fail(word.span, "a name cannot be empty");
  }
  for (std::size_t i = 0; i < tokens; ++i) advance();
  return word;
}

bool Parser::at_tuple_assignment() const noexcept {
  std::size_t i = 1;
  while (true) {
    const std::size_t tokens = name_tokens(i);
    if (tokens == 0) return false;
    i += tokens;
    if (is_symbol(")", i)) return is_symbol("=", i + 1);
    if (!is_symbol(",", i)) return false;
    ++i;
  }
}

ast::ExprPtr Parser::name_pattern() {
  const Token& first = peek();
  std::string pattern;
  bool star = false;
  while (peek().kind == TokenKind::name || is_symbol("*") ||
         (peek().kind == TokenKind::literal && !pattern.empty() && peek().glued)) {
    if (!pattern.empty() && !peek().glued) break;
    star = star || is_symbol("*");
    pattern += advance().text;
  }
  if (pattern.empty()) {
    const ast::Word word = name();
    return make(word.span, ast::Name{word.text});
  }
  const Span span = span_from(first.span.begin);
  if (star) return make(span, ast::Wildcard{std::move(pattern)});
  return make(span, ast::Name{std::move(pattern)});
}

std::optional<ScalarType> Parser::scalar_type() {
  if (peek().kind != TokenKind::name) return std::nullopt;
  const std::string& word = advance().text;
  if (word == "date") return ScalarType::datetime;
  if (word == "time") return ScalarType::timespan;
  if (word == "double") return ScalarType::real;
  if (word == "boolean") return ScalarType::boolean;
  return model::parse_scalar_type(word);
}

// ---- precedence, loosest first ----

ast::ExprPtr Parser::named_expression() {
  const std::uint32_t begin = peek().span.begin;
  ast::Assign assign;
  if (const std::size_t tokens = name_tokens(0); tokens != 0 && is_symbol("=", tokens)) {
    assign.names.push_back(name());
  } else if (is_symbol("(") && at_tuple_assignment()) {
    advance();
    do {
      assign.names.push_back(name());
    } while (accept_symbol(","));
    expect_symbol(")");
  } else {
    return expression();
  }
  expect_symbol("=");
  assign.value = expression();
  return make(span_from(begin), std::move(assign));
}

ast::Exprs Parser::named_list() {
  ast::Exprs list;
  do {
    list.push_back(named_expression());
  } while (accept_symbol(","));
  return list;
}

ast::ExprPtr Parser::expression() {
  const DepthGuard guard(*this);
  return chain("or", &Parser::conjunction);
}

ast::ExprPtr Parser::conjunction() {
  return chain("and", &Parser::equality);
}

ast::ExprPtr Parser::chain(std::string_view op, ast::ExprPtr (Parser::*next)()) {
  ast::ExprPtr first = (this->*next)();
  if (!is_word(op)) return first;
  const std::uint32_t begin = first->span.begin;
  ast::Binary node;
  node.op = op;
  node.operands.push_back(std::move(first));
  while (accept_word(op)) node.operands.push_back((this->*next)());
  return make(span_from(begin), std::move(node));
}

ast::ExprPtr Parser::equality() {
  ast::ExprPtr left = relational();
  const Token& token = peek();
  if (is_symbol("==") || is_symbol("!=")) {
    std::string op = advance().text;
    return binary(std::move(op), std::move(left), relational());
  }
  if (is_word("in") || is_word("has_any") || is_word("has_all") || is_symbol("in~") ||
      is_symbol("!in") || is_symbol("!in~")) {
    return list_test(std::move(left));
  }
  if (is_word("between") || is_symbol("!between")) return between(std::move(left));
  if (token.kind == TokenKind::symbol && (token.text == "=" || token.text == "has_any~")) {
    fail(token.span, token.text == "=" ? "`=` names a column; to compare, write `==`"
                                       : "`has_any` already ignores case");
  }
  return left;
}

ast::ExprPtr Parser::list_test(ast::ExprPtr value) {
  ast::ListTest test;
  const std::uint32_t begin = value->span.begin;
  test.op = advance().text;
  test.value = std::move(value);
  expect_symbol("(");
  while (!is_symbol(")") && peek().kind != TokenKind::end) {
    test.items.push_back(piped());
    if (!accept_symbol(",")) break;
    if (is_symbol(")")) fail_here("an element after `,`");
  }
  expect_symbol(")");
  return make(span_from(begin), std::move(test));
}

ast::ExprPtr Parser::between(ast::ExprPtr value) {
  ast::Between node;
  const std::uint32_t begin = value->span.begin;
  node.negated = advance().text == "!between";
  node.value = std::move(value);
  expect_symbol("(");
  node.low = expression();
  expect_symbol("..");
  node.high = expression();
  expect_symbol(")");
  return make(span_from(begin), std::move(node));
}

ast::ExprPtr Parser::relational() {
  ast::ExprPtr left = additive();
  for (const std::string_view op : {"<", ">", "<=", ">="}) {
    if (!accept_symbol(op)) continue;
    return binary(std::string(op), std::move(left), additive());
  }
  return left;
}

ast::ExprPtr Parser::additive() {
  ast::ExprPtr left = multiplicative();
  const int depth = depth_;
  while (is_symbol("+") || is_symbol("-")) {
    const DepthGuard guard(*this);
    ++depth_;
    std::string op = advance().text;
    left = binary(std::move(op), std::move(left), multiplicative());
  }
  depth_ = depth;
  return left;
}

ast::ExprPtr Parser::multiplicative() {
  ast::ExprPtr left = string_test();
  const int depth = depth_;
  while (is_symbol("*") || is_symbol("/") || is_symbol("%")) {
    const DepthGuard guard(*this);
    ++depth_;
    std::string op = advance().text;
    left = binary(std::move(op), std::move(left), string_test());
  }
  depth_ = depth;
  return left;
}

ast::ExprPtr Parser::string_test() {
  ast::ExprPtr left = unary();
  std::string op = string_operator(peek());
  if (!op.empty()) {
    advance();
    return binary(std::move(op), std::move(left), unary());
  }
  if (is_word("matches")) {
    advance();
    expect_word("regex");
    return binary("matches regex", std::move(left), unary());
  }
  return left;
}

ast::ExprPtr Parser::unary() {
  if (is_symbol("+")) advance();
  if (!is_symbol("-")) return postfix();
  const DepthGuard guard(*this);
  const std::uint32_t begin = advance().span.begin;
  ast::Negate node;
  node.operand = unary();
  return make(span_from(begin), std::move(node));
}

ast::ExprPtr Parser::postfix() {
  ast::ExprPtr expr = primary();
  const std::uint32_t begin = expr->span.begin;
  const int depth = depth_;
  while (true) {
    if (is_symbol(".")) {
      const DepthGuard guard(*this);
      ++depth_;
      advance();
      ast::Member member;
      member.base = std::move(expr);
      member.name = name().text;
      expr = make(span_from(begin), std::move(member));
    } else if (is_symbol("[")) {
      const DepthGuard guard(*this);
      ++depth_;
      advance();
      ast::Index index;
      index.base = std::move(expr);
      index.key = expression();
      expect_symbol("]");
      expr = make(span_from(begin), std::move(index));
    } else {
      break;
    }
  }
  depth_ = depth;
  return expr;
}

// ---- leaves ----

ast::ExprPtr Parser::primary() {
  const Token& token = peek();
  if (token.kind == TokenKind::literal) {
    const std::uint32_t begin = token.span.begin;
    Value value = advance().value;
    if (value.type() == ScalarType::string) {
      std::string text = value.text();
      while (peek().kind == TokenKind::literal && peek().value.type() == ScalarType::string) {
        text += advance().value.text();
      }
      value = Value::of_string(std::move(text));
    }
    return make(span_from(begin), ast::Literal{std::move(value)});
  }
  if (is_symbol("(")) return parenthesized();
  if (is_symbol("*")) {
    advance();
    return make(token.span, ast::Wildcard{"*"});
  }
  if (at_name()) {
    if (is_word("not") && !is_symbol("(", 1)) {
      fail(token.span, "`not` is a function: write `not(…)`");
    }
    ast::Word word = name();
    if (is_symbol("(")) {
      if (word.text == "dynamic") return dynamic_literal();
      if (word.text == "typeof") {
        ast::TypeLiteral type = type_literal();
        return make(span_from(word.span.begin), std::move(type));
      }
      return call(std::move(word));
    }
    return make(word.span, ast::Name{std::move(word.text)});
  }
  fail_here("an expression");
  return make(token.span, ast::Name{});
}

ast::ExprPtr Parser::call(ast::Word word) {
  ast::Call node;
  const std::uint32_t begin = word.span.begin;
  node.name = std::move(word);
  expect_symbol("(");
  while (!is_symbol(")") && peek().kind != TokenKind::end) {
    const std::size_t tokens = name_tokens(0);
    if (tokens != 0 && is_symbol("=", tokens)) {
      node.args.push_back(named_expression());
    } else {
      node.args.push_back(piped());
    }
    if (!accept_symbol(",")) break;
    if (is_symbol(")")) fail_here("an argument after `,`");
  }
  expect_symbol(")");
  return make(span_from(begin), std::move(node));
}

ast::ExprPtr Parser::parenthesized() {
  const std::uint32_t begin = advance().span.begin;
  ast::ExprPtr inner = piped();
  expect_symbol(")");
  inner->span = span_from(begin);
  return inner;
}

ast::TypeLiteral Parser::type_literal() {
  ast::TypeLiteral type;
  expect_symbol("(");
  while (!is_symbol(")") && peek().kind != TokenKind::end) {
    if (accept_symbol("*")) {
      type.star = true;
    } else {
      ast::Word word{{}, peek().span};
      if (const std::size_t tokens = name_tokens(0); tokens != 0 && is_symbol(":", tokens)) {
        word = name();
        advance();
      }
      const Span span = peek().span;
      const auto scalar = scalar_type();
      if (!scalar) fail(span, "unknown type");
      type.columns.emplace_back(std::move(word), scalar.value_or(ScalarType::string));
    }
    if (!accept_symbol(",")) break;
  }
  expect_symbol(")");
  return type;
}

ast::ExprPtr Parser::dynamic_literal() {
  const std::uint32_t begin = peek().span.begin;
  expect_symbol("(");
  std::string text;
  if (!is_symbol(")")) json(text);
  expect_symbol(")");
  Value value = text.empty() || text == "null" ? Value::null(ScalarType::dynamic)
                                               : Value::of_dynamic(std::move(text));
  return make(span_from(begin), ast::Literal{std::move(value)});
}

void Parser::json(std::string& out) {
  const DepthGuard guard(*this);
  const bool object = is_symbol("{");
  if (object || is_symbol("[")) {
    const std::string_view close = object ? "}" : "]";
    out += advance().text;
    while (!is_symbol(close) && peek().kind != TokenKind::end) {
      if (object) {
        const Token& key = peek();
        if (key.kind != TokenKind::literal || key.value.type() != ScalarType::string) {
          return fail_here("a key in quotes");
        }
        append_json_string(out, advance().value.text());
        expect_symbol(":");
        out += ':';
      }
      json(out);
      if (!accept_symbol(",")) break;
      out += ',';
      if (is_symbol(close)) return fail_here("a value after `,`");
    }
    expect_symbol(close);
    out += close;
    return;
  }
  const bool negative = accept_symbol("-");
  if (accept_word("null")) {
    out += "null";
    return;
  }
  if (accept_word("dynamic")) {
    expect_symbol("(");
    json(out);
    return expect_symbol(")");
  }
  if (peek().kind != TokenKind::literal) return fail_here("a constant");
  const Value& value = advance().value;
  if (negative) out += '-';
  append_json_value(out, value);
}

}  // namespace harrier::kql
