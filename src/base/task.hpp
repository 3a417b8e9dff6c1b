// Coroutines: the task type and the two helpers that own Asio's sharp edges.
#pragma once

#include "base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <type_traits>
#include <utility>

namespace harrier {

namespace asio = boost::asio;

/// A coroutine whose outcome is a value or an `Error`. Cancellation is the only exception that
/// leaves it.
template <class T = void>
using Task = asio::awaitable<Result<T>>;

/// Runs blocking `work` on `where` and resumes on the caller's executor.
/// Cancellation does not interrupt `work`; it is seen on return.
template <class F>
asio::awaitable<std::invoke_result_t<F&>> run_on(asio::any_io_executor where, F work) {
  using Out = std::invoke_result_t<F&>;
  auto body = [work = std::move(work)]() mutable -> asio::awaitable<Out> { co_return work(); };
  // Without a slot: Asio would hand a cancellation on to `where` by a plain pointer, which may be
  // gone by the time it is used there.
  auto deaf = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
  co_return co_await asio::co_spawn(where, std::move(body), std::move(deaf));
}

/// Cancels `task` after `limit`; the outcome is then `Errc::timeout`.
template <class T>
Task<T> with_deadline(std::chrono::milliseconds limit, Task<T> task) {
  using namespace asio::experimental::awaitable_operators;
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, limit);
  auto won = co_await (std::move(task) || timer.async_wait(asio::use_awaitable));
  if (won.index() == 1) co_return Error(Errc::timeout, "deadline passed");
  co_return std::get<0>(std::move(won));
}

/// Suspends for `length`; cancellation ends it with the exception that ends coroutines.
inline asio::awaitable<void> sleep_for(std::chrono::milliseconds length) {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, length);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace harrier
