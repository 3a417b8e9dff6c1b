#include "sandbox/serve.hpp"

#include "sandbox/certificates.hpp"
#include "sandbox/file.hpp"
#include "sandbox/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <unistd.h>

namespace harrier::sandbox {
namespace {

constexpr std::string_view kSecret = "sandbox~secret+with/odd&chars=%";

void append_connector(std::string& text, const Tenant& tenant, std::string_view connector,
                      const std::vector<std::string>& tables) {
  const auto& options = tenant.options();
  const auto reach =
      std::min<std::int64_t>(options.span.count() / kTicksPerSecond + 3600,
                             connector == "office365_management" ? 7 * 86'400 - 600 : 30 * 86'400);
  text +=
      fmt::format("\n[connectors.{}]\nenabled = true\npoll_interval = \"5m\"\nbackfill = \"{}s\"\n",
                  connector, reach);
  if (connector == "microsoft365_defender") {
    text += fmt::format("max_rows = {}\nmax_bytes = \"{}KiB\"\n", options.max_rows,
                        options.max_bytes >> 10U);
  }
  text += fmt::format("\n[connectors.{}.tables]\n", connector);
  for (const auto& table : tables) text += fmt::format("{} = true\n", table);
}

/// A ready-made configuration whose endpoints point at the sandbox.
std::string configuration(const Tenant& tenant, std::uint16_t port) {
  const auto& options = tenant.options();
  const auto dir = std::filesystem::absolute(options.dir).string();
  const auto origin = fmt::format("https://localhost:{}", port);
  std::string text = fmt::format(
      "[tenant]\nid = \"{}\"\nclient_id = \"{}\"\n\n[tenant.credential]\ntype = \"client_secret\"\n"
      "secret_file = \"{}/secret\"\n\n[tenant.endpoints]\nlogin = \"{}\"\ngraph = \"{}\"\ndefender "
      "= \"{}\"\n"
      "office365 = \"{}\"\n\n[network]\nca_file = \"{}/ca.pem\"\n\n[storage]\ndirectory = "
      "\"{}/stores\"\n"
      "retention = \"90d\"\n\n[log]\nlevel = \"info\"\n",
      options.tenant, options.client, dir, origin, origin, origin, origin, dir, dir);
  const auto has = [&](std::string_view api) {
    return std::ranges::find(options.apis, api) != options.apis.end();
  };
  std::vector<std::string> defender;
  if (has("hunting")) {
    defender = tenant.tables_of("hunting");
    defender.insert(defender.end(), options.unlicensed.begin(), options.unlicensed.end());
  }
  if (has("defender")) {
    for (auto& table : tenant.tables_of("defender")) defender.push_back(std::move(table));
  }
  if (!defender.empty()) append_connector(text, tenant, "microsoft365_defender", defender);
  if (has("graph")) append_connector(text, tenant, "graph_security", tenant.tables_of("graph"));
  if (has("office365"))
    append_connector(text, tenant, "office365_management", tenant.tables_of("office365"));
  return text;
}

Result<> prepare(Options& options) {
  if (options.dir.empty()) return Error(Errc::config, "--dir is missing");
  std::error_code code;
  std::filesystem::create_directories(options.dir, code);
  if (code)
    return Error(Errc::storage,
                 fmt::format("cannot make {}: {}", options.dir.string(), code.message()));
  // A tenant that was there before goes on with the history it had.
  if (const auto earlier = load_state(options.dir); earlier && options.start == Instant())
    options.start = earlier->start;
  if (options.start == Instant()) options.start = SystemClock().now() + options.clock_skew;
  HARRIER_TRYV(make_certificates(options.dir));
  if (!std::filesystem::exists(options.dir / "secret")) {
    HARRIER_TRYV(write_file(options.dir / "secret", fmt::format("{}\n", kSecret), true));
    HARRIER_TRYV(write_file(options.dir / "arc.key", "sandbox-arc-key", true));
    HARRIER_TRYV(write_file(options.dir / "federated-token", "sandbox.federated.one\n", true));
  }
  return save_state(options);
}

}  // namespace

Result<int> serve(Options options) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  HARRIER_TRYV(prepare(options));
  HARRIER_TRY(const auto service, Service::create(options));
  HARRIER_TRY(const auto tenant, Tenant::create(options));
  Listener listener;
  HARRIER_TRY(const auto port, listener.open(options.port, options.dir / "server-cert.pem",
                                             options.dir / "server-key.pem"));
  Listener metadata;
  HARRIER_TRY(const auto metadata_port, metadata.open_plain());
  HARRIER_TRYV(write_file(options.dir / "harrier.toml", configuration(*tenant, port)));
  HARRIER_TRYV(write_file(
      options.dir / "ready.json",
      fmt::format(
          "{{\"port\":{0},\"pid\":{1},\"origin\":\"https://localhost:{0}\",\"start\":\"{2}\","
          "\"metadata\":\"http://127.0.0.1:{3}\"}}\n",
          port, getpid(), format_instant(options.start), metadata_port)));
  for (Listener* each : {&listener, &metadata}) {
    std::thread([each, &service] {
      each->run([&service](Connection& connection) { service->serve(connection); });
    }).detach();
  }
  int signal = 0;
  sigwait(&ends, &signal);
  std::error_code ignored;
  std::filesystem::remove(options.dir / "ready.json", ignored);
  // Connections may still be served; nothing is left to tidy.
  std::_Exit(0);
}

}  // namespace harrier::sandbox
