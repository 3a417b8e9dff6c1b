#include "ingest/table_progress.hpp"

#include "support/catch.hpp"

using namespace harrier;
using ingest::TableProgress;

namespace {

TableProgress entry(const char* stream, const char* state, const char* reason = "") {
  TableProgress made;
  made.stream = stream;
  made.status.table = "AuditGeneral";
  made.status.state = state;
  made.status.reason = reason;
  return made;
}

}  // namespace

TEST_CASE("Of several feeds of a table the one in need gives the state and names itself",
          "[ingest][progress]") {
  auto other = entry("MdeMachines", "ok");
  other.status.table = "MdeMachines";
  const auto merged =
      ingest::merge_by_table({entry("Audit.General", "ok"), other,
                              entry("DLP.All", "denied", "Grant ActivityFeed.ReadDlp.")});

  REQUIRE(merged.size() == 2);
  CHECK(merged[0].status.state == "denied");
  CHECK(merged[0].status.reason == "DLP.All: Grant ActivityFeed.ReadDlp.");
  CHECK(merged[1].status.state == "ok");
}

TEST_CASE("A feed without a licence does not make a table unlicensed that others fill",
          "[ingest][progress]") {
  const auto merged = ingest::merge_by_table(
      {entry("DLP.All", "unlicensed", "No licence."), entry("Audit.General", "ok")});
  CHECK(merged[0].status.state == "ok");
  CHECK(merged[0].status.reason == "DLP.All: No licence.");

  const auto alone = ingest::merge_by_table({entry("DLP.All", "unlicensed", "No licence.")});
  CHECK(alone[0].status.state == "unlicensed");
  CHECK(alone[0].status.reason == "No licence.");
}

TEST_CASE("Progress of a table is the sum of its feeds, and its age that of the oldest",
          "[ingest][progress]") {
  auto first = entry("a", "ok");
  auto second = entry("b", "ok");
  const Instant now{739'000 * kTicksPerDay};
  first.progress.done_until = now;
  second.progress.done_until = now - std::chrono::hours(1);
  first.progress.windows.done = 2;
  second.progress.windows.lost = 1;
  second.progress.pending = std::chrono::hours(3);
  first.status.next_poll = now + std::chrono::minutes(5);
  second.status.next_poll = now + std::chrono::minutes(1);
  first.expected_lag = std::chrono::minutes(8);

  const auto merged = ingest::merge_by_table({first, second});

  REQUIRE(merged.size() == 1);
  CHECK(merged[0].progress.done_until == second.progress.done_until);
  CHECK(merged[0].progress.windows.done == 2);
  CHECK(merged[0].progress.windows.lost == 1);
  CHECK(merged[0].progress.pending == Ticks(std::chrono::hours(3)));
  CHECK(merged[0].status.next_poll == second.status.next_poll);
  CHECK(merged[0].expected_lag == Ticks(std::chrono::minutes(8)));
}
