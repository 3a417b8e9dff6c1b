// Power that fails: what the disk then holds is any mixture of what was written since the last
// sync.
#include "support/fault_vfs.hpp"

#include "scenario.hpp"

#include <iostream>
#include <map>

using namespace harrier;
using namespace harrier::test;

namespace {

struct Recorded {
  std::map<int, Told> promises;
  int made = 0;
};

void cut_everywhere(std::size_t stride, std::uint32_t scatterings) {
  FaultVfs disk;
  TempDir dir;
  disk.record(dir.path());
  Recorded recorded;
  const Told whole = live(dir.path(), [&](const Told& told) {
    recorded.promises[++recorded.made] = told;
    disk.promise(recorded.made);
  });
  REQUIRE(!whole.error);

  int losses = 0;
  int behind = 0;
  for (std::size_t moment = 0; moment < disk.moments(); ++moment) {
    if (!disk.is_boundary(moment) && moment % stride != 0) continue;
    for (std::uint32_t seed = 0; seed < 2 + scatterings; ++seed) {
      const Loss loss = seed == 0 ? Loss::everything : seed == 1 ? Loss::nothing : Loss::scattered;
      INFO("moment " << moment << " of " << disk.moments() << ", loss " << seed);
      TempDir left;
      const int promise = disk.lose_power(moment, loss, seed, left.path());
      Told told = recorded.promises[promise];
      if (told.events == kPages - 1) told.events = kPages;  // the next page may be there as well
      const Held held = look(left.path());
      ++losses;
      CHECK(held.set_aside == 0);
      if (held.events_done < recorded.promises[promise].events) ++behind;
      REQUIRE(broken_promise(held, told, false) == "");
    }
  }
  std::cout << "power lost " << losses << " times at " << disk.moments() - 1
            << " operations of the disk: no damage, ledgers never ahead of rows; " << behind
            << " times the newest pages of a table were undone with their ledger\n";
  CHECK(losses > 100);
}

}  // namespace

TEST_CASE("Power loss at any sync leaves rows, ledgers and cursors in step", "[fault][power]") {
  cut_everywhere(1'000'000, 1);
}

TEST_CASE("Power loss at any operation leaves rows, ledgers and cursors in step",
          "[.][fault][power][long]") {
  cut_everywhere(1, 6);
}
