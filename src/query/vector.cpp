#include "query/vector.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace harrier::query {

namespace {

constexpr std::size_t kFirstBlock = 4096;
constexpr std::size_t kLargestBlock = 1 << 20;

template <class T>
void pick(std::vector<T>& out, const std::vector<T>& in, const std::vector<std::uint32_t>& rows) {
  if (in.empty()) return;
  out.resize(rows.size());
  for (std::size_t k = 0; k < rows.size(); ++k) out[k] = in[rows[k]];
}

template <class T>
void cut(std::vector<T>& out, const std::vector<T>& in, std::size_t from, std::size_t count) {
  if (in.empty()) return;
  const auto begin = in.begin() + static_cast<std::ptrdiff_t>(from);
  out.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

std::uint64_t hash_text(std::string_view text) noexcept {
  return XXH3_64bits(text.data(), text.size());
}

char* StringHeap::allocate(std::size_t size) {
  if (size > left_) {
    const std::size_t wanted = std::clamp(bytes_, kFirstBlock, kLargestBlock);
    const std::size_t block = std::max(size, wanted);
    blocks_.push_back(std::unique_ptr<char[]>(new char[block]));
    next_ = blocks_.back().get();
    left_ = block;
    bytes_ += block;
  }
  char* at = next_;
  next_ += size;
  left_ -= size;
  return at;
}

std::string_view StringHeap::add(std::string_view text) {
  if (text.empty()) return {};
  char* at = allocate(text.size());
  std::memcpy(at, text.data(), text.size());
  return {at, text.size()};
}

Value Value::of_null(ScalarType type) noexcept {
  Value v;
  v.type = type;
  v.null = type != ScalarType::string;
  return v;
}

Value Value::of_int(ScalarType type, std::int64_t value) noexcept {
  Value v;
  v.type = type;
  v.null = false;
  v.i = value;
  return v;
}

Value Value::of_real(double value) noexcept {
  Value v;
  v.type = ScalarType::real;
  v.null = false;
  v.r = value;
  return v;
}

Value Value::of_text(ScalarType type, std::string_view value) noexcept {
  Value v;
  v.type = type;
  v.null = false;
  v.s = value;
  return v;
}

Value Vector::at(std::size_t row) const noexcept {
  const std::size_t k = constant ? 0 : row;
  Value v;
  v.type = type;
  v.null = !nulls.empty() && nulls[k] != 0;
  switch (layout_of(type)) {
    case Layout::integer:
      v.i = ints[k];
      break;
    case Layout::real:
      v.r = reals[k];
      break;
    case Layout::text:
      v.s = texts[k];
      break;
  }
  return v;
}

std::size_t Vector::cells() const noexcept {
  switch (layout_of(type)) {
    case Layout::integer:
      return ints.size();
    case Layout::real:
      return reals.size();
    case Layout::text:
      break;
  }
  return texts.size();
}

VectorBuilder::VectorBuilder(ScalarType type, std::size_t rows)
    : vector_(std::make_shared<Vector>()) {
  vector_->type = type;
  switch (layout_of(type)) {
    case Layout::integer:
      vector_->ints.reserve(rows);
      break;
    case Layout::real:
      vector_->reals.reserve(rows);
      break;
    case Layout::text:
      vector_->texts.reserve(rows);
      break;
  }
}

StringHeap& VectorBuilder::heap() {
  if (!heap_) heap_ = std::make_shared<StringHeap>();
  return *heap_;
}

void VectorBuilder::mark_null() {
  if (vector_->type == ScalarType::string) return;
  if (vector_->nulls.empty()) vector_->nulls.assign(size_, 0);
  vector_->nulls.push_back(1);
}

void VectorBuilder::push_null() {
  mark_null();
  switch (layout_of(vector_->type)) {
    case Layout::integer:
      vector_->ints.push_back(0);
      break;
    case Layout::real:
      vector_->reals.push_back(0);
      break;
    case Layout::text:
      vector_->texts.emplace_back();
      break;
  }
  ++size_;
}

void VectorBuilder::push_int(std::int64_t value) {
  vector_->ints.push_back(value);
  if (!vector_->nulls.empty()) vector_->nulls.push_back(0);
  ++size_;
}

void VectorBuilder::push_real(double value) {
  vector_->reals.push_back(value);
  if (!vector_->nulls.empty()) vector_->nulls.push_back(0);
  ++size_;
}

void VectorBuilder::push_text(std::string_view value) {
  push_view(heap().add(value));
}

void VectorBuilder::push_view(std::string_view value) {
  vector_->texts.push_back(value);
  if (!vector_->nulls.empty()) vector_->nulls.push_back(0);
  ++size_;
}

void VectorBuilder::push(const Value& value, bool copy_text) {
  if (value.null && vector_->type != ScalarType::string) return push_null();
  switch (layout_of(vector_->type)) {
    case Layout::integer:
      return push_int(value.i);
    case Layout::real:
      return push_real(value.r);
    case Layout::text:
      break;
  }
  if (copy_text) return push_text(value.s);
  push_view(value.s);
}

void VectorBuilder::own_all(const Vector& other) {
  auto& owners = vector_->owners;
  for (const auto& owner : other.owners) {
    if (std::find(owners.begin(), owners.end(), owner) == owners.end()) owners.push_back(owner);
  }
}

std::shared_ptr<Vector> VectorBuilder::finish() {
  if (heap_) vector_->owners.push_back(std::move(heap_));
  size_ = 0;
  return std::move(vector_);
}

VectorPtr constant_vector(const Value& value) {
  VectorBuilder builder(value.type, 1);
  builder.push(value);
  auto vector = builder.finish();
  vector->constant = true;
  return vector;
}

std::vector<std::uint32_t> true_rows(const Vector& vector, std::size_t rows) {
  std::vector<std::uint32_t> out;
  if (vector.constant) {
    if (vector.ints[0] == 0 || vector.is_null(0)) return out;
    out.resize(rows);
    for (std::size_t k = 0; k < rows; ++k) out[k] = static_cast<std::uint32_t>(k);
    return out;
  }
  out.resize(rows);
  std::size_t n = 0;
  const bool nullable = !vector.nulls.empty();
  for (std::size_t k = 0; k < rows; ++k) {
    out[n] = static_cast<std::uint32_t>(k);
    n += vector.ints[k] != 0 && !(nullable && vector.nulls[k] != 0) ? 1U : 0U;
  }
  out.resize(n);
  return out;
}

VectorPtr gather(const VectorPtr& vector, const std::vector<std::uint32_t>& rows) {
  if (vector->constant) return vector;
  auto out = std::make_shared<Vector>();
  out->type = vector->type;
  out->owners = vector->owners;
  pick(out->ints, vector->ints, rows);
  pick(out->reals, vector->reals, rows);
  pick(out->texts, vector->texts, rows);
  pick(out->nulls, vector->nulls, rows);
  out->dictionary = vector->dictionary;
  pick(out->codes, vector->codes, rows);
  return out;
}

Chunk gather(const Chunk& chunk, const std::vector<std::uint32_t>& rows) {
  Chunk out;
  out.rows = rows.size();
  out.columns.reserve(chunk.columns.size());
  for (const VectorPtr& column : chunk.columns) out.columns.push_back(gather(column, rows));
  return out;
}

Chunk slice(const Chunk& chunk, std::size_t from, std::size_t count) {
  if (from == 0 && count >= chunk.rows) return chunk;
  Chunk out;
  out.rows = count;
  for (const VectorPtr& column : chunk.columns) {
    if (column->constant) {
      out.columns.push_back(column);
      continue;
    }
    auto piece = std::make_shared<Vector>();
    piece->type = column->type;
    piece->owners = column->owners;
    cut(piece->ints, column->ints, from, count);
    cut(piece->reals, column->reals, from, count);
    cut(piece->texts, column->texts, from, count);
    cut(piece->nulls, column->nulls, from, count);
    piece->dictionary = column->dictionary;
    cut(piece->codes, column->codes, from, count);
    out.columns.push_back(std::move(piece));
  }
  return out;
}

std::vector<std::uint8_t> joined_nulls(const Vector& a, const Vector& b, std::size_t rows) {
  std::vector<std::uint8_t> out;
  for (const Vector* v : {&a, &b}) {
    if (v->nulls.empty()) continue;
    if (out.empty()) out.assign(rows, 0);
    const std::size_t stride = v->constant ? 0 : 1;
    for (std::size_t k = 0; k < rows; ++k) {
      out[k] = static_cast<std::uint8_t>(out[k] | v->nulls[k * stride]);
    }
  }
  return out;
}

}  // namespace harrier::query
