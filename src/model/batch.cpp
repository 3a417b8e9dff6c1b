#include "model/batch.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace harrier::model {

namespace {

constexpr std::size_t kBlockSize = 256 * 1024;
/// Room taken at once: growing by halves would copy and touch most of a full batch again.
constexpr std::size_t kRowsReserved = 4096;
constexpr std::size_t kReservedFrom = 64;

/// A time of this century in its stored form as a number of the same order; 0 for any other text.
std::uint64_t order_of(std::string_view time) noexcept {
  constexpr std::string_view kShape = "2000-00-00T00:00:00.0000000Z";
  if (time.size() != kShape.size() || !time.starts_with("20")) return 0;
  std::uint64_t number = 0;
  bool fits = true;
  for (std::size_t i = 2; i < kShape.size(); ++i) {
    const char c = time[i];
    if (kShape[i] == '0') {
      fits = fits && c >= '0' && c <= '9';
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
    } else {
      fits = fits && c == kShape[i];
    }
  }
  return fits ? number : 0;
}

}  // namespace

char* Arena::allocate(std::size_t size) {
  if (blocks_.empty() || blocks_.back().size - used_ < size) {
    Block block;
    block.size = std::max(kBlockSize, size);
    block.bytes = std::unique_ptr<char[]>(new char[block.size]);  // left uninitialised on purpose
    total_ += block.size;
    blocks_.push_back(std::move(block));
    used_ = 0;
  }
  char* out = blocks_.back().bytes.get() + used_;
  used_ += size;
  return out;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return std::string_view("", 0);
  char* out = allocate(text.size());
  std::memcpy(out, text.data(), text.size());
  return {out, text.size()};
}

void Arena::clear() noexcept {
  if (blocks_.size() > 1) blocks_.erase(blocks_.begin() + 1, blocks_.end());
  total_ = blocks_.empty() ? 0 : blocks_.front().size;
  used_ = 0;
}

int RowLayout::index_of(std::string_view column) const noexcept {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column) return static_cast<int>(i);
  }
  return -1;
}

std::span<Cell> Batch::add_row() {
  const std::size_t width = layout_->columns.size();
  if (size() == kReservedFrom) cells_.reserve(kRowsReserved * width);
  cells_.resize(cells_.size() + width);
  keys_.emplace_back();
  return std::span(cells_).last(width);
}

void Batch::drop_last_row() noexcept {
  cells_.resize(cells_.size() - layout_->columns.size());
  keys_.pop_back();
}

std::span<const Cell> Batch::row(std::size_t index) const noexcept {
  const std::size_t width = layout_->columns.size();
  return std::span(cells_).subspan(index * width, width);
}

std::vector<std::uint32_t> Batch::time_order() const {
  std::vector<std::uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0U);
  if (layout_->time_index < 0) return order;
  const auto column = static_cast<std::size_t>(layout_->time_index);
  const auto time_of = [&](std::uint32_t index) {
    const Cell& cell = row(index)[column];
    return cell.tag() == CellTag::text ? cell.text() : std::string_view();
  };
  std::vector<std::pair<std::uint64_t, std::uint32_t>> numbered;
  numbered.reserve(size());
  for (const std::uint32_t index : order) {
    numbered.emplace_back(order_of(time_of(index)), index);
    if (numbered.back().first == 0) break;
  }
  if (numbered.empty() || numbered.back().first != 0) {
    if (std::is_sorted(numbered.begin(), numbered.end())) return order;
    std::sort(numbered.begin(), numbered.end());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = numbered[i].second;
    return order;
  }
  const auto earlier = [&](std::uint32_t a, std::uint32_t b) { return time_of(a) < time_of(b); };
  if (!std::is_sorted(order.begin(), order.end(), earlier))
    std::stable_sort(order.begin(), order.end(), earlier);
  return order;
}

KeyHasher::KeyHasher(const RowLayout& layout) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    const std::string& name = layout.columns[i].name;
    if (layout.table->stamped && name == layout.table->time_column) continue;
    const bool internal = name.starts_with("_") && layout.table->find(name) == nullptr;
    if (!internal || name == "_Other" || name == "_Removed") order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return layout.columns[a].name < layout.columns[b].name;
  });
  for (const std::size_t i : order) {
    const std::string& name = layout.columns[i].name;
    parts_.push_back({i, XXH3_64bits(name.data(), name.size())});
  }
}

RowKey KeyHasher::hash(std::span<const Cell> row) {
  struct Head {
    std::uint64_t name_hash;
    std::uint32_t size;
    std::uint32_t tag;
  };

  std::size_t bound = 0;
  for (const Part& part : parts_) {
    const Cell& cell = row[part.index];
    bound += sizeof(Head) + (cell.tag() == CellTag::text ? cell.text().size() : 8);
  }
  if (scratch_.size() < bound) scratch_.resize(bound);
  char* out = scratch_.data();
  for (const Part& part : parts_) {
    const Cell& cell = row[part.index];
    Head head{part.name_hash, 8, static_cast<std::uint32_t>(cell.tag())};
    const std::int64_t integer = cell.integer();
    const double real = cell.real();
    const char* value = nullptr;
    switch (cell.tag()) {
      case CellTag::null:
        continue;
      case CellTag::integer:
        value = reinterpret_cast<const char*>(&integer);
        break;
      case CellTag::real:
        value = reinterpret_cast<const char*>(&real);
        break;
      case CellTag::text:
        if (cell.text().empty()) continue;
        head.size = static_cast<std::uint32_t>(cell.text().size());
        value = cell.text().data();
        break;
    }
    std::memcpy(out, &head, sizeof head);
    std::memcpy(out + sizeof head, value, head.size);
    out += sizeof head + head.size;
  }
  const XXH128_hash_t hash =
      XXH3_128bits(scratch_.data(), static_cast<std::size_t>(out - scratch_.data()));
  RowKey key;
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::memcpy(key.data(), canonical.digest, key.size());
  return key;
}

}  // namespace harrier::model
