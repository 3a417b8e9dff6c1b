// The network client against openssl s_server, oauth2-mock-server and mockttp; the sandbox against
// the clients of Microsoft.
#include "net/api_client.hpp"
#include "net/token_sources.hpp"
#include "settings/settings.hpp"
#include "support/process.hpp"

#include "unit/net/net_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>

using namespace harrier;
using namespace std::chrono_literals;

namespace {

constexpr const char* kTenant = "11111111-2222-3333-4444-555555555555";
const std::filesystem::path kPeers = HARRIER_PEERS_DIR;

bool has_command(const char* name) {
  std::string output;
  return test::run({"/bin/sh", "-c", fmt::format("command -v {}", name)}, output) == 0;
}

// False, with a line that ctest takes for a skip, where the peers of node are not installed.
bool has_node_peers() {
  if (has_command("node") && std::filesystem::exists(kPeers / "node_modules/mockttp")) return true;
  std::cout << "skipped: node or its packages are missing; run tests/peers/install\n";
  return false;
}

// A server in a process of its own that prints `port N` when it listens.
class Peer {
 public:
  explicit Peer(std::vector<std::string> command)
      : process_(std::move(command), dir_.path() / "log") {
    for (int i = 0; i < 1200 && process_.running(); ++i) {
      const std::string text = test::read_file(dir_.path() / "log");
      const std::size_t at = text.find("port ");
      if (at != std::string::npos && text.find('\n', at) != std::string::npos) {
        port_ = std::stoi(text.substr(at + 5));
        return;
      }
      process_.wait(50ms);
    }
    FAIL("the peer did not start: " << test::read_file(dir_.path() / "log"));
  }

  [[nodiscard]] int port() const noexcept { return port_; }

 private:
  test::TempDir dir_;
  test::Process process_;
  int port_ = 0;
};

Result<std::string> token_for(const std::string& secret, int port, test::NetLoop& loop) {
  test::TempDir dir;
  SystemClock clock;
  Metrics metrics;
  settings::Tenant tenant;
  tenant.id = kTenant;
  tenant.client_id = "66666666-7777-8888-9999-000000000000";
  tenant.endpoints.login = fmt::format("http://127.0.0.1:{}", port);
  tenant.credential.secret_file = dir.write("secret", secret);
  HARRIER_TRY(auto source, net::make_token_source(tenant, loop.http(), clock, metrics));
  HARRIER_TRY(const Secret token, loop.run(source->token("https://graph.microsoft.com/.default")));
  return std::string(token.reveal());
}

}  // namespace

TEST_CASE("oauth2-mock-server gives a token and refuses a secret", "[peers][node]") {
  if (!has_node_peers()) return;
  const Peer peer({"node", (kPeers / "oauth.mjs").string(), kTenant});
  test::NetLoop loop;

  const auto token = token_for("s3cret~+/&=", peer.port(), loop);
  REQUIRE(token.has_value());
  CHECK(std::count(token->begin(), token->end(), '.') == 2);
  CHECK(token_for("text", peer.port(), loop).has_value());

  const auto refused = token_for("wrong", peer.port(), loop);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::auth);
  CHECK(refused.error().service_code == "AADSTS7000215");
}

