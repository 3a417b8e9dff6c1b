// join and lookup of every kind: the right side is kept in a hash table, the left one streams past
// it.
#include "query/operators/make.hpp"

namespace harrier::query {

namespace {

using kql::JoinKind;

class JoinOperator final : public Operator {
 public:
  JoinOperator(const kql::Join& node, OperatorPtr left, OperatorPtr right,
               std::vector<ExpressionPtr> left_keys, std::vector<ExpressionPtr> right_keys,
               const std::vector<ScalarType>& key_types, Execution& execution)
      : node_(node),
        left_(std::move(left)),
        right_(std::move(right)),
        left_keys_(std::move(left_keys)),
        right_keys_(std::move(right_keys)),
        groups_(key_types),
        seen_left_(key_types),
        left_groups_(key_types),
        right_rows_(std::make_shared<Table>(types_of(node.right->schema))),
        context_(execution.context()),
        memory_(execution.context().memory()) {}

  Result<bool> next(Chunk& out) override {
    if (right_) {
      HARRIER_TRYV(read_left_ahead());
      HARRIER_TRYV(build());
    }
    while (left_) {
      HARRIER_TRYV(context_.check());
      if (left_row_ == left_chunk_.rows) {
        HARRIER_TRY(const bool more, next_left());
        if (!more) {
          left_.reset();
          break;
        }
        HARRIER_TRYV(probe());
      }
      list_pairs();
      if (pair_left_.empty()) continue;
      make(out, pair_left_, pair_right_);
      return true;
    }
    return emit_right(out);
  }

 private:
  static constexpr std::size_t kAheadRows = 100'000;

  /// Where right rows without a partner do not matter and the left side is small, its keys are
  /// known before the right side is read, so that only the rows that can match are kept.
  Result<> read_left_ahead() {
    const bool helps = node_.kind == JoinKind::inner || node_.kind == JoinKind::inner_unique ||
                       node_.kind == JoinKind::left_outer || node_.kind == JoinKind::left_semi ||
                       node_.kind == JoinKind::left_anti;
    if (!helps) return {};
    Table rows(types_of(node_.left->schema));
    Chunk chunk;
    std::vector<std::uint32_t> ids;
    bool more = true;
    while (more && rows.rows() < kAheadRows) {
      HARRIER_TRYV(context_.check());
      HARRIER_TRY(more, left_->next(chunk));
      if (!more || chunk.rows == 0) continue;
      HARRIER_TRY(const std::vector<VectorPtr> keys, evaluate(left_keys_, chunk));
      left_groups_.insert(keys, chunk.rows, ids);
      HARRIER_TRYV(rows.append(chunk));
      HARRIER_TRYV(memory_.set(rows.bytes() + left_groups_.bytes()));
    }
    left_known_ = !more;
    left_bytes_ = rows.bytes() + left_groups_.bytes();
    ahead_ = std::make_unique<ChunkSource>(rows.all());
    return {};
  }

  Result<bool> next_left() {
    if (ahead_) {
      HARRIER_TRY(const bool more, ahead_->next(left_chunk_));
      if (more) return true;
      ahead_.reset();
    }
    if (left_known_) return false;
    return left_->next(left_chunk_);
  }

  /// Drops the rows of a right chunk that no left row can match.
  Result<> keep_matching(Chunk& chunk, std::vector<VectorPtr>& keys) const {
    if (!left_known_) return {};
    std::vector<std::uint32_t> ids;
    left_groups_.find(keys, chunk.rows, ids);
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < chunk.rows; ++row) {
      if (ids[row] != kNoRow) rows.push_back(row);
    }
    if (rows.size() == chunk.rows) return {};
    chunk = gather(chunk, rows);
    for (VectorPtr& key : keys) key = gather(key, rows);
    return {};
  }

