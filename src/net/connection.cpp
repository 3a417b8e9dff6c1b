#include "net/connection.hpp"

#include "base/text.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <sys/socket.h>
#include <vector>

namespace harrier::net {

namespace {

using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

// Holds a whole header (bounded at 64 KiB), and four TLS records of body.
constexpr std::size_t kBufferBytes = 64 * 1024 + 4096;
constexpr std::size_t kMaxProxyAnswer = 16 * 1024;
constexpr std::size_t kMaxSessions = 64;

Error network_error(const error_code& ec, std::string_view doing) {
  if (ec == asio::error::operation_aborted)
    return Error(Errc::cancelled, fmt::format("{} was stopped", doing));
  return Error(Errc::unavailable, fmt::format("{} failed: {}", doing, ec.message()));
}

// Shared with the resolver's thread of Asio, which cannot be interrupted: the caller may leave
// before it answers.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor)
      : resolver(executor), done(executor, std::chrono::steady_clock::time_point::max()) {}

  tcp::resolver resolver;
  asio::steady_timer done;
  bool finished = false;
  error_code ec;
  std::vector<tcp::endpoint> endpoints;
};

Task<std::vector<tcp::endpoint>> resolve(asio::any_io_executor executor, std::string host,
                                         std::uint16_t port) {
  error_code ec;
  if (const auto address = asio::ip::make_address(host, ec); !ec)
    co_return std::vector<tcp::endpoint>(1, tcp::endpoint(address, port));
  auto lookup = std::make_shared<Lookup>(executor);
  lookup->resolver.async_resolve(
      host, std::to_string(port), tcp::resolver::numeric_service,
      [lookup](const error_code& failed, const tcp::resolver::results_type& found) {
        lookup->finished = true;
        lookup->ec = failed;
        for (const auto& entry : found) lookup->endpoints.push_back(entry.endpoint());
        lookup->done.cancel();
      });
  error_code ignored;
  co_await lookup->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (!lookup->finished) co_return Error(Errc::cancelled, "name resolution was stopped");
  if (lookup->ec || lookup->endpoints.empty())
    co_return Error(Errc::unavailable,
                    fmt::format("the name {} cannot be resolved: {}", host, lookup->ec.message()));
  co_return std::move(lookup->endpoints);
}

Task<> connect_one(tcp::socket& socket, tcp::endpoint endpoint) {
  error_code ec;
  socket.close(ec);
  co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, ec));
  if (ec)
    co_return network_error(
        ec, fmt::format("connecting to {}",
                        join_host_port(endpoint.address().to_string(), endpoint.port())));
  socket.set_option(tcp::no_delay(true), ec);
  co_return Result<>();
}

// The status of a proxy's answer; 0 where it is none.
int proxy_status(std::string_view head) {
  if (head.substr(0, 7) != "HTTP/1." || head.size() < 12 || head[8] != ' ') return 0;
  int status = 0;
  const auto [end, ec] = std::from_chars(head.data() + 9, head.data() + 12, status);
  return ec == std::errc() && end == head.data() + 12 ? status : 0;
}

// What the macro SSL_set_tlsext_host_name does, without its C cast.
bool set_server_name(SSL* native, std::string host) {
  return SSL_ctrl(native, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) ==
         1;
}

bool is_address(const std::string& host) {
  error_code ec;
  asio::ip::make_address(host, ec);
  return !ec;
}

}  // namespace

Connection::Connection(const asio::any_io_executor& executor, asio::ssl::context& context)
    : stream_(executor, context), buffer_(new char[kBufferBytes]), timer_(executor) {}

Task<bool> Connection::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == kBufferBytes)
    co_return Error(Errc::protocol, "a header or a chunk's head is larger than 64 KiB");
  const asio::mutable_buffer room(buffer_.get() + end_, kBufferBytes - end_);
  error_code ec;
  std::size_t count = 0;
  if (secured_) {
    count = co_await stream_.async_read_some(room, asio::redirect_error(asio::use_awaitable, ec));
  } else {
    count = co_await socket().async_read_some(room, asio::redirect_error(asio::use_awaitable, ec));
  }
  end_ += count;
  bytes_read_ += count;
  if (ec == asio::ssl::error::stream_truncated) truncated_ = true;
  if (ec == asio::error::eof || truncated_) co_return false;
  if (ec) co_return network_error(ec, "reading");
  co_return true;
}

