#include "kql/binder.hpp"
#include "kql/diagnostic.hpp"

#include <algorithm>
#include <array>

namespace harrier::kql {

using enum ScalarType;

namespace {

struct KindName {
  std::string_view name;
  JoinKind kind;
};

constexpr std::array kKinds{
    KindName{"inner", JoinKind::inner},          KindName{"innerunique", JoinKind::inner_unique},
    KindName{"leftouter", JoinKind::left_outer}, KindName{"rightouter", JoinKind::right_outer},
    KindName{"fullouter", JoinKind::full_outer}, KindName{"leftsemi", JoinKind::left_semi},
    KindName{"rightsemi", JoinKind::right_semi}, KindName{"leftanti", JoinKind::left_anti},
    KindName{"anti", JoinKind::left_anti},       KindName{"leftantisemi", JoinKind::left_anti},
    KindName{"rightanti", JoinKind::right_anti}, KindName{"rightantisemi", JoinKind::right_anti},
};

std::optional<JoinKind> kind_of(std::string_view name) {
  for (const KindName& candidate : kKinds) {
    if (candidate.name == name) return candidate.kind;
  }
  return std::nullopt;
}

}  // namespace

/// The column behind `$left.x` or `$right["x"]`.
Result<ExprPtr> Binder::join_operand(const ast::Expr& side, std::string_view prefix,
                                     const Schema& schema) const {
  const ast::Expr* base = nullptr;
  std::string column;
  if (const auto* member = std::get_if<ast::Member>(&side.node)) {
    base = member->base.get();
    column = member->name;
  } else if (const auto* index = std::get_if<ast::Index>(&side.node)) {
    const auto* literal = std::get_if<ast::Literal>(&index->key->node);
    if (literal != nullptr && literal->value.type() == string) {
      base = index->base.get();
      column = literal->value.text();
    }
  }
  const auto* name = base == nullptr ? nullptr : std::get_if<ast::Name>(&base->node);
  if (name == nullptr || name->text != prefix) {
    return fail(side.span, "expected `" + std::string(prefix) + ".` and a column");
  }
  const auto index = find_column(schema, column);
  if (!index) {
    return fail(side.span,
                "unknown column `" + column + "`" + suggestion(column, column_names(schema)));
  }
  return column_ref(schema, *index, side.span);
}

Result<> Binder::check_key(const ExprPtr& left, const ExprPtr& right, Span span) const {
  if (left->type == dynamic || right->type == dynamic) {
    return fail(span,
                "a dynamic column cannot be joined by: convert it first, for example with "
                "tostring()");
  }
  const bool whole = is_integer(left->type) && is_integer(right->type);
  if (left->type != right->type && !whole) {
    return fail(span, "the columns to join by have different types: " +
                          std::string(model::to_string(left->type)) + " and " +
                          std::string(model::to_string(right->type)));
  }
  return {};
}

Result<> Binder::join_condition(const ast::Expr& on, const PlanPtr& left, const PlanPtr& right,
                                Join& join, std::vector<std::size_t>& right_keys) {
  ExprPtr l;
  ExprPtr r;
  if (const auto* name = std::get_if<ast::Name>(&on.node)) {
    const auto in_left = find_column(left->schema, name->text);
    const auto in_right = find_column(right->schema, name->text);
    if (!in_left || !in_right) {
      const Schema& lacking = !in_left ? left->schema : right->schema;
      return fail(on.span, "the " + std::string(!in_left ? "left" : "right") +
                               " side has no column `" + name->text + "`" +
                               suggestion(name->text, column_names(lacking)));
    }
    l = column_ref(left->schema, *in_left, on.span);
    r = column_ref(right->schema, *in_right, on.span);
  } else if (const auto* binary = std::get_if<ast::Binary>(&on.node);
             binary != nullptr && binary->op == "and") {
    for (const ast::ExprPtr& operand : binary->operands) {
      HARRIER_TRYV(join_condition(*operand, left, right, join, right_keys));
    }
    return {};
  } else if (binary != nullptr && binary->op == "==") {
    HARRIER_TRY(l, join_operand(*binary->operands[0], "$left", left->schema));
    HARRIER_TRY(r, join_operand(*binary->operands[1], "$right", right->schema));
  } else {
    return fail(on.span, "expected a column of both sides, or `$left.a == $right.b`");
  }
  HARRIER_TRYV(check_key(l, r, on.span));
  right_keys.push_back(std::get<ColumnRef>(r->node).index);
  if (l->type != r->type) {
    l = convert(std::move(l), long_);
    r = convert(std::move(r), long_);
  }
  join.keys.emplace_back(std::move(l), std::move(r));
  return {};
}

Result<PlanPtr> Binder::bind_join(PlanPtr left, const ast::JoinWith& node, Span span) {
  Join join;
  join.kind = node.lookup ? JoinKind::left_outer : JoinKind::inner_unique;
  for (const ast::Option& option : node.options) {
    if (option.name.text != "kind") continue;
    const auto* name = std::get_if<ast::Name>(&option.value->node);
    const auto kind = name == nullptr ? std::nullopt : kind_of(name->text);
    const bool allowed =
        kind && (!node.lookup || *kind == JoinKind::inner || *kind == JoinKind::left_outer);
    if (!allowed) {
      return fail(option.value->span, node.lookup ? "`lookup` has the kinds leftouter and inner"
                                                  : "unknown kind of join");
    }
    join.kind = *kind;
  }
  HARRIER_TRY(PlanPtr right, bind_table(*node.right));
  std::vector<std::size_t> right_keys;
  for (const ast::ExprPtr& on : node.on) {
    HARRIER_TRYV(join_condition(*on, left, right, join, right_keys));
  }

  Schema schema;
  const bool right_only = join.kind == JoinKind::right_semi || join.kind == JoinKind::right_anti;
  const bool left_only = join.kind == JoinKind::left_semi || join.kind == JoinKind::left_anti;
  if (!right_only) {
    for (std::size_t i = 0; i < left->schema.size(); ++i) {
      schema.push_back(left->schema[i]);
      join.output.push_back({false, i});
    }
  }
  if (!left_only) {
    for (std::size_t i = 0; i < right->schema.size(); ++i) {
      OutColumn column = right->schema[i];
      const bool key = std::find(right_keys.begin(), right_keys.end(), i) != right_keys.end();
      if (node.lookup && key) continue;
      if (column.hidden && find_column(schema, column.name)) continue;
      if (!column.hidden) column.name = free_name(schema, column.name);
      schema.push_back(std::move(column));
      join.output.push_back({true, i});
    }
  }
  join.left = std::move(left);
  join.right = std::move(right);
  return make_plan(std::move(schema), span, std::move(join));
}

}  // namespace harrier::kql
