// Disks that are full, damaged or read-only under the real daemon; copies, verification,
// quarantine.
#include "support/catch.hpp"

#include "e2e/expect.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace harrier::test;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kTwoTables = {"--tables", "DeviceEvents,DeviceInfo", "--events",
                                             "1500"};

bool says(const std::string& text, const char* what) {
  return text.find(what) != std::string::npos;
}

void require_complete(const Tenant& tenant) {
  const auto compared = tenant.compare();
  INFO(compared.output);
  REQUIRE(compared.code == 0);
  const auto verified = tenant.harrier({"verify"});
  INFO(verified.output);
  CHECK((verified.code == 0 || says(verified.output, "damaged-")));
}

void change(const fs::path& file, const char* sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

void overwrite(const fs::path& file, std::streamoff at, std::size_t size) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(at);
  stream << std::string(size, 'x');
}

// A port that nothing listens on; the system chose it.
int free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(probe, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(probe);
  return ntohs(address.sin_port);
}

}  // namespace

TEST_CASE("A file system that is full is said, and filled again when there is room",
          "[e2e][disk]") {
  std::string ignored;
  if (run({"unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"}, ignored) != 0) {
    WARN("skipped: mounting a small file system needs root");
    return;
  }
  const Tenant tenant(kTwoTables);
  tenant.configure("[storage]", "[storage]\nmin_free = \"1KiB\"");
  fs::create_directories(tenant.stores());
  fs::create_directories(tenant.file("kept"));
  std::ofstream(tenant.file("full.sh")) << R"(set -u
mount -t tmpfs -o size=1m,mode=0750 none "$2" || exit 90
"$0" --config "$1" --once > "$3/full.log" 2>&1
echo "full $?"
mount -o remount,size=200m "$2" || exit 91
"$0" --config "$1" --once > "$3/room.log" 2>&1
echo "room $?"
cp -a "$2"/. "$3"
)";
  std::string output;
  const int code =
      run({"unshare", "-m", "bash", "-c", read_file(tenant.file("full.sh")), HARRIER_DAEMON,
           tenant.config().string(), tenant.stores().string(), tenant.file("kept").string()},
          output);
  const std::string full = read_file(tenant.file("kept") / "full.log");
  INFO(output << full);
  REQUIRE(code == 0);
  CHECK(says(output, "full 1"));
  CHECK(says(output, "room 0"));
  CHECK(says(full, "room"));
  fs::remove_all(tenant.stores());
  fs::rename(tenant.file("kept"), tenant.stores());
  require_complete(tenant);
  std::cout << "1 MiB of disk: said, nothing lost when there was room\n";
}

TEST_CASE("Below the floor of free space nothing is collected, and the reason is told",
          "[e2e][disk]") {
  const Tenant tenant({"--tables", "DeviceInfo", "--events", "50"});
  tenant.configure("[storage]", "[storage]\nmin_free = \"4000GiB\"");
  const auto once = tenant.once();
  INFO(once.output);
  CHECK(once.code == 1);
  CHECK(says(once.output, "min_free"));
  const auto status = tenant.harrier({"status", "--json"});
  CHECK(says(status.output, "min_free"));
  tenant.configure("4000GiB", "1KiB");
  CHECK(tenant.once().code == 0);
  require_complete(tenant);
}

TEST_CASE("A store that was damaged is set aside and collected again by the daemon",
          "[e2e][disk]") {
  const Tenant tenant(kTwoTables);
  REQUIRE(tenant.once().code == 0);
  const auto file = tenant.stores() / "DeviceEvents.db";
  const auto size = static_cast<std::streamoff>(fs::file_size(file));
  for (const std::streamoff at : {std::streamoff{0}, size / 2 / 16384 * 16384}) {
    overwrite(file, at, 16384);
    const auto found = tenant.harrier({"verify"});
    INFO(found.output);
    CHECK(found.code == 3);
    const auto daemon = tenant.daemon();
    CHECK(becomes_complete(tenant));
    daemon->signal(SIGTERM);
    CHECK(daemon->wait(std::chrono::seconds(20)) == 0);
    INFO(tenant.daemon_log());
    CHECK(says(tenant.daemon_log(), "set aside"));
    require_complete(tenant);
  }
  std::cout << "2 damaged stores: set aside, collected again\n";
}

TEST_CASE("Few file descriptors are an error, never a loss", "[e2e][disk]") {
  const Tenant tenant(kTwoTables);
  int refused = 0;
  for (const int limit : {8, 30}) {
    const auto once = tenant.once_in_shell("ulimit -n " + std::to_string(limit) + "; exec");
    INFO(limit << " descriptors: " << once.output);
    CHECK((once.code == 0 || once.code == 1 || once.code == 2 || once.code == 127));
    if (once.code != 0) ++refused;
  }
  CHECK(refused > 0);
  const auto once = tenant.once();
  INFO(once.output);
  REQUIRE(once.code == 0);
  require_complete(tenant);
  std::cout << "2 limits of descriptors, " << refused << " too low: said, nothing lost\n";
}