// A plain handler watches the time: a coroutine for each read would cost as much as the read.
Task<bool> Connection::fill(std::chrono::milliseconds limit) {
  struct Turn {
    explicit Turn(Connection& connection) : connection_(connection) {}

    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    ~Turn() {
      ++*connection_.turn_;  // a handler that is queued already finds that its turn is over
      connection_.timer_.cancel();
    }

    Connection& connection_;
  };

  bool expired = false;
  const Turn turn(*this);
  timer_.expires_after(limit);
  timer_.async_wait([this, &expired, turns = turn_, mine = *turn_](const error_code& ec) {
    if (ec || *turns != mine) return;
    expired = true;
    error_code ignored;
    socket().cancel(ignored);
  });
  auto more = co_await fill();
  if (expired && !more) co_return Error(Errc::timeout, "deadline passed");
  co_return more;
}

Task<> Connection::write(std::string_view bytes) {
  error_code ec;
  const asio::const_buffer all(bytes.data(), bytes.size());
  if (secured_) {
    co_await asio::async_write(stream_, all, asio::redirect_error(asio::use_awaitable, ec));
  } else {
    co_await asio::async_write(socket(), all, asio::redirect_error(asio::use_awaitable, ec));
  }
  if (ec) co_return network_error(ec, "sending");
  co_return Result<>();
}

bool Connection::is_idle() noexcept {
  if (!unread().empty() || truncated_) return false;
  char byte = 0;
  const auto seen = ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return seen < 0 && errno == EAGAIN;
}

Dialer::Dialer(asio::any_io_executor executor, std::chrono::milliseconds connect_timeout,
               std::string user_agent)
    : executor_(std::move(executor)),
      connect_timeout_(connect_timeout),
      user_agent_(std::move(user_agent)),
      context_(asio::ssl::context::tls_client) {}

Result<std::unique_ptr<Dialer>> Dialer::make(asio::any_io_executor executor,
                                             const std::filesystem::path& ca_file,
                                             std::chrono::milliseconds connect_timeout,
                                             std::string user_agent) {
  std::unique_ptr<Dialer> dialer(
      new Dialer(std::move(executor), connect_timeout, std::move(user_agent)));
  SSL_CTX* native = dialer->context_.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  error_code ec;
  dialer->context_.set_verify_mode(asio::ssl::verify_peer, ec);
  if (ec) return Error(Errc::internal, "TLS cannot be set up: " + ec.message());
  dialer->context_.set_default_verify_paths(ec);
  if (ec)
    return Error(Errc::config, "the system's certificate store cannot be used: " + ec.message());
  if (!ca_file.empty()) {
    dialer->context_.load_verify_file(ca_file.string(), ec);
    if (ec)
      return Error(
          Errc::config,
          fmt::format(
              "network.ca_file {} cannot be used: {}; it must hold certificates in PEM form",
              ca_file.string(), ec.message()));
  }
  return dialer;
}

Task<std::unique_ptr<Connection>> Dialer::dial(Url url, const Proxy* proxy) {
  Task<std::unique_ptr<Connection>> opening = open(url, proxy);
  auto opened = co_await with_deadline(connect_timeout_, std::move(opening));
  if (opened || opened.error().code != Errc::timeout) co_return opened;
  co_return Error(Errc::timeout,
                  fmt::format("no connection to {} within {} ms",
                              proxy != nullptr ? "the proxy or " + url.host : url.host,
                              connect_timeout_.count()));
}

Task<std::unique_ptr<Connection>> Dialer::open(const Url& url, const Proxy* proxy) {
  const bool tls = url.scheme == "https";
  auto connection = std::make_unique<Connection>(executor_, context_);
  if (proxy != nullptr) {
    HARRIER_CO_TRYV(co_await connect(*connection, proxy->host, proxy->port));
    HARRIER_CO_TRYV(co_await tunnel(*connection, url, *proxy));
  } else {
    HARRIER_CO_TRYV(co_await connect(*connection, url.host, url.port));
  }
  if (tls) HARRIER_CO_TRYV(co_await secure(*connection, url));
  co_return connection;
}

