#include "sandbox/serve.hpp"

#include "model/catalog.hpp"
#include "sandbox/certificates.hpp"
#include "sandbox/file.hpp"
#include "sandbox/generator.hpp"
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

/// A ready-made configuration whose endpoints point at the sandbox.
std::string configuration(const Options& options, std::uint16_t port,
                          const model::Catalog& catalog) {
  const auto dir = std::filesystem::absolute(options.dir).string();
  const auto origin = fmt::format("https://localhost:{}", port);
  const auto reach = static_cast<double>(options.span.count()) / kTicksPerSecond + 3600;
  std::string text = fmt::format(
      "[tenant]\nid = \"{}\"\nclient_id = \"{}\"\n\n[tenant.credential]\ntype = \"client_secret\"\n"
      "secret_file = \"{}/secret\"\n\n[tenant.endpoints]\nlogin = \"{}\"\ngraph = \"{}\"\ndefender "
      "= \"{}\"\n"
      "office365 = \"{}\"\n\n[network]\nca_file = \"{}/ca.pem\"\n\n[storage]\ndirectory = "
      "\"{}/stores\"\n"
      "retention = \"90d\"\n\n[log]\nlevel = "
      "\"info\"\n\n[connectors.microsoft365_defender]\nenabled = true\n"
      "poll_interval = \"5m\"\nbackfill = \"{}s\"\nmax_rows = {}\nmax_bytes = \"{}KiB\"\n\n"
      "[connectors.microsoft365_defender.tables]\n",
      options.tenant, options.client, dir, origin, origin, origin, origin, dir, dir,
      std::min<std::int64_t>(static_cast<std::int64_t>(reach), 30 * 86'400), options.max_rows,
      options.max_bytes >> 10U);
  const auto contains = [](const std::vector<std::string>& list, const std::string& name) {
    return std::ranges::find(list, name) != list.end();
  };
  for (const auto& table : catalog.tables()) {
    if (!is_hunting_table(*table)) continue;
    const bool is_on = options.tables.empty() || contains(options.tables, table->name) ||
                       contains(options.unlicensed, table->name);
    if (is_on) text += fmt::format("{} = true\n", table->name);
  }
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
  HARRIER_TRY(const auto catalog, model::Catalog::load_embedded());
  Listener listener;
  HARRIER_TRY(const auto port, listener.open(options.port, options.dir / "server-cert.pem",
                                             options.dir / "server-key.pem"));
  HARRIER_TRYV(write_file(options.dir / "harrier.toml", configuration(options, port, catalog)));
  HARRIER_TRYV(write_file(
      options.dir / "ready.json",
      fmt::format(
          "{{\"port\":{},\"pid\":{},\"origin\":\"https://localhost:{}\",\"start\":\"{}\"}}\n", port,
          getpid(), port, format_instant(options.start))));
  std::thread([&] {
    listener.run([&](Connection& connection) { service->serve(connection); });
  }).detach();
  int signal = 0;
  sigwait(&ends, &signal);
  std::error_code ignored;
  std::filesystem::remove(options.dir / "ready.json", ignored);
  // Connections may still be served; nothing is left to tidy.
  std::_Exit(0);
}

}  // namespace harrier::sandbox
