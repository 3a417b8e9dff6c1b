#include "sandbox/http.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace harrier::sandbox {
namespace {

constexpr std::size_t kMaxHead = 64U << 10U;
constexpr std::size_t kMaxBody = 16U << 20U;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool parse_head(std::string_view head, HttpRequest& request) {
  const auto line_end = head.find("\r\n");
  auto line = head.substr(0, line_end);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) return false;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  const auto question = request.target.find('?');
  request.path = percent_decode(std::string_view(request.target).substr(0, question), false);
  request.query = question == std::string::npos
                      ? std::vector<std::pair<std::string, std::string>>()
                      : parse_form(std::string_view(request.target).substr(question + 1));
  request.headers.clear();
  head.remove_prefix(line_end + 2);
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const auto field = head.substr(0, end);
    const auto colon = field.find(':');
    if (colon == std::string_view::npos) return false;
    request.headers[to_lower(field.substr(0, colon))] = std::string(trim(field.substr(colon + 1)));
    if (end == std::string_view::npos) break;
    head.remove_prefix(end + 2);
  }
  return true;
}

int bind_loopback(int family, std::uint16_t port) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int bound = -1;
  if (family == AF_INET) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bound = bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else {
    setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_addr = in6addr_loopback;
    bound = bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  if (bound != 0 || listen(socket, 128) != 0) {
    close(socket);
    return -1;
  }
  return socket;
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                           hex_value(text[i + 2]) >= 0;
    if (is_escape) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_blank ? ' ' : text[i];
    }
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> parse_form(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto field = text.substr(0, end);
    const auto equals = field.find('=');
    if (!field.empty()) {
      fields.emplace_back(percent_decode(field.substr(0, equals), true),
                          equals == std::string_view::npos
                              ? std::string()
                              : percent_decode(field.substr(equals + 1), true));
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return fields;
}

std::string_view HttpRequest::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view HttpRequest::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (equals_ignore_case(key, name)) return value;
  }
  return {};
}

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 410:
      return "Gone";
    case 429:
      return "Too Many Requests";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

Connection::Connection(int socket, ssl_ctx_st* context)
    : socket_(socket), tls_(context == nullptr ? nullptr : SSL_new(context)) {
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!is_plain()) SSL_set_fd(tls_, socket_);
}

Connection::~Connection() {
  if (socket_ >= 0) {
    if (!is_plain()) SSL_shutdown(tls_);
    close(socket_);
  }
  SSL_free(tls_);
}

bool Connection::handshake() {
  return is_plain() || SSL_accept(tls_) == 1;
}

bool Connection::fill() {
  char chunk[16'384];
  const auto size =
      is_plain() ? ::read(socket_, chunk, sizeof chunk) : SSL_read(tls_, chunk, sizeof chunk);
  if (size <= 0) return false;
  buffer_.append(chunk, static_cast<std::size_t>(size));
  return true;
}

bool Connection::read(HttpRequest& request) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (buffer_.size() > kMaxHead || !fill()) return false;
  }
  if (!parse_head(std::string_view(buffer_).substr(0, end), request)) return false;
  buffer_.erase(0, end + 4);
  std::size_t length = 0;
  const auto text = request.header("content-length");
  std::from_chars(text.data(), text.data() + text.size(), length);
  if (length > kMaxBody || request.headers.contains("transfer-encoding")) return false;
  while (buffer_.size() < length) {
    if (!fill()) return false;
  }
  request.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return true;
}

bool Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto most = std::min<std::size_t>(bytes.size(), 1U << 20U);
    const auto size = is_plain() ? ::write(socket_, bytes.data(), most)
                                 : SSL_write(tls_, bytes.data(), static_cast<int>(most));
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

void Connection::reset() {
  const linger hard{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close(socket_);
  socket_ = -1;
}

Listener::~Listener() {
  for (const int socket : sockets_) close(socket);
  SSL_CTX_free(context_);
}

Result<std::uint16_t> Listener::open(std::uint16_t port, const std::filesystem::path& certificate,
                                     const std::filesystem::path& key) {
  context_ = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (SSL_CTX_use_certificate_chain_file(context_, certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context_, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Error(Errc::internal, "cannot load the server certificate");
  }
  return listen_on(port);
}

Result<std::uint16_t> Listener::open_plain() {
  return listen_on(0);
}

Result<std::uint16_t> Listener::listen_on(std::uint16_t port) {
  const int socket = bind_loopback(AF_INET, port);
  if (socket < 0) {
    return Error(Errc::config,
                 fmt::format("cannot listen on 127.0.0.1:{}: {}", port, std::strerror(errno)));
  }
  sockets_.push_back(socket);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  const auto chosen = ntohs(address.sin_port);
  // A machine without IPv6 is fine.
  if (const int other = bind_loopback(AF_INET6, chosen); other >= 0) sockets_.push_back(other);
  return chosen;
}

void Listener::run(const Handler& handler) {
  std::vector<pollfd> waits;
  for (const int socket : sockets_) waits.push_back({socket, POLLIN, 0});
  for (;;) {
    if (poll(waits.data(), waits.size(), -1) < 0) continue;
    for (const auto& wait : waits) {
      if ((wait.revents & POLLIN) == 0) continue;
      const int socket = accept4(wait.fd, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      std::thread([socket, handler, context = context_] {
        Connection connection(socket, context);
        if (connection.handshake()) handler(connection);
      }).detach();
    }
  }
}

}  // namespace harrier::sandbox
