#include "base/task.hpp"

#include "support/catch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <exception>

using namespace harrier;

namespace {

asio::awaitable<void> work_twice(asio::any_io_executor where, int& works) {
  const auto work = [&works] { return ++works; };
  co_await run_on(where, work);
  co_await run_on(where, work);
}

}  // namespace

TEST_CASE("Cancellation leaves work elsewhere alone and is seen on return", "[task]") {
  const int before = GENERATE(0, 1);  // steps there until the coroutine is cancelled
  CAPTURE(before);
  asio::io_context here;
  asio::io_context there;
  const auto here_stays = asio::make_work_guard(here);
  const auto there_stays = asio::make_work_guard(there);
  asio::cancellation_signal cancel;
  int works = 0;
  bool ended = false;
  bool cancelled = false;
  asio::co_spawn(here, work_twice(there.get_executor(), works),
                 asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr thrown) {
                   ended = true;
                   cancelled = thrown != nullptr;
                 }));
  here.poll();
  for (int step = 0; step < 8 && !ended; ++step) {
    if (step == before) {
      asio::post(here, [&] { cancel.emit(asio::cancellation_type::terminal); });
      here.poll();
    }
    there.poll_one();
    here.poll();
  }
  // The coroutine is gone: nothing that is still on its way there may need it.
  there.poll();

  CHECK(works == 1);
  CHECK(ended);
  CHECK(cancelled);
}
