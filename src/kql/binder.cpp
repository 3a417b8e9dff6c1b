#include "kql/binder.hpp"

#include "kql/diagnostic.hpp"
#include "kql/traverse.hpp"

#include <algorithm>

namespace harrier::kql {
namespace {

constexpr int kMaxSteps = 100'000;
constexpr int kMaxExpansion = 64;
/// Operators in one another once every name is replaced by what it stands for.
constexpr std::uint32_t kMaxBoundDepth = 600;
constexpr std::uint64_t kMaxWeight = 500'000;

}  // namespace

const Binding* Environment::find(std::string_view name) const noexcept {
  for (const Environment* at = this; at != nullptr; at = at->outer) {
    if (const auto it = at->names.find(name); it != at->names.end()) return &it->second;
  }
  return nullptr;
}

Error Binder::fail(Span span, std::string_view what) const {
  return error_at(text_, span, what);
}

Result<> Binder::count_step(Span span) {
  if (++steps_ > kMaxSteps) {
    return error_at(text_, span, "the query is too large once its functions are expanded",
                    Errc::limit);
  }
  return {};
}

Environment* Binder::new_environment(const Environment* outer) {
  environments_.push_back(std::make_unique<Environment>());
  environments_.back()->outer = outer;
  return environments_.back().get();
}

Scope Binder::row_scope(const Schema& schema) {
  Scope scope;
  scope.columns = &schema;
  scope.id = ++next_scope_;
  return scope;
}

PlanPtr Binder::make_plan(Schema schema, Span span, PlanNode node) const {
  auto plan = std::make_shared<Plan>();
  plan->schema = std::move(schema);
  plan->span = span;
  plan->node = std::move(node);
  plan->depth = depth_of(*plan);
  return plan;
}

PlanPtr Binder::drop_hidden(PlanPtr plan) const {
  std::vector<std::size_t> visible;
  for (std::size_t i = 0; i < plan->schema.size(); ++i) {
    if (!plan->schema[i].hidden) visible.push_back(i);
  }
  if (visible.size() == plan->schema.size()) return plan;
  const Span span = plan->span;
  return select(std::move(plan), visible, span);
}

/// Without the hidden columns but the aliases of the time column.
PlanPtr Binder::keep_times(PlanPtr plan) const {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < plan->schema.size(); ++i) {
    const OutColumn& column = plan->schema[i];
    if (!column.hidden || column.name == "Timestamp" || column.name == "TimeGenerated") {
      kept.push_back(i);
    }
  }
  if (kept.size() == plan->schema.size()) return plan;
  const Span span = plan->span;
  return select(std::move(plan), kept, span);
}

Result<BoundQuery> Binder::run(const ast::Query& query) {
  environment_ = new_environment(nullptr);
  HARRIER_TRY(const Bound result, bind_statements(query.statements, Scope()));
  const Span span = query.statements.back().span;
  if (result.table == nullptr) {
    return fail(span, "the query gives a value; write `print` in front to show it");
  }
  if (is_graph(*result.table)) {
    return fail(span, "a graph has no rows: `graph-match` or `graph-to-table` gives some");
  }
  if (weight_of(result.table, kMaxWeight) >= kMaxWeight) {
    return error_at(text_, span,
                    "the query is too large once its names are replaced by what they "
                    "stand for; materialize() computes a part once",
                    Errc::limit);
  }
  BoundQuery bound;
  bound.root = drop_hidden(result.table);
  bound.render = std::move(render_);
  bound.warnings = std::move(warnings_);
  return bound;
}

Result<Bound> Binder::bind_statements(const std::vector<ast::Statement>& statements,
                                      const Scope& scope) {
  std::optional<Bound> result;
  for (const ast::Statement& statement : statements) {
    if (const auto* let = std::get_if<ast::Let>(&statement.node)) {
      HARRIER_TRYV(bind_let(*let, scope));
    } else if (const auto* declaration = std::get_if<ast::Declare>(&statement.node)) {
      HARRIER_TRYV(bind_declare(*declaration));
    } else {
      if (result) return fail(statement.span, "only one statement of a query gives a result");
      HARRIER_TRY(result, bind_any(*std::get<ast::ExprPtr>(statement.node), scope));
    }
  }
  if (!result) {
    const Span span = statements.empty() ? Span() : statements.back().span;
    return fail({span.end, span.end}, "a query ends with an expression that gives rows");
  }
  return *result;
}

