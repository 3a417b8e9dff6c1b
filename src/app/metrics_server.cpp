#include "app/metrics_server.hpp"

#include "base/log.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace harrier::app {

namespace {

using asio::ip::tcp;

constexpr std::size_t kMaxHead = 16'384;
constexpr int kMaxSessions = 32;
constexpr std::chrono::seconds kSessionTime{15};

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

std::string render(const PageAnswer& answer, bool with_body) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: "
      "no-store\r\nX-Content-Type-Options: nosniff\r\n"
      "{}Connection: close\r\n\r\n{}",
      answer.status, reason_of(answer.status), answer.content_type, answer.body.size(),
      answer.status == 405 ? "Allow: GET, HEAD\r\n" : "",
      with_body ? std::string_view(answer.body) : std::string_view());
}

// What a request asks for: its path, or the answer to one that cannot be served.
struct Asked {
  std::string path;
  bool with_body = true;
  std::optional<PageAnswer> refusal;
};

Asked parse_head(std::string_view head) {
  Asked asked;
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const auto first = line.find(' ');
  const auto second = line.find(' ', first == std::string_view::npos ? first : first + 1);
  const std::string_view method = line.substr(0, first);
  if (second == std::string_view::npos || !line.substr(second + 1).starts_with("HTTP/1.")) {
    asked.refusal = PageAnswer(400, "text/plain; charset=utf-8", "not HTTP\n");
  } else if (method != "GET" && method != "HEAD") {
    asked.refusal = PageAnswer(405, "text/plain; charset=utf-8", "GET or HEAD\n");
  } else {
    const std::string_view target = line.substr(first + 1, second - first - 1);
    asked.path = target.substr(0, target.find('?'));
    asked.with_body = method == "GET";
  }
  return asked;
}

// Splits `host:port`, which the settings have checked.
Result<tcp::endpoint> endpoint_of(const std::string& listen) {
  const auto colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error)
    return Error(Errc::config,
                 fmt::format("metrics.listen: {} is no IP address of this machine", host));
  return tcp::endpoint(address, static_cast<std::uint16_t>(std::stoi(listen.substr(colon + 1))));
}

Task<> converse(tcp::socket& socket, const MetricsServer::Handler& handler) {
  std::string head;
  boost::system::error_code error;
  auto buffer = asio::dynamic_buffer(head, kMaxHead);
  co_await asio::async_read_until(socket, buffer, "\r\n\r\n",
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return Error(Errc::protocol, error.message());
  const Asked asked = parse_head(head);
  PageAnswer page;
  if (asked.refusal) {
    page = *asked.refusal;
  } else {
    HARRIER_CO_TRY(page, co_await handler(asked.path));
  }
  const std::string reply = render(page, asked.with_body);
  co_await asio::async_write(socket, asio::buffer(reply),
                             asio::redirect_error(asio::use_awaitable, error));
  socket.shutdown(tcp::socket::shutdown_both, error);
  co_return Result<>();
}

}  // namespace

struct MetricsServer::State {
  State(asio::any_io_executor executor, Handler handler_)
      : acceptor(executor), handler(std::move(handler_)) {}

  tcp::acceptor acceptor;
  Handler handler;
  int sessions = 0;

  static asio::awaitable<void> serve(std::shared_ptr<State> state, tcp::socket socket);
  static asio::awaitable<void> listen(std::shared_ptr<State> state);
};

asio::awaitable<void> MetricsServer::State::serve(std::shared_ptr<State> state,
                                                  tcp::socket socket) {
  ++state->sessions;
  try {
    (void)co_await with_deadline(kSessionTime, converse(socket, state->handler));
  } catch (const std::exception& error) {
    log(LogLevel::debug, "app", "A metrics request ended early.", {{"error", error.what()}});
  }
  --state->sessions;
}

asio::awaitable<void> MetricsServer::State::listen(std::shared_ptr<State> state) {
  while (state->acceptor.is_open()) {
    boost::system::error_code error;
    tcp::socket socket =
        co_await state->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      if (!state->acceptor.is_open()) break;
      co_await sleep_for(std::chrono::seconds(1));
      continue;
    }
    if (state->sessions >= kMaxSessions) continue;
    auto session = serve(state, std::move(socket));
    asio::co_spawn(state->acceptor.get_executor(), std::move(session), [](std::exception_ptr) {});
  }
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(asio::any_io_executor executor,
                                                            const std::string& listen,
                                                            Handler handler) {
  HARRIER_TRY(const auto endpoint, endpoint_of(listen));
  auto state = std::make_shared<State>(executor, std::move(handler));
  boost::system::error_code error;
  state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  // Who holds the port may leave it: that is no broken configuration.
  const bool taken = error == boost::system::errc::address_in_use;
  if (error)
    return Error(taken ? Errc::unavailable : Errc::config,
                 fmt::format("metrics.listen: cannot listen on {}: {}; choose another port", listen,
                             error.message()));
  auto listening = State::listen(state);
  asio::co_spawn(executor, std::move(listening), [](std::exception_ptr) {});
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(state)));
}

MetricsServer::~MetricsServer() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
}

std::uint16_t MetricsServer::port() const noexcept {
  boost::system::error_code ignored;
  return state_->acceptor.local_endpoint(ignored).port();
}

}  // namespace harrier::app
