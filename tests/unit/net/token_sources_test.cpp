#include "net/token_sources.hpp"

#include "net/base64.hpp"
#include "net/json.hpp"
#include "settings/settings.hpp"
#include "support/captured_log.hpp"

#include "unit/net/net_fixture.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

using namespace harrier;
using namespace std::chrono_literals;
using settings::CredentialKind;
using test::FakeServer;
using test::Reply;

namespace {

constexpr const char* kTenant = "11111111-2222-3333-4444-555555555555";
constexpr const char* kClient = "66666666-7777-8888-9999-000000000000";
const std::string kTokenPath = fmt::format("/{}/oauth2/v2.0/token", kTenant);
const std::string kToken =
    R"({"token_type":"Bearer","expires_in":3599,"access_token":"the-token"})";

Reply entra(int number, const char* error = "invalid_client") {
  return Reply(
      401, fmt::format(R"({{"error":"{}","error_description":"AADSTS{}: x","error_codes":[{}]}})",
                       error, number, number));
}

std::string decode(std::string text, bool url_safe) {
  std::string out;
  std::uint32_t group = 0;
  int bits = 0;
  for (char c : text) {
    if (url_safe && c == '-') c = '+';
    if (url_safe && c == '_') c = '/';
    const auto at =
        std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
            .find(c);
    if (at == std::string_view::npos) break;
    group = group << 6 | static_cast<std::uint32_t>(at);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(group >> bits & 255);
    }
  }
  return out;
}

std::map<std::string, std::string> form_of(const std::string& body) {
  std::map<std::string, std::string> out;
  std::size_t at = 0;
  while (at < body.size()) {
    const std::size_t end = std::min(body.find('&', at), body.size());
    const std::string pair = body.substr(at, end - at);
    std::string value;
    const std::string raw = pair.substr(pair.find('=') + 1);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] == '%') {
        value += static_cast<char>(std::stoi(raw.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        value += raw[i];
      }
    }
    out[pair.substr(0, pair.find('='))] = value;
    at = end + 1;
  }
  return out;
}

struct Jwt {
  explicit Jwt(const std::string& text)
      : signed_part(text.substr(0, text.rfind('.'))),
        header(decode(text.substr(0, text.find('.')), true)),
        claims(decode(signed_part.substr(signed_part.find('.') + 1), true)),
        signature(decode(text.substr(text.rfind('.') + 1), true)) {}

  std::string signed_part;
  std::string header;
  std::string claims;
  std::string signature;
};

struct Login {
  Login() {
    server.script("POST " + kTokenPath, Reply(200, kToken));
    tenant.id = kTenant;
    tenant.client_id = kClient;
    tenant.endpoints.login = server.url();
  }

  Result<std::string> token(const std::string& scope = "https://graph.microsoft.com/.default") {
    if (!source) {
      HARRIER_TRY(source, net::make_token_source(tenant, loop.http(), clock, metrics));
    }
    HARRIER_TRY(const Secret secret, loop.run(source->token(scope)));
    return std::string(secret.reveal());
  }

  void use_certificate(const test::Identity& identity) {
    tenant.credential.kind = CredentialKind::certificate;
    tenant.credential.certificate_file = dir.write("cert.pem", identity.certificate);
    tenant.credential.private_key_file = dir.write("key.pem", identity.key);
  }

  std::map<std::string, std::string> form(std::size_t at = 0) {
    return form_of(server.requests().at(at).body);
  }

  FakeServer server;
  test::TempDir dir;
  test::NetLoop loop;
  test::SetClock clock{SystemClock().now()};
  Metrics metrics;
  settings::Tenant tenant;
  std::unique_ptr<net::TokenSource> source;
};

const test::Identity& rsa_identity() {
  static const test::Identity identity = test::self_signed(test::KeyKind::rsa);
  return identity;
}

}  // namespace

