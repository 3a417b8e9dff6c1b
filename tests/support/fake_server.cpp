#include "support/fake_server.hpp"

#include "base/task.hpp"
#include "base/text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <charconv>
#include <future>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

namespace harrier::test {

namespace {

using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket>;

const asio::ip::address kLoopback = asio::ip::address_v4::loopback();

tcp::socket& socket_of(tcp::socket& stream) {
  return stream;
}

tcp::socket& socket_of(TlsStream& stream) {
  return stream.next_layer();
}

// Takes one request head from `text`; nullopt where it is not whole yet.
std::optional<SeenRequest> take_head(std::string& text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  SeenRequest request;
  std::size_t at = text.find("\r\n");
  const std::string line = text.substr(0, at);
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, second - first - 1);
  while (at < end) {
    const std::size_t begin = at + 2;
    at = text.find("\r\n", begin);
    const std::string field = text.substr(begin, at - begin);
    const std::size_t colon = field.find(':');
    if (colon != std::string::npos)
      request.headers.emplace_back(field.substr(0, colon),
                                   std::string(trim(field.substr(colon + 1))));
  }
  text.erase(0, end + 4);
  return request;
}

std::string_view encoding_name(Packing packing) {
  return packing == Packing::gzip ? "gzip" : "deflate";
}

// The head and body of an answer as they go over the wire, the body in pieces.
struct Wire {
  std::string head;
  std::vector<std::string> pieces;
};

Wire on_the_wire(const Reply& reply) {
  Wire wire;
  if (!reply.verbatim.empty()) {
    wire.head = reply.verbatim;
    return wire;
  }
  wire.head = fmt::format("HTTP/1.1 {} Scripted\r\n", reply.status);
  for (const auto& [name, value] : reply.headers)
    wire.head += fmt::format("{}: {}\r\n", name, value);
  const std::string body =
      reply.packing == Packing::none ? reply.body : pack(reply.body, reply.packing);
  if (reply.packing != Packing::none)
    wire.head += fmt::format("Content-Encoding: {}\r\n", encoding_name(reply.packing));
  if (reply.chunk_size > 0) {
    wire.head += "Transfer-Encoding: chunked\r\n";
    for (std::size_t at = 0; at < body.size(); at += reply.chunk_size) {
      const std::string piece = body.substr(at, reply.chunk_size);
      wire.pieces.push_back(fmt::format("{:x}\r\n{}\r\n", piece.size(), piece));
    }
    wire.pieces.emplace_back("0\r\n\r\n");
  } else {
    if (!reply.until_close) wire.head += fmt::format("Content-Length: {}\r\n", body.size());
    wire.pieces.push_back(body);
  }
  wire.head += "\r\n";
  return wire;
}

}  // namespace

std::string SeenRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equals_ignore_case(key, name)) return value;
  }
  return {};
}

