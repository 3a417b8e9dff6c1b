// The live test behind `harrier doctor`: each check with what it found and what to do.
#pragma once

#include "base/time.hpp"
#include "model/catalog.hpp"
#include "settings/settings.hpp"

#include <functional>
#include <string>
#include <vector>

namespace harrier::app {

/// One line.
struct Check {
  Check() = default;

  Check(std::string name_, std::string status_, std::string detail_, std::string remedy_ = {})
      : name(std::move(name_)),
        status(std::move(status_)),
        detail(std::move(detail_)),
        remedy(std::move(remedy_)) {}

  std::string name;
  std::string status;  ///< ok, warn or fail
  std::string detail;
  std::string remedy;  ///< empty when ok
};

/// Receives the checks as they are done.
using CheckSink = std::function<void(const Check&)>;

/// Runs every check against the network. Blocking.
void run_doctor(const settings::Settings& settings, const model::Catalog& catalog,
                const CheckSink& sink);

/// True when `role` is the permission, or reading and writing where the permission is reading.
[[nodiscard]] bool grants(std::string_view role, std::string_view permission);

/// The line about a certificate that ends at `expires`.
[[nodiscard]] Check certificate_check(Instant expires, Instant now);

/// The application roles of an access token (the `roles` of its payload); empty where it cannot be
/// read.
[[nodiscard]] std::vector<std::string> roles_of_token(std::string_view token);

}  // namespace harrier::app