  Result<> build() {
    Chunk chunk;
    std::vector<std::uint32_t> ids;
    while (!(left_known_ && left_groups_.groups() == 0)) {
      HARRIER_TRYV(context_.check());
      HARRIER_TRY(const bool more, right_->next(chunk));
      if (!more) break;
      if (chunk.rows == 0) continue;
      HARRIER_TRY(std::vector<VectorPtr> keys, evaluate(right_keys_, chunk));
      HARRIER_TRYV(keep_matching(chunk, keys));
      groups_.insert(keys, chunk.rows, ids);
      heads_.resize(groups_.groups(), kNoRow);
      tails_.resize(groups_.groups(), kNoRow);
      for (const std::uint32_t id : ids) {
        const auto row = static_cast<std::uint32_t>(next_.size());
        next_.push_back(kNoRow);
        if (heads_[id] == kNoRow) {
          heads_[id] = row;
        } else {
          next_[tails_[id]] = row;
        }
        tails_[id] = row;
      }
      HARRIER_TRYV(right_rows_->append(chunk));
      HARRIER_TRYV(memory_.set(bytes()));
    }
    right_.reset();
    right_all_ = right_rows_->all();
    matched_.assign(right_rows_->rows(), false);
    return memory_.set(bytes());
  }

  static Result<std::vector<VectorPtr>> evaluate(const std::vector<ExpressionPtr>& keys,
                                                 const Chunk& chunk) {
    std::vector<VectorPtr> out;
    for (const ExpressionPtr& key : keys) {
      HARRIER_TRY(VectorPtr vector, key->evaluate(chunk));
      out.push_back(std::move(vector));
    }
    return out;
  }

  [[nodiscard]] std::uint64_t bytes() const noexcept {
    return left_bytes_ + right_rows_->bytes() + groups_.bytes() + seen_left_.bytes() +
           (next_.capacity() + heads_.capacity() + tails_.capacity()) * 4 + matched_.capacity() / 8;
  }

  /// Looks up the keys of the left chunk.
  Result<> probe() {
    left_row_ = 0;
    if (left_chunk_.rows == 0) return {};
    HARRIER_TRY(const std::vector<VectorPtr> keys, evaluate(left_keys_, left_chunk_));
    groups_.find(keys, left_chunk_.rows, ids_);
    if (node_.kind != JoinKind::inner_unique) return {};
    distinct_ = seen_left_.groups();
    seen_left_.insert(keys, left_chunk_.rows, distinct_ids_);
    return memory_.set(bytes());
  }

  /// The next pairs of the left chunk, as many as a batch holds: one row may have very many.
  void list_pairs() {
    pair_left_.clear();
    pair_right_.clear();
    while (left_row_ < left_chunk_.rows && pair_left_.size() < kChunkRows) {
      if (partner_ == kNoRow) partner_ = first_partner(left_row_);
      while (partner_ != kNoRow && pair_left_.size() < kChunkRows) {
        add(left_row_, partner_);
        matched_[partner_] = true;
        partner_ = next_[partner_];
      }
      if (partner_ == kNoRow) ++left_row_;
    }
  }

  /// The first right row to pair with a left row. Kinds that pair none are served here.
  std::uint32_t first_partner(std::uint32_t row) {
    const std::uint32_t head = ids_[row] == kNoRow ? kNoRow : heads_[ids_[row]];
    switch (node_.kind) {
      case JoinKind::left_semi:
        if (head != kNoRow) add(row, kNoRow);
        return kNoRow;
      case JoinKind::left_anti:
        if (head == kNoRow) add(row, kNoRow);
        return kNoRow;
      case JoinKind::right_semi:
      case JoinKind::right_anti:
        if (head == kNoRow || matched_[head]) return kNoRow;
        for (std::uint32_t at = head; at != kNoRow; at = next_[at]) matched_[at] = true;
        return kNoRow;
      case JoinKind::inner_unique:
        if (distinct_ids_[row] != distinct_) return kNoRow;
        ++distinct_;
        return head;
      case JoinKind::left_outer:
      case JoinKind::full_outer:
        if (head == kNoRow) add(row, kNoRow);
        return head;
      case JoinKind::inner:
      case JoinKind::right_outer:
        break;
    }
    return head;
  }

