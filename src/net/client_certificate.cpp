#include "net/client_certificate.hpp"

#include "base/secret.hpp"
#include "base/text.hpp"
#include "net/base64.hpp"
#include "net/secret_file.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace harrier::net {

namespace {

constexpr int kMinKeyBits = 2048;
constexpr std::int64_t kAssertionSeconds = 600;
// Entra refuses an assertion from the future; clocks differ by seconds.
constexpr std::int64_t kNotBeforeMargin = 60;

struct Free {
  void operator()(X509* p) const noexcept { X509_free(p); }

  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }

  void operator()(BIO* p) const noexcept { BIO_free_all(p); }

  void operator()(PKCS12* p) const noexcept { PKCS12_free(p); }

  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }

  void operator()(STACK_OF(X509) * p) const noexcept { sk_X509_pop_free(p, X509_free); }
};

template <class T>
using Owned = std::unique_ptr<T, Free>;

struct Loaded {
  Owned<EVP_PKEY> key;
  std::vector<Owned<X509>> certificates;
};

Error file_error(const std::filesystem::path& file, std::string_view why) {
  return Error(Errc::config, fmt::format("{}: {}", file.string(), why));
}

// Answers OpenSSL's question for a password; without one it must not ask on the terminal.
int give_password(char* buffer, int size, int, void* user) {
  const auto* password = static_cast<const Secret*>(user);
  if (password == nullptr || password->empty()) return -1;
  const std::string_view text = password->reveal();
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

Owned<BIO> memory(const Secret& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.reveal().data(), static_cast<int>(text.reveal().size())));
}

std::vector<Owned<X509>> pem_certificates(const Secret& text) {
  std::vector<Owned<X509>> out;
  const auto bio = memory(text);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    out.emplace_back(certificate);
  ERR_clear_error();  // the end of the file counts as an error
  return out;
}

Owned<EVP_PKEY> pem_key(const Secret& text, const Secret& password) {
  const auto bio = memory(text);
  Owned<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, give_password, const_cast<Secret*>(&password)));
  ERR_clear_error();
  return key;
}

Result<Loaded> read_pkcs12(const std::filesystem::path& file, const Secret& bytes,
                           const Secret& password) {
  const auto bio = memory(bytes);
  const Owned<PKCS12> container(d2i_PKCS12_bio(bio.get(), nullptr));
  if (container == nullptr) {
    ERR_clear_error();
    return file_error(file, "is neither PEM nor PKCS#12");
  }
  const std::string text(password.reveal());
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* chain = nullptr;
  const bool parsed = PKCS12_parse(container.get(), text.c_str(), &key, &certificate, &chain) == 1;
  const unsigned long reason = ERR_peek_last_error();
  ERR_clear_error();
  Loaded loaded;
  loaded.key.reset(key);
  if (certificate != nullptr) loaded.certificates.emplace_back(certificate);
  const Owned<STACK_OF(X509)> rest(chain);
  if (parsed && key != nullptr && certificate != nullptr) return loaded;
  if (parsed) return file_error(file, "holds no key with a certificate");
  if (ERR_GET_REASON(reason) == PKCS12_R_MAC_VERIFY_FAILURE)
    return file_error(file,
                      "cannot be unlocked: set tenant.credential.password_file to its password");
  return file_error(file,
                    "cannot be unlocked: its algorithms are too old or its password is wrong; "
                    "export it again with AES-256");
}

Result<Loaded> read_files(const std::filesystem::path& certificate_file,
                          const std::filesystem::path& private_key_file,
                          const std::filesystem::path& password_file) {
  Secret password;
  if (!password_file.empty()) {
    HARRIER_TRY(password, read_secret_file(password_file, "the password"));
  }
  HARRIER_TRY(const Secret certificates, read_small_file(certificate_file, "the certificate"));
  const bool is_pem = certificates.reveal().find("-----BEGIN ") != std::string_view::npos;
  if (!is_pem && private_key_file.empty())
    return read_pkcs12(certificate_file, certificates, password);
  Loaded loaded;
  loaded.certificates = pem_certificates(certificates);
  if (loaded.certificates.empty())
    return file_error(certificate_file, "holds no certificate in PEM form");
  if (private_key_file.empty()) {
    loaded.key = pem_key(certificates, password);
    if (loaded.key == nullptr)
      return file_error(
          certificate_file,
          "holds no private key that can be read; name one in tenant.credential.private_key_file");
    return loaded;
  }
  HARRIER_TRY(const Secret key, read_small_file(private_key_file, "the private key"));
  loaded.key = pem_key(key, password);
  if (loaded.key == nullptr)
    return file_error(private_key_file,
                      "holds no private key that can be read; it must be unencrypted PEM");
  return loaded;
}

