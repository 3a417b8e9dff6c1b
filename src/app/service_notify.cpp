#include "app/service_notify.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace harrier::app {

namespace {

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? std::string() : std::string(value);
  unsetenv(name);
  return text;
}

long number(const std::string& text) {
  long value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

ServiceNotifier::ServiceNotifier() : socket_(take_variable("NOTIFY_SOCKET")) {
  const long microseconds = number(take_variable("WATCHDOG_USEC"));
  const std::string process = take_variable("WATCHDOG_PID");
  if (microseconds > 0 && (process.empty() || number(process) == getpid()))
    watchdog_ = std::chrono::milliseconds(microseconds / 2'000);
}

void ServiceNotifier::reloading(std::string_view status) const {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000 + now.tv_nsec / 1'000),
       status);
}

void ServiceNotifier::send(std::string_view state, std::string_view status) const {
  sockaddr_un address = {};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  std::string message(state);
  if (!status.empty()) message += fmt::format("{}STATUS={}", message.empty() ? "" : "\n", status);
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  address.sun_family = AF_UNIX;
  socket_.copy(address.sun_path, sizeof address.sun_path - 1);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract address
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  sendto(descriptor, message.data(), message.size(), MSG_NOSIGNAL, generic, length);
  close(descriptor);
}

}  // namespace harrier::app