TEST_CASE("A client secret is sent percent-encoded in the form", "[net][token]") {
  Login login;
  login.tenant.credential.secret_file = login.dir.write("secret", "a~b+c/d&e=f%\n");

  CHECK(login.token().value() == "the-token");

  const auto seen = login.server.requests()[0];
  CHECK(seen.header("Content-Type") == "application/x-www-form-urlencoded");
  CHECK(seen.header("client-request-id").size() == 36);
  CHECK(seen.body.find("client_secret=a~b%2Bc%2Fd%26e%3Df%25") != std::string::npos);
  const auto form = login.form();
  CHECK(form.at("client_id") == kClient);
  CHECK(form.at("scope") == "https://graph.microsoft.com/.default");
  CHECK(form.at("grant_type") == "client_credentials");
  CHECK(login.metrics.value("harrier_http_requests", {{"api", "login"}, {"code", "200"}}) == 1);
}

TEST_CASE("A secret is read anew for every request, so a rotated one is found", "[net][token]") {
  Login login;
  login.tenant.credential.secret_file = login.dir.write("secret", "old");
  login.server.script("POST " + kTokenPath, [](const test::SeenRequest& seen) {
    return form_of(seen.body).at("client_secret") == "new" ? Reply(200, kToken) : entra(7000215);
  });
  const auto refused = login.token();
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::auth);
  CHECK(refused.error().service_code == "AADSTS7000215");

  login.dir.write("secret", "new\r\n");
  CHECK(login.token().has_error());
  CHECK(login.server.requests().size() == 1);
  login.clock.advance(60s);
  CHECK(login.token().value() == "the-token");
}

TEST_CASE("A secret can come from the environment", "[net][token]") {
  Login login;
  login.tenant.credential.secret_env = "HARRIER_TEST_SECRET";
  CHECK(login.token().error().message.find("HARRIER_TEST_SECRET") != std::string::npos);
  ::setenv("HARRIER_TEST_SECRET", "from env", 1);
  login.clock.advance(60s);
  CHECK(login.token().has_value());
  CHECK(login.form().at("client_secret") == "from env");
  ::unsetenv("HARRIER_TEST_SECRET");
}

TEST_CASE("A secret file that cannot be used is told at start", "[net][token]") {
  Login login;
  for (const auto& file :
       {login.dir.path() / "missing", login.dir.write("empty", "\n"), login.dir.path()}) {
    login.tenant.credential.secret_file = file;
    const auto made =
        net::make_token_source(login.tenant, login.loop.http(), login.clock, login.metrics);
    REQUIRE(made.has_error());
    CHECK(made.error().code == Errc::config);
    CHECK(made.error().message.find(file.string()) != std::string::npos);
  }
}

TEST_CASE("A secret that every user can read is warned of", "[net][token][security]") {
  Login login;
  login.tenant.credential.secret_file = login.dir.write("secret", "hunter2hunter2");
  for (const auto& [mode, warned] : {std::pair(0640U, false), {0644U, true}}) {
    REQUIRE(::chmod(login.tenant.credential.secret_file.c_str(), mode) == 0);
    const test::CapturedLog log;
    const auto made =
        net::make_token_source(login.tenant, login.loop.http(), login.clock, login.metrics);
    REQUIRE(made.has_value());
    CHECK((log.text().find("every user of this machine") != std::string::npos) == warned);
    CHECK(log.text().find("hunter2") == std::string::npos);
  }
}

TEST_CASE("Errors of the login service never hold the secret", "[net][token][security]") {
  Login login;
  login.tenant.credential.secret_file = login.dir.write("secret", "hunter2hunter2");
  login.server.script("POST " + kTokenPath,
                      [](const test::SeenRequest& seen) { return Reply(400, seen.body); });
  CHECK(login.token().error().message.find("hunter2") == std::string::npos);
}

