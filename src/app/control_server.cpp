#include "app/control.hpp"
#include "base/json_writer.hpp"
#include "base/log.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <simdjson.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace harrier::app {

namespace {

using Socket = asio::local::stream_protocol::socket;

constexpr std::size_t kMaxRequest = 16'384;
constexpr int kMaxSessions = 16;
constexpr std::chrono::seconds kRequestTime{10};

Task<std::string> read_line(Socket& socket) {
  std::string line;
  boost::system::error_code error;
  auto buffer = asio::dynamic_buffer(line, kMaxRequest);
  co_await asio::async_read_until(socket, buffer, '\n',
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return Error(Errc::protocol, error.message());
  co_return line;
}

std::string command_of(const std::string& line) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view command;
  if (parser.parse(line).get(root) != simdjson::SUCCESS ||
      root["command"].get(command) != simdjson::SUCCESS)
    return {};
  return std::string(command);
}

}  // namespace

struct ControlServer::State {
  State(asio::any_io_executor executor, std::filesystem::path directory_, Handler handler_)
      : acceptor(executor), directory(std::move(directory_)), handler(std::move(handler_)) {}

  asio::local::stream_protocol::acceptor acceptor;
  std::filesystem::path directory;
  Handler handler;
  int sessions = 0;

  static asio::awaitable<void> serve(std::shared_ptr<State> state, Socket socket);
  static asio::awaitable<void> listen(std::shared_ptr<State> state);
};

asio::awaitable<void> ControlServer::State::serve(std::shared_ptr<State> state, Socket socket) {
  ++state->sessions;
  try {
    const auto line = co_await with_deadline(kRequestTime, read_line(socket));
    if (line) {
      const auto reply = co_await state->handler(command_of(*line));
      std::string text = reply ? *reply : control_error(reply.error().message);
      text += '\n';
      boost::system::error_code ignored;
      co_await asio::async_write(socket, asio::buffer(text),
                                 asio::redirect_error(asio::use_awaitable, ignored));
    }
  } catch (const std::exception& error) {
    log(LogLevel::debug, "app", "A control request ended early.", {{"error", error.what()}});
  }
  --state->sessions;
}

asio::awaitable<void> ControlServer::State::listen(std::shared_ptr<State> state) {
  while (state->acceptor.is_open()) {
    boost::system::error_code error;
    Socket socket =
        co_await state->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      if (!state->acceptor.is_open()) break;
      co_await sleep_for(std::chrono::seconds(1));  // out of descriptors, most likely
      continue;
    }
    if (state->sessions >= kMaxSessions) continue;
    auto session = serve(state, std::move(socket));
    asio::co_spawn(state->acceptor.get_executor(), std::move(session), [](std::exception_ptr) {});
  }
}

Result<std::unique_ptr<ControlServer>> ControlServer::start(asio::any_io_executor executor,
                                                            const std::filesystem::path& directory,
                                                            Handler handler) {
  auto state = std::make_shared<State>(executor, directory, std::move(handler));
  const auto path = directory / "harrierd.sock";
  const int folder = open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  unlink(path.c_str());
  boost::system::error_code error;
  state->acceptor.open(asio::local::stream_protocol(), error);
  if (!error)
    state->acceptor.bind(asio::local::stream_protocol::endpoint(control_address(directory, folder)),
                         error);
  if (!error && chmod(path.c_str(), 0660) != 0)
    error.assign(errno, boost::system::system_category());
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (folder >= 0) close(folder);
  if (error)
    return Error(Errc::storage,
                 fmt::format("cannot listen on {}: {}", path.string(), error.message()));
  auto listening = State::listen(state);
  asio::co_spawn(executor, std::move(listening), [](std::exception_ptr) {});
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(state)));
}

ControlServer::~ControlServer() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->handler = nullptr;
  unlink((state_->directory / "harrierd.sock").c_str());
}

std::string control_error(std::string_view message, const std::vector<std::string>& problems) {
  JsonWriter json;
  json.begin_object().field("ok", false).field("error", message).key("problems").begin_array();
  for (const auto& problem : problems) json.value(problem);
  return json.end_array().end_object().take();
}

std::string control_changes(const std::vector<std::string>& changes) {
  JsonWriter json;
  json.begin_object().field("ok", true).key("changes").begin_array();
  for (const auto& change : changes) json.value(change);
  return json.end_array().end_object().take();
}

}  // namespace harrier::app
