#include "query/table.hpp"

#include "query/decimal.hpp"

#include <bit>
#include <cmath>

namespace harrier::query {

namespace {

constexpr std::uint64_t kNullHash = 0x9E3779B97F4A7C15ULL;

std::uint64_t mixed(std::uint64_t x) noexcept {
  x ^= x >> 32U;
  x *= 0xD6E8FEB86659FD93ULL;
  x ^= x >> 32U;
  x *= 0xD6E8FEB86659FD93ULL;
  return x ^ (x >> 32U);
}

/// The hash of a row's keys up to one more.
std::uint64_t joined(std::uint64_t before, std::uint64_t cell) noexcept {
  return mixed(before * 31 + cell);
}

std::uint64_t real_bits(double value) noexcept {
  if (value == 0) value = 0;  // -0 is 0
  if (std::isnan(value)) return 0x7FF8000000000000ULL;
  return std::bit_cast<std::uint64_t>(value);
}

std::uint64_t cell_hash(const Vector& v, std::size_t row) noexcept {
  if (v.is_null(row)) return kNullHash;
  const std::size_t k = v.constant ? 0 : row;
  switch (layout_of(v.type)) {
    case Layout::integer:
      return mixed(static_cast<std::uint64_t>(v.ints[k]));
    case Layout::real:
      return mixed(real_bits(v.reals[k]));
    case Layout::text:
      break;
  }
  if (v.dictionary) return v.dictionary->hashes[v.codes[k]];
  return hash_text(v.texts[k]);
}

}  // namespace

Table::Table(const std::vector<ScalarType>& types) : heap_(std::make_shared<StringHeap>()) {
  for (const ScalarType type : types) {
    auto column = std::make_shared<Vector>();
    column->type = type;
    if (layout_of(type) == Layout::text) column->owners.push_back(heap_);
    columns_.push_back(std::move(column));
  }
}

void Table::append_cell(Vector& to, const Vector& from, std::size_t row) {
  const std::size_t k = from.constant ? 0 : row;
  const bool null = from.is_null(row);
  if (null && to.nulls.empty()) to.nulls.assign(to.cells(), 0);
  switch (layout_of(to.type)) {
    case Layout::integer:
      to.ints.push_back(from.ints[k]);
      break;
    case Layout::real:
      to.reals.push_back(from.reals[k]);
      break;
    case Layout::text:
      to.texts.push_back(heap_->add(from.texts[k]));
      break;
  }
  if (null || !to.nulls.empty()) to.nulls.push_back(null ? 1 : 0);
}

Result<> Table::append(const Chunk& chunk) {
  if (rows_ + chunk.rows >= kNoRow) {
    return Error(Errc::limit,
                 "an operator of the query holds more rows than it can number; filter earlier");
  }
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    for (std::size_t row = 0; row < chunk.rows; ++row) {
      append_cell(*columns_[c], *chunk.columns[c], row);
    }
  }
  rows_ += chunk.rows;
  return {};
}

void Table::append_row(const std::vector<VectorPtr>& columns, std::size_t row) {
  for (std::size_t c = 0; c < columns_.size(); ++c) append_cell(*columns_[c], *columns[c], row);
  ++rows_;
}

std::uint64_t Table::bytes() const noexcept {
  std::uint64_t out = heap_->bytes();
  for (const auto& column : columns_) {
    out += column->ints.capacity() * 8 + column->reals.capacity() * 8 +
           column->texts.capacity() * 16 + column->nulls.capacity();
  }
  return out;
}

Chunk Table::all() const {
  Chunk out;
  out.rows = rows_;
  out.columns.assign(columns_.begin(), columns_.end());
  return out;
}

VectorPtr gather_outer(const VectorPtr& vector, const std::vector<std::uint32_t>& rows) {
  VectorBuilder builder(vector->type, rows.size());
  builder.own_all(*vector);
  for (const std::uint32_t row : rows) {
    if (row == kNoRow) {
      builder.push_null();
    } else {
      builder.push(vector->at(row), false);
    }
  }
  return builder.finish();
}

std::uint64_t hash_row(const std::vector<VectorPtr>& keys, std::size_t row) {
  std::uint64_t hash = 0;
  for (const VectorPtr& key : keys) hash = joined(hash, cell_hash(*key, row));
  return hash;
}

void hash_rows(const std::vector<VectorPtr>& keys, std::size_t rows,
               std::vector<std::uint64_t>& out) {
  out.assign(rows, 0);
  for (const VectorPtr& key : keys) {
    if (key->constant) {
      const std::uint64_t hash = cell_hash(*key, 0);
      for (std::uint64_t& h : out) h = joined(h, hash);
      continue;
    }
    for (std::size_t row = 0; row < rows; ++row) out[row] = joined(out[row], cell_hash(*key, row));
  }
}

