// evaluate: bag_unpack, pivot, narrow, ipv4_lookup, ipv6_lookup; invoke FileProfile.
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/mapping.hpp"
#include "query/network.hpp"
#include "query/operators/aggregation.hpp"
#include "query/operators/make.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

namespace harrier::query {

namespace {

/// The columns that are not the plugin's, as they are in the input.
void pass_through(const kql::Plugin& node, const Chunk& input, std::vector<VectorPtr>& out) {
  out.assign(node.passthrough.size(), nullptr);
  for (std::size_t c = 0; c < out.size(); ++c) {
    if (node.passthrough[c]) out[c] = input.columns[*node.passthrough[c]];
  }
}

Result<std::string> text_argument(const kql::Plugin& node, std::size_t arg, Execution& execution) {
  if (arg >= node.args.size()) return std::string();
  StringHeap heap;
  HARRIER_TRY(const Value value, constant_of(node.args[arg], Scope{execution}, heap));
  return text_of(value);
}

// ---- bag_unpack

/// The type that holds every value of a property: its own kind, else dynamic.
ScalarType merged(std::optional<ScalarType> before, std::string_view json) {
  ScalarType type = ScalarType::dynamic;
  switch (json_kind(json)) {
    case JsonKind::boolean:
      type = ScalarType::boolean;
      break;
    case JsonKind::integer:
      type = ScalarType::long_;
      break;
    case JsonKind::real:
      type = ScalarType::real;
      break;
    case JsonKind::string:
      type = ScalarType::string;
      break;
    case JsonKind::null:
    case JsonKind::array:
    case JsonKind::object:
      break;
  }
  if (!before || *before == type) return type;
  const auto number = [](ScalarType t) { return t == ScalarType::long_ || t == ScalarType::real; };
  return number(*before) && number(type) ? ScalarType::real : ScalarType::dynamic;
}

/// The input column behind bag_unpack's argument.
std::optional<std::size_t> unpacked_column(const kql::Expr& expr) {
  if (const auto* column = std::get_if<kql::ColumnRef>(&expr.node)) return column->index;
  const auto* call = std::get_if<kql::Call>(&expr.node);
  return call == nullptr || call->args.empty() ? std::nullopt : unpacked_column(*call->args[0]);
}

Result<kql::Schema> bag_schema(const kql::Plan& plan, const kql::Plugin& node,
                               Execution& execution) {
  HARRIER_TRY(const std::string prefix, text_argument(node, 1, execution));
  HARRIER_TRY(const std::string conflict, text_argument(node, 2, execution));
  HARRIER_TRY(const std::string ignored, text_argument(node, 3, execution));
  HARRIER_TRY(const TablePtr rows, execution.run(node.input));
  HARRIER_TRY(const ExpressionPtr bag, compile_expression(node.args[0], Scope{execution}));
  const Chunk all = rows->all();
  HARRIER_TRY(const VectorPtr bags, bag->evaluate(all));
  std::map<std::string, std::optional<ScalarType>> found;
  for (std::size_t row = 0; row < all.rows; ++row) {
    const Value value = bags->at(row);
    if (value.null) continue;
    JsonCursor cursor(value.s);
    if (json_kind(value.s) != JsonKind::object) continue;
    while (cursor.next()) {
      auto& type = found[prefix + cursor.key()];
      if (json_kind(cursor.value()) != JsonKind::null) type = merged(type, cursor.value());
    }
  }
  for (const std::string_view name : json_elements(ignored))
    found.erase(prefix + json_unquote(name));
  kql::Schema schema = plan.schema;
  if (const auto own = unpacked_column(*node.args[0])) {
    const std::string& name = node.input->schema[*own].name;
    const auto same = found.find(name);
    if (same != found.end()) {  // it takes the place of the column that goes
      schema.insert(schema.begin() + static_cast<std::ptrdiff_t>(*own),
                    kql::OutColumn(name, same->second.value_or(ScalarType::dynamic)));
      found.erase(same);
    }
  }
  for (const auto& [name, type] : found) {
    const auto taken = std::find_if(schema.begin(), schema.end(),
                                    [&](const kql::OutColumn& c) { return c.name == name; });
    if (taken == schema.end()) {
      schema.emplace_back(name, type.value_or(ScalarType::dynamic));
    } else if (conflict == "replace_source") {
      taken->type = type.value_or(ScalarType::dynamic);
    } else if (conflict != "keep_source") {
      return Error(Errc::query, fmt::format("bag_unpack: the column '{}' exists already; choose "
                                            "columnsConflict='replace_source' or 'keep_source'",
                                            name));
    }
  }
  return schema;
}

class BagUnpackOperator final : public Operator {
 public:
  BagUnpackOperator(const kql::Plan& plan, const kql::Plugin& node, OperatorPtr input,
                    ExpressionPtr bag, std::string prefix, bool replace)
      : plan_(plan),
        node_(node),
        input_(std::move(input)),
        bag_(std::move(bag)),
        prefix_(std::move(prefix)),
        replace_(replace) {}

