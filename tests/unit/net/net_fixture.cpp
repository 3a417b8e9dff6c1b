#include "unit/net/net_fixture.hpp"

#include <stdexcept>

namespace harrier::test {

namespace {

constexpr std::size_t kMaxBody = 1 << 30;

Task<Answer> exchange(net::HttpClient& http, net::Request request) {
  HARRIER_CO_TRY(const std::unique_ptr<net::Response> response,
                 co_await http.send(std::move(request)));
  Answer answer;
  answer.status = response->status();
  answer.headers = response->headers();
  HARRIER_CO_TRY(answer.body, co_await net::read_all(*response, kMaxBody));
  co_return answer;
}

}  // namespace

NetLoop::NetLoop(const std::string& ca, net::HttpOptions options) {
  if (!ca.empty()) options.ca_file = dir_.write("ca.pem", ca);
  auto made = net::make_http_client(context().get_executor(), std::move(options));
  if (!made) throw std::runtime_error(made.error().message);
  http_ = std::move(*made);
}

Result<Answer> NetLoop::send(net::Request request) {
  return run(exchange(*http_, std::move(request)));
}

Result<Answer> NetLoop::get(std::string url) {
  net::Request request;
  request.url = std::move(url);
  request.timeout = std::chrono::seconds(20);
  return send(std::move(request));
}

}  // namespace harrier::test
