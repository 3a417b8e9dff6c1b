// Expressions of the bound plan, compiled to vector code.
#include "query/convert.hpp"
#include "query/execution.hpp"
#include "query/json.hpp"
#include "query/list_test.hpp"
#include "query/registry.hpp"
#include "query/window.hpp"

#include <fmt/format.h>

namespace harrier::query {

namespace {

class ConstantExpression final : public Expression {
 public:
  explicit ConstantExpression(const Value& value) : vector_(constant_vector(value)) {}

  Result<VectorPtr> evaluate(const Chunk&) override { return vector_; }

 private:
  VectorPtr vector_;
};

class ColumnExpression final : public Expression {
 public:
  explicit ColumnExpression(std::size_t index) : index_(index) {}

  Result<VectorPtr> evaluate(const Chunk& input) override { return input.columns[index_]; }

 private:
  std::size_t index_;
};

class CallExpression final : public Expression {
 public:
  CallExpression(const Kernel& kernel, std::vector<ExpressionPtr> args, ScalarType type,
                 const QueryContext& query)
      : kernel_(kernel), args_(std::move(args)), type_(type), query_(query) {}

  Result<VectorPtr> evaluate(const Chunk& input) override {
    std::vector<VectorPtr> values;
    values.reserve(args_.size());
    for (const ExpressionPtr& arg : args_) {
      HARRIER_TRY(VectorPtr value, arg->evaluate(input));
      values.push_back(std::move(value));
    }
    BatchCall call{values, input.rows, type_, state_, query_};
    return call_kernel(kernel_, call);
  }

 private:
  const Kernel& kernel_;
  std::vector<ExpressionPtr> args_;
  ScalarType type_;
  const QueryContext& query_;
  CallState state_;
};

/// A window function; its input is all rows in order.
class WindowExpression final : public Expression {
 public:
  WindowExpression(WindowKernel kernel, std::vector<ExpressionPtr> args, ScalarType type)
      : kernel_(kernel), args_(std::move(args)), type_(type) {}

  Result<VectorPtr> evaluate(const Chunk& input) override {
    std::vector<VectorPtr> values;
    for (const ExpressionPtr& arg : args_) {
      HARRIER_TRY(VectorPtr value, arg->evaluate(input));
      values.push_back(std::move(value));
    }
    return kernel_(values, input.rows, type_);
  }

 private:
  WindowKernel kernel_;
  std::vector<ExpressionPtr> args_;
  ScalarType type_;
};

/// `base.a[0]`. Steps that are expressions are evaluated per row.
class PathExpression final : public Expression {
 public:
  struct Step {
    std::string key;
    std::int64_t index = 0;
    bool is_key = false;
    ExpressionPtr computed;
  };

  PathExpression(ExpressionPtr base, std::vector<Step> steps)
      : base_(std::move(base)), steps_(std::move(steps)) {}

  Result<VectorPtr> evaluate(const Chunk& input) override {
    HARRIER_TRY(const VectorPtr base, base_->evaluate(input));
    std::vector<VectorPtr> computed(steps_.size());
    bool constant = base->constant;
    for (std::size_t k = 0; k < steps_.size(); ++k) {
      if (!steps_[k].computed) continue;
      HARRIER_TRY(computed[k], steps_[k].computed->evaluate(input));
      constant = constant && computed[k]->constant;
    }
    const std::size_t rows = constant ? 1 : input.rows;
    VectorBuilder builder(ScalarType::dynamic, rows);
    builder.own_all(*base);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::string_view found =
          base->is_null(row) ? std::string_view() : walk(*base, computed, row);
      if (found.empty() || found == "null") {
        builder.push_null();
      } else {
        builder.push_view(found);
      }
    }
    auto out = builder.finish();
    out->constant = constant;
    return VectorPtr(std::move(out));
  }

 private:
  std::string_view walk(const Vector& base, const std::vector<VectorPtr>& computed,
                        std::size_t row) const {
    std::string_view json = base.at(row).s;
    for (std::size_t k = 0; k < steps_.size() && !json.empty(); ++k) {
      const Step& step = steps_[k];
      if (!step.computed) {
        json = step.is_key ? json_member(json, step.key) : json_element(json, step.index);
        continue;
      }
      Value at = computed[k]->at(row);
      if (at.null) return {};
      StringHeap heap;
      if (at.type == ScalarType::dynamic) at = json_scalar(at.s, heap);
      json = at.type == ScalarType::string ? json_member(json, at.s) : json_element(json, at.i);
    }
    return json;
  }

  ExpressionPtr base_;
  std::vector<Step> steps_;
};

/// A value of the last row that a step of scan matched.
class ScanStateExpression final : public Expression {
 public:
  ScanStateExpression(const std::vector<std::vector<Value>>& states, std::size_t step,
                      std::size_t column)
      : states_(states), step_(step), column_(column) {}

  Result<VectorPtr> evaluate(const Chunk&) override {
    return constant_vector(states_[step_][column_]);
  }