  Result<bool> next(Chunk& out) override {
    Chunk chunk;
    HARRIER_TRY(const bool more, input_->next(chunk));
    if (!more) return false;
    HARRIER_TRY(const VectorPtr bags, bag_->evaluate(chunk));
    out.rows = chunk.rows;
    std::vector<VectorPtr> columns;
    pass_through(node_, chunk, columns);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string& name = plan_.schema[c].name;
      const bool prefixed = name.compare(0, prefix_.size(), prefix_) == 0;
      const std::string key = prefixed ? name.substr(prefix_.size()) : std::string();
      if (columns[c] && !(replace_ && prefixed && any_has(*bags, chunk.rows, key))) continue;
      VectorBuilder builder(plan_.schema[c].type, chunk.rows);
      StringHeap heap;
      for (std::size_t row = 0; row < chunk.rows; ++row) {
        const Value value = bags->at(row);
        const std::string_view json =
            value.null || !prefixed ? std::string_view() : json_member(value.s, key);
        builder.push(convert(dynamic_value(json), plan_.schema[c].type, heap));
      }
      columns[c] = builder.finish();
    }
    out.columns = std::move(columns);
    return true;
  }

 private:
  static bool any_has(const Vector& bags, std::size_t rows, const std::string& key) {
    for (std::size_t row = 0; row < rows; ++row) {
      if (!bags.is_null(row) && !json_member(bags.at(row).s, key).empty()) return true;
    }
    return false;
  }