Result<> Binder::declare(const ast::Word& name, Binding binding) {
  if (!environment_->names.emplace(name.text, std::move(binding)).second) {
    return fail(name.span, "the name `" + name.text + "` has been given already");
  }
  return {};
}

Result<> Binder::bind_let(const ast::Let& let, const Scope& scope) {
  Binding binding;
  if (const auto* function = std::get_if<ast::Function>(&let.value)) {
    binding.function = function;
    binding.home = environment_;
    return declare(let.name, std::move(binding));
  }
  HARRIER_TRY(Bound value, bind_any(*std::get<ast::ExprPtr>(let.value), scope));
  binding.scalar = std::move(value.scalar);
  binding.table = std::move(value.table);
  binding.scope = scope.id;
  return declare(let.name, std::move(binding));
}

Result<> Binder::bind_declare(const ast::Declare& declaration) {
  for (const ast::ColumnDef& parameter : declaration.parameters) {
    if (parameter.default_value == nullptr) {
      return fail(parameter.name.span, "this parameter has no value: give it a default");
    }
    Binding binding;
    HARRIER_TRY(binding.scalar, bind_typed(*parameter.default_value, Scope(), parameter.type));
    HARRIER_TRYV(declare(parameter.name, std::move(binding)));
  }
  return {};
}

// ---- expressions that may be rows ----

Result<Bound> Binder::bind_any(const ast::Expr& expr, const Scope& scope) {
  HARRIER_TRYV(count_step(expr.span));
  HARRIER_TRY(Bound bound, bind_either(expr, scope));
  const std::uint32_t depth = bound.table != nullptr ? bound.table->depth : bound.scalar->depth;
  if (depth > kMaxBoundDepth) {
    return error_at(text_, expr.span, "the query is nested too deeply", Errc::limit);
  }
  return bound;
}

Result<Bound> Binder::bind_either(const ast::Expr& expr, const Scope& scope) {
  if (const auto* pipeline = std::get_if<ast::Pipeline>(&expr.node)) {
    return bind_pipeline(*pipeline, expr.span);
  }
  if (const auto* call = std::get_if<ast::Call>(&expr.node)) {
    return bind_call(*call, expr.span, scope);
  }
  if (const auto* name = std::get_if<ast::Name>(&expr.node)) {
    const bool column = scope.columns != nullptr && scope.visible &&
                        find_column(*scope.columns, name->text).has_value();
    if (!column) {
      const Binding* binding = environment_->find(name->text);
      if (binding != nullptr && binding->table != nullptr) return Bound{nullptr, binding->table};
      if (binding != nullptr && binding->function != nullptr) {
        return call_function(*binding, ast::Call{{name->text, expr.span}, {}}, expr.span, scope,
                             nullptr);
      }
      if (binding == nullptr) {
        if (auto table = find_table(name->text, expr.span)) return Bound{nullptr, *table};
        if (scope.columns == nullptr) {
          HARRIER_TRY(PlanPtr table, table_by_name(name->text, expr.span));
          return Bound{nullptr, std::move(table)};
        }
      }
    }
  }
  HARRIER_TRY(ExprPtr scalar, bind_scalar(expr, scope));
  return Bound{std::move(scalar), nullptr};
}

Result<PlanPtr> Binder::bind_table(const ast::Expr& expr) {
  HARRIER_TRY(const Bound bound, bind_any(expr, Scope()));
  if (bound.table == nullptr) return fail(expr.span, "expected a table, found a value");
  if (is_graph(*bound.table)) return fail(expr.span, "expected a table, found a graph");
  return bound.table;
}

Result<Bound> Binder::bind_pipeline(const ast::Pipeline& pipeline, Span span) {
  PlanPtr input;
  std::size_t first = 0;
  if (pipeline.source != nullptr) {
    HARRIER_TRY(const Bound bound, bind_any(*pipeline.source, Scope()));
    if (bound.table == nullptr) {
      return fail(pipeline.source->span, "expected a table, found a value");
    }
    input = bound.table;
  } else {
    HARRIER_TRY(input, bind_source(*pipeline.operators.front()));
    first = 1;
  }
  HARRIER_TRY(PlanPtr plan, bind_operators(std::move(input), pipeline, first));
  static_cast<void>(span);
  return Bound{nullptr, std::move(plan)};
}