std::string pack(std::string_view body, Packing packing) {
  if (packing == Packing::none) return std::string(body);
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.gzip_flag = packing == Packing::gzip   ? IGZIP_GZIP
                     : packing == Packing::zlib ? IGZIP_ZLIB
                                                : IGZIP_DEFLATE;
  std::string out(body.size() + body.size() / 16 + 1024, '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<std::uint32_t>(body.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  stream.end_of_stream = 1;
  if (isal_deflate_stateless(&stream) != COMP_OK) throw std::runtime_error("packing failed");
  out.resize(stream.total_out);
  return out;
}

struct FakeServer::Core {
  asio::io_context context{1};
  tcp::acceptor acceptor{context, tcp::endpoint(kLoopback, 0)};
  std::optional<asio::ssl::context> tls;
  TestCa authority;
  std::uint16_t port = acceptor.local_endpoint().port();
  mutable std::mutex mutex;
  std::map<std::string, Handler, std::less<>> handlers;
  std::vector<SeenRequest> seen;
  int connections = 0;
  std::set<tcp::socket*> open;
  std::thread thread;

  void set_up_tls(const ServerOptions& options) {
    const Identity identity = options.identity.key.empty() ? authority.issue() : options.identity;
    tls.emplace(asio::ssl::context::tls_server);
    tls->use_certificate_chain(asio::buffer(identity.certificate));
    tls->use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
    if (!options.only_tls_1_1) return;
    SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(tls->native_handle(), TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(tls->native_handle(), "DEFAULT:@SECLEVEL=0");
  }

  Reply answer(const SeenRequest& request) {
    const std::string full = request.method + " " + request.target;
    Handler chosen;
    {
      const std::lock_guard lock(mutex);
      seen.push_back(request);
      std::size_t best = 0;
      for (const auto& [prefix, handler] : handlers) {
        const bool with_method = prefix.find(' ') != std::string::npos;
        const std::string& subject = with_method ? full : request.target;
        if (subject.compare(0, prefix.size(), prefix) != 0 || (chosen && prefix.size() < best))
          continue;
        best = prefix.size();
        chosen = handler;
      }
    }
    return chosen
               ? chosen(request)
               : Reply(404,
                       R"({"error":{"code":"NotScripted","message":"no script for this target"}})");
  }

  template <class Stream>
  asio::awaitable<bool> read_request(Stream& stream, std::string& buffer, SeenRequest& request) {
    error_code ec;
    std::optional<SeenRequest> head;
    while (!(head = take_head(buffer))) {
      const std::size_t old = buffer.size();
      buffer.resize(old + 16384);
      const std::size_t count = co_await stream.async_read_some(
          asio::buffer(buffer.data() + old, 16384), asio::redirect_error(asio::use_awaitable, ec));
      buffer.resize(old + count);
      if (ec) co_return false;
    }
    request = std::move(*head);
    const std::string length = request.header("Content-Length");
    std::size_t size = 0;
    std::from_chars(length.data(), length.data() + length.size(), size);
    while (buffer.size() < size) {
      const std::size_t old = buffer.size();
      buffer.resize(size);
      const std::size_t count =
          co_await stream.async_read_some(asio::buffer(buffer.data() + old, size - old),
                                          asio::redirect_error(asio::use_awaitable, ec));
      buffer.resize(old + count);
      if (ec) co_return false;
    }
    request.body = buffer.substr(0, size);
    buffer.erase(0, size);
    co_return true;
  }

  static void reset(tcp::socket& socket) {
    error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
  }

  // Waits until the connection is closed by someone else.
  template <class Stream>
  asio::awaitable<void> hang(Stream& stream) {
    char byte = 0;
    error_code ec;
    co_await stream.async_read_some(asio::buffer(&byte, 1),
                                    asio::redirect_error(asio::use_awaitable, ec));
  }

  template <class Stream>
  asio::awaitable<bool> write(Stream& stream, std::string bytes) {
    error_code ec;
    co_await asio::async_write(stream, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, ec));
    co_return !ec;
  }

  asio::awaitable<void> pause(std::chrono::milliseconds length) {
    if (length.count() <= 0) co_return;
    asio::steady_timer timer(context, length);
    error_code ec;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  }

  // False where the connection must not be used any further.
  template <class Stream>
  asio::awaitable<bool> send(Stream& stream, Reply reply) {
    co_await pause(reply.delay);
    if (reply.fault == Fault::reset) reset(socket_of(stream));
    if (reply.fault == Fault::hang) co_await hang(stream);
    if (reply.fault == Fault::reset || reply.fault == Fault::close || reply.fault == Fault::hang)
      co_return false;
    if (reply.fault == Fault::garbage) {
      co_await write(stream, "\x01\x02 this is no HTTP\r\n\r\n");
      co_return false;
    }
    Wire wire = on_the_wire(reply);
    if (!co_await write(stream, wire.head)) co_return false;
    const bool half = reply.fault != Fault::none;
    const std::size_t count = half ? (wire.pieces.size() + 1) / 2 : wire.pieces.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) co_await pause(reply.piece_delay);
      std::string piece = wire.pieces[i];
      if (half && i + 1 == count) piece.resize(piece.size() / 2);
      if (!co_await write(stream, piece)) co_return false;
    }
    if (reply.fault == Fault::torn_reset) reset(socket_of(stream));
    if (reply.fault == Fault::hang_in_body) co_await hang(stream);
    co_return !half && !reply.until_close && !reply.close_after;
  }

  template <class Stream>
  asio::awaitable<void> serve(Stream& stream, int number) {
    std::string buffer;
    SeenRequest request;
    while (co_await read_request(stream, buffer, request)) {
      request.connection = number;
      Reply reply = answer(request);
      if (!co_await send(stream, std::move(reply))) break;
    }
  }

  asio::awaitable<void> session(tcp::socket socket, int number) {
    error_code ec;
    if (tls) {
      TlsStream stream(std::move(socket), *tls);
      open.insert(&stream.next_layer());
      co_await stream.async_handshake(asio::ssl::stream_base::server,
                                      asio::redirect_error(asio::use_awaitable, ec));
      if (!ec) co_await serve(stream, number);
      if (!ec && stream.next_layer().is_open())
        co_await stream.async_shutdown(asio::redirect_error(asio::use_awaitable, ec));
      open.erase(&stream.next_layer());
    } else {
      open.insert(&socket);
      co_await serve(socket, number);
      open.erase(&socket);
    }
  }

  asio::awaitable<void> accept_all() {
    for (;;) {
      error_code ec;
      tcp::socket socket =
          co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, ec));
      if (ec) co_return;
      int number = 0;
      {
        const std::lock_guard lock(mutex);
        number = ++connections;
      }
      asio::co_spawn(context, session(std::move(socket), number), asio::detached);
    }
  }
};

