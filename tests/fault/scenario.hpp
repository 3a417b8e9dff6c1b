// A short life of a store folder, and what must hold of it wherever that life was cut off.
#pragma once

#include "fixture.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace harrier::test {

/// Pages that Events and Feed get, and rows of each.
inline constexpr int kPages = 4;
inline constexpr int kRows = 200;

/// What a life told its caller.
struct Told {
  int events = 0;      ///< pages of Events that were acknowledged
  int feed_rows = 0;   ///< pages of Feed
  int feed_marks = 0;  ///< items of the feed that were acknowledged as finished
  bool retained = false;
  std::optional<Error> error;  ///< what ended it; none: it went to its end
};

/// Opens the stores in `directory`, writes pages of two tables (one of a feed with its ledger in
/// the state file) with bad records and cursors, begins again as a new process would, writes more,
/// deletes the oldest hour and makes a backup. Goes on from what is there. `acknowledged` is called
/// after every step that reported success.
Told live(const std::filesystem::path& directory,
          const std::function<void(const Told&)>& acknowledged = {});

/// What a folder holds, read by a new process.
struct Held {
  std::map<int, int> events;  ///< rows by page
  std::map<int, int> feed;
  int events_cursor = -1;  ///< newest page that the cursor names
  int feed_cursor = -1;
  int events_done = 0;  ///< hours of the ledger that are done, from the first
  int feed_done = 0;
  int set_aside = 0;                  ///< files, of damaged stores
  std::vector<std::string> findings;  ///< of `verify --deep`
};

/// Opens every store for writing, as a daemon would, and looks. Fails the test when one cannot be
/// opened.
Held look(const std::filesystem::path& directory);

/// The first broken promise; empty: rows, ledger and cursor agree, every page is whole or absent,
/// and what was `told` is there. `durable`: power was not lost, so the newest pages count too.
std::string broken_promise(const Held& held, const Told& told, bool durable);

}  // namespace harrier::test
