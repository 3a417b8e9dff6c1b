// Every kind of credential, from the configuration to full stores.
#include "e2e/expect.hpp"

#include <fmt/format.h>

#include <fstream>

using Catch::Contains;
using namespace harrier::test;

namespace {

std::string metadata_of(const Tenant& tenant) {
  const auto ready = read_file(tenant.file("ready.json"));
  const auto begin = ready.find("http://");
  return ready.substr(begin, ready.find('"', begin) - begin);
}

// Makes these lines the section of the credential.
void prove_by(const Tenant& tenant, const std::string& lines) {
  const auto config = read_file(tenant.config());
  const auto begin = config.find("type = \"client_secret\"");
  tenant.configure(config.substr(begin, config.find("\n\n", begin) - begin), lines);
}

const std::vector<std::string> kOptions = {"--apis",     "hunting,office365", "--tables",
                                           "DeviceInfo", "--events",          "60"};

}  // namespace

TEST_CASE("A certificate opens the APIs", "[e2e][credentials]") {
  const Tenant tenant(kOptions);
  prove_by(
      tenant,
      fmt::format("type = \"certificate\"\ncertificate_file = \"{}\"\nprivate_key_file = \"{}\"",
                  tenant.file("client-cert.pem").string(), tenant.file("client-key.pem").string()));
  collect_and_compare(tenant);
}

TEST_CASE("A federated token opens the APIs, until another one is trusted", "[e2e][credentials]") {
  const Tenant tenant(kOptions);
  const auto own = tenant.file("token");
  std::filesystem::copy_file(tenant.file("federated-token"), own);
  prove_by(tenant, fmt::format("type = \"federated_token\"\ntoken_file = \"{}\"", own.string()));
  collect_and_compare(tenant);

  std::ofstream(tenant.file("federated-token")) << "sandbox.federated.two";
  CHECK(tenant.once().code == 1);
  CHECK_THAT(tenant.harrier({"status", "--json"}).output,
             Contains("\"failing\"") && Contains("AADSTS50027"));
  std::ofstream(own) << "sandbox.federated.two";
  CHECK(tenant.once().code == 0);
}

TEST_CASE("The identity of a virtual machine opens the APIs", "[e2e][credentials]") {
  const Tenant tenant(kOptions);
  prove_by(tenant,
           fmt::format("type = \"managed_identity\"\nimds_endpoint = \"{}\"", metadata_of(tenant)));
  collect_and_compare(tenant);
  CHECK_THAT(read_file(tenant.file("requests.jsonl")),
             Contains("\"api\":\"metadata\"") && !Contains("\"api\":\"login\""));
}

TEST_CASE("The identity of an Arc server is asked for with the agent's key", "[e2e][credentials]") {
  // The agent's folder is a mount of the daemon's own.
  const std::string in_agents_folder =
      "unshare -rm sh -c 'mount -t tmpfs none /var/opt && mkdir -p /var/opt/azcmagent/tokens && ";
  std::string ignored;
  if (run({"sh", "-c", in_agents_folder + "true'"}, ignored) != 0) {
    WARN("a mount namespace cannot be made: skipped");
    return;
  }
  const Tenant tenant(kOptions);
  prove_by(tenant, "type = \"managed_identity\"");
  const auto environment = fmt::format(
      "export IDENTITY_ENDPOINT={0}/metadata/identity/oauth2/token IMDS_ENDPOINT={0}; exec ",
      metadata_of(tenant));
  const auto key = tenant.file("arc.key");

  const auto without = tenant.once_in_shell(environment + in_agents_folder + "exec \"$0\" \"$@\"'");
  INFO(without.output);
  CHECK(without.code == 1);
  CHECK_THAT(without.output, Contains("arc.key cannot be read") && Contains("group himds"));

  const auto once = tenant.once_in_shell(environment + in_agents_folder + "cp " + key.string() +
                                         " /var/opt/azcmagent/tokens && exec \"$0\" \"$@\"'");
  INFO(once.output);
  REQUIRE(once.code == 0);
  expect_equal(tenant);
}
