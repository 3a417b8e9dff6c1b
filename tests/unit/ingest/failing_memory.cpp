#include "failing_memory.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t until_failure = 0;  // 0: none is due
thread_local bool failed = false;
thread_local long taken = 0;

[[maybe_unused]] void* take(std::size_t size) {
  if (until_failure > 0 && --until_failure == 0) {
    failed = true;
    throw std::bad_alloc();
  }
  void* const block = std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) throw std::bad_alloc();
  ++taken;
  return block;
}

[[maybe_unused]] void give_back(void* block) noexcept {
  if (block != nullptr) --taken;
  std::free(block);
}

}  // namespace

// The sanitizers have operators of their own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(std::size_t size) {
  return take(size);
}

void* operator new[](std::size_t size) {
  return take(size);
}

void operator delete(void* block) noexcept {
  give_back(block);
}

void operator delete[](void* block) noexcept {
  give_back(block);
}

void operator delete(void* block, std::size_t) noexcept {
  give_back(block);
}

void operator delete[](void* block, std::size_t) noexcept {
  give_back(block);
}

#endif

namespace harrier::test {

FailingMemory::FailingMemory(std::size_t n) noexcept {
  failed = false;
  until_failure = n;
}

FailingMemory::~FailingMemory() {
  until_failure = 0;
}

bool FailingMemory::has_failed() const noexcept {
  return failed;
}

long FailingMemory::blocks() noexcept {
  return taken;
}

}  // namespace harrier::test