 private:
  const std::vector<std::vector<Value>>& states_;
  std::size_t step_;
  std::size_t column_;
};

Result<ExpressionPtr> compile_call(const kql::Expr& expr, const kql::Call& call, Scope scope) {
  HARRIER_TRY(std::vector<ExpressionPtr> args, compile_expressions(call.args, scope));
  const std::string_view name = call.function->name;
  if (call.function->kind == kql::FunctionKind::window) {
    const WindowKernel kernel = find_window(name);
    if (kernel == nullptr) return unsupported(fmt::format("the function {}()", name));
    return ExpressionPtr(std::make_unique<WindowExpression>(kernel, std::move(args), expr.type));
  }
  const Kernel* kernel = find_kernel(name);
  if (kernel == nullptr) return unsupported(fmt::format("the function {}()", name));
  return ExpressionPtr(std::make_unique<CallExpression>(*kernel, std::move(args), expr.type,
                                                        scope.execution.context()));
}

Result<ExpressionPtr> compile_path(const kql::DynamicPath& path, Scope scope) {
  HARRIER_TRY(ExpressionPtr base, compile_expression(path.base, scope));
  std::vector<PathExpression::Step> steps;
  for (const kql::PathStep& step : path.steps) {
    PathExpression::Step out;
    if (const auto* key = std::get_if<std::string>(&step.key)) {
      out.key = *key;
      out.is_key = true;
    } else if (const auto* index = std::get_if<std::int64_t>(&step.key)) {
      out.index = *index;
    } else {
      HARRIER_TRY(out.computed, compile_expression(std::get<kql::ExprPtr>(step.key), scope));
    }
    steps.push_back(std::move(out));
  }
  return ExpressionPtr(std::make_unique<PathExpression>(std::move(base), std::move(steps)));
}

}  // namespace

Result<ExpressionPtr> compile_expression(const kql::ExprPtr& expr, Scope scope) {
  if (const auto* constant = std::get_if<kql::Constant>(&expr->node)) {
    StringHeap heap;
    Value value = value_of(constant->value, heap);
    if (value.type != expr->type) value = convert(value, expr->type, heap);
    return ExpressionPtr(std::make_unique<ConstantExpression>(value));
  }
  if (const auto* column = std::get_if<kql::ColumnRef>(&expr->node)) {
    return ExpressionPtr(std::make_unique<ColumnExpression>(column->index));
  }
  if (const auto* call = std::get_if<kql::Call>(&expr->node))
    return compile_call(*expr, *call, scope);
  if (const auto* path = std::get_if<kql::DynamicPath>(&expr->node))
    return compile_path(*path, scope);
  if (const auto* list = std::get_if<kql::ListTest>(&expr->node)) {
    return compile_list_test(*list, scope);
  }
  if (const auto* scalar = std::get_if<kql::ScalarSubquery>(&expr->node)) {
    HARRIER_TRY(const Value value, scope.execution.scalar(scalar->plan, expr->type));
    return ExpressionPtr(std::make_unique<ConstantExpression>(value));
  }
  const auto& state = std::get<kql::ScanState>(expr->node);
  if (scope.scan_states == nullptr) return Error(Errc::internal, "a scan's state outside scan");
  return ExpressionPtr(
      std::make_unique<ScanStateExpression>(*scope.scan_states, state.step, state.column));
}

Result<std::vector<ExpressionPtr>> compile_expressions(const std::vector<kql::ExprPtr>& exprs,
                                                       Scope scope) {
  std::vector<ExpressionPtr> out;
  out.reserve(exprs.size());
  for (const kql::ExprPtr& expr : exprs) {
    HARRIER_TRY(ExpressionPtr compiled, compile_expression(expr, scope));
    out.push_back(std::move(compiled));
  }
  return out;
}

Result<Value> constant_of(const kql::ExprPtr& expr, Scope scope, StringHeap& heap) {
  HARRIER_TRY(const ExpressionPtr compiled, compile_expression(expr, scope));
  Chunk one;
  one.rows = 1;
  HARRIER_TRY(const VectorPtr vector, compiled->evaluate(one));
  Value value = vector->at(0);
  if (layout_of(value.type) == Layout::text) value.s = heap.add(value.s);
  return value;
}

Result<std::optional<std::int64_t>> count_of(const kql::ExprPtr& expr, Scope scope) {
  StringHeap heap;
  HARRIER_TRY(const Value value, constant_of(expr, scope, heap));
  const Value count = convert(value, ScalarType::long_, heap);
  return count.null ? std::optional<std::int64_t>() : std::optional<std::int64_t>(count.i);
}

bool has_window(const kql::Expr& expr) {
  if (const auto* call = std::get_if<kql::Call>(&expr.node)) {
    return call->function->kind == kql::FunctionKind::window || has_window(call->args);
  }
  if (const auto* path = std::get_if<kql::DynamicPath>(&expr.node)) {
    if (has_window(*path->base)) return true;
    for (const kql::PathStep& step : path->steps) {
      const auto* computed = std::get_if<kql::ExprPtr>(&step.key);
      if (computed != nullptr && has_window(**computed)) return true;
    }
    return false;
  }
  if (const auto* list = std::get_if<kql::ListTest>(&expr.node)) {
    return has_window(*list->value) || has_window(list->items);
  }
  return false;
}

bool has_window(const std::vector<kql::ExprPtr>& exprs) {
  for (const kql::ExprPtr& expr : exprs) {
    if (has_window(*expr)) return true;
  }
  return false;
}

Value value_of(const kql::Value& value, StringHeap& heap) {
  if (value.is_null()) return Value::of_null(value.type());
  switch (value.type()) {
    case ScalarType::boolean:
      return Value::of_bool(value.boolean());
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::datetime:
    case ScalarType::timespan:
      return Value::of_int(value.type(), value.integer());
    case ScalarType::real:
      return Value::of_real(value.real());
    case ScalarType::decimal:
      return convert(Value::of_string(heap.add(value.text())), ScalarType::decimal, heap);
    case ScalarType::dynamic:
      return dynamic_value(heap.add(value.text()));
    case ScalarType::guid:
    case ScalarType::string:
      break;
  }
  return Value::of_text(value.type(), heap.add(value.text()));
}

Error unsupported(std::string what) {
  return Error(Errc::query, std::move(what) + " is not supported");
}

}  // namespace harrier::query
