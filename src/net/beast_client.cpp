#include "net/beast_client.hpp"

#include "base/secret.hpp"
#include "base/text.hpp"
#include "net/connection.hpp"
#include "net/connection_pool.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace harrier::net {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t kMaxHeaderBytes = 64 * 1024;
constexpr int kMaxInterimAnswers = 8;

// Collects the head; hands body pieces out as views into the read buffer.
class Parser final : public http::basic_parser<false> {
 public:
  Parser() {
    header_limit(kMaxHeaderBytes);
    body_limit(boost::none);
  }

  int status = 0;
  Headers headers;
  std::string_view piece;

 private:
  void on_request_impl(http::verb, boost::beast::string_view, boost::beast::string_view, int,
                       error_code&) override {}

  void on_response_impl(int code, boost::beast::string_view, int, error_code&) override {
    status = code;
  }

  void on_field_impl(http::field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code&) override {
    headers.emplace_back(std::string(name), std::string(value));
  }

  void on_header_impl(error_code&) override {}

  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(boost::beast::string_view body, error_code&) override {
    piece = std::string_view(body.data(), body.size());
    return body.size();
  }

  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view body,
                                 error_code&) override {
    piece = std::string_view(body.data(), body.size());
    return body.size();
  }

  void on_finish_impl(error_code&) override {}
};

// What outlives a single exchange; answers hold it weakly.
struct Shared {
  Shared(HttpOptions options_, std::unique_ptr<Dialer> dialer_)
      : options(std::move(options_)),
        dialer(std::move(dialer_)),
        pool(options.idle_timeout, options.max_idle_per_origin) {}

  HttpOptions options;
  std::unique_ptr<Dialer> dialer;
  ConnectionPool pool;
};

class NetResponse final : public Response {
 public:
  NetResponse(std::weak_ptr<Shared> shared, std::string origin,
              std::unique_ptr<Connection> connection, std::chrono::milliseconds timeout)
      : shared_(std::move(shared)),
        origin_(std::move(origin)),
        connection_(std::move(connection)),
        timeout_(timeout),
        first_byte_(connection_->bytes_read()) {}

  [[nodiscard]] int status() const noexcept override { return parser_->status; }

  [[nodiscard]] const Headers& headers() const noexcept override { return parser_->headers; }

  [[nodiscard]] std::uint64_t wire_bytes() const noexcept override { return wire_bytes_; }

  // True where nothing of an answer has come: the request may be sent again.
  [[nodiscard]] bool nothing_came() const noexcept { return wire_bytes_ == 0; }

  Task<> write(std::string_view bytes) { return connection_->write(bytes); }

  // Reads the final head; interim answers are passed over.
  Task<> read_head(const InflateLimits& limits) {
    for (int interim = 0; interim < kMaxInterimAnswers; ++interim) {
      parser_.emplace();
      HARRIER_CO_TRYV(co_await read_one_head());
      if (parser_->status >= 200) {
        HARRIER_CO_TRY(const Encoding encoding, parse_content_encoding(header("Content-Encoding")));
        inflater_.emplace(encoding, limits);
        if (parser_->is_done()) release();
        co_return Result<>();
      }
      if (parser_->status == 101) break;
    }
    co_return Error(Errc::protocol, fmt::format("unexpected interim answer {}", parser_->status));
  }

  Task<std::string_view> read() override {
    for (;;) {
      HARRIER_CO_TRY(const std::string_view decoded, drop_on_error(inflater_->next()));
      if (!decoded.empty()) co_return decoded;
      if (ended_) co_return std::string_view();
      HARRIER_CO_TRY(const std::string_view raw, drop_on_error(co_await read_raw()));
      if (raw.empty()) {
        HARRIER_CO_TRYV(drop_on_error(inflater_->finish()));
        release();
      } else {
        inflater_->feed(raw);
      }
    }
  }

 private:
  template <class T>
  Result<T> drop_on_error(Result<T> outcome) {
    if (!outcome) {
      failure_ = outcome.error();
      connection_.reset();
    }
    return outcome;
  }

  // Keeps the connection for the next request where both sides agree that the answer is over.
  void release() {
    ended_ = true;
    const auto shared = shared_.lock();
    if (connection_ == nullptr || shared == nullptr) return;
    shared->dialer->remember_session(origin_, *connection_);
    if (parser_->keep_alive() && connection_->unread().empty())
      shared->pool.give(origin_, std::move(connection_));
    connection_.reset();
  }

  Task<bool> fill() {
    auto more = co_await connection_->fill(timeout_);
    wire_bytes_ = connection_->bytes_read() - first_byte_;
    if (!more && more.error().code == Errc::timeout)
      co_return Error(Errc::timeout, fmt::format("the answer stalled for {} ms", timeout_.count()));
    co_return more;
  }

  // Parses what is buffered; false where more bytes are needed.
  Result<bool> parse_buffered() {
    const std::string_view bytes = connection_->unread();
    if (bytes.empty()) return false;
    error_code ec;
    parser_->piece = {};
    const std::size_t used = parser_->put(asio::const_buffer(bytes.data(), bytes.size()), ec);
    connection_->consume(used);
    if (ec == http::error::need_more) return false;
    if (ec) return Error(Errc::protocol, "an answer is not valid HTTP: " + ec.message());
    return used > 0 || parser_->is_done();
  }