TEST_CASE("mockttp serves packed rows, throttles and breaks connections over TLS",
          "[peers][node]") {
  if (!has_node_peers()) return;
  const test::TempDir dir;
  const auto ca = dir.path() / "ca.pem";
  const Peer peer({"node", (kPeers / "mockttp.mjs").string(), ca.string()});
  test::NetLoop loop(test::read_file(ca));
  const std::string base = fmt::format("https://localhost:{}", peer.port());

  const auto rows = loop.get(base + "/rows");
  REQUIRE(rows.has_value());
  CHECK(rows->body.size() > 500'000);
  CHECK(rows->body.substr(rows->body.size() - 2) == "]}");

  net::Request echo;
  echo.method = net::Method::post;
  echo.url = base + "/echo";
  echo.body = std::string(100'000, 'e');
  CHECK(loop.send(echo)->body == echo.body);

  const auto throttled = loop.get(base + "/throttled");
  REQUIRE(throttled.has_value());
  const Error error =
      net::error_of(throttled->status, throttled->headers, throttled->body, Instant());
  CHECK(error.code == Errc::throttled);
  CHECK(error.retry_after == 10ms);
  CHECK(loop.get(base + "/throttled")->status == 200);

  CHECK(loop.get(base + "/closed").error().code == Errc::unavailable);
  CHECK(loop.get(base + "/reset").error().code == Errc::unavailable);
  net::Request silent;
  silent.url = base + "/silent";
  silent.timeout = 300ms;
  CHECK(loop.send(silent).error().code == Errc::timeout);

  test::NetLoop stranger;
  CHECK(stranger.get(base + "/rows").error().code == Errc::config);
}

TEST_CASE("Microsoft's own clients find in the sandbox what they expect of the cloud",
          "[peers][node]") {
  if (!has_node_peers()) return;
  const test::TempDir dir;
  const std::string folder = dir.path().string();
  const test::Process sandbox({HARRIER_SANDBOX, "serve", "--dir", folder, "--apis", "hunting,graph",
                               "--tables", "DeviceInfo", "--events", "500", "--list-page", "60"},
                              dir.path() / "log");
  if (!test::wait_for_file(dir.path() / "ready.json", 1min))
    FAIL("the sandbox did not start: " << test::read_file(dir.path() / "log"));
  std::string output;
  const int code = test::run({"env", "NODE_EXTRA_CA_CERTS=" + folder + "/ca.pem", "node",
                              (kPeers / "judges.mjs").string(), folder},
                             output);
  INFO(output);
  CHECK(code == 0);
}

namespace {

// openssl s_server in www mode on a port that the system chooses.
struct OpensslServer {
  explicit OpensslServer(std::vector<std::string> extra,
                         test::IdentityOptions names = test::IdentityOptions()) {
    const auto identity = authority.issue(names);
    const auto certificate = dir.write("cert.pem", identity.certificate);
    const auto key = dir.write("key.pem", identity.key);
    std::vector<std::string> command{
        "openssl", "s_server",           "-accept", "127.0.0.1:0", "-www",
        "-cert",   certificate.string(), "-key",    key.string()};
    command.insert(command.end(), extra.begin(), extra.end());
    process.emplace(std::move(command), dir.path() / "log");
    for (int i = 0; i < 600 && process->running() && port == 0; ++i) {
      // It announces `ACCEPT 127.0.0.1:PORT`.
      const std::string text = test::read_file(dir.path() / "log");
      const std::size_t at = text.find("ACCEPT ");
      if (at != std::string::npos && text.find('\n', at) != std::string::npos)
        port = std::stoi(text.substr(text.find(':', at) + 1));
      else
        process->wait(50ms);
    }
    if (port == 0) FAIL("openssl s_server did not start: " << test::read_file(dir.path() / "log"));
  }

  [[nodiscard]] std::string url() const { return fmt::format("https://localhost:{}/", port); }

  test::TestCa authority;
  test::TempDir dir;
  std::optional<test::Process> process;
  int port = 0;
};

}  // namespace

TEST_CASE("openssl s_server is verified, and its protocol chosen", "[peers][openssl]") {
  if (!has_command("openssl")) {
    std::cout << "skipped: openssl is missing\n";
    return;
  }
  for (const char* version : {"-tls1_2", "-tls1_3"}) {
    const OpensslServer server({version});
    test::NetLoop loop(server.authority.certificate());
    const auto page = loop.get(server.url());
    INFO(version);
    REQUIRE(page.has_value());
    CHECK(page->status == 200);
    CHECK(page->body.find(version[5] == '2' ? "TLSv1.2" : "TLSv1.3") != std::string::npos);
    test::NetLoop stranger;
    CHECK(stranger.get(server.url()).error().code == Errc::config);
  }
}

TEST_CASE("openssl s_server with old protocols or a wrong name is refused", "[peers][openssl]") {
  if (!has_command("openssl")) {
    std::cout << "skipped: openssl is missing\n";
    return;
  }
  for (const char* version : {"-tls1_1", "-tls1"}) {
    const OpensslServer server({version, "-cipher", "DEFAULT:@SECLEVEL=0"});
    test::NetLoop loop(server.authority.certificate());
    CHECK(loop.get(server.url()).has_error());
  }
  test::IdentityOptions other;
  other.names = {"elsewhere.test"};
  other.addresses = {};
  const OpensslServer server({}, other);
  test::NetLoop loop(server.authority.certificate());
  CHECK(loop.get(server.url()).error().code == Errc::config);
}