  const kql::Plan& plan_;
  const kql::Plugin& node_;
  OperatorPtr input_;
  ExpressionPtr bag_;
  std::string prefix_;
  bool replace_;
};

// ---- pivot

ScalarType pivot_type(const kql::AggregateCall& call) {
  switch (call.function->rule) {
    case kql::ResultRule::first:
      return call.args[0]->type;
    case kql::ResultRule::first_summed:
      return call.args[0]->type == ScalarType::int_ ? ScalarType::long_ : call.args[0]->type;
    case kql::ResultRule::averaged: {
      const ScalarType type = call.args[0]->type;
      const bool stays = type == ScalarType::decimal || type == ScalarType::datetime ||
                         type == ScalarType::timespan;
      return stays ? type : ScalarType::real;
    }
    case kql::ResultRule::special:
      return call.args.empty() ? call.function->result : call.args[0]->type;
    case kql::ResultRule::fixed:
    case kql::ResultRule::second:
    case kql::ResultRule::widest:
    case kql::ResultRule::common:
    case kql::ResultRule::type_literal:
      break;
  }
  return call.function->result;
}

Result<kql::Schema> pivot_schema(const kql::Plan& plan, const kql::Plugin& node,
                                 Execution& execution) {
  HARRIER_TRY(const TablePtr rows, execution.run(node.input));
  HARRIER_TRY(const ExpressionPtr pivot, compile_expression(node.args[0], Scope{execution}));
  const Chunk all = rows->all();
  HARRIER_TRY(const VectorPtr values, pivot->evaluate(all));
  std::map<std::string, bool> names;
  for (std::size_t row = 0; row < all.rows; ++row) names[text_of(values->at(row))] = true;
  kql::Schema schema = plan.schema;
  for (const auto& [name, there] : names) {
    if (there) schema.emplace_back(name, pivot_type(node.aggregates[0]));
  }
  return schema;
}

Result<OperatorPtr> make_pivot(const kql::Plan& plan, const kql::Plugin& node,
                               Execution& execution) {
  // Aggregate by the kept columns and the pivot column, then spread the groups over the columns.
  std::vector<kql::ExprPtr> keys(node.args.begin() + 1, node.args.end());
  const std::size_t kept = keys.size();
  keys.push_back(node.args[0]);
  kql::Schema schema;
  std::vector<ScalarType> key_types;
  for (const kql::ExprPtr& key : keys) schema.emplace_back("key", key->type);
  for (std::size_t k = 0; k < kept; ++k) key_types.push_back(keys[k]->type);
  const ScalarType type = pivot_type(node.aggregates[0]);
  for (std::size_t k = 0; k < node.aggregates[0].outputs; ++k) schema.emplace_back("value", type);
  HARRIER_TRY(const auto aggregation,
              Aggregation::make(keys, node.aggregates, schema, Scope{execution}));
  HARRIER_TRY(const OperatorPtr input, execution.build(node.input));
  Chunk chunk;
  while (true) {
    HARRIER_TRYV(execution.context().check());
    HARRIER_TRY(const bool more, input->next(chunk));
    if (!more) break;
    HARRIER_TRYV(aggregation->add(chunk));
  }
  const Chunk cells = aggregation->result(0, aggregation->groups());
  GroupTable rows(key_types);
  std::vector<std::uint32_t> ids(cells.rows, 0);
  const std::vector<VectorPtr> kept_keys(cells.columns.begin(),
                                         cells.columns.begin() + static_cast<std::ptrdiff_t>(kept));
  if (kept > 0) rows.insert(kept_keys, cells.rows, ids);
  const std::size_t row_count = kept > 0 ? rows.groups() : (cells.rows > 0 ? 1 : 0);
  std::unordered_map<std::string, std::size_t> column_of;
  for (std::size_t c = kept; c < plan.schema.size(); ++c) column_of[plan.schema[c].name] = c - kept;
  const bool counts = node.aggregates[0].function->name == "count";
  std::vector<std::vector<std::optional<std::uint32_t>>> grid(
      plan.schema.size() - kept, std::vector<std::optional<std::uint32_t>>(row_count));
  for (std::uint32_t cell = 0; cell < cells.rows; ++cell) {
    const auto column = column_of.find(text_of(cells.columns[kept]->at(cell)));
    if (column != column_of.end()) grid[column->second][ids[cell]] = cell;
  }
  Chunk out;
  if (kept > 0) out = rows.keys().all();
  out.rows = row_count;
  StringHeap heap;
  for (std::size_t c = 0; c < grid.size(); ++c) {
    const ScalarType wanted = plan.schema[kept + c].type;
    VectorBuilder builder(wanted, row_count);
    for (const auto& cell : grid[c]) {
      if (cell) {
        builder.push(convert(cells.columns[kept + 1]->at(*cell), wanted, heap));
      } else if (counts) {
        builder.push(convert(Value::of_long(0), wanted, heap));
      } else {
        builder.push_null();
      }
    }
    out.columns.push_back(builder.finish());
  }
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(out)));
}

// ---- narrow

Result<OperatorPtr> make_narrow(const kql::Plugin& node, Execution& execution) {
  HARRIER_TRY(const TablePtr rows, execution.run(node.input));
  VectorBuilder number(ScalarType::long_);
  VectorBuilder name(ScalarType::string);
  VectorBuilder value(ScalarType::string);
  const kql::Schema& schema = node.input->schema;
  for (std::size_t row = 0; row < rows->rows(); ++row) {
    for (std::size_t c = 0; c < schema.size(); ++c) {
      number.push_int(static_cast<std::int64_t>(row));
      name.push_text(schema[c].name);
      value.push_text(text_of(rows->at(c, row)));
    }
  }
  Chunk out;
  out.rows = rows->rows() * schema.size();
  out.columns = {number.finish(), name.finish(), value.finish()};
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(out)));
}

// ---- ip lookup

std::optional<std::size_t> column_named(const kql::Schema& schema, const std::string& name) {
  for (std::size_t c = 0; c < schema.size(); ++c) {
    if (schema[c].name == name) return c;
  }
  return std::nullopt;
}

