#include "app/doctor.hpp"

#include "app/engine.hpp"
#include "connectors/connectors.hpp"
#include "net/proxy.hpp"
#include "net/url.hpp"
#include "storage/directory.hpp"
#include "storage/store_set.hpp"

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <netdb.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace harrier::app {

namespace {

namespace fs = std::filesystem;

constexpr Ticks kWarnSkew = std::chrono::seconds(60);
constexpr Ticks kFailSkew = std::chrono::minutes(5);
constexpr std::chrono::minutes kCheckTime{2};

// An API that some enabled table needs.
struct Api {
  Api() = default;
  std::string name;
  std::string url;
  std::string scope;
};

std::vector<Api> needed_apis(const settings::Settings& settings, const model::Catalog& catalog) {
  const auto& tenant = settings.tenant;
  std::map<std::string, Api> needed;
  const auto need = [&](const char* name, const std::string& url, const std::string& scope) {
    Api& api = needed[name];
    api.name = name;
    api.url = url;
    api.scope = scope;
  };
  for (const auto& table : settings.enabled_tables(catalog)) {
    if (table->connector == "office365_management") {
      need("office365", tenant.endpoints.office365, tenant.scopes.office365);
    } else if (table->connector == "microsoft365_defender" && table->name.starts_with("Mde")) {
      need("defender", tenant.endpoints.defender, tenant.scopes.defender);
    } else {
      need("graph", tenant.endpoints.graph, tenant.scopes.graph);
    }
  }
  std::vector<Api> apis;
  for (auto& [name, api] : needed) {
    if (!api.url.empty()) apis.push_back(std::move(api));
  }
  return apis;
}

void check_secret_modes(const settings::Settings& settings, const CheckSink& sink) {
  const auto& credential = settings.tenant.credential;
  for (const auto& file : {credential.secret_file, credential.private_key_file,
                           credential.password_file, credential.token_file}) {
    struct stat info = {};
    if (file.empty() || stat(file.c_str(), &info) != 0) continue;
    if ((info.st_mode & 0007U) != 0) {
      sink({"secret file", "warn",
            fmt::format("every user of this machine may read {}", file.string()),
            fmt::format("chmod o= {}", file.string())});
    } else {
      sink({"secret file", "ok", fmt::format("{} is not open to every user", file.string())});
    }
  }
}

std::string resolve(const std::string& host) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (found != nullptr) freeaddrinfo(found);
  return code == 0 ? std::string() : std::string(gai_strerror(code));
}

void check_names(const settings::Settings& settings, const std::vector<Api>& apis,
                 const CheckSink& sink) {
  const auto rules = net::ProxyRules::make(settings.network.proxy, [](const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
  });
  if (!rules) {
    sink({"proxy", "fail", rules.error().message, "correct network.proxy or HTTPS_PROXY"});
    return;
  }
  const bool configured = !settings.network.proxy.empty();
  std::set<std::string> seen;
  std::set<std::string> proxies;
  std::vector<std::string> urls(1, settings.tenant.endpoints.login);
  for (const auto& api : apis) urls.push_back(api.url);
  for (const auto& text : urls) {
    const auto url = net::parse_url(text);
    if (!url || !seen.insert(url->host).second) continue;
    const auto* proxy = rules->proxy_for(url->host, url->port);
    if (proxy != nullptr) proxies.insert(fmt::format("{}:{}", proxy->host, proxy->port));
    const std::string host = proxy == nullptr ? url->host : proxy->host;
    const std::string problem = resolve(host);
    const std::string way = proxy == nullptr
                                ? "directly"
                                : fmt::format("through the proxy {}:{}", proxy->host, proxy->port);
    if (problem.empty()) {
      sink({"name resolution", "ok", fmt::format("{} is reached {}", url->host, way)});
    } else {
      sink({"name resolution", "fail", fmt::format("{}: {}", host, problem),
            "correct the name, the resolver or the proxy"});
    }
  }
  for (const auto& proxy : proxies)
    sink({"proxy", "ok",
          fmt::format("{} from {}", proxy, configured ? "network.proxy" : "HTTPS_PROXY")});
  if (proxies.empty()) sink({"proxy", "ok", "none is used"});
}

// TLS, reachability and the clock in one: any answer will do.
Task<Ticks> check_login(net::HttpClient& http, std::string login, const Clock& clock) {
  net::Request request;
  request.url = login + "/";
  request.timeout = std::chrono::seconds(30);
  HARRIER_CO_TRY(const auto response, co_await http.send(std::move(request)));
  const auto date = parse_http_date(response->header("Date"));
  if (!date) co_return Ticks(0);
  co_return clock.now() - *date;
}

void report_clock(const Result<Ticks>& skew, const std::string& login, const CheckSink& sink) {
  if (!skew) {
    sink({"connection", "fail", fmt::format("{}: {}", login, skew.error().message),
          "see that port 443 is open, or set network.proxy; a proxy that opens TLS needs "
          "network.ca_file"});
    return;
  }
  sink({"connection", "ok",
        fmt::format("{} answers{}", login,
                    login.starts_with("https") ? " over TLS, its certificate is good" : "")});
  const Ticks off(std::abs(skew->count()));
  const std::string text =
      fmt::format("this machine's clock is {} {} the service's", format_duration(off),
                  skew->count() < 0 ? "behind" : "ahead of");
  if (off > kFailSkew) {
    sink({"clock", "fail", text, "switch on time synchronisation (timedatectl set-ntp true)"});
  } else if (off > kWarnSkew) {
    sink({"clock", "warn", text, "switch on time synchronisation (timedatectl set-ntp true)"});
  } else {
    sink({"clock", "ok", "this machine's clock agrees with the service's"});
  }
}

void report_roles(const std::string& api, const std::vector<std::string>& roles,
                  const std::map<std::string, std::string>& needed, const CheckSink& sink) {
  if (roles.empty()) {
    sink({"permissions " + api, "warn", "the token does not tell its roles",
          "the probes below tell which tables can be read"});
    return;
  }
  for (const auto& [permission, table] : needed) {
    if (std::any_of(roles.begin(), roles.end(),
                    [&](const auto& role) { return grants(role, permission); })) {
      sink({"permissions " + api, "ok", fmt::format("{} is granted", permission)});
    } else {
      sink({"permissions " + api, "fail",
            fmt::format("{} is not granted; {} needs it", permission, table),
            fmt::format("add the application permission {} in Entra and grant admin consent",
                        permission)});
    }
  }
}

void check_folder(const settings::Settings& settings, const CheckSink& sink) {
  const auto& directory = settings.storage.directory;
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    sink({"store folder", "warn", fmt::format("{} is not there yet", directory.string()),
          "the daemon makes it at its first start, if it may"});
    return;
  }
  if (access(directory.c_str(), R_OK | W_OK | X_OK) == 0) {
    sink({"store folder", "ok", fmt::format("{} can be written", directory.string())});
  } else {
    sink({"store folder", "warn", fmt::format("this user cannot write {}", directory.string()),
          "run doctor as the daemon's user: sudo -u harrier harrier doctor"});
  }
  const auto free = storage::free_bytes(directory);
  if (!free) {
    sink({"free disk", "fail", free.error().message, "see that the file system is mounted"});
  } else if (*free < settings.storage.min_free_bytes) {
    sink({"free disk", "fail",
          fmt::format("{} MiB are free, storage.min_free is {} MiB: collection pauses",
                      *free >> 20U, settings.storage.min_free_bytes >> 20U),
          "free some room, lower the retention or lower storage.min_free"});
  } else {
    sink({"free disk", "ok", fmt::format("{} MiB are free", *free >> 20U)});
  }
}

