// Hunting queries over a generated store: prints the best and the median time of each.
// usage: query_bench [rows in thousands, default 1000] [folder to keep the store in]
#include "base/time.hpp"
#include "model/catalog.hpp"
#include "query/service.hpp"
#include "storage/connection.hpp"
#include "storage/directory.hpp"
#include "storage/table_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>

using namespace harrier;

namespace {

/// Counts rows and forgets them.
class CountingSink final : public query::Sink {
 public:
  Result<> begin(const kql::Schema&) override { return {}; }

  Result<bool> rows(const query::Chunk&) override { return true; }

  Result<> end(const query::Summary&) override { return {}; }
};

std::string command_line(std::mt19937_64& random, int program) {
  std::string out = fmt::format("C:\\Program Files\\Vendor{}\\program{}.exe --session {:016x}",
                                program % 40, program, random());
  if (random() % 10'000 == 0) out += " -ExecutionPolicy bypass -enc SQBFAFgA";
  return out + fmt::format(" --mode quiet --profile user{} --log C:\\ProgramData\\log{}.txt",
                           random() % 3000, random() % 100);
}

Result<> fill(const std::filesystem::path& folder, const model::TableSchema& table,
              std::int64_t rows) {
  HARRIER_TRY(auto connection, storage::Connection::open(storage::store_file(folder, table.name),
                                                         storage::OpenMode::write));
  HARRIER_TRYV(connection.execute(storage::create_tables_sql(table)));
  HARRIER_TRY(
      auto insert,
      connection.prepare(
          "INSERT INTO DeviceProcessEvents (Timestamp, DeviceId, DeviceName, ActionType, "
          "FileName, FolderPath, SHA256, ProcessId, ProcessCommandLine, AccountName, "
          "InitiatingProcessFileName, InitiatingProcessCommandLine, _Ingested, _harrier_key) "
          "VALUES (?1, ?2, ?3, 'ProcessCreated', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?1, ?12)",
          true));
  std::mt19937_64 random(7);
  const Instant start = *parse_instant("2026-11-01T00:00:00Z");
  for (std::int64_t row = 0; row < rows; ++row) {
    if (row % 10'000 == 0) HARRIER_TRYV(connection.execute("BEGIN"));
    const int program = static_cast<int>(random() % 700);
    const std::string time = format_instant(Instant{start.ticks + row * 2'000'000});
    const std::string device = fmt::format("host-{}.example.org", random() % 2000);
    const std::string device_id = fmt::format("{:040x}", random() % 2000);
    const std::string file = fmt::format("program{}.exe", program);
    const std::string path = fmt::format("C:\\Program Files\\Vendor{}\\{}", program % 40, file);
    const std::string hash = fmt::format("{:064x}", program * 7919);
    const std::string command = command_line(random, program);
    const std::string account = fmt::format("user{}", random() % 3000);
    const std::string parent = fmt::format("program{}.exe", random() % 700);
    const std::string parent_command = command_line(random, program + 1);
    const std::string key = fmt::format("{:016x}", row);
    insert.bind(1, time);
    insert.bind(2, device_id);
    insert.bind(3, device);
    insert.bind(4, file);
    insert.bind(5, path);
    insert.bind(6, hash);
    insert.bind(7, static_cast<std::int64_t>(random() % 30'000));
    insert.bind(8, command);
    insert.bind(9, account);
    insert.bind(10, parent);
    insert.bind(11, parent_command);
    insert.bind(12, key);
    HARRIER_TRYV(insert.run());
    if (row % 10'000 == 9'999 || row + 1 == rows) HARRIER_TRYV(connection.execute("COMMIT"));
  }
  return {};
}

struct Question {
  const char* name;
  std::string text;
};

std::vector<Question> questions(std::int64_t rows) {
  const Instant start = *parse_instant("2026-11-01T00:00:00Z");
  const auto since = [&](double share) {
    const auto skipped = static_cast<std::int64_t>(static_cast<double>(rows) * (1 - share));
    return format_instant(Instant{start.ticks + skipped * 2'000'000});
  };
  const std::string t = "DeviceProcessEvents | ";
  return {
      {"count", t + "count"},
      {"has, long text", t + "where ProcessCommandLine has 'bypass' | count"},
      {"contains, long text", t + "where ProcessCommandLine contains 'policy byp' | count"},
      {"matches regex",
       t + "where ProcessCommandLine matches regex @'(?i)-enc\\s+[a-z]{4}' | count"},
      {"equality", t + "where FileName == 'program7.exe' | count"},
      {"summarize by 1", t + "summarize n = count() by FileName"},
      {"summarize by 2, top", t + "summarize n = count() by FileName, DeviceName | top 10 by n"},
      {"dcount", t + "summarize dcount(DeviceId) by FileName"},
      {"join",
       t + "where FileName == 'program7.exe' | distinct DeviceId | join kind=inner (" + t +
           "where FileName == 'program8.exe' | project DeviceId, AccountName) on DeviceId | count"},
      {"has, last 10 %", t + "where Timestamp >= datetime(" + since(0.1) +
                             ") | where ProcessCommandLine has 'bypass' | count"},
      {"has, last 1 %", t + "where Timestamp >= datetime(" + since(0.01) +
                            ") | where ProcessCommandLine has 'bypass' | count"},
  };
}

Result<> measure(const std::filesystem::path& folder, const model::Catalog& catalog,
                 std::int64_t rows) {
  const SystemClock clock;
  query::ServiceOptions options;
  options.stores = folder;
  const query::QueryService service(catalog, clock, options);
  for (const Question& question : questions(rows)) {
    std::vector<double> times;
    for (int round = 0; round < 5; ++round) {
      CountingSink sink;
      const auto begin = std::chrono::steady_clock::now();
      HARRIER_TRYV(service.run(question.text, std::nullopt, sink));
      times.push_back(
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
              .count());
    }
    std::sort(times.begin(), times.end());
    fmt::print("{:<22} best {:>8.1f} ms   median {:>8.1f} ms\n", question.name, times.front(),
               times[2]);
  }
  return {};
}

Result<> run(std::int64_t rows, const std::filesystem::path& folder) {
  HARRIER_TRY(const model::Catalog catalog, model::Catalog::load_embedded());
  const model::TablePtr table = catalog.find("DeviceProcessEvents");
  if (!std::filesystem::exists(storage::store_file(folder, table->name))) {
    HARRIER_TRYV(fill(folder, *table, rows));
  }
  return measure(folder, catalog, rows);
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t rows = (argc > 1 ? std::atoll(argv[1]) : 1000) * 1000;
  const bool keep = argc > 2;
  const std::filesystem::path folder =
      keep ? std::filesystem::path(argv[2])
           : std::filesystem::temp_directory_path() /
                 fmt::format("query_bench_{}", std::random_device{}());
  std::filesystem::create_directories(folder);
  const auto done = run(rows, folder);
  if (!keep) std::filesystem::remove_all(folder);
  if (done.has_error()) {
    fmt::print(stderr, "{}\n", done.error().message);
    return 1;
  }
  return 0;
}