TEST_CASE("A certificate signs a PS256 assertion for the token endpoint", "[net][token][jwt]") {
  Login login;
  login.use_certificate(rsa_identity());

  CHECK(login.token().value() == "the-token");

  const auto form = login.form();
  CHECK(form.at("client_assertion_type") ==
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  CHECK(form.count("client_secret") == 0);
  const Jwt jwt(form.at("client_assertion"));
  const net::SmallJson header(jwt.header);
  CHECK(header.text({"alg"}) == "PS256");
  CHECK(header.text({"typ"}) == "JWT");
  CHECK(header.text({"x5t#S256"})->size() == 43);
  CHECK_FALSE(header.text({"x5t"}).has_value());
  const net::SmallJson claims(jwt.claims);
  CHECK(claims.text({"aud"}) == login.server.url(kTokenPath));
  CHECK(claims.text({"iss"}) == kClient);
  CHECK(claims.text({"sub"}) == kClient);
  CHECK(claims.text({"jti"})->size() == 36);
  const auto now = static_cast<std::int64_t>(to_unix_seconds(login.clock.now()));
  CHECK(claims.number({"exp"}) == now + 600);
  CHECK(claims.number({"nbf"}) == now - 60);
  CHECK(test::verify_rsa(rsa_identity().certificate, jwt.signed_part, jwt.signature, true));
  CHECK_FALSE(
      test::verify_rsa(rsa_identity().certificate, jwt.signed_part + "x", jwt.signature, true));
  CHECK(login.source->credential_expiry() > login.clock.now() + Ticks(24h * 300));
}

TEST_CASE("The legacy assertion is RS256 with a SHA-1 thumbprint", "[net][token][jwt]") {
  Login login;
  login.use_certificate(rsa_identity());
  login.tenant.credential.legacy_assertion = true;
  REQUIRE(login.token().has_value());
  const Jwt jwt(login.form().at("client_assertion"));
  const net::SmallJson header(jwt.header);
  CHECK(header.text({"alg"}) == "RS256");
  CHECK(header.text({"x5t"})->size() == 27);
  CHECK(test::verify_rsa(rsa_identity().certificate, jwt.signed_part, jwt.signature, false));
}

TEST_CASE("A service that refuses PS256 gets RS256 from then on", "[net][token][jwt]") {
  Login login;
  login.use_certificate(rsa_identity());
  login.server.script("POST " + kTokenPath, [](const test::SeenRequest& seen) {
    const Jwt jwt(form_of(seen.body).at("client_assertion"));
    return jwt.header.find("RS256") != std::string::npos ? Reply(200, kToken) : entra(700027);
  });
  CHECK(login.token().has_value());
  CHECK(login.server.requests().size() == 2);
  CHECK(login.token("https://manage.office.com/.default").has_value());
  CHECK(login.server.requests().size() == 3);
}

TEST_CASE("A certificate that both forms are refused for is reported once", "[net][token][jwt]") {
  Login login;
  login.use_certificate(rsa_identity());
  login.server.script("POST " + kTokenPath, entra(700027));
  const auto answer = login.token();
  REQUIRE(answer.has_error());
  CHECK(answer.error().service_code == "AADSTS700027");
  CHECK(login.server.requests().size() == 2);
}

TEST_CASE("PKCS#12 files work with their password", "[net][token]") {
  Login login;
  login.tenant.credential.kind = CredentialKind::certificate;
  login.tenant.credential.certificate_file =
      login.dir.write("both.pfx", test::to_pkcs12(rsa_identity(), "pass word"));
  login.tenant.credential.password_file = login.dir.write("password", "pass word\n");
  REQUIRE(login.token().has_value());
  const Jwt jwt(login.form().at("client_assertion"));
  CHECK(test::verify_rsa(rsa_identity().certificate, jwt.signed_part, jwt.signature, true));

  login.source.reset();
  login.dir.write("password", "wrong");
  const auto wrong = login.token();
  REQUIRE(wrong.has_error());
  CHECK(wrong.error().message.find("password_file") != std::string::npos);
}

TEST_CASE("One PEM file may hold chain and key", "[net][token]") {
  Login login;
  const auto other = test::self_signed(test::KeyKind::ec);
  login.tenant.credential.kind = CredentialKind::certificate;
  login.tenant.credential.certificate_file = login.dir.write(
      "all.pem", other.certificate + rsa_identity().certificate + rsa_identity().key);
  REQUIRE(login.token().has_value());
  const Jwt jwt(login.form().at("client_assertion"));
  CHECK(test::verify_rsa(rsa_identity().certificate, jwt.signed_part, jwt.signature, true));
}

TEST_CASE("Key files that cannot be used are told at start with the remedy", "[net][token]") {
  Login login;
  const auto ec = test::self_signed(test::KeyKind::ec);

  struct Case {
    std::string certificate;
    std::string key;
    const char* part;
  };

  const Case cases[] = {
      {ec.certificate, ec.key, "not RSA"},
      {ec.certificate, rsa_identity().key, "fits the private key"},
      {"no certificate", rsa_identity().key, "no certificate in PEM form"},
      {rsa_identity().certificate, "no key", "no private key"},
      {rsa_identity().certificate, rsa_identity().certificate, "no private key"},
  };
  for (const Case& c : cases) {
    login.source.reset();
    test::Identity identity;
    identity.certificate = c.certificate;
    identity.key = c.key;
    login.use_certificate(identity);
    const auto answer = login.token();
    REQUIRE(answer.has_error());
    INFO(answer.error().message);
    CHECK(answer.error().code == Errc::config);
    CHECK(answer.error().message.find(c.part) != std::string::npos);
    CHECK(answer.error().message.find(".pem") != std::string::npos);
  }
  CHECK(login.server.requests().empty());
}

TEST_CASE("An expired certificate is told without asking the service", "[net][token]") {
  Login login;
  login.use_certificate(test::self_signed(test::KeyKind::rsa, -48h, -24h));
  const auto answer = login.token();
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == Errc::auth);
  CHECK(answer.error().message.find("expired on") != std::string::npos);
  CHECK(login.server.requests().empty());
}

