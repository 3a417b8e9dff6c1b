#include "base/text.hpp"
#include "settings/load.hpp"
#include "settings/values.hpp"

#include <fmt/format.h>

#include <array>

namespace harrier::settings {

namespace {

struct CloudName {
  std::string_view name;
  Cloud cloud;
};

constexpr std::array<CloudName, 5> kClouds = {{{"public", Cloud::public_},
                                               {"gcc", Cloud::gcc},
                                               {"gcc_high", Cloud::gcc_high},
                                               {"dod", Cloud::dod},
                                               {"china", Cloud::china}}};

struct KindName {
  std::string_view name;
  CredentialKind kind;
};

constexpr std::array<KindName, 4> kKinds = {{{"client_secret", CredentialKind::client_secret},
                                             {"certificate", CredentialKind::certificate},
                                             {"managed_identity", CredentialKind::managed_identity},
                                             {"federated_token", CredentialKind::federated_token}}};

constexpr std::string_view kKindHint =
    "write \"client_secret\", \"certificate\", \"managed_identity\" or \"federated_token\"";

// Every key of a credential, and the kind it belongs to.
constexpr std::array<std::pair<std::string_view, CredentialKind>, 8> kCredentialKeys = {
    {{"secret_file", CredentialKind::client_secret},
     {"secret_env", CredentialKind::client_secret},
     {"certificate_file", CredentialKind::certificate},
     {"private_key_file", CredentialKind::certificate},
     {"password_file", CredentialKind::certificate},
     {"legacy_assertion", CredentialKind::certificate},
     {"token_file", CredentialKind::federated_token},
     {"imds_endpoint", CredentialKind::managed_identity}}};

Cloud load_cloud(Section& section) {
  const auto name = section.text("cloud");
  if (!name) return Cloud::public_;
  for (const auto& known : kClouds) {
    if (known.name == *name) return known.cloud;
  }
  section.complain("cloud",
                   fmt::format("is \"{}\"; write public, gcc, gcc_high, dod or china", *name));
  return Cloud::public_;
}

std::optional<CredentialKind> load_kind(Section& section) {
  const auto name = section.required_text("type", kKindHint);
  if (!name) return std::nullopt;
  for (const auto& known : kKinds) {
    if (known.name == *name) return known.kind;
  }
  section.complain("type", fmt::format("is \"{}\"; {}", *name, kKindHint));
  return std::nullopt;
}

std::string_view name_of(CredentialKind kind) {
  for (const auto& known : kKinds) {
    if (known.kind == kind) return known.name;
  }
  return {};
}

void check_secret_keys(Section& section) {
  const bool file = section.has("secret_file");
  const bool variable = section.has("secret_env");
  if (file && variable)
    section.complain("secret_env", "stands beside secret_file; keep one of the two");
  if (!file && !variable)
    section.complain(
        "secret_file",
        "is missing: name the file that holds the client secret, or secret_env = \"VARIABLE\"");
}

void check_certificate_keys(Section& section) {
  if (!section.has("certificate_file"))
    section.complain("certificate_file", "is missing: name a PEM certificate, or one PKCS#12 file");
  if (section.has("private_key_file") && section.has("password_file"))
    section.complain(
        "password_file",
        "is for a PKCS#12 file, which brings its own key; keep it or private_key_file");
}

// Keys that other kinds use are errors; those of `kind` must be complete.
void check_credential_keys(Section& section, CredentialKind kind) {
  for (const auto& [key, owner] : kCredentialKeys) {
    if (owner != kind && section.has(key))
      section.complain(key, fmt::format("belongs to type \"{}\"; this credential is \"{}\"",
                                        name_of(owner), name_of(kind)));
  }
  switch (kind) {
    case CredentialKind::client_secret:
      check_secret_keys(section);
      break;
    case CredentialKind::certificate:
      check_certificate_keys(section);
      break;
    case CredentialKind::managed_identity:
      break;
    case CredentialKind::federated_token:
      if (!section.has("token_file"))
        section.complain("token_file",
                         "is missing: name the file that the platform writes the token to");
      break;
  }
}

void refuse_inline_secrets(Section& section) {
  for (const char* key : {"secret", "client_secret", "password"}) {
    if (!section.has(key)) continue;
    section.allow(key);
    section.complain(key,
                     "a secret never stands in this file; put it in a file of its own and name "
                     "that with secret_file");
  }
}

Credential load_credential(Section section, const LoadContext& context) {
  Credential credential;
  if (!section.present()) {
    section.complain("type",
                     fmt::format("is missing: add [tenant.credential] with type; {}", kKindHint));
    return credential;
  }
  const auto kind = load_kind(section);
  refuse_inline_secrets(section);
  if (kind) {
    credential.kind = *kind;
    check_credential_keys(section, *kind);
  }
  credential.secret_file = load_file(section, "secret_file", context);
  credential.secret_env = section.text("secret_env").value_or("");
  if (section.has("secret_env") && credential.secret_env.find_first_of("= ") != std::string::npos)
    section.complain("secret_env", "is no name of an environment variable");
  credential.certificate_file = load_file(section, "certificate_file", context);
  credential.private_key_file = load_file(section, "private_key_file", context);
  credential.password_file = load_file(section, "password_file", context);
  credential.token_file = load_file(section, "token_file", context);
  credential.legacy_assertion = section.boolean("legacy_assertion").value_or(false);
  if (auto address = section.text("imds_endpoint")) {
    if (auto problem = metadata_url_problem(*address); !problem.empty())
      section.complain("imds_endpoint", std::move(problem));
    credential.imds_endpoint = std::move(*address);
  }
  section.finish();
  return credential;
}

void load_url(Section& section, std::string_view key, std::string& target) {
  auto value = section.text(key);
  if (!value) return;
  while (value->ends_with('/')) value->pop_back();
  if (auto problem = url_problem(*value); !problem.empty()) {
    section.complain(key, std::move(problem));
  } else {
    target = std::move(*value);
  }
}

void load_scope(Section& section, std::string_view key, std::string& target) {
  auto value = section.text(key);
  if (!value) return;
  if (!value->ends_with("/.default") || value->find_first_of(" \t\r\n") != std::string::npos) {
    section.complain(key, "is no scope of an application: write one resource, ending in /.default");
  } else {
    target = std::move(*value);
  }
}

void load_client_id(Section& section, Tenant& tenant) {
  if (tenant.credential.kind == CredentialKind::managed_identity && !section.has("client_id")) {
    section.allow("client_id");
    return;
  }
  const auto value =
      section.required_text("client_id", "the application's id, from its overview page in Entra");
  if (!value) return;
  if (!is_guid(*value))
    section.complain("client_id", fmt::format("is \"{}\", which is no GUID", *value));
  tenant.client_id = to_lower(*value);
}

}  // namespace

Tenant load_tenant(Section section, const LoadContext& context) {
  Tenant tenant;
  if (const auto id = section.required_text(
          "id", "the tenant's id (a GUID), from the overview page of Entra")) {
    if (!is_guid(*id))
      section.complain("id",
                       fmt::format("is \"{}\"; write the tenant's GUID, not its domain name", *id));
    tenant.id = to_lower(*id);
  }
  tenant.cloud = load_cloud(section);
  tenant.credential = load_credential(section.sub("credential"), context);
  load_client_id(section, tenant);
  tenant.endpoints = default_endpoints(tenant.cloud);
  tenant.scopes = default_scopes(tenant.cloud);
  Section endpoints = section.sub("endpoints");
  load_url(endpoints, "login", tenant.endpoints.login);
  load_url(endpoints, "graph", tenant.endpoints.graph);
  load_url(endpoints, "defender", tenant.endpoints.defender);
  load_url(endpoints, "office365", tenant.endpoints.office365);
  endpoints.finish();
  Section scopes = section.sub("scopes");
  load_scope(scopes, "graph", tenant.scopes.graph);
  load_scope(scopes, "defender", tenant.scopes.defender);
  load_scope(scopes, "office365", tenant.scopes.office365);
  // A cloud without the API has no scope for it either.
  if (!tenant.endpoints.defender.empty() && tenant.scopes.defender.empty())
    tenant.scopes.defender = tenant.endpoints.defender + "/.default";
  scopes.finish();
  section.finish();
  return tenant;
}

}  // namespace harrier::settings
