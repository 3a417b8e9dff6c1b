#include "model/ledger.hpp"

#include "support/catch.hpp"

#include <random>

using namespace harrier;
using model::Ledger;
using model::Window;
using model::WindowState;

namespace {

Window window(std::int64_t from, std::int64_t to) {
  return Window{Instant{from}, Instant{to}};
}

}  // namespace

TEST_CASE("Adjacent windows of the same state are one", "[model][ledger]") {
  Ledger ledger;
  ledger.mark(window(0, 10), WindowState::done);
  ledger.mark(window(10, 20), WindowState::done);
  REQUIRE(ledger.entries().size() == 1);
  CHECK(ledger.entries()[0].window == window(0, 20));
}

TEST_CASE("Marking the middle of a span cuts it", "[model][ledger]") {
  Ledger ledger;
  ledger.extend(Instant{0}, Instant{30});
  ledger.mark(window(10, 20), WindowState::lost, "expired");
  REQUIRE(ledger.entries().size() == 3);
  CHECK(ledger.counts().pending == 2);
  CHECK(ledger.counts().lost == 1);
  CHECK(ledger.pending_length() == Ticks(20));
  CHECK(ledger.holes().empty());
}

TEST_CASE("A gap between stored spans is a hole", "[model][ledger]") {
  const Ledger ledger(
      {{window(0, 10), WindowState::done, ""}, {window(12, 20), WindowState::done, ""}});
  REQUIRE(ledger.holes().size() == 1);
  CHECK(ledger.holes()[0] == window(10, 12));
}

TEST_CASE("Whatever is marked, an extended ledger covers every moment exactly once",
          "[model][ledger]") {
  std::mt19937 random(7);
  Ledger ledger;
  ledger.extend(Instant{0}, Instant{1000});
  std::vector<WindowState> truth(1000, WindowState::pending);
  for (int step = 0; step < 500; ++step) {
    const auto from = static_cast<std::int64_t>(random() % 1000);
    const auto to = from + 1 + static_cast<std::int64_t>(random() % 50);
    const auto state = static_cast<WindowState>(random() % 4);
    const Window marked = window(from, std::min<std::int64_t>(to, 1000));
    ledger.mark(marked, state);
    for (auto t = marked.from.ticks; t < marked.to.ticks; ++t)
      truth[static_cast<std::size_t>(t)] = state;
  }

  std::int64_t expected_from = 0;
  for (const auto& entry : ledger.entries()) {
    REQUIRE(entry.window.from.ticks == expected_from);
    for (auto t = entry.window.from.ticks; t < entry.window.to.ticks; ++t)
      REQUIRE(truth[static_cast<std::size_t>(t)] == entry.state);
    expected_from = entry.window.to.ticks;
  }
  CHECK(expected_from == 1000);
}
