#include "sandbox/service.hpp"

#include "base/text.hpp"
#include "sandbox/exchange.hpp"
#include "sandbox/json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harrier::sandbox {
namespace {

bool is_discovery(std::string_view path) {
  return path == "/common/discovery/instance" ||
         path.ends_with("/v2.0/.well-known/openid-configuration");
}

std::string_view api_of(std::string_view path) {
  if (path == "/metadata/identity/oauth2/token") return "metadata";
  if (path.find("/oauth2/") != std::string_view::npos || is_discovery(path)) return "login";
  if (path.starts_with("/sandbox/")) return "sandbox";
  if (path.starts_with("/v1.0/") || path.starts_with("/beta/")) return "graph";
  if (path.find("/activity/feed/") != std::string_view::npos) return "office365";
  return "defender";
}

HttpResponse from(Answer answer) {
  HttpResponse response;
  response.status = answer.status;
  response.body = std::move(answer.body);
  response.packed = std::move(answer.packed);
  return response;
}

HttpResponse not_found(std::string_view path) {
  return from(graph_error(404, "ResourceNotFound",
                          fmt::format("Resource not found for the segment '{}'.", path)));
}

HttpResponse unauthorized(std::string_view api, const std::string& why) {
  if (api == "office365" && why == "audience") {
    HttpResponse response;
    response.status = 401;
    response.body =
        R"({"error":{"code":"AF10001","message":"The permission set () sent in the request does not include the expected permission."}})";
    return response;
  }
  if (why == "audience")
    return from(graph_error(401, "InvalidAuthenticationToken",
                            "Access token validation failure. Invalid audience."));
  return from(graph_error(401, api == "graph" ? "InvalidAuthenticationToken" : "Unauthorized",
                          fmt::format("Access token has expired or is not yet valid ({}).", why)));
}

}  // namespace

Result<std::unique_ptr<Service>> Service::create(Options options) {
  HARRIER_TRY(auto tenant, Tenant::create(std::move(options)));
  std::unique_ptr<Service> service(new Service(std::move(tenant)));
  const auto& faults = service->tenant_->options().faults;
  if (!faults.empty()) HARRIER_TRYV(service->faults_.add(faults));
  return service;
}

Service::Service(std::unique_ptr<Tenant> tenant)
    : tenant_(std::move(tenant)),
      tokens_(tenant_->options()),
      faults_(tenant_->options().seed),
      skew_(tenant_->options().clock_skew.count()),
      log_(std::fopen((tenant_->options().dir / "requests.jsonl").c_str(), "ae")) {}

Service::~Service() {
  if (log_ != nullptr) std::fclose(log_);
}

Instant Service::now() const noexcept {
  return clock_.now() + Ticks(skew_.load());
}

void Service::serve(Connection& connection) {
  Exchange exchange;
  while (connection.read(exchange.request)) {
    exchange.begin(api_of(exchange.request.path), now());
    // The metadata service has no TLS, and nothing else goes without.
    const bool is_there = connection.is_plain() == (exchange.api == "metadata");
    auto response = is_there ? answer(exchange) : not_found(exchange.request.path);
    log(exchange, response);
    if (!send(connection, exchange, std::move(response))) return;
  }
}

HttpResponse Service::answer(Exchange& exchange) {
  const auto& request = exchange.request;
  if (exchange.api == "sandbox") return control(request);
  if (request.path == "/v1.0/security/runHuntingQuery" ||
      request.path == "/beta/security/runHuntingQuery") {
    exchange.read_query();
  }
  exchange.faults = faults_.strike(exchange.api, request.target, exchange.table);
  if (exchange.has("expire_tokens")) tokens_.expire_all();
  if (auto faulty = faulty_answer(exchange, exchange.now)) return *std::move(faulty);
  if (exchange.api == "metadata") return tokens_.identify(request, exchange.now);
  if (exchange.api == "login") {
    if (request.method == "GET" && is_discovery(request.path))
      return tokens_.discover(request, exchange.now);
    return request.method == "POST" && request.path.ends_with("/oauth2/v2.0/token")
               ? tokens_.issue(request, exchange.now)
               : not_found(request.path);
  }
  if (const auto why = tokens_.check(request, exchange.api, exchange.now); !why.empty()) {
    return unauthorized(exchange.api, why);
  }
  return route(exchange);
}

HttpResponse Service::route(Exchange& exchange) {
  const auto& request = exchange.request;
  const auto origin = exchange.has("foreign_next_link")
                          ? std::string("https://evil.example")
                          : fmt::format("https://{}", request.header("host"));
  if (!exchange.query.empty()) return hunt(exchange);
  if (exchange.api == "office365")
    return tenant_->management().answer(request, exchange.now, origin);
  if (const auto* collection = tenant_->find(request))
    return collection->answer(request, exchange.now, origin);
  return not_found(request.path);
}