FakeServer::FakeServer(ServerOptions options) : core_(std::make_unique<Core>()) {
  if (options.tls) core_->set_up_tls(options);
  asio::co_spawn(core_->context, core_->accept_all(), asio::detached);
  core_->thread = std::thread([core = core_.get()] { core->context.run(); });
}

FakeServer::~FakeServer() {
  core_->context.stop();
  core_->thread.join();
}

void FakeServer::script(std::string prefix, Handler handler) {
  const std::lock_guard lock(core_->mutex);
  core_->handlers[std::move(prefix)] = std::move(handler);
}

void FakeServer::script(std::string prefix, Reply reply) {
  script(std::move(prefix), [reply = std::move(reply)](const SeenRequest&) { return reply; });
}

void FakeServer::script(std::string prefix, std::vector<Reply> replies) {
  script(std::move(prefix), [replies = std::move(replies),
                             next = std::make_shared<std::size_t>(0)](const SeenRequest&) {
    const std::size_t at = std::min(*next, replies.size() - 1);
    ++*next;
    return replies[at];
  });
}

std::uint16_t FakeServer::port() const noexcept {
  return core_->port;
}

std::string FakeServer::url(std::string_view target) const {
  return fmt::format("{}:{}{}", core_->tls ? "https://localhost" : "http://127.0.0.1", core_->port,
                     target);
}

std::string FakeServer::ca() const {
  return core_->authority.certificate();
}

std::vector<SeenRequest> FakeServer::requests() const {
  const std::lock_guard lock(core_->mutex);
  return core_->seen;
}

std::vector<SeenRequest> FakeServer::requests(std::string_view prefix) const {
  auto all = requests();
  std::erase_if(all, [&](const SeenRequest& request) {
    return request.target.compare(0, prefix.size(), prefix) != 0;
  });
  return all;
}

int FakeServer::connections() const {
  const std::lock_guard lock(core_->mutex);
  return core_->connections;
}

void FakeServer::drop_connections() {
  auto done = std::make_shared<std::promise<void>>();
  auto finished = done->get_future();
  asio::post(core_->context, [core = core_.get(), done] {
    error_code ignored;
    for (tcp::socket* socket : core->open) socket->close(ignored);
    done->set_value();
  });
  finished.wait();
}

}  // namespace harrier::test
