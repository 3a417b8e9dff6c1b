#include "query/pipeline.hpp"

#include "kql/traverse.hpp"

namespace harrier::query {

namespace {

class FilterStage final : public Stage {
 public:
  explicit FilterStage(std::vector<ExpressionPtr> conjuncts) : conjuncts_(std::move(conjuncts)) {}

  Result<> apply(Chunk& chunk) override {
    for (const ExpressionPtr& conjunct : conjuncts_) {
      if (chunk.rows == 0) return {};
      HARRIER_TRY(const VectorPtr truth, conjunct->evaluate(chunk));
      const std::vector<std::uint32_t> rows = true_rows(*truth, chunk.rows);
      if (rows.size() != chunk.rows) chunk = gather(chunk, rows);
    }
    return {};
  }

 private:
  std::vector<ExpressionPtr> conjuncts_;
};

class ProjectStage final : public Stage {
 public:
  explicit ProjectStage(std::vector<ExpressionPtr> columns) : columns_(std::move(columns)) {}

  Result<> apply(Chunk& chunk) override {
    Chunk out;
    out.rows = chunk.rows;
    out.columns.reserve(columns_.size());
    for (const ExpressionPtr& column : columns_) {
      HARRIER_TRY(VectorPtr vector, column->evaluate(chunk));
      out.columns.push_back(std::move(vector));
    }
    chunk = std::move(out);
    return {};
  }

 private:
  std::vector<ExpressionPtr> columns_;
};

}  // namespace

Result<StagePtr> make_filter_stage(const kql::Filter& node, Scope scope) {
  std::vector<kql::ExprPtr> conjuncts;
  kql::split_conjuncts(node.predicate, conjuncts);
  HARRIER_TRY(std::vector<ExpressionPtr> compiled, compile_expressions(conjuncts, scope));
  return StagePtr(std::make_unique<FilterStage>(std::move(compiled)));
}

Result<StagePtr> make_project_stage(const kql::Project& node, Scope scope) {
  HARRIER_TRY(std::vector<ExpressionPtr> compiled, compile_expressions(node.columns, scope));
  return StagePtr(std::make_unique<ProjectStage>(std::move(compiled)));
}

}  // namespace harrier::query
