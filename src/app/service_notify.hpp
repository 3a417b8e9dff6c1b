// What systemd hears from a service of Type=notify: sd_notify(3) over its datagram socket, without
// its library.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace harrier::app {

/// Sends states to $NOTIFY_SOCKET; does nothing where that is unset.
class ServiceNotifier {
 public:
  /// Reads and unsets NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, so that no child takes them
  /// for its own.
  ServiceNotifier();

  void ready(std::string_view status) const { send("READY=1", status); }

  void reloading(std::string_view status) const;

  void stopping(std::string_view status) const { send("STOPPING=1", status); }

  void watchdog() const { send("WATCHDOG=1", {}); }

  /// One line for `systemctl status`.
  void status(std::string_view text) const { send({}, text); }

  /// How often `watchdog` must be called: half of what the unit says; zero when it says nothing.
  [[nodiscard]] std::chrono::milliseconds watchdog_interval() const noexcept { return watchdog_; }

 private:
  void send(std::string_view state, std::string_view status) const;

  std::string socket_;
  std::chrono::milliseconds watchdog_{0};
};

}  // namespace harrier::app
