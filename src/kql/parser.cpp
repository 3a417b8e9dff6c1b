#include "kql/parser.hpp"

#include "kql/compile.hpp"
#include "kql/diagnostic.hpp"
#include "kql/parser_impl.hpp"

#include <algorithm>

namespace harrier::kql {

DepthGuard::DepthGuard(Parser& parser) : parser_(parser) {
  if (++parser_.depth_ > kMaxDepth) {
    parser_.fail(parser_.peek().span, "the query is nested too deeply", Errc::limit);
  }
}

const Token& Parser::peek(std::size_t ahead) const noexcept {
  if (error_) return tokens_.back();
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const Token& Parser::advance() noexcept {
  const Token& token = peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Parser::is_symbol(std::string_view symbol, std::size_t ahead) const noexcept {
  const Token& token = peek(ahead);
  return token.kind == TokenKind::symbol && token.text == symbol;
}

bool Parser::is_word(std::string_view word, std::size_t ahead) const noexcept {
  const Token& token = peek(ahead);
  return token.kind == TokenKind::name && token.text == word;
}

bool Parser::accept_symbol(std::string_view symbol) {
  if (!is_symbol(symbol)) return false;
  advance();
  return true;
}

bool Parser::accept_word(std::string_view word) {
  if (!is_word(word)) return false;
  advance();
  return true;
}

void Parser::expect_symbol(std::string_view symbol) {
  if (!accept_symbol(symbol)) fail_here("`" + std::string(symbol) + "`");
}

void Parser::expect_word(std::string_view word) {
  if (!accept_word(word)) fail_here("`" + std::string(word) + "`");
}

void Parser::fail(Span span, std::string_view what, Errc code) {
  if (!error_) error_ = error_at(text_, span, what, code);
}

void Parser::fail_here(std::string_view expected) {
  const Token& token = peek();
  const std::string found = token.kind == TokenKind::end ? token.text : "`" + token.text + "`";
  fail(token.span, "expected " + std::string(expected) + ", found " + found);
}

Span Parser::span_from(std::uint32_t begin) const noexcept {
  const std::uint32_t end = at_ == 0 ? begin : tokens_[at_ - 1].span.end;
  return {begin, std::max(begin, end)};
}

Result<ast::Query> Parser::query() {
  ast::Query query;
  query.statements = statements({});
  if (!error_ && query.statements.empty()) fail_here("a query");
  if (error_) return *error_;
  return query;
}

std::vector<ast::Statement> Parser::statements(std::string_view closing) {
  std::vector<ast::Statement> list;
  const auto at_close = [&] {
    return peek().kind == TokenKind::end || (!closing.empty() && is_symbol(closing));
  };
  while (!at_close()) {
    if (is_word("set")) {
      skip_set_statement();
    } else {
      list.push_back(statement());
    }
    if (at_close()) break;
    if (!accept_symbol(";")) fail_here("`;` or `|`");
  }
  return list;
}

void Parser::skip_set_statement() {
  advance();
  if (peek().kind != TokenKind::name) return fail_here("the name of an option");
  advance();
  if (accept_symbol("=")) {
    accept_symbol("-");
    advance();
  }
}

ast::Statement Parser::statement() {
  const std::uint32_t begin = peek().span.begin;
  ast::Statement statement;
  if (is_word("let")) {
    statement.node = let_statement();
  } else if (is_word("declare")) {
    statement.node = declare_statement();
  } else if ((is_word("alias") || is_word("restrict")) && peek(1).kind == TokenKind::name) {
    fail(peek().span, "the statement `" + peek().text + "` is not supported");
    statement.node = piped();
  } else {
    statement.node = piped();
  }
  statement.span = span_from(begin);
  return statement;
}

ast::Let Parser::let_statement() {
  advance();
  ast::Let let;
  let.name = name();
  expect_symbol("=");
  const bool view = accept_word("view");
  if (at_function()) {
    ast::Function body = function();
    body.view = view;
    let.value = std::move(body);
  } else {
    let.value = piped();
  }
  return let;
}

ast::Declare Parser::declare_statement() {
  advance();
  if (!is_word("query_parameters")) {
    fail(peek().span, "`declare " + peek().text + "` is not supported");
  }
  advance();
  ast::Declare declare;
  declare.parameters = column_defs();
  return declare;
}

bool Parser::at_function() const noexcept {
  if (!is_symbol("(")) return false;
  if (is_symbol(")", 1)) return is_symbol("{", 2);
  const std::size_t names = name_tokens(1);
  return names != 0 && is_symbol(":", 1 + names);
}

ast::Function Parser::function() {
  const DepthGuard guard(*this);
  ast::Function function;
  expect_symbol("(");
  while (!is_symbol(")") && peek().kind != TokenKind::end) {
    function.parameters.push_back(function_parameter());
    if (!accept_symbol(",")) break;
  }
  expect_symbol(")");
  expect_symbol("{");
  function.body = statements("}");
  expect_symbol("}");
  return function;
}

ast::FunctionParameter Parser::function_parameter() {
  ast::FunctionParameter parameter;
  parameter.name = name();
  expect_symbol(":");
  if (accept_symbol("(")) {
    ast::TabularType type;
    if (accept_symbol("*")) {
      type.star = true;
    } else {
      while (!is_symbol(")") && peek().kind != TokenKind::end) {
        type.columns.push_back(column_def());
        if (!accept_symbol(",")) break;
      }
    }
    expect_symbol(")");
    parameter.type = std::move(type);
    return parameter;
  }
  const Span span = peek().span;
  const auto type = scalar_type();
  if (!type) fail(span, "unknown type");
  parameter.type = type.value_or(ScalarType::string);
  if (accept_symbol("=")) parameter.default_value = expression();
  return parameter;
}

Result<ast::Query> parse(std::string_view text) {
  if (text.size() > kMaxQueryBytes) {
    return Error(Errc::limit, "the query is longer than 1 MiB");
  }
  HARRIER_TRY(std::vector<Token> tokens, tokenize(text));
  return Parser(text, std::move(tokens)).query();
}

}  // namespace harrier::kql