HttpResponse Service::hunt(Exchange& exchange) const {
  if (exchange.request.method != "POST") {
    return from(graph_error(405, "Request_BadRequest",
                            "Specified HTTP method is not allowed for the request target."));
  }
  AnswerTwists twists;
  twists.is_reordered = exchange.has("reorder");
  twists.epoch = tenant_->epoch();
  twists.may_be_packed =
      exchange.faults.empty() &&
      exchange.request.header("accept-encoding").find("gzip") != std::string_view::npos;
  if (const auto* repeat = exchange.find("repeat")) twists.repeated = repeat->share;
  auto answer = tenant_->hunting().run(exchange.query, exchange.timespan, exchange.now, twists);
  exchange.rows = answer.rows;
  return from(std::move(answer));
}

HttpResponse Service::control(const HttpRequest& request) {
  HttpResponse response;
  response.body = R"({"ok":true})";
  Result<> done;
  if (request.path == "/sandbox/faults" && request.method == "POST") {
    done = faults_.add(request.body);
  } else if (request.path == "/sandbox/faults" && request.method == "DELETE") {
    faults_.clear();
  } else if (request.path == "/sandbox/faults") {
    response.body = faults_.list();
  } else if (request.path == "/sandbox/clock" && request.method == "POST") {
    auto skew = parse_length(request.parameter("skew"));
    done = skew ? set_skew(*skew) : Result<>(std::move(skew).error());
  } else if (request.path == "/sandbox/snapshot" && request.method == "POST") {
    auto epoch = parse_size(request.parameter("epoch"));
    done = epoch ? tenant_->set_epoch(*epoch) : Result<>(std::move(epoch).error());
  } else if (request.path == "/sandbox/clock") {
    response.body = fmt::format(R"({{"now":"{}"}})", format_instant(now()));
  } else if (request.path == "/sandbox/tokens" && request.method == "DELETE") {
    tokens_.expire_all();
  } else if (request.path == "/sandbox/tokens" && request.method == "POST") {
    auto lifetime = parse_size(request.parameter("lifetime"));
    if (lifetime)
      tokens_.set_lifetime(static_cast<std::int64_t>(*lifetime));
    else
      done = std::move(lifetime).error();
  } else if (request.path == "/sandbox/ledger") {
    return ledger(request);
  } else {
    return not_found(request.path);
  }
  if (!done) return from(graph_error(400, "BadRequest", done.error().message));
  return response;
}

Result<> Service::set_skew(Ticks skew) {
  skew_ = skew.count();
  // The judge looks at the same clock.
  auto options = tenant_->options();
  options.clock_skew = skew;
  return save_state(options);
}

HttpResponse Service::ledger(const HttpRequest& request) const {
  const auto wanted = request.parameter("table");
  const auto until_text = request.parameter("until");
  const auto until = until_text.empty() ? now() : parse_instant(until_text).value_or(now());
  HttpResponse response;
  response.body = fmt::format(R"({{"now":"{}","until":"{}","tables":[)", format_instant(now()),
                              format_instant(until));
  bool is_first = true;
  for (const auto& [name, table] : tenant_->hunting().tables()) {
    if (!wanted.empty() && wanted != name) continue;
    if (!is_first) response.body += ',';
    is_first = false;
    const auto [first, last] = tenant_->hunting().visible(*table, now(), tenant_->epoch());
    response.body += fmt::format(R"({{"table":"{}","deliveries":{},"visible":{}}})", name,
                                 table->timeline().count_before(until), last - first);
  }
  if (is_first && !wanted.empty()) {
    const auto truth = tenant_->truth(wanted, until, now()).truth;
    const auto published = std::ranges::count_if(truth, &Truth::is_required);
    response.body += fmt::format(R"({{"table":"{}","deliveries":{},"visible":{}}})", wanted,
                                 published, published);
  }
  response.body += "]}";
  return response;
}

void Service::log(const Exchange& exchange, const HttpResponse& response) {
  if (log_ == nullptr || exchange.api == "sandbox") return;
  std::string line =
      fmt::format(R"({{"time":"{}","api":"{}","method":"{}","target":)",
                  format_instant(exchange.now), exchange.api, exchange.request.method);
  append_json_string(line, exchange.request.target);
  line += fmt::format(R"(,"status":{},"bytes":{},"rows":{},"query":)", response.status,
                      std::max(response.body.size(), response.packed.size()), exchange.rows);
  append_json_string(line, exchange.query);
  line += R"(,"timespan":)";
  append_json_string(line, exchange.timespan);
  line += R"(,"faults":[)";
  for (std::size_t i = 0; i < exchange.faults.size(); ++i) {
    line += fmt::format("{}\"{}\"", i == 0 ? "" : ",", exchange.faults[i].kind);
  }
  line += "]}\n";
  const std::lock_guard lock(log_mutex_);
  std::fwrite(line.data(), 1, line.size(), log_);
  std::fflush(log_);
}

}  // namespace harrier::sandbox
