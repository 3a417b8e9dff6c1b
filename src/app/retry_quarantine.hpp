// Another attempt to store the records in quarantine, as after an upgrade.
#pragma once

#include "base/task.hpp"
#include "model/catalog.hpp"
#include "model/ports.hpp"
#include "settings/settings.hpp"

#include <string>

namespace harrier::app {

/// What an attempt achieved.
struct RetryOutcome {
  RetryOutcome() = default;
  int stored = 0;   ///< in their store now (or had been already), and out of quarantine
  int refused = 0;  ///< kept in quarantine
  [[nodiscard]] std::string text() const;
};

/// Tries every record. I/O thread; the references outlive the task. Errors: storage.
[[nodiscard]] Task<RetryOutcome> retry_quarantine(model::StoreSet& stores,
                                                  const model::Catalog& catalog,
                                                  const settings::Settings& settings);

}  // namespace harrier::app