/// Pairs of a source expression and the lookup column it must equal.
struct ExtraKey {
  ExpressionPtr source;
  std::size_t column;
};

class IpLookupOperator final : public Operator {
 public:
  IpLookupOperator(const kql::Plugin& node, OperatorPtr input, ExpressionPtr address,
                   TablePtr table, std::size_t network, bool unmatched, std::vector<ExtraKey> extra)
      : node_(node),
        input_(std::move(input)),
        address_(std::move(address)),
        table_(std::move(table)),
        unmatched_(unmatched),
        extra_(std::move(extra)) {
    for (std::uint32_t row = 0; row < table_->rows(); ++row) {
      index_.add(text_of(table_->at(network, row)), row);
    }
    const std::size_t columns = node.tables[0]->schema.size();
    for (std::size_t c = 0; c < columns; ++c) {
      const bool used = std::any_of(extra_.begin(), extra_.end(),
                                    [&](const ExtraKey& key) { return key.column == c; });
      if (!used) looked_up_.push_back(c);
    }
  }

  Result<bool> next(Chunk& out) override {
    Chunk chunk;
    HARRIER_TRY(const bool more, input_->next(chunk));
    if (!more) return false;
    HARRIER_TRY(const VectorPtr addresses, address_->evaluate(chunk));
    std::vector<VectorPtr> sources;
    for (const ExtraKey& key : extra_) {
      HARRIER_TRY(VectorPtr vector, key.source->evaluate(chunk));
      sources.push_back(std::move(vector));
    }
    std::vector<std::uint32_t> left;
    std::vector<std::uint32_t> right;
    for (std::uint32_t row = 0; row < chunk.rows; ++row) {
      bool any = false;
      if (const auto* found = index_.find(addresses->at(row).s)) {
        for (const std::uint32_t match : *found) {
          if (!extra_equal(sources, row, match)) continue;
          any = true;
          left.push_back(row);
          right.push_back(match);
        }
      }
      if (!any && unmatched_) {
        left.push_back(row);
        right.push_back(kNoRow);
      }
    }
    const Chunk all = table_->all();
    std::vector<VectorPtr> columns;
    pass_through(node_, chunk, columns);
    std::size_t from_table = 0;
    for (VectorPtr& column : columns) {
      column = column ? gather(column, left)
                      : gather_outer(all.columns[looked_up_[from_table++]], right);
    }
    out.columns = std::move(columns);
    out.rows = left.size();
    return true;
  }

 private:
  bool extra_equal(const std::vector<VectorPtr>& sources, std::size_t row,
                   std::size_t match) const {
    for (std::size_t k = 0; k < extra_.size(); ++k) {
      if (text_of(sources[k]->at(row)) != text_of(table_->at(extra_[k].column, match)))
        return false;
    }
    return true;
  }

  const kql::Plugin& node_;
  OperatorPtr input_;
  ExpressionPtr address_;
  TablePtr table_;
  bool unmatched_;
  std::vector<ExtraKey> extra_;
  std::vector<std::size_t> looked_up_;
  NetworkIndex index_;
};

Result<OperatorPtr> make_ip_lookup(const kql::Plugin& node, Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  HARRIER_TRY(ExpressionPtr address, compile_expression(node.args[0], Scope{execution}));
  HARRIER_TRY(TablePtr table, execution.run(node.tables[0]));
  HARRIER_TRY(const std::string network, text_argument(node, 1, execution));
  StringHeap heap;
  HARRIER_TRY(const Value unmatched, constant_of(node.args[2], Scope{execution}, heap));
  const kql::Schema& schema = node.tables[0]->schema;
  std::vector<ExtraKey> extra;
  for (std::size_t k = 3; k + 1 < node.args.size(); k += 2) {
    HARRIER_TRY(ExpressionPtr source, compile_expression(node.args[k], Scope{execution}));
    HARRIER_TRY(const std::string name, text_argument(node, k + 1, execution));
    extra.push_back({std::move(source), column_named(schema, name).value_or(0)});
  }
  return OperatorPtr(std::make_unique<IpLookupOperator>(
      node, std::move(input), std::move(address), std::move(table),
      column_named(schema, network).value_or(0), !unmatched.null && unmatched.i != 0,
      std::move(extra)));
}

