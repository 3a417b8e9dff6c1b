// Certificates of the simulated tenant: its CA, the server's, and the application's.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace harrier::sandbox {

/// Writes ca.pem, server-cert.pem, server-key.pem, client-cert.pem and client-key.pem into `dir`,
/// unless they are there. Errors: internal, storage.
[[nodiscard]] Result<> make_certificates(const std::filesystem::path& dir);

/// Checks client assertions (JWS) against the application's certificate.
/// Returns an empty string when `assertion` is sound, else the Entra error number and a reason
/// (`700027 …`).
[[nodiscard]] std::string check_assertion(const std::string& assertion,
                                          const std::string& certificate_pem,
                                          const std::string& client, const std::string& audience,
                                          std::int64_t unix_now);

}  // namespace harrier::sandbox
