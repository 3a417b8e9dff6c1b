#include "base/task.hpp"
#include "base/text.hpp"
#include "support/fake_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <mutex>
#include <thread>

namespace harrier::test {

using asio::ip::tcp;
using boost::system::error_code;

struct FakeProxy::Core {
  Core(std::uint16_t upstream_, std::string authorization_)
      : upstream(upstream_), authorization(std::move(authorization_)) {}

  asio::io_context context{1};
  tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::uint16_t port = acceptor.local_endpoint().port();
  std::atomic<std::uint16_t> upstream;
  std::string authorization;
  mutable std::mutex mutex;
  std::vector<SeenRequest> seen;
  int refusal = 0;
  std::thread thread;

  static asio::awaitable<void> relay(std::shared_ptr<tcp::socket> from,
                                     std::shared_ptr<tcp::socket> to) {
    std::array<char, 16384> buffer{};
    error_code ec;
    while (!ec) {
      const std::size_t count = co_await from->async_read_some(
          asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, ec));
      if (count == 0) break;
      co_await asio::async_write(*to, asio::buffer(buffer.data(), count),
                                 asio::redirect_error(asio::use_awaitable, ec));
    }
    to->shutdown(tcp::socket::shutdown_send, ec);
  }

  int verdict(const std::string& head) {
    SeenRequest request;
    request.method = head.substr(0, head.find(' '));
    request.target =
        head.substr(request.method.size() + 1,
                    head.find(' ', request.method.size() + 1) - request.method.size() - 1);
    for (std::size_t at = head.find("\r\n"); at + 4 < head.size(); at = head.find("\r\n", at + 2)) {
      const std::string line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
      const std::size_t colon = line.find(':');
      if (colon != std::string::npos)
        request.headers.emplace_back(line.substr(0, colon),
                                     std::string(trim(line.substr(colon + 1))));
    }
    const std::lock_guard lock(mutex);
    seen.push_back(request);
    if (refusal != 0) return refusal;
    if (!authorization.empty() && request.header("Proxy-Authorization") != authorization)
      return 407;
    return request.method == "CONNECT" ? 200 : 400;
  }

  asio::awaitable<void> session(tcp::socket accepted) {
    auto client = std::make_shared<tcp::socket>(std::move(accepted));
    std::string head;
    error_code ec;
    while (head.find("\r\n\r\n") == std::string::npos) {
      std::array<char, 1024> piece{};
      const std::size_t count = co_await client->async_read_some(
          asio::buffer(piece), asio::redirect_error(asio::use_awaitable, ec));
      if (ec) co_return;
      head.append(piece.data(), count);
    }
    const int status = verdict(head);
    const std::string answer = fmt::format("HTTP/1.1 {} Scripted\r\n{}\r\n", status,
                                           status == 200 ? "" : "Content-Length: 0\r\n");
    co_await asio::async_write(*client, asio::buffer(answer),
                               asio::redirect_error(asio::use_awaitable, ec));
    if (status != 200) co_return;
    auto server = std::make_shared<tcp::socket>(context);
    const tcp::endpoint target(asio::ip::address_v4::loopback(), upstream);
    co_await server->async_connect(target, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) co_return;
    asio::co_spawn(context, relay(client, server), asio::detached);
    asio::co_spawn(context, relay(server, client), asio::detached);
  }

  asio::awaitable<void> accept_all() {
    for (;;) {
      error_code ec;
      tcp::socket socket =
          co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
      if (ec) co_return;
      asio::co_spawn(context, session(std::move(socket)), asio::detached);
    }
  }
};

FakeProxy::FakeProxy(std::uint16_t upstream_port, std::string authorization)
    : core_(std::make_unique<Core>(upstream_port, std::move(authorization))) {
  asio::co_spawn(core_->context, core_->accept_all(), asio::detached);
  core_->thread = std::thread([core = core_.get()] { core->context.run(); });
}

FakeProxy::~FakeProxy() {
  core_->context.stop();
  core_->thread.join();
}

std::uint16_t FakeProxy::port() const noexcept {
  return core_->port;
}

std::vector<SeenRequest> FakeProxy::requests() const {
  const std::lock_guard lock(core_->mutex);
  return core_->seen;
}

void FakeProxy::refuse_with(int status) {
  const std::lock_guard lock(core_->mutex);
  core_->refusal = status;
}

void FakeProxy::lead_to(std::uint16_t upstream_port) {
  core_->upstream = upstream_port;
}

}  // namespace harrier::test
