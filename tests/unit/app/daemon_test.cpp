#include "support/process.hpp"

#include "machine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace harrier::app {

namespace {

using Catch::Contains;
using harrier::test::Process;
using std::chrono::seconds;
using test::Machine;
using test::text_of;

// The daemon beside this test program; empty where it was not built.
std::string daemon_program() {
  const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "harrierd";
  if (std::filesystem::exists(path)) return path.string();
  WARN("skipped: harrierd is not built beside this test");
  return {};
}

// What systemd would hear.
class NotifySocket {
 public:
  explicit NotifySocket(const std::filesystem::path& path)
      : descriptor_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    bind(descriptor_, static_cast<const sockaddr*>(static_cast<const void*>(&address)),
         sizeof address);
    const timeval limit{60, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  ~NotifySocket() { close(descriptor_); }

  /// The next message that begins with `what`; empty when none comes.
  std::string wait_for(std::string_view what) {
    char buffer[1024];
    while (true) {
      const ssize_t count = recv(descriptor_, buffer, sizeof buffer, 0);
      if (count < 0) return {};
      const std::string_view message(buffer, static_cast<std::size_t>(count));
      if (message.starts_with(what)) return std::string(message);
    }
  }

 private:
  int descriptor_;
};

std::string get_page(std::uint16_t port, const std::string& path) {
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  socket.connect({asio::ip::address_v4::loopback(), port});
  asio::write(socket, asio::buffer("GET " + path + " HTTP/1.1\r\n\r\n"));
  std::string reply;
  boost::system::error_code ended;
  asio::read(socket, asio::dynamic_buffer(reply), ended);
  return reply;
}

// The number after `key=` in a log.
std::uint16_t number_in(const std::string& text, const std::string& key) {
  const auto at = text.find(key + "=");
  return at == std::string::npos
             ? std::uint16_t{0}
             : static_cast<std::uint16_t>(std::stoi(text.substr(at + key.size() + 1)));
}

// No service is there, on purpose: streams fail and the daemon lives.
constexpr const char* kNowhere =
    "[tenant.endpoints]\nlogin = \"http://127.0.0.1:1\"\ngraph = \"http://127.0.0.1:1\"\n"
    "office365 = \"http://127.0.0.1:1\"\ndefender = \"http://127.0.0.1:1\"\n[metrics]\nlisten = "
    "\"127.0.0.1:0\"\n[console]\nlisten = \"127.0.0.1:8686\"\n";

TEST_CASE("harrierd --once with nothing to do is caught up", "[app][daemon]") {
  const auto program = daemon_program();
  if (program.empty()) return;
  const Machine machine("");
  std::string output;

  const int code = harrier::test::run({program, "--once", "--config", machine.config().string()},
                                      output, seconds(60));

  CHECK(code == 0);
  CHECK_THAT(output, Contains("no table is enabled"));
}

TEST_CASE("harrierd tells every problem of its configuration and ends with 2", "[app][daemon]") {
  const auto program = daemon_program();
  if (program.empty()) return;
  const Machine machine("[strange]\n[log]\nlevel = \"loud\"\n");
  std::string output;

  const int code =
      harrier::test::run({program, "--config", machine.config().string()}, output, seconds(60));

  CHECK(code == 2);
  CHECK_THAT(output,
             Contains("strange: is no known section") && Contains("log.level: is \"loud\""));
}

TEST_CASE("A daemon starts, applies, survives a broken file, and stops", "[app][daemon]") {
  const auto program = daemon_program();
  if (program.empty()) return;
  const Machine machine(std::string(kNowhere) +
                        "[connectors.graph_security.tables]\nSigninLogs = true\n");
  NotifySocket notifications(machine.folder() / "notify");
  const auto log = machine.folder() / "log";
  Process daemon({"/usr/bin/env", "NOTIFY_SOCKET=" + (machine.folder() / "notify").string(),
                  program, "--config", machine.config().string()},
                 log);
  REQUIRE_THAT(notifications.wait_for("READY=1"), Contains("1 tables"));

  std::string output;
  CHECK(harrier::test::run({program, "--config", machine.config().string()}, output, seconds(60)) ==
        1);
  CHECK_THAT(output, Contains("harrierd.lock") || Contains("another"));

  CHECK_THAT(machine.harrier({"status", "--json"}).out, Contains(R"("daemon_running":true)"));
  const auto enabled = machine.harrier({"enable", "AuditLogs"});
  CHECK(enabled.code == 0);
  CHECK_THAT(enabled.out, Contains("AuditLogs: enabled") && Contains("AuditLogs: started"));
  CHECK_THAT(machine.harrier({"apply"}).out, Contains("already"));

  const auto port = number_in(harrier::test::read_file(log), "port");
  const auto page = get_page(port, "/metrics");
  CHECK_THAT(page,
             Contains("200 OK") && Contains("application/openmetrics-text") &&
                 Contains("harrier_build_info{version=") &&
                 Contains("harrier_rows_total{table=\"AuditLogs\"} 0") &&
                 Contains("harrier_budget_waiting{api=\"graph\",budget=\"hunting\"} 0") &&
                 Contains("harrier_budget_calls_per_minute{api=\"graph\",budget=\"hunting\"} 45") &&
                 Contains("# EOF"));
  CHECK_THAT(get_page(port, "/healthz"), Contains("200 OK"));
  CHECK_THAT(get_page(port, "/readyz"), Contains("200 OK"));

  const std::string whole = text_of(machine.config());
  std::ofstream(machine.config()) << whole << "[strange]\n";
  daemon.signal(SIGHUP);
  CHECK_THAT(notifications.wait_for("READY=1"), Contains("running as before"));
  const auto refused =
      machine.harrier({"apply", "--config", (machine.folder() / "good.toml").string()});
  CHECK(refused.code == 2);
  CHECK(daemon.running());

  std::ofstream(machine.config()) << whole;
  const auto disabled = machine.harrier({"disable", "AuditLogs"});
  CHECK(disabled.code == 0);
  CHECK_THAT(disabled.out, Contains("AuditLogs: stopped"));
  CHECK_THAT(get_page(port, "/metrics"), !Contains("AuditLogs"));

  daemon.signal(SIGTERM);
  CHECK_FALSE(notifications.wait_for("STOPPING=1").empty());
  CHECK(daemon.wait(seconds(10)) == 0);
  CHECK_FALSE(std::filesystem::exists(machine.directory() / "harrierd.sock"));
  CHECK_THAT(harrier::test::read_file(log),
             !Contains("s3cret") && Contains("no local web page in this version"));
}

}  // namespace

}  // namespace harrier::app
