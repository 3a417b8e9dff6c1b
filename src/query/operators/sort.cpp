// sort and top.
#include "query/operators/make.hpp"

#include <algorithm>
#include <numeric>

namespace harrier::query {

namespace {

struct KeyOrder {
  bool descending;
  bool nulls_first;
};

class SortOperator final : public Operator {
 public:
  SortOperator(OperatorPtr input, std::vector<ScalarType> types, std::vector<ExpressionPtr> keys,
               std::vector<ScalarType> key_types, std::vector<KeyOrder> orders,
               std::optional<std::size_t> limit, QueryContext& context)
      : input_(std::move(input)),
        types_(std::move(types)),
        keys_(std::move(keys)),
        key_types_(std::move(key_types)),
        orders_(std::move(orders)),
        limit_(limit),
        context_(context),
        memory_(context.memory()) {}

  Result<bool> next(Chunk& out) override {
    if (!rows_) {
      HARRIER_TRYV(read());
    }
    return rows_->next(out);
  }

 private:
  static constexpr std::size_t kSlack = 65'536;

  Result<> read() {
    table_ = std::make_shared<Table>(types_);
    key_table_ = std::make_shared<Table>(key_types_);
    Chunk chunk;
    while (true) {
      HARRIER_TRYV(context_.check());
      HARRIER_TRY(const bool more, input_->next(chunk));
      if (!more) break;
      if (chunk.rows == 0) continue;
      Chunk keys;
      keys.rows = chunk.rows;
      for (const ExpressionPtr& key : keys_) {
        HARRIER_TRY(VectorPtr vector, key->evaluate(chunk));
        keys.columns.push_back(std::move(vector));
      }
      if (full_) drop_late(chunk, keys);
      HARRIER_TRYV(table_->append(chunk));
      HARRIER_TRYV(key_table_->append(keys));
      if (limit_ && table_->rows() > *limit_ + kSlack) HARRIER_TRYV(cut());
      HARRIER_TRYV(memory_.set(table_->bytes() + key_table_->bytes()));
    }
    input_.reset();
    rows_ = std::make_unique<ChunkSource>(gather(table_->all(), order()));
    return {};
  }

  /// Row numbers in order, at most `limit_`.
  [[nodiscard]] std::vector<std::uint32_t> order() const {
    std::vector<std::uint32_t> rows(table_->rows());
    std::iota(rows.begin(), rows.end(), 0U);
    const Chunk keys = key_table_->all();
    const auto before = [&](std::uint32_t a, std::uint32_t b) {
      const int order = compare(keys, a, keys, b);
      return order != 0 ? order < 0 : a < b;
    };
    if (limit_ && *limit_ < rows.size()) {
      const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(*limit_);
      std::partial_sort(rows.begin(), middle, rows.end(), before);
      rows.resize(*limit_);
    } else {
      std::sort(rows.begin(), rows.end(), before);
    }
    return rows;
  }

  [[nodiscard]] int compare(const Chunk& keys_a, std::uint32_t a, const Chunk& keys_b,
                            std::uint32_t b) const {
    for (std::size_t k = 0; k < orders_.size(); ++k) {
      const Vector& column_a = *keys_a.columns[k];
      const Vector& column_b = *keys_b.columns[k];
      const bool null_a = column_a.is_null(a);
      const bool null_b = column_b.is_null(b);
      if (null_a || null_b) {
        if (null_a == null_b) continue;
        return null_a == orders_[k].nulls_first ? -1 : 1;
      }
      const int order = order_cells(column_a.at(a), column_b.at(b));
      if (order != 0) return orders_[k].descending ? -order : order;
    }
    return 0;
  }

  /// Drops new rows that do not come before the last of `limit_` rows kept in order.
  void drop_late(Chunk& chunk, Chunk& keys) const {
    if (*limit_ == 0) return;
    const Chunk kept = key_table_->all();
    const auto last = static_cast<std::uint32_t>(*limit_ - 1);
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < chunk.rows; ++row) {
      if (compare(keys, row, kept, last) < 0) rows.push_back(row);
    }
    chunk = gather(chunk, rows);
    keys = gather(keys, rows);
  }

  /// Drops what cannot be among the first rows any more.
  Result<> cut() {
    const std::vector<std::uint32_t> rows = order();
    auto table = std::make_shared<Table>(types_);
    auto keys = std::make_shared<Table>(key_types_);
    HARRIER_TRYV(table->append(gather(table_->all(), rows)));
    HARRIER_TRYV(keys->append(gather(key_table_->all(), rows)));
    table_ = std::move(table);
    key_table_ = std::move(keys);
    full_ = true;
    return {};
  }

  OperatorPtr input_;
  std::vector<ScalarType> types_;
  std::vector<ExpressionPtr> keys_;
  std::vector<ScalarType> key_types_;
  std::vector<KeyOrder> orders_;
  std::optional<std::size_t> limit_;
  QueryContext& context_;
  MemoryUse memory_;
  std::shared_ptr<Table> table_;
  std::shared_ptr<Table> key_table_;
  bool full_ = false;  ///< the first `limit_` rows of the tables are in order
  std::unique_ptr<ChunkSource> rows_;
};

}  // namespace

Result<OperatorPtr> make_sort(const kql::Plan& plan, const kql::Sort& node, Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  std::vector<ExpressionPtr> keys;
  std::vector<ScalarType> key_types;
  std::vector<KeyOrder> orders;
  for (const kql::SortKey& key : node.keys) {
    HARRIER_TRY(ExpressionPtr compiled, compile_expression(key.expr, Scope{execution}));
    keys.push_back(std::move(compiled));
    key_types.push_back(key.expr->type);
    orders.push_back({key.descending, key.nulls_first});
  }
  std::optional<std::size_t> limit;
  if (node.limit) {
    HARRIER_TRY(const auto count, count_of(node.limit, Scope{execution}));
    limit = static_cast<std::size_t>(std::max<std::int64_t>(0, count.value_or(0)));
  }
  return OperatorPtr(std::make_unique<SortOperator>(std::move(input), types_of(plan.schema),
                                                    std::move(keys), std::move(key_types),
                                                    std::move(orders), limit, execution.context()));
}

}  // namespace harrier::query
