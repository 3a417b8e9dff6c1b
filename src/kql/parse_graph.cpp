#include "kql/parser.hpp"
#include "kql/parser_impl.hpp"

namespace harrier::kql {

bool Parser::graph_operator(const std::string& word, ast::Operator& op) {
  if (word == "make-graph") {
    op.node = make_graph();
  } else if (word == "graph-match" || word == "graph-shortest-paths") {
    op.node = match_graph(word == "graph-shortest-paths");
  } else if (word == "graph-mark-components") {
    op.node = ast::MarkComponents{options({"kind", "with_component_id"})};
  } else if (word == "graph-to-table") {
    op.node = graph_table();
  } else {
    return false;
  }
  return true;
}

ast::MakeGraph Parser::make_graph() {
  ast::MakeGraph node;
  node.source = name();
  expect_symbol("-");
  expect_symbol("-");
  expect_symbol(">");
  node.target = name();
  if (accept_word("with_node_id")) {
    expect_symbol("=");
    node.node_id = name();
  } else if (accept_word("with")) {
    do {
      ast::MakeGraph::Nodes nodes;
      nodes.rows = table_reference();
      expect_word("on");
      nodes.id = name();
      node.nodes.push_back(std::move(nodes));
    } while (accept_symbol(","));
  }
  if (peek().kind == TokenKind::name && peek().text == "partitioned") {
    fail(peek().span, "`partitioned-by` is not supported");
  }
  return node;
}

ast::MatchGraph Parser::match_graph(bool shortest) {
  ast::MatchGraph node;
  node.shortest = shortest;
  node.options = options({"cycles", "output"});
  do {
    node.sequences.push_back(pattern_sequence());
  } while (accept_symbol(","));
  if (accept_word("where")) node.where = expression();
  expect_word("project");
  node.project = named_list();
  return node;
}

ast::PatternSequence Parser::pattern_sequence() {
  ast::PatternSequence sequence;
  sequence.nodes.push_back(pattern_node());
  while (is_symbol("-") || is_symbol("<")) {
    sequence.edges.push_back(pattern_edge());
    sequence.nodes.push_back(pattern_node());
  }
  return sequence;
}

ast::PatternNode Parser::pattern_node() {
  ast::PatternNode node;
  expect_symbol("(");
  if (!is_symbol(")")) node.name = name();
  expect_symbol(")");
  return node;
}

ast::PatternEdge Parser::pattern_edge() {
  ast::PatternEdge edge;
  const std::uint32_t begin = peek().span.begin;
  edge.backward = accept_symbol("<");
  expect_symbol("-");
  if (accept_symbol("[")) {
    if (!is_symbol("]") && !is_symbol("*")) edge.name = name();
    if (accept_symbol("*")) {
      edge.variable = true;
      edge.min = edge_count();
      expect_symbol("..");
      edge.max = edge_count();
    }
    expect_symbol("]");
  }
  expect_symbol("-");
  const bool forward = accept_symbol(">");
  edge.span = span_from(begin);
  if (forward && edge.backward) fail(edge.span, "an edge has one direction, or none: `--`");
  edge.undirected = !forward && !edge.backward;
  return edge;
}

/// How often an edge is repeated.
std::int64_t Parser::edge_count() {
  const Span span = peek().span;
  const ast::ExprPtr count = unary();
  const auto* literal = std::get_if<ast::Literal>(&count->node);
  if (literal == nullptr || literal->value.type() != ScalarType::long_ ||
      literal->value.is_null()) {
    fail(span, "expected how often the edge is repeated: a whole number");
    return 0;
  }
  return literal->value.integer();
}

ast::GraphTable Parser::graph_table() {
  ast::GraphTable node;
  if (accept_word("edges")) {
    node.edges = true;
  } else if (!accept_word("nodes")) {
    fail_here("`nodes` or `edges`");
  }
  if (accept_word("as")) node.name = name();
  node.options =
      node.edges ? options({"with_source_id", "with_target_id"}) : options({"with_node_id"});
  if (is_symbol(",")) fail(peek().span, "only one of `nodes` and `edges` is supported");
  return node;
}

}  // namespace harrier::kql