Task<> Dialer::connect(Connection& connection, std::string host, std::uint16_t port) {
  HARRIER_CO_TRY(const std::vector<tcp::endpoint> endpoints,
                 co_await resolve(executor_, host, port));
  Error last;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    // An address that swallows packets must not use up the time of the others.
    const bool is_last = i + 1 == endpoints.size();
    const auto share =
        is_last ? connect_timeout_ : std::max<std::chrono::milliseconds>(connect_timeout_ / 4, 1ms);
    Task<> attempt = connect_one(connection.socket(), endpoints[i]);
    auto connected = co_await with_deadline(share, std::move(attempt));
    if (connected || connected.error().code == Errc::cancelled) co_return connected;
    last = connected.error();
  }
  co_return last;
}

Task<> Dialer::tunnel(Connection& connection, const Url& url, const Proxy& proxy) {
  const std::string authority = join_host_port(url.host, url.port);
  std::string request = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\nUser-Agent: {1}\r\n",
                                    authority, user_agent_);
  if (!proxy.authorization.empty())
    request += fmt::format("Proxy-Authorization: {}\r\n", proxy.authorization.reveal());
  request += "\r\n";
  auto written = co_await connection.write(request);
  wipe(request);
  if (!written) co_return with_context(written.error(), "proxy");
  std::size_t end = std::string_view::npos;
  while (end == std::string_view::npos) {
    HARRIER_CO_TRY(const bool more, co_await connection.fill());
    end = connection.unread().find("\r\n\r\n");
    if (end == std::string_view::npos && (!more || connection.unread().size() > kMaxProxyAnswer))
      co_return Error(Errc::unavailable,
                      "the proxy closed the connection or did not answer in HTTP");
  }
  const int status = proxy_status(connection.unread());
  if (status == 407)
    co_return Error(Errc::config,
                    "the proxy wants other credentials (407): set network.proxy to "
                    "http://user:password@host:port");
  if (status < 200 || status > 299)
    co_return Error(
        Errc::unavailable,
        fmt::format("the proxy refused the tunnel to {} with status {}", authority, status));
  connection.consume(end + 4);
  // The server speaks only after us in TLS, so bytes behind the answer are the proxy's.
  if (!connection.unread().empty())
    co_return Error(Errc::protocol, "the proxy sent data into the tunnel");
  co_return Result<>();
}

Task<> Dialer::secure(Connection& connection, const Url& url) {
  SSL* native = connection.stream().native_handle();
  X509_VERIFY_PARAM* expected = SSL_get0_param(native);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool ready = is_address(url.host)
                         ? X509_VERIFY_PARAM_set1_ip_asc(expected, url.host.c_str()) == 1
                         : X509_VERIFY_PARAM_set1_host(expected, url.host.c_str(), 0) == 1 &&
                               set_server_name(native, url.host);
  if (!ready)
    co_return Error(Errc::protocol, fmt::format("{} is no name that TLS can verify", url.host));
  if (const auto known = sessions_.find(url.origin()); known != sessions_.end())
    SSL_set_session(native, known->second.get());
  error_code ec;
  ERR_clear_error();
  co_await connection.stream().async_handshake(asio::ssl::stream_base::client,
                                               asio::redirect_error(asio::use_awaitable, ec));
  if (!ec) {
    connection.secured_ = true;
    co_return Result<>();
  }
  sessions_.erase(url.origin());
  if (const long verdict = SSL_get_verify_result(native); verdict != X509_V_OK)
    co_return Error(
        Errc::config,
        fmt::format(
            "the certificate of {} is not trusted: {}; behind a proxy that inspects TLS, name its "
            "authority in network.ca_file",
            url.host, X509_verify_cert_error_string(verdict)));
  co_return network_error(ec, fmt::format("the TLS handshake with {}", url.host));
}

void Dialer::remember_session(const std::string& origin, Connection& connection) {
  if (!connection.secured_) return;
  SSL_SESSION* session = SSL_get1_session(connection.stream().native_handle());
  if (session == nullptr) return;
  std::unique_ptr<SSL_SESSION, SessionFree> owned(session);
  if (SSL_SESSION_is_resumable(session) != 1) return;
  if (sessions_.size() >= kMaxSessions) sessions_.clear();
  sessions_[origin] = std::move(owned);
}

}  // namespace harrier::net
