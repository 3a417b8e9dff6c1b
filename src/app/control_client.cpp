#include "app/control.hpp"
#include "base/json_writer.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace harrier::app {

namespace {

constexpr std::size_t kMaxReply = 4U << 20;
constexpr timeval kReplyTime{60, 0};

class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_(value) {}

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }

  [[nodiscard]] int get() const noexcept { return value_; }

 private:
  int value_;
};

Error connect_error(const std::filesystem::path& directory) {
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
    return Error(Errc::not_found,
                 fmt::format("no daemon runs on {}; start it with systemctl start harrierd",
                             directory.string()));
  if (errno == EACCES)
    return Error(Errc::forbidden, fmt::format("this user may not talk to the daemon of {}; use "
                                              "sudo -u harrier or join the group harrier",
                                              directory.string()));
  return Error(Errc::unavailable, fmt::format("the daemon of {} does not answer: {}",
                                              directory.string(), std::strerror(errno)));
}

Result<> connect_to(const Descriptor& socket, const std::filesystem::path& directory) {
  const Descriptor folder(open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return connect_error(directory);
  const std::string path = control_address(directory, folder.get());
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  if (connect(socket.get(), generic, sizeof address) != 0) return connect_error(directory);
  return {};
}

Result<std::string> converse(const Descriptor& socket, std::string_view request) {
  while (!request.empty()) {
    const ssize_t count = send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (count < 0)
      return Error(Errc::unavailable,
                   fmt::format("the daemon ended the connection: {}", std::strerror(errno)));
    request.remove_prefix(static_cast<std::size_t>(count));
  }
  std::string reply;
  char buffer[4096];
  while (reply.find('\n') == std::string::npos && reply.size() < kMaxReply) {
    const ssize_t count = recv(socket.get(), buffer, sizeof buffer, 0);
    if (count <= 0)
      return Error(
          Errc::unavailable,
          "the daemon did not finish its answer; its log (journalctl -u harrierd) tells more");
    reply.append(buffer, static_cast<std::size_t>(count));
  }
  return reply;
}

std::vector<std::string> texts_of(const simdjson::dom::element& reply, std::string_view key) {
  std::vector<std::string> texts;
  simdjson::dom::array items;
  if (reply[key].get(items) != simdjson::SUCCESS) return texts;
  for (const auto item : items) {
    std::string_view text;
    if (item.get(text) == simdjson::SUCCESS) texts.emplace_back(text);
  }
  return texts;
}

Result<ControlReply> parse_reply(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  ControlReply reply;
  if (parser.parse(text).get(root) != simdjson::SUCCESS ||
      root["ok"].get(reply.ok) != simdjson::SUCCESS)
    return Error(
        Errc::protocol,
        "the daemon answered something unknown; are harrier and harrierd of the same version?");
  std::string_view error;
  if (root["error"].get(error) == simdjson::SUCCESS) reply.error = error;
  reply.changes = texts_of(root, "changes");
  reply.problems = texts_of(root, "problems");
  return reply;
}

}  // namespace

std::string control_address(const std::filesystem::path& directory, int folder) {
  const std::string path = (directory / "harrierd.sock").string();
  return path.size() < sizeof(sockaddr_un::sun_path)
             ? path
             : fmt::format("/proc/self/fd/{}/harrierd.sock", folder);
}

Result<ControlReply> ask_daemon(const std::filesystem::path& directory, std::string_view command) {
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return connect_error(directory);
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &kReplyTime, sizeof kReplyTime);
  HARRIER_TRYV(connect_to(socket, directory));
  JsonWriter request;
  request.begin_object().field("command", command).end_object();
  HARRIER_TRY(const auto reply, converse(socket, request.take() + "\n"));
  return parse_reply(reply);
}

}  // namespace harrier::app