Result<PlanPtr> Binder::bind_operators(PlanPtr input, const ast::Pipeline& pipeline,
                                       std::size_t from) {
  for (std::size_t i = from; i < pipeline.operators.size(); ++i) {
    const ast::Operator& op = *pipeline.operators[i];
    HARRIER_TRYV(count_step(op.span));
    if (std::holds_alternative<ast::RenderAs>(op.node) && i + 1 != pipeline.operators.size()) {
      return fail(op.span, "`render` must be the last operator");
    }
    HARRIER_TRY(input, bind_operator(std::move(input), op));
  }
  return input;
}

// ---- functions of `let` ----

Result<Binding> Binder::tabular_argument(const ast::FunctionParameter& parameter, PlanPtr table,
                                         Span span) {
  const auto* type = std::get_if<ast::TabularType>(&parameter.type);
  if (type == nullptr) {
    return fail(span, "the parameter `" + parameter.name.text + "` takes a value, not rows");
  }
  Binding binding;
  binding.table = std::move(table);
  if (type->star) return binding;
  std::vector<std::size_t> columns;
  for (const ast::ColumnDef& column : type->columns) {
    const auto index = find_column(binding.table->schema, column.name.text);
    if (!index || binding.table->schema[*index].type != column.type) {
      return fail(span, "the rows given to `" + parameter.name.text + "` need a column `" +
                            column.name.text + "` of type " +
                            std::string(model::to_string(column.type)));
    }
    columns.push_back(*index);
  }
  binding.table = select(std::move(binding.table), columns, span);
  return binding;
}

Result<Binding> Binder::bind_argument(const ast::FunctionParameter& parameter, const ast::Expr& arg,
                                      const Scope& scope) {
  if (std::holds_alternative<ast::TabularType>(parameter.type)) {
    HARRIER_TRY(PlanPtr table, bind_table(arg));
    return tabular_argument(parameter, std::move(table), arg.span);
  }
  Binding binding;
  HARRIER_TRY(binding.scalar, bind_typed(arg, scope, std::get<ScalarType>(parameter.type)));
  binding.scope = scope.id;
  return binding;
}

Result<Bound> Binder::call_function(const Binding& binding, const ast::Call& call, Span span,
                                    const Scope& scope, PlanPtr piped) {
  if (expansion_ >= kMaxExpansion) {
    return error_at(text_, span, "functions are nested too deeply", Errc::limit);
  }
  const ast::Function& function = *binding.function;
  Environment* const body = new_environment(binding.home);
  std::size_t next = 0;
  if (piped != nullptr) {
    if (function.parameters.empty()) {
      return fail(span, "`" + call.name.text + "` takes no rows: it has no parameter");
    }
    HARRIER_TRY(Binding rows, tabular_argument(function.parameters[0], std::move(piped), span));
    body->names.emplace(function.parameters[0].name.text, std::move(rows));
    next = 1;
  }
  for (const ast::ExprPtr& arg : call.args) {
    const auto* assign = std::get_if<ast::Assign>(&arg->node);
    auto parameter = function.parameters.begin() +
                     static_cast<std::ptrdiff_t>(std::min(next, function.parameters.size()));
    if (assign != nullptr) {
      parameter =
          std::find_if(function.parameters.begin(), function.parameters.end(),
                       [&](const auto& p) { return p.name.text == assign->names.front().text; });
    }
    if (parameter == function.parameters.end()) {
      return fail(arg->span, "`" + call.name.text + "` has no parameter for this argument");
    }
    const ast::Expr& value = assign != nullptr ? *assign->value : *arg;
    HARRIER_TRY(Binding bound, bind_argument(*parameter, value, scope));
    if (!body->names.emplace(parameter->name.text, std::move(bound)).second) {
      return fail(arg->span, "this parameter has a value already");
    }
    ++next;
  }
  for (const ast::FunctionParameter& parameter : function.parameters) {
    if (body->names.contains(parameter.name.text)) continue;
    if (parameter.default_value == nullptr) {
      return fail(span,
                  "`" + call.name.text + "` needs the argument `" + parameter.name.text + "`");
    }
    HARRIER_TRY(Binding bound, bind_argument(parameter, *parameter.default_value, Scope()));
    body->names.emplace(parameter.name.text, std::move(bound));
  }

  Environment* const outer = environment_;
  environment_ = new_environment(body);
  ++expansion_;
  Scope inner;
  inner.columns = scope.columns;
  inner.id = scope.id;
  inner.visible = false;
  auto result = bind_statements(function.body, inner);
  --expansion_;
  environment_ = outer;
  return result;
}

}  // namespace harrier::kql
