#include "sandbox/certificates.hpp"

#include "sandbox/file.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <memory>

namespace harrier::sandbox {
namespace {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};

using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Bio = std::unique_ptr<BIO, Release<BIO_free_all>>;

struct Pair {
  Key key;
  Certificate certificate;
};

void add_extension(X509* certificate, X509* issuer, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value);
  if (extension == nullptr) return;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

enum class Role : std::uint8_t { authority, server, client };

Result<Pair> make(Role role, const char* name, const Pair* issuer) {
  Pair pair;
  pair.key.reset(role == Role::client ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
  pair.certificate.reset(X509_new());
  if (!pair.key || !pair.certificate) return Error(Errc::internal, "cannot make a key");
  X509* certificate = pair.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), static_cast<long>(role) + 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86'400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 365L * 86'400);
  X509_set_pubkey(certificate, pair.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509* signer = issuer == nullptr ? certificate : issuer->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  add_extension(certificate, signer, NID_subject_key_identifier, "hash");
  if (role == Role::authority) {
    add_extension(certificate, signer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    add_extension(certificate, signer, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate, signer, NID_authority_key_identifier, "keyid");
  }
  if (role == Role::server) {
    add_extension(certificate, signer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    add_extension(certificate, signer, NID_ext_key_usage, "serverAuth");
  }
  EVP_PKEY* signing_key = issuer == nullptr ? pair.key.get() : issuer->key.get();
  if (X509_sign(certificate, signing_key, EVP_sha256()) == 0) {
    return Error(Errc::internal, "cannot sign a certificate");
  }
  return pair;
}

std::string bytes_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

Result<> save(const Pair& pair, const std::filesystem::path& certificate,
              const std::filesystem::path& key) {
  const Bio text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(text.get(), pair.certificate.get());
  HARRIER_TRYV(write_file(certificate, bytes_of(text.get())));
  if (key.empty()) return {};
  const Bio secret(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(secret.get(), pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return write_file(key, bytes_of(secret.get()), true);
}

}  // namespace

Result<> make_certificates(const std::filesystem::path& dir) {
  if (std::filesystem::exists(dir / "client-key.pem")) return {};
  HARRIER_TRY(const auto authority, make(Role::authority, "Harrier sandbox CA", nullptr));
  HARRIER_TRY(const auto server, make(Role::server, "localhost", &authority));
  HARRIER_TRY(const auto client, make(Role::client, "harrier-client", &authority));
  HARRIER_TRYV(save(authority, dir / "ca.pem", {}));
  HARRIER_TRYV(save(server, dir / "server-cert.pem", dir / "server-key.pem"));
  return save(client, dir / "client-cert.pem", dir / "client-key.pem");
}

}  // namespace harrier::sandbox