// A folder for the stores that an engine wants and doctor never opens.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "harrier-doctor-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }

  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

// The checks that need tokens.
class LiveChecks {
 public:
  LiveChecks(const settings::Settings& settings, const model::Catalog& catalog,
             const CheckSink& sink)
      : settings_(settings),
        catalog_(catalog),
        sink_(sink),
        connectors_(connectors::make_connectors()) {}

  void run(const std::vector<Api>& apis) {
    const ScratchFolder folder;
    auto stores = storage::open_store_set(folder.path(), clock_, 1);
    if (!stores) {
      sink_({"connection", "fail", stores.error().message,
             "make room in the folder for temporary files"});
      return;
    }
    auto engine = Engine::make(
        settings_, {context_.get_executor(), catalog_, connectors_, **stores, clock_, metrics_});
    if (!engine) {
      sink_({"credentials", "fail", engine.error().message,
             "correct tenant.credential or network.ca_file"});
      return;
    }
    engine_ = engine->get();
    const std::string login = settings_.tenant.endpoints.login;
    const auto skew = wait(check_login(engine_->http(), login, clock_));
    report_clock(skew, login, sink_);
    if (const auto expires = engine_->tokens().credential_expiry())
      sink_(certificate_check(*expires, clock_.now()));
    bool tokens = true;
    for (const auto& api : apis) tokens = check_token(api) && tokens;
    if (tokens) {
      check_tables();
    } else {
      sink_({"tables", "fail", "not tried, because a token is missing", "see above"});
    }
  }

