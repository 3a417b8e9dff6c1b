#include "app/control.hpp"
#include "app/metrics_server.hpp"

#include "machine.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <sys/stat.h>
#include <thread>

namespace harrier::app {

namespace {

using Catch::Contains;

Task<PageAnswer> answer(std::string path) {
  co_return path == "/metrics" ? PageAnswer(200, "application/openmetrics-text", "# EOF\n")
                               : PageAnswer(404, "text/plain", "no\n");
}

Task<std::string> echo(std::string command) {
  std::vector<std::string> lines(1, command);
  co_return command.empty() ? control_error("unknown", {"f:1: x: y"}) : control_changes(lines);
}

// An I/O thread for servers while a test talks to them.
class IoThread {
 public:
  IoThread() : work_(asio::make_work_guard(context)), thread_([this] { context.run(); }) {}

  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  ~IoThread() { stop(); }

  // After this nothing runs on the thread any more, so that the servers that lived on it may end.
  void stop() {
    context.stop();
    if (thread_.joinable()) thread_.join();
  }

  asio::io_context context{1};

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

std::string ask(std::uint16_t port, const std::string& request) {
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  socket.connect({asio::ip::address_v4::loopback(), port});
  asio::write(socket, asio::buffer(request));
  std::string reply;
  boost::system::error_code ended;
  asio::read(socket, asio::dynamic_buffer(reply), ended);
  return reply;
}

TEST_CASE("The metrics page is served over plain HTTP/1.1", "[app]") {
  IoThread io;
  const auto server = MetricsServer::start(io.context.get_executor(), "127.0.0.1:0", answer);
  REQUIRE(server.has_value());
  const auto port = (*server)->port();

  CHECK_THAT(ask(port, "GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n"),
             Contains("HTTP/1.1 200 OK\r\nContent-Type: "
                      "application/openmetrics-text\r\nContent-Length: 6\r\n") &&
                 Contains("\r\n\r\n# EOF\n"));
  CHECK_THAT(ask(port, "HEAD /metrics HTTP/1.1\r\n\r\n"), Contains("200 OK") && !Contains("# EOF"));
  CHECK_THAT(ask(port, "GET /x HTTP/1.1\r\n\r\n"), Contains("404 Not Found"));
  CHECK_THAT(ask(port, "POST /metrics HTTP/1.1\r\n\r\n"),
             Contains("405 Method Not Allowed") && Contains("Allow: GET, HEAD"));
  CHECK_THAT(ask(port, "nonsense\r\n\r\n"), Contains("400 Bad Request"));
  const auto start = [&](const std::string& listen) {
    return MetricsServer::start(io.context.get_executor(), listen, answer).error();
  };
  const auto taken = start(fmt::format("127.0.0.1:{}", port));
  CHECK(taken.code == Errc::unavailable);
  CHECK_THAT(taken.message, Contains("choose another port"));
  CHECK(start("192.0.2.1:0").code == Errc::config);
  io.stop();
}

TEST_CASE("The control socket answers a line with a line", "[app]") {
  const harrier::test::TempDir folder;
  IoThread io;
  auto server = ControlServer::start(io.context.get_executor(), folder.path(), echo);
  REQUIRE(server.has_value());
  struct stat info = {};
  stat((folder.path() / "harrierd.sock").c_str(), &info);
  CHECK((info.st_mode & 0777) == 0660);

  const auto reply = ask_daemon(folder.path(), "apply");
  REQUIRE(reply.has_value());
  CHECK(reply->ok);
  CHECK(reply->changes == std::vector<std::string>{"apply"});
  const auto refused = ask_daemon(folder.path(), "");
  REQUIRE(refused.has_value());
  CHECK_FALSE(refused->ok);
  CHECK(refused->problems == std::vector<std::string>{"f:1: x: y"});
  io.stop();
}

TEST_CASE("A folder with a long path has a control socket too", "[app]") {
  const harrier::test::TempDir folder;
  const auto deep = folder.path() / std::string(100, 'a') / "stores";
  std::filesystem::create_directories(deep);
  IoThread io;
  auto server = ControlServer::start(io.context.get_executor(), deep, echo);
  REQUIRE(server.has_value());

  CHECK(ask_daemon(deep, "status").has_value());
  io.stop();
}

TEST_CASE("Where no daemon runs, that is said", "[app]") {
  const harrier::test::TempDir folder;

  const auto reply = ask_daemon(folder.path(), "apply");
  REQUIRE(reply.has_error());
  CHECK(reply.error().code == Errc::not_found);
  CHECK(ask_daemon(folder.path() / "missing", "apply").error().code == Errc::not_found);
}

}  // namespace

}  // namespace harrier::app
