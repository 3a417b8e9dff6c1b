// Certificates that tests make for themselves.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace harrier::test {

/// A certificate and its private key in PEM form.
struct Identity {
  Identity() = default;
  std::string certificate;
  std::string key;
};

enum class KeyKind { ec, rsa };

/// What a certificate should say.
struct IdentityOptions {
  IdentityOptions() = default;
  std::vector<std::string> names{"localhost"};  ///< DNS names of the subject
  std::vector<std::string> addresses{"127.0.0.1", "::1"};
  std::chrono::hours from{-24};  ///< start of validity, relative to now
  std::chrono::hours to{24 * 30};
  KeyKind kind = KeyKind::ec;
};

/// An authority with a key of its own.
class TestCa {
 public:
  TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;
  ~TestCa();

  /// The authority's certificate, for `network.ca_file`.
  [[nodiscard]] const std::string& certificate() const noexcept;
  [[nodiscard]] Identity issue(const IdentityOptions& options = IdentityOptions()) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// A self-signed certificate, for client credentials.
[[nodiscard]] Identity self_signed(KeyKind kind, std::chrono::hours from = std::chrono::hours(-24),
                                   std::chrono::hours to = std::chrono::hours(24 * 365));
/// `identity` as a PKCS#12 file's bytes.
[[nodiscard]] std::string to_pkcs12(const Identity& identity, const std::string& password);
/// True when `signature` over `data` was made with the certificate's key: RSA with SHA-256, PSS or
/// PKCS#1 v1.5 padding.
[[nodiscard]] bool verify_rsa(const std::string& certificate_pem, const std::string& data,
                              const std::string& signature, bool pss);

}  // namespace harrier::test