bool same_cell(const Vector& a, std::size_t row_a, const Vector& b, std::size_t row_b) {
  const bool null_a = a.is_null(row_a);
  if (null_a || b.is_null(row_b)) return null_a == b.is_null(row_b);
  const std::size_t x = a.constant ? 0 : row_a;
  const std::size_t y = b.constant ? 0 : row_b;
  switch (layout_of(a.type)) {
    case Layout::integer:
      return a.ints[x] == b.ints[y];
    case Layout::real:
      return real_bits(a.reals[x]) == real_bits(b.reals[y]);
    case Layout::text:
      break;
  }
  return a.texts[x] == b.texts[y];
}

int order_cells(const Value& a, const Value& b) {
  switch (layout_of(a.type)) {
    case Layout::integer:
      return a.i < b.i ? -1 : (a.i > b.i ? 1 : 0);
    case Layout::real:
      if (std::isnan(a.r) || std::isnan(b.r)) {
        return std::isnan(a.r) == std::isnan(b.r) ? 0 : (std::isnan(a.r) ? -1 : 1);
      }
      return a.r < b.r ? -1 : (a.r > b.r ? 1 : 0);
    case Layout::text:
      break;
  }
  if (a.type == ScalarType::decimal) {
    const auto x = Decimal::parse(a.s);
    const auto y = Decimal::parse(b.s);
    if (x && y) {
      const auto order = compare(*x, *y);
      return order < 0 ? -1 : (order > 0 ? 1 : 0);
    }
  }
  return a.s.compare(b.s);
}

GroupTable::GroupTable(const std::vector<ScalarType>& types) : keys_(types), slots_(1024) {}

std::uint32_t GroupTable::lookup(const std::vector<VectorPtr>& keys, std::size_t row,
                                 std::uint64_t hash, std::size_t& slot) const {
  const std::size_t mask = slots_.size() - 1;
  for (slot = hash & mask; slots_[slot].group != kNoRow; slot = (slot + 1) & mask) {
    if (slots_[slot].hash != hash) continue;
    const std::uint32_t group = slots_[slot].group;
    bool same = true;
    for (std::size_t c = 0; same && c < keys.size(); ++c) {
      same = same_cell(*keys[c], row, keys_.column(c), group);
    }
    if (same) return group;
  }
  return kNoRow;
}

void GroupTable::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.group == kNoRow) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].group != kNoRow) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

void GroupTable::insert(const std::vector<VectorPtr>& keys, std::size_t rows,
                        std::vector<std::uint32_t>& ids) {
  ids.resize(rows);
  if (keys.size() == 1 && keys[0]->dictionary && !keys[0]->constant) {
    return insert_codes(keys, rows, ids);
  }
  std::vector<std::uint64_t> hashes;
  hash_rows(keys, rows, hashes);
  for (std::size_t row = 0; row < rows; ++row) ids[row] = insert_row(keys, row, hashes[row]);
}

std::uint32_t GroupTable::insert_row(const std::vector<VectorPtr>& keys, std::size_t row,
                                     std::uint64_t hash) {
  std::size_t slot = 0;
  std::uint32_t group = lookup(keys, row, hash, slot);
  if (group != kNoRow) return group;
  group = static_cast<std::uint32_t>(keys_.rows());
  keys_.append_row(keys, row);
  slots_[slot] = {hash, group};
  if (keys_.rows() * 2 > slots_.size()) grow();
  return group;
}

void GroupTable::insert_codes(const std::vector<VectorPtr>& keys, std::size_t rows,
                              std::vector<std::uint32_t>& ids) {
  const Vector& key = *keys[0];
  if (dictionary_ != key.dictionary) {
    dictionary_ = key.dictionary;
    groups_of_codes_.assign(dictionary_->texts.size(), kNoRow);
  }
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint32_t& group = groups_of_codes_[key.codes[row]];
    if (group == kNoRow) group = insert_row(keys, row, hash_row(keys, row));
    ids[row] = group;
  }
}

void GroupTable::find(const std::vector<VectorPtr>& keys, std::size_t rows,
                      std::vector<std::uint32_t>& ids) const {
  std::vector<std::uint64_t> hashes;
  hash_rows(keys, rows, hashes);
  ids.resize(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    std::size_t slot = 0;
    ids[row] = lookup(keys, row, hashes[row], slot);
  }
}

std::uint64_t GroupTable::bytes() const noexcept {
  return keys_.bytes() + slots_.capacity() * sizeof(Slot) +
         groups_of_codes_.capacity() * sizeof(std::uint32_t);
}

}  // namespace harrier::query
