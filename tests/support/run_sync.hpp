// Runs a task to its end on an I/O context of its own.
#pragma once

#include "base/task.hpp"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>

namespace harrier::test {

/// The outcome of `task`; an exception that leaves it is rethrown.
template <class T>
Result<T> run_sync(Task<T> task) {
  asio::io_context context;
  std::optional<Result<T>> outcome;
  std::exception_ptr failure;
  asio::co_spawn(context, std::move(task), [&](std::exception_ptr thrown, Result<T> result) {
    failure = thrown;
    outcome.emplace(std::move(result));
  });
  context.run();
  if (failure) std::rethrow_exception(failure);
  return std::move(*outcome);
}

}  // namespace harrier::test