 private:
  template <class T>
  Result<T> wait(Task<T> task) {
    Result<T> outcome = Error(Errc::internal, "ended unexpectedly");
    asio::co_spawn(context_, with_deadline(kCheckTime, std::move(task)),
                   [&](std::exception_ptr thrown, Result<T> done) {
                     if (!thrown) outcome = std::move(done);
                     context_.stop();
                   });
    context_.restart();
    context_.run();
    return outcome;
  }

  bool check_token(const Api& api) {
    const auto token = wait(engine_->tokens().token(api.scope));
    const std::string name = "token " + api.name;
    if (!token) {
      sink_({name, "fail", token.error().message,
             "correct tenant.id, tenant.client_id or tenant.credential"});
      return false;
    }
    const auto expiry = engine_->tokens().expiry(api.scope);
    sink_({name, "ok",
           expiry ? fmt::format("valid until {}", format_seconds(*expiry))
                  : std::string("received")});
    report_roles(api.name, roles_of_token(token->reveal()), permissions(api.name), sink_);
    return true;
  }

  // Which permissions of an API the enabled tables need, each with one of the tables.
  std::map<std::string, std::string> permissions(const std::string& api) {
    std::map<std::string, std::string> needed;
    for (const auto& table : settings_.enabled_tables(catalog_)) {
      const bool office = table->connector == "office365_management";
      const bool defender = table->name.starts_with("Mde");
      if (api != (office ? "office365" : defender ? "defender" : "graph")) continue;
      for (const auto& connector : connectors_) {
        const auto permission =
            connector->name() == table->connector ? connector->permission(*table) : std::string();
        if (!permission.empty()) needed.emplace(permission, table->name);
      }
    }
    return needed;
  }

  void check_tables() {
    for (const auto& table : settings_.enabled_tables(catalog_)) {
      for (const auto& connector : connectors_) {
        if (connector->name() != table->connector) continue;
        report_probe(*table, wait(connector->probe(table, engine_->services())),
                     connector->permission(*table));
      }
    }
  }

  void report_probe(const model::TableSchema& table, const Result<>& probe,
                    const std::string& permission) {
    const std::string name = "table " + table.name;
    if (probe) {
      sink_({name, "ok", "can be read"});
    } else if (probe.error().code == Errc::forbidden) {
      sink_({name, "fail", probe.error().message,
             fmt::format("grant the application permission {} with admin consent", permission)});
    } else if (probe.error().code == Errc::unlicensed) {
      sink_({name, "warn", probe.error().message,
             fmt::format("the tenant does not have it: harrier disable {}", table.name)});
    } else if (probe.error().code == Errc::throttled) {
      sink_({name, "warn", probe.error().message, "try again later"});
    } else {
      sink_({name, "fail", probe.error().message,
             "see the message; harrier status shows what the daemon meets"});
    }
  }

  const settings::Settings& settings_;
  const model::Catalog& catalog_;
  const CheckSink& sink_;
  SystemClock clock_;
  Metrics metrics_;
  ingest::Connectors connectors_;
  asio::io_context context_{1};
  Engine* engine_ = nullptr;
};

}  // namespace

void run_doctor(const settings::Settings& settings, const model::Catalog& catalog,
                const CheckSink& sink) {
  const auto apis = needed_apis(settings, catalog);
  check_secret_modes(settings, sink);
  check_names(settings, apis, sink);
  LiveChecks(settings, catalog, sink).run(apis);
  check_folder(settings, sink);
  if (apis.empty())
    sink({"tables", "warn", "no table is enabled",
          "harrier tables lists them, harrier enable TABLE turns one on"});
}

}  // namespace harrier::app
