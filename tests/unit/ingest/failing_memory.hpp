// Memory that runs out on purpose: operator new of this program, counted.
#pragma once

#include <cstddef>

namespace harrier::test {

/// While it lives, the `n`-th allocation of this thread (from 1) throws std::bad_alloc, once.
class FailingMemory {
 public:
  explicit FailingMemory(std::size_t n) noexcept;
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;
  ~FailingMemory();

  [[nodiscard]] bool has_failed() const noexcept;
  /// Blocks that this thread took and has not given back.
  [[nodiscard]] static long blocks() noexcept;
};

}  // namespace harrier::test
