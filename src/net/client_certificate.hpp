// The certificate that an application proves itself with.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace harrier::net {

/// How a client assertion is signed.
enum class AssertionKind : std::uint8_t {
  ps256,  ///< RSA-PSS and `x5t#S256`, as documented
  rs256,  ///< PKCS#1 v1.5 and `x5t`, for clouds that lag behind
};

/// An RSA key and its certificate.
class ClientCertificate {
 public:
  /// Reads `certificate_file` and `private_key_file` as PEM; without the latter, `certificate_file`
  /// is PKCS#12 (unlocked with the text of `password_file`) or PEM with both parts. Of several
  /// certificates the one that fits the key counts. Errors: config, naming the file: unreadable,
  /// wrong password, no RSA key of 2048 bits or more, key and certificate do not fit.
  [[nodiscard]] static Result<ClientCertificate> load(const std::filesystem::path& certificate_file,
                                                      const std::filesystem::path& private_key_file,
                                                      const std::filesystem::path& password_file);
  ClientCertificate(ClientCertificate&&) noexcept;
  ClientCertificate& operator=(ClientCertificate&&) noexcept;
  ~ClientCertificate();

  [[nodiscard]] Instant not_before() const noexcept { return not_before_; }

  [[nodiscard]] Instant not_after() const noexcept { return not_after_; }

  /// A fresh signed assertion, valid for ten minutes from `now`. `audience` is the token endpoint,
  /// byte for byte. Source: the certificate credentials page of the Entra identity platform.
  /// Errors: internal.
  [[nodiscard]] Result<std::string> assertion(const std::string& client_id,
                                              const std::string& audience, Instant now,
                                              AssertionKind kind) const;

 private:
  struct Parts;
  explicit ClientCertificate(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
  Instant not_before_;
  Instant not_after_;
};

/// A random UUID (version 4).
[[nodiscard]] std::string random_uuid();

}  // namespace harrier::net
