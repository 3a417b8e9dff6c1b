// Client assertions: JWS with PS256 or RS256, as Entra demands them.
#include "sandbox/certificates.hpp"
#include "sandbox/json.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <charconv>
#include <memory>

namespace harrier::sandbox {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// False for characters outside of the alphabet, padding included.
bool decode_base64url(std::string_view text, std::string& out) {
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const auto digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return false;
    held = (held << 6U) | static_cast<unsigned>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>((held >> bits) & 0xffU);
    }
  }
  return true;
}

std::string encode_base64url(std::string_view data) {
  std::string out;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : data) {
    held = (held << 8U) | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out += kAlphabet[(held >> bits) & 63U];
    }
  }
  if (bits > 0) out += kAlphabet[(held << (6 - bits)) & 63U];
  return out;
}

std::string thumbprint(X509* certificate, const EVP_MD* digest) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, digest, bytes, &size);
  return encode_base64url({reinterpret_cast<const char*>(bytes), size});
}

bool verify(EVP_PKEY* key, bool is_pss, std::string_view message, std::string_view signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  EVP_PKEY_CTX* parameters = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &parameters, EVP_sha256(), nullptr, key) != 1)
    return false;
  if (is_pss) {
    EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST);
  }
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(message.data()),
                          message.size()) == 1;
}

std::string text_of(const FlatObject& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() ? std::string() : found->second;
}

std::int64_t number_of(const FlatObject& object, std::string_view key) {
  const auto text = text_of(object, key);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string check_claims(const FlatObject& claims, const std::string& client,
                         const std::string& audience, std::int64_t now) {
  if (text_of(claims, "iss") != client || text_of(claims, "sub") != client) {
    return "700021 Client assertion application identifier doesn't match 'client_id' parameter";
  }
  if (text_of(claims, "aud") != audience)
    return "700023 Client assertion audience claim does not match Realm issuer";
  if (text_of(claims, "jti").empty()) return "50027 JWT token is invalid or malformed: no jti";
  constexpr std::int64_t kTolerance = 300;
  const auto expires = number_of(claims, "exp");
  if (expires + kTolerance < now || number_of(claims, "nbf") > now + kTolerance ||
      expires > now + 86'400) {
    return "700024 Client assertion is not within its valid time range";
  }
  return {};
}

}  // namespace

std::string check_assertion(const std::string& assertion, const std::string& certificate_pem,
                            const std::string& client, const std::string& audience,
                            std::int64_t unix_now) {
  const auto first = assertion.find('.');
  const auto second = assertion.find('.', first + 1);
  if (first == std::string::npos || second == std::string::npos)
    return "50027 JWT token is invalid or malformed";
  std::string header_text;
  std::string claims_text;
  std::string signature;
  if (!decode_base64url(std::string_view(assertion).substr(0, first), header_text) ||
      !decode_base64url(std::string_view(assertion).substr(first + 1, second - first - 1),
                        claims_text) ||
      !decode_base64url(std::string_view(assertion).substr(second + 1), signature)) {
    return "50027 JWT token is invalid or malformed: not base64url";
  }
  const auto header = parse_flat_object(header_text);
  const auto claims = parse_flat_object(claims_text);
  if (!header || !claims) return "50027 JWT token is invalid or malformed: no JSON";

  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(
      BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())),
      &BIO_free_all);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
  if (!certificate) return "50000 The sandbox lost its certificate";
  const auto algorithm = text_of(*header, "alg");
  const bool is_known =
      text_of(*header, "x5t#S256") == thumbprint(certificate.get(), EVP_sha256()) ||
      text_of(*header, "x5t") == thumbprint(certificate.get(), EVP_sha1());
  if (!is_known || (algorithm != "PS256" && algorithm != "RS256")) {
    return "700027 Client assertion failed signature validation: the certificate is not registered";
  }
  if (!verify(X509_get0_pubkey(certificate.get()), algorithm == "PS256",
              std::string_view(assertion).substr(0, second), signature)) {
    return "700027 Client assertion failed signature validation";
  }
  return check_claims(*claims, client, audience, unix_now);
}

}  // namespace harrier::sandbox
