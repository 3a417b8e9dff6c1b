#include "query/operators/graph_rows.hpp"

#include "kql/traverse.hpp"
#include "query/json.hpp"

#include <algorithm>

namespace harrier::query {

namespace {

constexpr std::size_t kMostPathElements = 65'536;

VectorPtr no_values(ScalarType type) {
  return constant_vector(Value::of_null(type));
}

}  // namespace

MatchRows::MatchRows(const kql::Plan& plan, const kql::GraphMatch& node, GraphPtr graph,
                     Execution& execution)
    : node_(node),
      graph_(std::move(graph)),
      execution_(execution),
      needed_(node.columns.size() + node.values.size(), false),
      values_(node.values.size()),
      rows_(types_of(plan.schema)),
      memory_(execution.context().memory()) {
  allowed_.nodes.resize(node.nodes);
  allowed_.edges.resize(node.edges.size());
  allowed_.inner.resize(node.edges.size());
}

Result<std::unique_ptr<MatchRows>> MatchRows::make(const kql::Plan& plan,
                                                   const kql::GraphMatch& node, GraphPtr graph,
                                                   Execution& execution) {
  std::unique_ptr<MatchRows> rows(new MatchRows(plan, node, std::move(graph), execution));
  std::vector<kql::ExprPtr> conditions;
  if (node.where != nullptr) kql::split_conjuncts(node.where, conditions);
  for (const kql::ExprPtr& condition : conditions) {
    HARRIER_TRYV(rows->take_constraint(condition));
  }
  for (const kql::ExprPtr& column : node.project) rows->need(column);
  for (std::size_t v = 0; v < node.values.size(); ++v) {
    const kql::ExprPtr& value = node.values[v].value;
    if (!rows->needed_[node.columns.size() + v] || value == nullptr) continue;
    HARRIER_TRY(rows->values_[v], compile_expression(value, Scope{execution}));
  }
  HARRIER_TRY(rows->project_, compile_expressions(node.project, Scope{execution}));
  return rows;
}

/// Marks what an expression over the match's row reads.
void MatchRows::need(const kql::ExprPtr& expr) {
  kql::each_column(expr, [&](std::size_t column) {
    needed_[column] = true;
    if (column < node_.columns.size()) return;
    const kql::MatchValue& value = node_.values[column - node_.columns.size()];
    if (value.value == nullptr) return;
    const Chunk& elements = value.inner_nodes ? graph_->nodes : graph_->edges;
    kql::each_column(value.value, [&](std::size_t inner) {
      if (inner >= elements.columns.size()) needed_[inner - elements.columns.size()] = true;
    });
  });
}

/// A condition on one element is looked up once for each of the graph's; the others wait for whole
/// matches.
Result<> MatchRows::take_constraint(const kql::ExprPtr& condition) {
  if (const auto* ref = std::get_if<kql::ColumnRef>(&condition->node);
      ref != nullptr && ref->index >= node_.columns.size()) {
    const kql::MatchValue& value = node_.values[ref->index - node_.columns.size()];
    if (value.kind == kql::MatchValue::Kind::all) {
      const Chunk& elements = value.inner_nodes ? graph_->nodes : graph_->edges;
      bool alone = true;
      kql::each_column(value.value, [&](std::size_t column) {
        alone = alone && column < elements.columns.size();
      });
      if (alone) {
        auto& marks = value.inner_nodes ? allowed_.inner : allowed_.edges;
        return restrict(value.value, elements, marks[value.element]);
      }
    }
  }
  std::vector<std::size_t> used;
  kql::each_column(condition, [&](std::size_t column) { used.push_back(column); });
  const auto is_value = [&](std::size_t column) { return column >= node_.columns.size(); };
  const bool values = std::any_of(used.begin(), used.end(), is_value);
  const auto same = [&](std::size_t column) {
    const kql::MatchColumn& first = node_.columns[used.front()];
    return node_.columns[column].edge == first.edge &&
           node_.columns[column].element == first.element;
  };
  if (!values && !used.empty() && std::all_of(used.begin(), used.end(), same)) {
    const kql::MatchColumn& first = node_.columns[used.front()];
    const Chunk& elements = first.edge ? graph_->edges : graph_->nodes;
    const kql::ExprPtr own = kql::substitute(condition, [&](std::size_t column) {
      auto expr = std::make_shared<kql::Expr>();
      const std::size_t at = node_.columns[column].column;
      expr->type = elements.columns[at]->type;
      expr->node = kql::ColumnRef{at};
      return kql::ExprPtr(std::move(expr));
    });
    return restrict(own, elements, (first.edge ? allowed_.edges : allowed_.nodes)[first.element]);
  }
  need(condition);
  judges_paths_ = judges_paths_ || values;
  HARRIER_TRY(ExpressionPtr compiled, compile_expression(condition, Scope{execution_}));
  constraints_.push_back(std::move(compiled));
  return {};
}

Result<> MatchRows::restrict(const kql::ExprPtr& condition, const Chunk& elements,
                             Allowed::Marks& marks) {
  HARRIER_TRY(const ExpressionPtr test, compile_expression(condition, Scope{execution_}));
  Allowed::Marks meets(elements.rows, 0);
  for (std::size_t from = 0; from < elements.rows; from += kChunkRows) {
    HARRIER_TRYV(execution_.context().check());
    const std::size_t count = std::min(kChunkRows, elements.rows - from);
    Chunk part = slice(elements, from, count);
    part.rows = count;
    HARRIER_TRY(const VectorPtr result, test->evaluate(part));
    for (const std::uint32_t row : true_rows(*result, count)) meets[from + row] = 1;
  }
  if (marks.empty()) {
    marks = std::move(meets);
    // A graph without such elements has no marks to say so.
    if (marks.empty()) marks.push_back(0);
    return {};
  }
  for (std::size_t i = 0; i < meets.size(); ++i) marks[i] = marks[i] & meets[i];
  return {};
}

Result<> MatchRows::add(const std::vector<std::uint32_t>& nodes, const std::vector<Path>& paths) {
  match_nodes_.insert(match_nodes_.end(), nodes.begin(), nodes.end());
  for (const Path& path : paths) {
    path_edges_.insert(path_edges_.end(), path.edges.begin(), path.edges.end());
    path_nodes_.insert(path_nodes_.end(), path.nodes.begin(), path.nodes.end());
    path_ends_.push_back(static_cast<std::uint32_t>(path_edges_.size()));
  }
  ++matches_;
  if (matches_ < kChunkRows && path_edges_.size() < kMostPathElements) return {};
  return flush();
}

std::span<const std::uint32_t> MatchRows::path(std::size_t match, std::size_t edge,
                                               bool nodes) const {
  const std::size_t at = match * node_.edges.size() + edge;
  const std::size_t begin = at == 0 ? 0 : path_ends_[at - 1];
  const auto whole =
      std::span(nodes ? path_nodes_ : path_edges_).subspan(begin, path_ends_[at] - begin);
  // Inside a path are the nodes between two of its edges.
  return nodes && !whole.empty() ? whole.first(whole.size() - 1) : whole;
}

Result<VectorPtr> MatchRows::value_of(std::size_t index, const Chunk& row) {
  using Kind = kql::MatchValue::Kind;
  const kql::MatchValue& value = node_.values[index];
  if (value.kind == Kind::degree_in || value.kind == Kind::degree_out) {
    const Incidence& edges = value.kind == Kind::degree_in ? graph_->in : graph_->out;
    VectorBuilder degrees(ScalarType::long_, matches_);
    for (std::size_t m = 0; m < matches_; ++m) {
      const std::uint32_t node = match_nodes_[m * node_.nodes + value.element];
      degrees.push_int(static_cast<std::int64_t>(edges.at(node).size()));
    }
    return VectorPtr(degrees.finish());
  }
  std::vector<std::uint32_t> elements;
  std::vector<std::uint32_t> matches;
  for (std::uint32_t m = 0; m < matches_; ++m) {
    const auto part = path(m, value.element, value.inner_nodes);
    elements.insert(elements.end(), part.begin(), part.end());
    matches.insert(matches.end(), part.size(), m);
  }
  const Chunk& source = value.inner_nodes ? graph_->nodes : graph_->edges;
  std::vector<bool> read(source.columns.size() + node_.columns.size(), false);
  kql::each_column(value.value, [&](std::size_t column) { read[column] = true; });
  Chunk input;
  input.rows = elements.size();
  for (std::size_t c = 0; c < read.size(); ++c) {
    const bool own = c < source.columns.size();
    const VectorPtr& from = own ? source.columns[c] : row.columns[c - source.columns.size()];
    input.columns.push_back(read[c] ? gather(from, own ? elements : matches)
                                    : no_values(from->type));
  }
  VectorPtr results;
  if (!elements.empty()) {
    HARRIER_TRY(results, values_[index]->evaluate(input));
  }
  const bool map = value.kind == Kind::map;
  VectorBuilder out(map ? ScalarType::dynamic : ScalarType::boolean, matches_);
  std::size_t at = 0;
  std::string json;
  for (std::uint32_t m = 0; m < matches_; ++m) {
    bool all = true;
    bool any = false;
    json.assign(1, '[');
    for (; at < matches.size() && matches[at] == m; ++at) {
      const Value one = results->at(at);
      if (map) {
        if (json.size() > 1) json += ',';
        append_json(json, one);
        continue;
      }
      const bool meets = !one.null && one.i != 0;
      all = all && meets;
      any = any || meets;
    }
    if (map) {
      out.push_text(json + "]");
    } else {
      out.push_int((value.kind == Kind::all ? all : any) ? 1 : 0);
    }
  }
  return VectorPtr(out.finish());
}

/// Of the matches that meet the constraints, those no longer than an earlier one between the same
/// two nodes.
std::vector<std::uint32_t> MatchRows::shortest(const std::vector<std::uint32_t>& rows) {
  std::vector<std::uint32_t> kept;
  for (const std::uint32_t row : rows) {
    const std::uint32_t start = match_nodes_[row * node_.nodes + node_.edges[0].left];
    const std::uint32_t end = match_nodes_[row * node_.nodes + node_.edges[0].right];
    if (start != start_) lengths_.clear();
    start_ = start;
    const std::size_t length = path(row, 0, false).size();
    const auto [known, fresh] = lengths_.try_emplace(end, length);
    if (fresh || (node_.every && known->second == length)) kept.push_back(row);
  }
  return kept;
}

Result<> MatchRows::flush() {
  HARRIER_TRYV(execution_.context().check());
  Chunk row;
  row.rows = matches_;
  for (std::size_t c = 0; c < node_.columns.size(); ++c) {
    const kql::MatchColumn& column = node_.columns[c];
    const Chunk& source = column.edge ? graph_->edges : graph_->nodes;
    const VectorPtr& from = source.columns[column.column];
    if (!needed_[c]) {
      row.columns.push_back(no_values(from->type));
      continue;
    }
    std::vector<std::uint32_t> elements(matches_);
    for (std::size_t m = 0; m < matches_; ++m) {
      elements[m] = column.edge ? path(m, column.element, false).front()
                                : match_nodes_[m * node_.nodes + column.element];
    }
    row.columns.push_back(gather(from, elements));
  }
  std::vector<VectorPtr> values;
  for (std::size_t v = 0; v < node_.values.size(); ++v) {
    VectorPtr value = no_values(ScalarType::dynamic);
    if (needed_[node_.columns.size() + v]) {
      HARRIER_TRY(value, value_of(v, row));
    }
    values.push_back(std::move(value));
  }
  row.columns.insert(row.columns.end(), values.begin(), values.end());
  std::vector<std::uint32_t> kept(matches_);
  for (std::uint32_t m = 0; m < matches_; ++m) kept[m] = m;
  for (const ExpressionPtr& constraint : constraints_) {
    HARRIER_TRY(const VectorPtr meets, constraint->evaluate(row));
    std::erase_if(kept, [&](std::uint32_t m) {
      const Value one = meets->at(m);
      return one.null || one.i == 0;
    });
  }
  if (node_.shortest) kept = shortest(kept);
  const Chunk good = gather(row, kept);
  Chunk out;
  out.rows = kept.size();
  for (const ExpressionPtr& column : project_) {
    HARRIER_TRY(VectorPtr result, column->evaluate(good));
    out.columns.push_back(std::move(result));
  }
  if (out.rows > 0) {
    HARRIER_TRYV(rows_.append(out));
  }
  HARRIER_TRYV(memory_.set(rows_.bytes()));
  matches_ = 0;
  match_nodes_.clear();
  path_ends_.clear();
  path_edges_.clear();
  path_nodes_.clear();
  return {};
}

Result<Chunk> MatchRows::finish() {
  HARRIER_TRYV(flush());
  return rows_.all();
}

}  // namespace harrier::query