TEST_CASE("Tampered rows and torn files are found by verify, copies are whole", "[e2e][disk]") {
  const Tenant tenant(kTwoTables);
  REQUIRE(tenant.once().code == 0);
  const auto copied = tenant.harrier({"backup", tenant.file("copy").string()});
  INFO(copied.output);
  REQUIRE(copied.code == 0);
  CHECK(tenant.harrier({"verify"}).code == 0);
  change(tenant.stores() / "DeviceEvents.db", "DELETE FROM DeviceEvents WHERE _Id % 100 = 7");
  const auto tampered = tenant.harrier({"verify"});
  INFO(tampered.output);
  CHECK(tampered.code == 3);
  CHECK(says(tampered.output, "DeviceEvents"));
  CHECK(tenant.compare().code == 1);

  // The copy takes the store's place.
  for (const char* suffix : {".db", ".db-wal", ".db-shm"})
    fs::remove(tenant.stores() / (std::string("DeviceEvents") + suffix));
  fs::copy_file(tenant.file("copy") / "DeviceEvents.db", tenant.stores() / "DeviceEvents.db");
  CHECK(tenant.harrier({"verify"}).code == 0);
  require_complete(tenant);
}

TEST_CASE("A quarantined record that can be stored now is stored by retry", "[e2e][disk]") {
  const Tenant tenant(
      {"--tables", "DeviceEvents", "--events", "500", "--malformed", "DeviceEvents:2"});
  REQUIRE(tenant.once().code == 0);
  const auto rows = std::stoi(tenant.ask("DeviceEvents", "SELECT count(*) FROM DeviceEvents"));
  const auto kept = tenant.ask("_harrier", "SELECT count(*) FROM quarantine");
  CHECK(kept != "0");
  // As though a later version could read the first of them.
  change(
      tenant.stores() / "_harrier.db",
      "UPDATE quarantine SET record = CAST('{\"Timestamp\":\"2026-11-20T00:00:00Z\",\"DeviceId\":"
      "\"mended\"}' AS BLOB) WHERE id = (SELECT min(id) FROM quarantine)");
  const auto retried = tenant.harrier({"quarantine", "retry"});
  INFO(retried.output);
  CHECK(tenant.ask("DeviceEvents", "SELECT count(*) FROM DeviceEvents") ==
        std::to_string(rows + 1));
  CHECK(tenant.ask("DeviceEvents", "SELECT count(*) FROM DeviceEvents WHERE DeviceId = 'mended'") ==
        "1");
  CHECK(tenant.ask("_harrier", "SELECT count(*) FROM quarantine") ==
        std::to_string(std::stoi(kept) - 1));
  CHECK(tenant.harrier({"verify"}).code == 0);
}

TEST_CASE("What the daemon writes is for its own user and group, and holds no secret",
          "[e2e][security]") {
  const Tenant tenant(
      {"--apis", "hunting,office365", "--tables", "DeviceInfo,DeviceEvents", "--events", "60"});
  tenant.configure("level = \"info\"", "level = \"debug\"");
  const auto once = tenant.once();
  INFO(once.output);
  const auto status = tenant.harrier({"status", "--json"});
  std::string secret = read_file(tenant.file("secret"));
  secret.erase(secret.find_last_not_of('\n') + 1);
  REQUIRE(secret.size() > 8);
  int files = 0;
  const auto clean = [&](const std::string& where, const std::string& text) {
    INFO(where);
    CHECK(text.find(secret) == std::string::npos);
    CHECK(text.find("Bearer ") == std::string::npos);
    CHECK(text.find("client_secret=") == std::string::npos);
    ++files;
  };
  clean("log", once.output);
  clean("status", status.output);
  for (const auto& entry : fs::directory_iterator(tenant.stores())) {
    clean(entry.path().string(), read_file(entry.path()));

    struct stat info {};

    REQUIRE(::stat(entry.path().c_str(), &info) == 0);
    CHECK((info.st_mode & 0137) == 0);
  }

  struct stat folder {};

  REQUIRE(::stat(tenant.stores().c_str(), &folder) == 0);
  CHECK((folder.st_mode & 0777) == 0750);

  // A daemon at work: what it tells to whoever asks, and no core file, whatever the shell allows.
  const auto listen = "127.0.0.1:" + std::to_string(free_port());
  tenant.append_config("\n[metrics]\nlisten = \"" + listen + "\"\n");
  const auto daemon = tenant.daemon();
  std::string metrics;
  REQUIRE(run({"curl", "-sS", "--fail", "--retry", "30", "--retry-connrefused", "--retry-delay",
               "1", "http://" + listen + "/metrics"},
              metrics) == 0);
  CHECK(says(metrics, "harrier_"));
  clean("metrics", metrics);
  const auto limits = "/proc/" + std::to_string(daemon->id()) + "/limits";
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  const std::string none = "Max core file size        0                    0";
  while (!says(read_file(limits), none.c_str()) && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  CHECK(says(read_file(limits), none.c_str()));
  daemon->signal(SIGTERM);
  CHECK(daemon->wait(std::chrono::seconds(20)) == 0);
  clean("daemon.log", tenant.daemon_log());
  std::cout << files << " files and outputs searched for the secret and tokens: none\n";
}
