// What columns are called when their author did not say.
#include "kql/binder.hpp"
#include "kql/functions_impl.hpp"

#include <algorithm>

namespace harrier::kql {
namespace {

std::string literal_name(const Value& value) {
  if (value.type() == ScalarType::string) return value.text();
  if (value.type() == ScalarType::long_ && value.integer() >= 0) {
    return std::to_string(value.integer());
  }
  return {};
}

std::string path_name(const std::string& base, const std::string& key) {
  return base.empty() ? key : base + "_" + key;
}

}  // namespace

std::string Binder::derived_name(const ast::Expr& expr) const {
  if (const auto* name = std::get_if<ast::Name>(&expr.node)) return name->text;
  if (const auto* member = std::get_if<ast::Member>(&expr.node)) {
    return path_name(derived_name(*member->base), member->name);
  }
  if (const auto* index = std::get_if<ast::Index>(&expr.node)) {
    const auto* literal = std::get_if<ast::Literal>(&index->key->node);
    const std::string base = derived_name(*index->base);
    return path_name(base, literal == nullptr ? std::string() : literal_name(literal->value));
  }
  const auto* call = std::get_if<ast::Call>(&expr.node);
  if (call == nullptr) return {};
  const auto first = [&]() -> std::string {
    if (call->args.empty()) return {};
    return derived_name(*call->args.front());
  };
  const auto prefixed = [&](std::string_view prefix) {
    return std::string(prefix) + "_" + first();
  };
  if (const functions::AggregateForm* form = functions::find_form(call->name.text)) {
    if (form->prefix.empty()) return first();
    return prefixed(form->prefix);
  }
  if (call->name.text == "percentiles_array" || call->name.text == "percentilesw_array") {
    return prefixed("percentiles");
  }
  const Function* function = find_function(call->name.text);
  if (function == nullptr || environment_->find(call->name.text) != nullptr) return {};
  if (function->name == "ingestion_time") return "$IngestionTime";
  if (function->name == "column_ifexists" && !call->args.empty()) {
    const auto* literal = std::get_if<ast::Literal>(&call->args.front()->node);
    return literal != nullptr && literal->value.type() == ScalarType::string ? literal->value.text()
                                                                             : std::string();
  }
  switch (function->naming) {
    case NameRule::none:
      return {};
    case NameRule::first:
      return first();
    case NameRule::prefix_first:
      return prefixed(function->prefix);
    case NameRule::prefix:
      return std::string(function->prefix);
    case NameRule::first_literal:
      return {};
  }
  return {};
}

/// The columns of one item of project or extend: several for a function with several results.
Result<Binder::Names> Binder::bind_named(const ast::Expr& item, const Scope& scope) {
  const auto* assign = std::get_if<ast::Assign>(&item.node);
  const ast::Expr& value = assign != nullptr ? *assign->value : item;
  HARRIER_TRY(ExprPtr expr, bind_scalar(value, scope));
  naming_columns_ = scope.columns;

  Names names;
  const auto* call = std::get_if<Call>(&expr->node);
  const functions::MultiResult* multi =
      call == nullptr ? nullptr : functions::find_multi_result(call->function->name);
  const bool sorted = call != nullptr && call->function->name.starts_with("array_sort_") &&
                      assign != nullptr && assign->names.size() > 1;
  if (sorted) {
    for (std::size_t i = 0; i < assign->names.size(); ++i) {
      if (i >= call->args.size()) return fail(item.span, "more names than results");
      HARRIER_TRY(ExprPtr part,
                  extend_path(expr, PathStep{static_cast<std::int64_t>(i)}, item.span));
      names.push_back({std::move(part), assign->names[i].text, true, item.span});
    }
    return names;
  }
  if (multi == nullptr) {
    if (assign != nullptr && assign->names.size() > 1) {
      return fail(item.span, "this expression has one result, but there are several names");
    }
    const std::string name = assign != nullptr ? assign->names.front().text : derived_name(value);
    const bool plain = std::holds_alternative<ast::Name>(value.node);
    names.push_back({std::move(expr), name, assign != nullptr || plain, item.span});
    return names;
  }

  const auto* ast_call = std::get_if<ast::Call>(&value.node);
  const std::string argument = ast_call == nullptr || ast_call->args.empty()
                                   ? std::string()
                                   : derived_name(*ast_call->args[0]);
  std::string_view rest = multi->columns;
  for (std::int64_t i = 0; !rest.empty(); ++i) {
    const std::string_view column = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), column.size() + 1));
    const std::string_view suffix = column.substr(0, column.find(':'));
    const auto type = model::parse_scalar_type(column.substr(suffix.size() + 1));
    HARRIER_TRY(ExprPtr part, extend_path(expr, PathStep{i}, item.span));
    part = convert(std::move(part), type.value_or(ScalarType::dynamic));
    const auto at = static_cast<std::size_t>(i);
    const bool named = assign != nullptr && at < assign->names.size();
    std::string name = named
                           ? assign->names[at].text
                           : std::string(multi->name) + "_" + argument + "_" + std::string(suffix);
    names.push_back({std::move(part), std::move(name), named, item.span});
    // One name alone takes the first result and leaves the others.
    if (assign != nullptr && assign->names.size() == 1) break;
  }
  if (assign != nullptr && assign->names.size() > names.size()) {
    return fail(item.span, "more names than results");
  }
  return names;
}

/// Final names: two the author wrote must differ, the others get the next free number.
Result<Schema> Binder::settle_names(Names& names) const {
  Schema schema;
  std::vector<bool> written;
  std::size_t unnamed = 0;
  for (NamedExpr& item : names) {
    if (item.name.empty()) {
      item.name = "Column" + std::to_string(++unnamed);
    }
    const auto same = find_column(schema, item.name);
    if (same && item.explicit_name && written[*same]) {
      return fail(item.span, "there is a column `" + item.name + "` already");
    }
    schema.emplace_back(same ? free_name(schema, item.name) : item.name, item.expr->type);
    written.push_back(item.explicit_name);
  }
  return schema;
}

}  // namespace harrier::kql
