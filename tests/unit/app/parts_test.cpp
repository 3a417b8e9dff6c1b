#include "app/doctor.hpp"
#include "app/overview.hpp"
#include "app/query_watch.hpp"
#include "app/service_notify.hpp"
#include "app/stream_specs.hpp"
#include "app/terminal.hpp"
#include "app/text_table.hpp"

#include "machine.hpp"

#include <cstdlib>
#include <sstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace harrier::app {

namespace {

using Catch::Contains;

TEST_CASE("Columns align, and are cut on a terminal only", "[app]") {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  Io io{out, err, in};
  TextTable table({"NAME", ">ROWS", "WHY"});
  table.add_row({"é", "5", "because of something long"});
  table.add_row({"longer", "12345", ""});

  table.print(io);
  CHECK(out.str() ==
        "NAME     ROWS  WHY\né           5  because of something long\nlonger  12345\n");

  out.str("");
  io.terminal = true;
  io.width = 26;
  table.print(io);
  CHECK(out.str() == "NAME     ROWS  WHY\né           5  because of…\nlonger  12345\n");
}

TEST_CASE("Colours appear only where they are wanted", "[app]") {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  Io io{out, err, in};

  CHECK(paint(io, Colour::red, "x") == "x");
  io.colour = true;
  CHECK(paint(io, Colour::red, "x") == "\x1b[31mx\x1b[0m");
}

TEST_CASE("Bytes are for people", "[app]") {
  CHECK(format_bytes(512) == "512 B");
  CHECK(format_bytes(1536) == "1.5 KiB");
  CHECK(format_bytes(3ULL << 30) == "3.0 GiB");
}

TEST_CASE("Doctor's line about a certificate warns 30 days before its end", "[app]") {
  const Instant end = *parse_instant("2026-12-24T00:00:00Z");
  const auto status = [&](const char* now) {
    return certificate_check(end, *parse_instant(now)).status;
  };

  CHECK(status("2026-11-01T00:00:00Z") == "ok");
  CHECK(status("2026-11-25T00:00:00Z") == "warn");
  CHECK(status("2026-12-24T00:00:00Z") == "fail");
  CHECK(certificate_check(end, end).remedy.find("upload it") != std::string::npos);
}

TEST_CASE("A role that may write grants reading, and no part of a name grants the whole", "[app]") {
  CHECK(grants("SecurityIncident.Read.All", "SecurityIncident.Read.All"));
  CHECK(grants("SecurityIncident.ReadWrite.All", "SecurityIncident.Read.All"));
  CHECK_FALSE(grants("Ti.ReadWrite", "Ti.ReadWrite.All"));
  CHECK_FALSE(grants("SecurityAlert.ReadWrite.All", "SecurityIncident.Read.All"));
}

TEST_CASE("A token's roles are read from its payload", "[app]") {
  // {"roles":["ThreatHunting.Read.All","AuditLog.Read.All"]}
  CHECK(roles_of_token(
            "e30.eyJyb2xlcyI6WyJUaHJlYXRIdW50aW5nLlJlYWQuQWxsIiwiQXVkaXRMb2cuUmVhZC5BbGwiXX0.x") ==
        std::vector<std::string>{"ThreatHunting.Read.All", "AuditLog.Read.All"});
  CHECK(roles_of_token("opaque").empty());
  CHECK(roles_of_token("a.!!.c").empty());
}

TEST_CASE("The feeds of a table are known", "[app]") {
  const auto catalog = model::Catalog::load_embedded().value();

  CHECK(feeds_of(*catalog.find("OfficeActivity")) ==
        std::vector<std::string>{"Audit.Exchange", "Audit.SharePoint", "Audit.General"});
  CHECK(feeds_of(*catalog.find("AuditGeneral")).size() == 5);
  CHECK(feeds_of(*catalog.find("DeviceInfo")).empty());
}

// The datagram socket that systemd listens on.
class NotifySocket {
 public:
  explicit NotifySocket(const std::filesystem::path& path)
      : descriptor_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    bind(descriptor_, static_cast<const sockaddr*>(static_cast<const void*>(&address)),
         sizeof address);
  }

  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  ~NotifySocket() { close(descriptor_); }

  std::string next() {
    char buffer[512];
    const ssize_t count = recv(descriptor_, buffer, sizeof buffer, 0);
    return count < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(count));
  }

 private:
  int descriptor_;
};

TEST_CASE("systemd is told about states", "[app]") {
  const harrier::test::TempDir folder;
  NotifySocket socket(folder.path() / "notify");
  setenv("NOTIFY_SOCKET", (folder.path() / "notify").c_str(), 1);
  setenv("WATCHDOG_USEC", "60000000", 1);

  const ServiceNotifier notifier;
  notifier.ready("1 tables: 1 ok");
  notifier.watchdog();
  notifier.reloading("again");

  CHECK(socket.next() == "READY=1\nSTATUS=1 tables: 1 ok");
  CHECK(socket.next() == "WATCHDOG=1");
  CHECK_THAT(socket.next(), Contains("RELOADING=1\nMONOTONIC_USEC=") && Contains("STATUS=again"));
  CHECK(notifier.watchdog_interval() == std::chrono::seconds(30));
  CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
}

TEST_CASE("A query's progress: the share of the rows, or what is known", "[app]") {
  using std::chrono::milliseconds;
  query::ScanProgress progress;
  CHECK(progress_line(progress, milliseconds(1234)) == "running  1.2 s");
  progress.add(999);
  CHECK(progress_line(progress, milliseconds(1000)) == "scanned 999 rows  1.0 s");
  progress.expect(4'000'000);
  progress.add(1'000'001);
  CHECK(progress_line(progress, milliseconds(61'000)) ==
        "scanned 1,001,000 of 4,000,000 rows  █████░░░░░░░░░░░░░░░  25 %  61.0 s");
  progress.add(9'000'000);
  CHECK(progress_line(progress, milliseconds(0)).find("10,001,000 of 10,001,000 rows") !=
        std::string::npos);
}

}  // namespace

}  // namespace harrier::app
