// Row keys that are known to be stored: what makes re-read rows nearly free.
#pragma once

#include "model/batch.hpp"

#include <cstddef>
#include <cstring>
#include <vector>

namespace harrier::storage {

/// A bounded set of 128-bit keys that forgets the oldest half when it is full. Exact: it never
/// claims a key that was not added.
class KnownKeys {
 public:
  /// At least `capacity` and at most twice as many keys are remembered.
  explicit KnownKeys(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] bool contains(const model::RowKey& key) const noexcept {
    return young_.contains(key) || old_.contains(key);
  }

  void add(const model::RowKey& key) {
    if (young_.size() >= capacity_) {
      old_ = std::move(young_);
      young_ = Table();
    }
    young_.add(key);
  }

  void clear() noexcept {
    young_ = Table();
    old_ = Table();
  }

 private:
  // Open addressing; the all-zero key marks a free slot and is never added (a row with it merely
  // costs a look-up more).
  class Table {
   public:
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] bool contains(const model::RowKey& key) const noexcept {
      return !slots_.empty() && !is_free(key) && same(slots_[find(key)], key);
    }

    void add(const model::RowKey& key) {
      if (is_free(key)) return;
      if (size_ * 2 >= slots_.size()) grow();
      model::RowKey& slot = slots_[find(key)];
      if (same(slot, key)) return;
      slot = key;
      ++size_;
    }

   private:
    // Two words at once, where the array's own operator goes byte by byte.
    [[nodiscard]] static bool same(const model::RowKey& a, const model::RowKey& b) noexcept {
      return std::memcmp(a.data(), b.data(), a.size()) == 0;
    }

    [[nodiscard]] static bool is_free(const model::RowKey& slot) noexcept {
      return same(slot, model::RowKey{});
    }

    [[nodiscard]] std::size_t find(const model::RowKey& key) const noexcept {
      std::size_t at = 0;
      std::memcpy(&at, key.data(), sizeof at);
      const std::size_t mask = slots_.size() - 1;
      for (at &= mask; !is_free(slots_[at]) && !same(slots_[at], key);) at = (at + 1) & mask;
      return at;
    }

    void grow() {
      std::vector<model::RowKey> before(slots_.empty() ? 1024 : slots_.size() * 2);
      before.swap(slots_);
      for (const auto& key : before) {
        if (!is_free(key)) slots_[find(key)] = key;
      }
    }

    std::vector<model::RowKey> slots_;
    std::size_t size_ = 0;
  };

  std::size_t capacity_;
  Table young_;
  Table old_;
};

}  // namespace harrier::storage