Instant to_instant(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return kEndOfTime - Ticks(1);
  CivilTime civil;
  civil.year = parts.tm_year + 1900;
  civil.month = parts.tm_mon + 1;
  civil.day = parts.tm_mday;
  civil.hour = parts.tm_hour;
  civil.minute = parts.tm_min;
  civil.second = parts.tm_sec;
  return from_civil(civil).value_or(kEndOfTime - Ticks(1));
}

std::string thumbprint(X509* certificate, const EVP_MD* digest) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  if (X509_digest(certificate, digest, bytes.data(), &size) != 1) return {};
  return base64url(std::string_view(reinterpret_cast<const char*>(bytes.data()), size));
}

Result<std::string> sign(EVP_PKEY* key, std::string_view text, AssertionKind kind) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  bool good = context != nullptr &&
              EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, key) == 1;
  if (good && kind == AssertionKind::ps256)
    good = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
  good = good && EVP_DigestSign(context.get(), nullptr, &size, data, text.size()) == 1;
  std::string signature(size, '\0');
  good = good && EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                &size, data, text.size()) == 1;
  ERR_clear_error();
  if (!good) return Error(Errc::internal, "the client assertion cannot be signed");
  signature.resize(size);
  return signature;
}

std::string json_quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

struct ClientCertificate::Parts {
  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
};

ClientCertificate::ClientCertificate(std::unique_ptr<Parts> parts)
    : parts_(std::move(parts)),
      not_before_(to_instant(X509_get0_notBefore(parts_->certificate.get()))),
      not_after_(to_instant(X509_get0_notAfter(parts_->certificate.get()))) {}

ClientCertificate::ClientCertificate(ClientCertificate&&) noexcept = default;
ClientCertificate& ClientCertificate::operator=(ClientCertificate&&) noexcept = default;
ClientCertificate::~ClientCertificate() = default;

Result<ClientCertificate> ClientCertificate::load(const std::filesystem::path& certificate_file,
                                                  const std::filesystem::path& private_key_file,
                                                  const std::filesystem::path& password_file) {
  HARRIER_TRY(Loaded loaded, read_files(certificate_file, private_key_file, password_file));
  const std::filesystem::path& key_file =
      private_key_file.empty() ? certificate_file : private_key_file;
  if (EVP_PKEY_get_base_id(loaded.key.get()) != EVP_PKEY_RSA)
    return file_error(key_file,
                      "its key is not RSA; Entra takes only RSA keys for applications, so make an "
                      "RSA key of 2048 bits or more");
  if (EVP_PKEY_get_bits(loaded.key.get()) < kMinKeyBits)
    return file_error(key_file, "its RSA key is too short; 2048 bits or more are needed");
  const auto fits = std::find_if(
      loaded.certificates.begin(), loaded.certificates.end(), [&](const auto& certificate) {
        return X509_check_private_key(certificate.get(), loaded.key.get()) == 1;
      });
  ERR_clear_error();
  if (fits == loaded.certificates.end())
    return file_error(certificate_file, "no certificate in it fits the private key");
  auto parts = std::make_unique<Parts>();
  parts->key = std::move(loaded.key);
  parts->certificate = std::move(*fits);
  return ClientCertificate(std::move(parts));
}

Result<std::string> ClientCertificate::assertion(const std::string& client_id,
                                                 const std::string& audience, Instant now,
                                                 AssertionKind kind) const {
  const auto seconds = static_cast<std::int64_t>(to_unix_seconds(now));
  const bool pss = kind == AssertionKind::ps256;
  const std::string header = fmt::format(
      R"({{"alg":"{}","typ":"JWT","{}":"{}"}})", pss ? "PS256" : "RS256", pss ? "x5t#S256" : "x5t",
      thumbprint(parts_->certificate.get(), pss ? EVP_sha256() : EVP_sha1()));
  const std::string claims =
      fmt::format(R"({{"aud":{},"iss":{},"sub":{},"jti":"{}","nbf":{},"iat":{},"exp":{}}})",
                  json_quoted(audience), json_quoted(client_id), json_quoted(client_id),
                  random_uuid(), seconds - kNotBeforeMargin, seconds, seconds + kAssertionSeconds);
  const std::string text = base64url(header) + "." + base64url(claims);
  HARRIER_TRY(const std::string signature, sign(parts_->key.get(), text, kind));
  return text + "." + base64url(signature);
}

std::string random_uuid() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("no random numbers");
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += fmt::format("{:02x}", bytes[i]);
  }
  return out;
}

}  // namespace harrier::net
