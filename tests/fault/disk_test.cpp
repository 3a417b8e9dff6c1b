// A disk that refuses one operation: each kind with each code, at every place of a life.
#include "support/fault_vfs.hpp"

#include "scenario.hpp"

#include <sqlite3.h>

#include <array>
#include <iostream>

using namespace harrier;
using namespace harrier::test;

namespace {

struct Refusal {
  const char* name;
  DiskOp op;
  int code;
  bool lasting;
  bool half;
  Errc expected;
};

constexpr std::array kRefusals = {
    Refusal{"no room, once", DiskOp::write, SQLITE_FULL, false, false, Errc::storage_full},
    Refusal{"no room from now on", DiskOp::write, SQLITE_FULL, true, true, Errc::storage_full},
    Refusal{"a write fails", DiskOp::write, SQLITE_IOERR_WRITE, false, false, Errc::storage},
    Refusal{"half a write", DiskOp::write, SQLITE_IOERR_WRITE, false, true, Errc::storage},
    Refusal{"a sync fails", DiskOp::sync, SQLITE_IOERR_FSYNC, false, false, Errc::storage},
    Refusal{"no sync from now on", DiskOp::sync, SQLITE_IOERR_FSYNC, true, false, Errc::storage},
    Refusal{"an open fails", DiskOp::open, SQLITE_CANTOPEN, false, false, Errc::storage},
    Refusal{"no open from now on", DiskOp::open, SQLITE_CANTOPEN, true, false, Errc::storage},
    Refusal{"a truncation fails", DiskOp::truncate, SQLITE_IOERR_TRUNCATE, true, false,
            Errc::storage},
    Refusal{"shared memory fails", DiskOp::shared_memory, SQLITE_IOERR_SHMMAP, false, false,
            Errc::storage},
    Refusal{"no memory", DiskOp::shared_memory, SQLITE_IOERR_NOMEM, true, false, Errc::storage},
    Refusal{"a read fails", DiskOp::read, SQLITE_IOERR_READ, false, false, Errc::storage},
    Refusal{"the file system is damaged", DiskOp::read, SQLITE_IOERR_CORRUPTFS, false, false,
            Errc::storage_corrupt},
    Refusal{"a page is damaged", DiskOp::read, SQLITE_CORRUPT, false, false, Errc::storage_corrupt},
    Refusal{"a deletion fails", DiskOp::remove, SQLITE_IOERR_DELETE, true, false, Errc::storage},
};

struct Tally {
  int lives = 0;
  int survived = 0;  ///< went to their end in spite of it
  int reported = 0;
  int set_aside = 0;
};

// One life with the fault at its n-th operation; false: the life is over before that.
bool try_one(FaultVfs& disk, const Refusal& refusal, std::uint64_t n, Tally& tally) {
  INFO(refusal.name << ", operation " << n);
  TempDir dir;
  disk.inject({refusal.op, refusal.code, n, refusal.lasting, refusal.half});
  const Told told = live(dir.path());
  const bool struck = disk.strikes() > 0;
  disk.heal();
  if (!struck) {
    REQUIRE(!told.error);
    return false;
  }
  ++tally.lives;
  if (told.error) {
    ++tally.reported;
    INFO(told.error->message);
    CHECK(told.error->message.find(".db") != std::string::npos);
    CHECK(told.error->message.find(';') != std::string::npos);  // the remedy
    if (told.error->code != refusal.expected) CHECK(told.error->code == Errc::storage);
  } else {
    ++tally.survived;
  }
  const Held held = look(dir.path());
  if (refusal.expected != Errc::storage_corrupt) CHECK(held.set_aside == 0);
  tally.set_aside += held.set_aside > 0 ? 1 : 0;
  REQUIRE(broken_promise(held, told, true) == "");
  // And it can be taken up again where it ended.
  if (n % 16 == 0) {
    const Told again = live(dir.path());
    REQUIRE(!again.error);
    REQUIRE(broken_promise(look(dir.path()), again, true) == "");
  }
  return true;
}

void try_all(const Refusal& refusal, std::uint64_t stride) {
  FaultVfs disk;
  Tally tally;
  std::uint64_t n = 1;
  while (try_one(disk, refusal, n, tally)) n += stride;
  std::cout << refusal.name << ": " << tally.lives << " of about " << n << " places, "
            << tally.reported << " reported, " << tally.survived << " survived, " << tally.set_aside
            << " stores set aside\n";
  if (refusal.op != DiskOp::remove && refusal.op != DiskOp::truncate) CHECK(tally.reported > 0);
}

}  // namespace

TEST_CASE("A disk that fails leaves the state before or after, and says so", "[fault][disk]") {
  for (const auto& refusal : kRefusals) try_all(refusal, 23);
}

TEST_CASE("A disk that fails at any operation leaves the state before or after",
          "[.][fault][disk][long]") {
  for (const auto& refusal : kRefusals) try_all(refusal, 1);
}
