#include "storage/slot.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>

namespace harrier::storage {

Slot::Hold& Slot::Hold::operator=(Hold&& other) noexcept {
  if (this != &other) {
    release();
    slot_ = std::move(other.slot_);
  }
  return *this;
}

void Slot::Hold::release() noexcept {
  if (slot_) std::exchange(slot_, nullptr)->give_on();
}

asio::awaitable<Slot::Hold> Slot::acquire() {
  auto self = shared_from_this();
  if (!taken_) {
    taken_ = true;
    co_return Hold(std::move(self));
  }
  const auto executor = co_await asio::this_coro::executor;
  const auto waiter = std::make_shared<Waiter>(executor);
  waiters_.push_back(waiter);
  boost::system::error_code woken;
  co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  if (waiter->granted) co_return Hold(std::move(self));
  waiters_.erase(std::remove(waiters_.begin(), waiters_.end(), waiter), waiters_.end());
  throw boost::system::system_error(asio::error::operation_aborted);
}

void Slot::give_on() noexcept {
  if (waiters_.empty()) {
    taken_ = false;
    return;
  }
  const auto next = waiters_.front();
  waiters_.pop_front();
  next->granted = true;
  next->timer.cancel();
}

}  // namespace harrier::storage