TEST_CASE("A certificate's end is told 30, 7 and 1 days before, once each", "[net][token]") {
  const auto identity = test::self_signed(test::KeyKind::rsa, -24h, 40 * 24h);
  const auto warnings = [&](std::vector<std::chrono::hours> steps) {
    Login login;
    login.use_certificate(identity);
    std::string counts;
    for (const auto step : steps) {
      login.clock.advance(step);
      const test::CapturedLog log;
      const auto answer = login.token();
      const std::string text = log.text();
      const bool told = text.find("The certificate expires soon") != std::string::npos &&
                        text.find("upload it to the app registration") != std::string::npos;
      counts += !answer ? 'x' : told ? '1' : '0';
    }
    return counts;
  };
  constexpr auto kDay = 24h;

  CHECK(warnings({0h, 9 * kDay, 2 * kDay, 2h, 23 * kDay, 2h, 2h, 5 * kDay, 2h}) == "001010010");
  // A new process says the stage it finds, and only that.
  CHECK(warnings({34 * kDay, 2h, 2h}) == "100");
}

TEST_CASE("A federated token file is read anew for every request", "[net][token]") {
  Login login;
  login.tenant.credential.kind = CredentialKind::federated_token;
  login.tenant.credential.token_file = login.dir.write("token", " eyJ.one.sig \n");
  REQUIRE(login.token("a/.default").has_value());
  login.dir.write("token", "eyJ.two.sig");
  REQUIRE(login.token("b/.default").has_value());
  CHECK(login.form(0).at("client_assertion") == "eyJ.one.sig");
  CHECK(login.form(1).at("client_assertion") == "eyJ.two.sig");
}

