#include "support/test_ca.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace harrier::test {

namespace {

struct Free {
  void operator()(X509* p) const noexcept { X509_free(p); }

  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }

  void operator()(BIO* p) const noexcept { BIO_free_all(p); }

  void operator()(PKCS12* p) const noexcept { PKCS12_free(p); }

  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
};

template <class T>
using Owned = std::unique_ptr<T, Free>;

void need(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("test certificate: ") + what);
}

Owned<EVP_PKEY> make_key(KeyKind kind) {
  Owned<EVP_PKEY> key(kind == KeyKind::ec ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048));
  need(key != nullptr, "key");
  return key;
}

std::string take_text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string pem_of(X509* certificate) {
  Owned<BIO> bio(BIO_new(BIO_s_mem()));
  need(PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM");
  return take_text(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  Owned<BIO> bio(BIO_new(BIO_s_mem()));
  need(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "PEM");
  return take_text(bio.get());
}

Owned<X509> read_certificate(const std::string& pem) {
  Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Owned<X509> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  need(certificate != nullptr, "reading");
  return certificate;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  need(extension != nullptr, "extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Owned<X509> make_certificate(EVP_PKEY* key, const char* name, std::chrono::hours from,
                             std::chrono::hours to) {
  Owned<X509> certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  long serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), 4);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial & 0x7FFFFFFF);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), std::chrono::seconds(from).count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), std::chrono::seconds(to).count());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  need(X509_sign(certificate, issuer_key, EVP_sha256()) != 0, "signing");
}

}  // namespace

struct TestCa::Parts {
  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
  std::string pem;
};

TestCa::TestCa() : parts_(std::make_unique<Parts>()) {
  parts_->key = make_key(KeyKind::ec);
  parts_->certificate = make_certificate(parts_->key.get(), "Test Authority",
                                         std::chrono::hours(-48), std::chrono::hours(24 * 365));
  X509* certificate = parts_->certificate.get();
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  sign(certificate, certificate, parts_->key.get());
  parts_->pem = pem_of(certificate);
}

TestCa::~TestCa() = default;

const std::string& TestCa::certificate() const noexcept {
  return parts_->pem;
}

Identity TestCa::issue(const IdentityOptions& options) const {
  const auto key = make_key(options.kind);
  const std::string first = options.names.empty() ? "test" : options.names.front();
  const auto certificate = make_certificate(key.get(), first.c_str(), options.from, options.to);
  std::string alternatives;
  for (const auto& name : options.names)
    alternatives += (alternatives.empty() ? "DNS:" : ",DNS:") + name;
  for (const auto& address : options.addresses)
    alternatives += (alternatives.empty() ? "IP:" : ",IP:") + address;
  add_extension(certificate.get(), parts_->certificate.get(), NID_basic_constraints, "CA:FALSE");
  if (!alternatives.empty())
    add_extension(certificate.get(), parts_->certificate.get(), NID_subject_alt_name, alternatives);
  sign(certificate.get(), parts_->certificate.get(), parts_->key.get());
  Identity identity;
  identity.certificate = pem_of(certificate.get());
  identity.key = pem_of(key.get());
  return identity;
}

Identity self_signed(KeyKind kind, std::chrono::hours from, std::chrono::hours to) {
  const auto key = make_key(kind);
  const auto certificate = make_certificate(key.get(), "harrier-test", from, to);
  sign(certificate.get(), certificate.get(), key.get());
  Identity identity;
  identity.certificate = pem_of(certificate.get());
  identity.key = pem_of(key.get());
  return identity;
}

std::string to_pkcs12(const Identity& identity, const std::string& password) {
  Owned<BIO> bio(BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size())));
  Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  const auto certificate = read_certificate(identity.certificate);
  Owned<PKCS12> file(PKCS12_create(password.c_str(), "test", key.get(), certificate.get(), nullptr,
                                   0, 0, 0, 0, 0));
  need(file != nullptr, "PKCS#12");
  Owned<BIO> out(BIO_new(BIO_s_mem()));
  need(i2d_PKCS12_bio(out.get(), file.get()) == 1, "PKCS#12");
  return take_text(out.get());
}

bool verify_rsa(const std::string& certificate_pem, const std::string& data,
                const std::string& signature, bool pss) {
  const auto certificate = read_certificate(certificate_pem);
  Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  need(EVP_DigestVerifyInit(context.get(), &options, EVP_sha256(), nullptr,
                            X509_get0_pubkey(certificate.get())) == 1,
       "verify");
  EVP_PKEY_CTX_set_rsa_padding(options, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING);
  if (pss) EVP_PKEY_CTX_set_rsa_pss_saltlen(options, 32);
  const bool good =
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(data.data()),
                       data.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace harrier::test