// ---- FileProfile

class FileProfileOperator final : public Operator {
 public:
  FileProfileOperator(const kql::Plan& plan, const kql::Plugin& node, OperatorPtr input,
                      ExpressionPtr hash, std::shared_ptr<const Mapping> mapping)
      : plan_(plan),
        node_(node),
        input_(std::move(input)),
        hash_(std::move(hash)),
        mapping_(std::move(mapping)) {}

  Result<bool> next(Chunk& out) override {
    Chunk chunk;
    HARRIER_TRY(const bool more, input_->next(chunk));
    if (!more) return false;
    HARRIER_TRY(const VectorPtr hashes, hash_->evaluate(chunk));
    out.rows = chunk.rows;
    pass_through(node_, chunk, out.columns);
    for (std::size_t c = 0; c < out.columns.size(); ++c) {
      if (out.columns[c]) continue;
      const kql::OutColumn& column = plan_.schema[c];
      VectorBuilder builder(column.type, chunk.rows);
      StringHeap heap;
      for (std::size_t row = 0; row < chunk.rows; ++row) {
        const std::string* found =
            mapping_ ? mapping_->find(hashes->at(row).s, column.name) : nullptr;
        builder.push(found == nullptr ? Value::of_null(column.type)
                                      : convert(Value::of_string(*found), column.type, heap));
      }
      out.columns[c] = builder.finish();
    }
    return true;
  }

 private:
  const kql::Plan& plan_;
  const kql::Plugin& node_;
  OperatorPtr input_;
  ExpressionPtr hash_;
  std::shared_ptr<const Mapping> mapping_;
};

}  // namespace

Result<kql::Schema> late_schema(const kql::PlanPtr& plan, Execution& execution) {
  const auto& node = std::get<kql::Plugin>(plan->node);
  if (node.name == "bag_unpack") return bag_schema(*plan, node, execution);
  if (node.name == "pivot") return pivot_schema(*plan, node, execution);
  return plan->schema;
}

Result<OperatorPtr> make_plugin(const kql::Plan& plan, const kql::Plugin& node,
                                Execution& execution) {
  if (node.name == "pivot") return make_pivot(plan, node, execution);
  if (node.name == "narrow") return make_narrow(node, execution);
  if (node.name == "active_users_count") return make_active_users(plan, node, execution);
  if (node.name == "dcount_intersect") return make_dcount_intersect(node, execution);
  if (node.name == "basket") return make_basket(plan, node, execution);
  if (node.name == "rows_near") return make_rows_near(node, execution);
  if (node.name == "rolling_percentile") return make_rolling_percentile(plan, node, execution);
  if (node.name == "sliding_window_counts") return make_sliding_window(plan, node, execution);
  if (node.name == "sequence_detect") return make_sequence_detect(plan, node, execution);
  if (node.name == "reduce") return make_reduce(node, execution);
  if (node.name == "geo_polygon_lookup" || node.name == "geo_line_lookup") {
    return make_shape_lookup(node, execution);
  }
  if (node.name == "ipv4_lookup" || node.name == "ipv6_lookup")
    return make_ip_lookup(node, execution);
  if (node.name != "bag_unpack" && node.name != "FileProfile") {
    return unsupported(fmt::format("the plugin {}", node.name));
  }
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  HARRIER_TRY(ExpressionPtr first, compile_expression(node.args[0], Scope{execution}));
  if (node.name == "FileProfile") {
    HARRIER_TRY(std::shared_ptr<const Mapping> mapping,
                Mapping::load(execution.sources().mappings, "FileProfile"));
    return OperatorPtr(std::make_unique<FileProfileOperator>(plan, node, std::move(input),
                                                             std::move(first), std::move(mapping)));
  }
  HARRIER_TRY(std::string prefix, text_argument(node, 1, execution));
  HARRIER_TRY(const std::string conflict, text_argument(node, 2, execution));
  return OperatorPtr(std::make_unique<BagUnpackOperator>(plan, node, std::move(input),
                                                         std::move(first), std::move(prefix),
                                                         conflict == "replace_source"));
}

}  // namespace harrier::query
