// What the daemon asks of its process before it holds a secret.
#pragma once

#include "settings/settings.hpp"

namespace harrier::app {

/// No core dumps and no debugger of the same user (memory holds tokens), files of mode 0640 at
/// most, some freed memory kept for the next page. Called once, before other threads run.
void harden_process();

/// Gives freed memory back to the system; takes milliseconds.
void give_back_memory() noexcept;

/// Level and form from the settings; under systemd (`JOURNAL_STREAM` is standard error) the
/// journal's form unless another is set.
void configure_logging(const settings::Settings& settings);

/// Ends the process after `seconds` whatever it is doing. Stores lose nothing by it: what is not
/// committed was not marked done.
void exit_after(unsigned seconds);

}  // namespace harrier::app