  void add(std::uint32_t left, std::uint32_t right) {
    pair_left_.push_back(left);
    pair_right_.push_back(right);
  }

  void make(Chunk& out, const std::vector<std::uint32_t>& left,
            const std::vector<std::uint32_t>& right) const {
    out.columns.clear();
    out.rows = left.size();
    for (std::size_t k = 0; k < node_.output.size(); ++k) {
      const kql::JoinColumn& column = node_.output[k];
      if (column.right) {
        out.columns.push_back(gather_outer(right_all_.columns[column.index], right));
      } else if (left_chunk_.columns.size() > column.index && (left.empty() || left[0] != kNoRow)) {
        out.columns.push_back(gather(left_chunk_.columns[column.index], left));
      } else {
        out.columns.push_back(
            constant_vector(Value::of_null(node_.left->schema[column.index].type)));
      }
    }
  }

  /// Right rows without a partner, or the answer of the right_ kinds.
  Result<bool> emit_right(Chunk& out) {
    const bool wanted_matched = node_.kind == JoinKind::right_semi;
    const bool outer = node_.kind == JoinKind::right_outer || node_.kind == JoinKind::full_outer;
    if (!outer && !wanted_matched && node_.kind != JoinKind::right_anti) return false;
    std::vector<std::uint32_t> rows;
    while (right_at_ < matched_.size() && rows.size() < kChunkRows) {
      if (matched_[right_at_] == wanted_matched) rows.push_back(right_at_);
      ++right_at_;
    }
    if (rows.empty()) return false;
    make(out, std::vector<std::uint32_t>(rows.size(), kNoRow), rows);
    return true;
  }

  const kql::Join& node_;
  OperatorPtr left_;
  OperatorPtr right_;
  std::vector<ExpressionPtr> left_keys_;
  std::vector<ExpressionPtr> right_keys_;
  GroupTable groups_;
  GroupTable seen_left_;
  GroupTable left_groups_;
  bool left_known_ = false;
  std::uint64_t left_bytes_ = 0;
  std::unique_ptr<ChunkSource> ahead_;
  std::shared_ptr<Table> right_rows_;
  QueryContext& context_;
  MemoryUse memory_;
  Chunk right_all_;
  Chunk left_chunk_;
  std::vector<std::uint32_t> heads_;
  std::vector<std::uint32_t> tails_;
  std::vector<std::uint32_t> next_;
  std::vector<bool> matched_;
  std::vector<std::uint32_t> ids_;           ///< of the left chunk's keys in `groups_`
  std::vector<std::uint32_t> distinct_ids_;  ///< the same in `seen_left_`
  std::size_t distinct_ = 0;                 ///< the next new one among them
  std::uint32_t left_row_ = 0;
  std::uint32_t partner_ = kNoRow;  ///< right row that is next for `left_row_`
  std::vector<std::uint32_t> pair_left_;
  std::vector<std::uint32_t> pair_right_;
  std::uint32_t right_at_ = 0;
};

}  // namespace

Result<OperatorPtr> make_join(const kql::Join& node, Execution& execution) {
  HARRIER_TRY(OperatorPtr left, execution.build(node.left));
  HARRIER_TRY(OperatorPtr right, execution.build(node.right));
  std::vector<kql::ExprPtr> left_exprs;
  std::vector<kql::ExprPtr> right_exprs;
  std::vector<ScalarType> types;
  for (const auto& [a, b] : node.keys) {
    left_exprs.push_back(a);
    right_exprs.push_back(b);
    types.push_back(a->type);
  }
  HARRIER_TRY(std::vector<ExpressionPtr> left_keys,
              compile_expressions(left_exprs, Scope{execution}));
  HARRIER_TRY(std::vector<ExpressionPtr> right_keys,
              compile_expressions(right_exprs, Scope{execution}));
  return OperatorPtr(std::make_unique<JoinOperator>(node, std::move(left), std::move(right),
                                                    std::move(left_keys), std::move(right_keys),
                                                    types, execution));
}

}  // namespace harrier::query
