// The daemon's control socket `<directory>/harrierd.sock`: one JSON line each way.
//
// Request: {"command":"apply"}. Commands: apply (read the configuration again), status (the live
// state of every stream), nudge (look for queued work at once). Reply:
// {"ok":true,"changes":["..."]} or {"ok":false,"error":"...","problems":["FILE:LINE: ..."]}.
#pragma once

#include "base/task.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::app {

/// What the daemon answered.
struct ControlReply {
  bool ok = false;
  std::string error;
  std::vector<std::string> changes;
  std::vector<std::string> problems;
};

/// Asks the daemon of a stores' folder; blocking. Errors: not_found, when none runs; forbidden,
/// when this user may not; unavailable.
[[nodiscard]] Result<ControlReply> ask_daemon(const std::filesystem::path& directory,
                                              std::string_view command);

/// Answers on the socket of a folder; mode 0660, so that the folder's group may use it. I/O thread
/// only. The caller holds the folder's lock: a socket that is there already is a dead daemon's.
class ControlServer {
 public:
  /// Takes a command's name, gives the reply's JSON.
  using Handler = std::function<Task<std::string>(std::string command)>;

  /// Errors: storage.
  [[nodiscard]] static Result<std::unique_ptr<ControlServer>> start(
      asio::any_io_executor executor, const std::filesystem::path& directory, Handler handler);
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;
  /// Ends listening and removes the socket.
  ~ControlServer();

 private:
  struct State;

  explicit ControlServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

/// The reply for an error.
[[nodiscard]] std::string control_error(std::string_view message,
                                        const std::vector<std::string>& problems = {});
/// The reply for what changed.
[[nodiscard]] std::string control_changes(const std::vector<std::string>& changes);

/// The address of the socket for bind(2) and connect(2), whose paths end at 107 bytes: `folder` is
/// a descriptor of the directory, which stands in for a longer path.
[[nodiscard]] std::string control_address(const std::filesystem::path& directory, int folder);

}  // namespace harrier::app