TEST_CASE("A managed identity asks the metadata service for the resource", "[net][token][imds]") {
  Login login;
  login.server.script(
      "GET /metadata/identity/oauth2/token",
      Reply(
          200,
          R"({"access_token":"mi","expires_in":"86399","expires_on":"1","token_type":"Bearer"})"));
  login.tenant.credential.kind = CredentialKind::managed_identity;
  login.tenant.credential.imds_endpoint = login.server.url("/");
  CHECK(login.token().value() == "mi");
  const auto seen = login.server.requests()[0];
  CHECK(seen.header("Metadata") == "true");
  CHECK(seen.target ==
        fmt::format("/metadata/identity/oauth2/"
                    "token?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.microsoft.com"
                    "&client_id={}",
                    kClient));
  // Half of a long life.
  login.clock.advance(43'198s);
  REQUIRE(login.token().has_value());
  CHECK(login.server.requests().size() == 1);
  login.clock.advance(2s);
  REQUIRE(login.token().has_value());
  CHECK(login.server.requests().size() == 2);
}

TEST_CASE("A metadata address that is not this machine's is refused",
          "[net][token][imds][security]") {
  Login login;
  login.tenant.credential.kind = CredentialKind::managed_identity;
  login.tenant.credential.imds_endpoint = "http://metadata.test";
  CHECK(login.token().error().code == Errc::config);
  const auto environment = [](const char* name) {
    return std::string(std::string_view(name) == "IDENTITY_ENDPOINT" ? "http://192.0.2.1/x"
                                                                     : "http://localhost");
  };
  CHECK(net::managed_identity_options("", "", environment).error().code == Errc::config);
}

TEST_CASE("Without any setting the address is Azure's", "[net][token][imds]") {
  const auto options =
      net::managed_identity_options("", "", [](const char*) { return std::string(); });
  REQUIRE(options.has_value());
  CHECK(options->endpoint == "http://169.254.169.254/metadata/identity/oauth2/token");
  CHECK_FALSE(options->arc);
}

namespace {

struct Machine {
  Machine() { options.endpoint = server.url("/token"); }

  Result<std::string> token() {
    options.retry_unit = 1ms;
    const auto credential =
        net::make_managed_identity(net::TokenContext(loop.http(), clock, metrics), options);
    HARRIER_TRY(const net::TokenAnswer answer,
                loop.run(credential->acquire("https://graph.microsoft.com/.default")));
    return std::string(answer.value.reveal());
  }

  FakeServer server;
  test::TempDir dir;
  test::NetLoop loop;
  SystemClock clock;
  Metrics metrics;
  net::ManagedIdentityOptions options;
};

}  // namespace

TEST_CASE("The metadata service is asked again as documented", "[net][token][imds]") {
  Machine machine;
  machine.server.script("/token", {Reply(404), Reply(429), Reply(500), Reply(200, kToken)});
  CHECK(machine.token().value() == "the-token");
  CHECK(machine.server.requests().size() == 4);

  machine.server.script("/token", Reply(503));
  CHECK(machine.token().error().code == Errc::unavailable);
  CHECK(machine.server.requests().size() == 8);

  machine.server.script(
      "/token", {Reply(410), Reply(410), Reply(410), Reply(410), Reply(410), Reply(200, kToken)});
  CHECK(machine.token().has_value());
}

TEST_CASE("A missing identity is told with the remedy and not asked for again",
          "[net][token][imds]") {
  Machine machine;
  machine.server.script(
      "/token",
      Reply(400, R"({"error":"invalid_request","error_description":"Identity not found"})"));
  const auto answer = machine.token();
  REQUIRE(answer.has_error());
  CHECK(answer.error().code == Errc::auth);
  CHECK(answer.error().message.find("tenant.client_id") != std::string::npos);
  CHECK(machine.server.requests().size() == 1);
}

TEST_CASE("The Arc challenge is answered with the key file's text", "[net][token][arc]") {
  Machine machine;
  machine.options.arc = true;
  machine.options.key_folder = machine.dir.path();
  const auto file = machine.dir.write("abc.key", "the-key");
  machine.server.script("/token", [&](const test::SeenRequest& seen) {
    if (seen.header("Authorization") == "Basic the-key") return Reply(200, kToken);
    return Reply(401).with("WWW-Authenticate", "Basic realm=" + file.string());
  });
  CHECK(machine.token().value() == "the-token");
  CHECK(machine.server.requests().at(0).target.find("api-version=2020-06-01") != std::string::npos);
  CHECK(machine.server.requests().at(1).header("Metadata") == "true");
}

TEST_CASE("A challenge cannot make other files leave the machine", "[net][token][arc][security]") {
  Machine machine;
  const auto folder = machine.dir.path() / "tokens";
  machine.options.key_folder = folder;
  machine.dir.write("tokens/good.key", "x");
  machine.dir.write("tokens/big.key", std::string(5000, 'x'));
  machine.dir.write("tokens/other.txt", "x");
  machine.dir.write("tokens/sub/deep.key", "x");
  machine.dir.write("outside.key", "secret");
  REQUIRE(::symlink((machine.dir.path() / "outside.key").c_str(), (folder / "link.key").c_str()) ==
          0);
  const std::string at = folder.string();
  for (const std::string& path :
       {machine.dir.path().string() + "/outside.key", at + "/../outside.key", at + "/sub/deep.key",
        at + "/other.txt", at + "/big.key", at + "/link.key", at + "/none.key", at,
        std::string("/etc/shadow"), at + "/sub/../good.key", std::string("tokens/good.key")}) {
    machine.server.script("/token", Reply(401).with("WWW-Authenticate", "Basic realm=" + path));
    const std::size_t before = machine.server.requests().size();
    INFO(path);
    CHECK(machine.token().has_error());
    CHECK(machine.server.requests().size() == before + 1);
  }
}