  Task<> read_one_head() {
    while (!parser_->is_header_done()) {
      HARRIER_CO_TRY(const bool parsed, parse_buffered());
      if (parsed) continue;
      // The caller's deadline covers the head as a whole.
      auto more = co_await connection_->fill();
      wire_bytes_ = connection_->bytes_read() - first_byte_;
      if (!more) co_return more.error();
      if (!*more && wire_bytes_ == 0)
        co_return Error(Errc::unavailable, "the server closed the connection without an answer");
      if (!*more) co_return Error(Errc::protocol, "an answer ended within its header");
    }
    co_return Result<>();
  }

  // The next piece of the body as it came; empty at its end.
  Task<std::string_view> read_raw() {
    if (failure_) co_return *failure_;
    while (!parser_->is_done()) {
      HARRIER_CO_TRY(const bool parsed, parse_buffered());
      if (!parser_->piece.empty()) co_return std::exchange(parser_->piece, {});
      if (parsed) continue;
      HARRIER_CO_TRY(const bool more, co_await fill());
      if (more) continue;
      error_code ec;
      parser_->put_eof(ec);
      if (ec || connection_->truncated())
        co_return Error(Errc::protocol, "an answer is torn: the connection closed before its end");
    }
    co_return std::string_view();
  }

  std::weak_ptr<Shared> shared_;
  std::string origin_;
  std::unique_ptr<Connection> connection_;
  std::chrono::milliseconds timeout_;
  std::uint64_t first_byte_;
  std::uint64_t wire_bytes_ = 0;
  bool ended_ = false;
  std::optional<Error> failure_;
  std::optional<Parser> parser_;
  std::optional<Inflater> inflater_;
};

bool is_header_safe(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// The request up to its body. Errors: protocol for a header that would end early.
Result<std::string> request_head(const Request& request, const Url& url) {
  std::string head = fmt::format(
      "{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: harrier/{}\r\nAccept-Encoding: gzip\r\n",
      request.method == Method::post ? "POST" : "GET", url.target, url.host_header(),
      HARRIER_VERSION);
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || !is_header_safe(name) || !is_header_safe(value)) {
      wipe(head);
      return Error(Errc::protocol, fmt::format("the request header {} has a line end in it", name));
    }
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (request.method == Method::post)
    head += fmt::format("Content-Length: {}\r\n", request.body.size());
  head += "\r\n";
  return head;
}

class BeastClient final : public HttpClient {
 public:
  explicit BeastClient(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  Task<std::unique_ptr<Response>> send(Request request) override {
    HARRIER_CO_TRY(const Url url, parse_url(request.url));
    const std::string what =
        fmt::format("{}{}", url.host, url.target.substr(0, url.target.find('?')).substr(0, 200));
    if (url.scheme == "http" && !is_loopback_host(url.host) &&
        !(request.plain_metadata && is_metadata_host(url.host)))
      co_return Error(Errc::config,
                      what + ": http:// is only for loopback addresses; use https://");
    HARRIER_CO_TRY(std::string head, request_head(request, url));
    // Small bodies travel with the head in one packet.
    head += request.body;
    Task<std::unique_ptr<Response>> exchange =
        send_and_read_head(shared_, url, head, request.timeout);
    auto outcome = co_await with_deadline(request.timeout, std::move(exchange));
    wipe(head);
    wipe(request.body);
    for (auto& [name, value] : request.headers) wipe(value);
    if (outcome) co_return outcome;
    Error error = outcome.error();
    if (error.code == Errc::timeout && error.message == "deadline passed")
      error.message = fmt::format("no answer within {} ms", request.timeout.count());
    co_return with_context(std::move(error), what);
  }

 private:
  // `url` and `head` live in the caller's frame.
  static Task<std::unique_ptr<Response>> send_and_read_head(std::shared_ptr<Shared> shared,
                                                            const Url& url, const std::string& head,
                                                            std::chrono::milliseconds timeout) {
    const std::string origin = url.origin();
    std::unique_ptr<Connection> connection = shared->pool.take(origin);
    if (connection != nullptr) {
      auto response = std::make_unique<NetResponse>(shared, origin, std::move(connection), timeout);
      auto outcome = co_await run(*response, shared->options.inflate, head);
      if (outcome) co_return std::unique_ptr<Response>(std::move(response));
      // A server may close an idle connection while the request is under way to it.
      if (!response->nothing_came() || outcome.error().code != Errc::unavailable)
        co_return outcome.error();
    }
    const Proxy* proxy =
        url.scheme == "https" ? shared->options.proxy.proxy_for(url.host, url.port) : nullptr;
    HARRIER_CO_TRY(connection, co_await shared->dialer->dial(url, proxy));
    auto response = std::make_unique<NetResponse>(shared, origin, std::move(connection), timeout);
    HARRIER_CO_TRYV(co_await run(*response, shared->options.inflate, head));
    co_return std::unique_ptr<Response>(std::move(response));
  }

  static Task<> run(NetResponse& response, const InflateLimits& limits, const std::string& head) {
    const auto written = co_await response.write(head);
    if (!written && written.error().code == Errc::cancelled) co_return written;
    // A server may refuse a body before all of it was sent; its answer says why.
    auto read = co_await response.read_head(limits);
    co_return written || read ? read : written;
  }

  std::shared_ptr<Shared> shared_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_http_client(asio::any_io_executor executor,
                                                     HttpOptions options) {
  HARRIER_TRY(auto dialer,
              Dialer::make(std::move(executor), options.ca_file, options.connect_timeout,
                           fmt::format("harrier/{}", HARRIER_VERSION)));
  return std::make_unique<BeastClient>(
      std::make_shared<Shared>(std::move(options), std::move(dialer)));
}

}  // namespace harrier::net
