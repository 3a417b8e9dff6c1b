#include "app/paged_output.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace harrier::app {

namespace {

/// Long lines are cut and can be scrolled; colours and the screen's contents stay.
constexpr const char* kLessOptions = "LESS=RSX";

bool is_installed(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::string_view left = path == nullptr ? "" : path;
  while (!left.empty()) {
    const std::string folder(left.substr(0, left.find(':')));
    left.remove_prefix(std::min(left.size(), folder.size() + 1));
    if (access((folder + "/").append(program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::vector<char*> environment() {
  std::vector<char*> out;
  for (char** entry = environ; *entry != nullptr; ++entry) out.push_back(*entry);
  if (std::getenv("LESS") == nullptr) out.push_back(const_cast<char*>(kLessOptions));
  out.push_back(nullptr);
  return out;
}

}  // namespace

std::string pager_command() {
  const char* chosen = std::getenv("PAGER");
  if (chosen == nullptr) return is_installed("less") ? "less" : "";
  return std::string_view(chosen) == "cat" ? "" : chosen;
}

PagedOutput::PagedOutput(Io& io, std::string pager, std::function<void(bool)> before)
    : io_(io),
      pager_(std::move(pager)),
      before_(std::move(before)),
      stream_(this),
      old_handler_(std::signal(SIGPIPE, SIG_IGN)) {}

PagedOutput::~PagedOutput() {
  wait();
  std::signal(SIGPIPE, old_handler_);
}

void PagedOutput::finish() {
  if (!started_) {
    pager_.clear();
    start();
  }
  wait();
  io_.out.flush();
}

std::streamsize PagedOutput::xsputn(const char* text, std::streamsize size) {
  const std::string_view all(text, static_cast<std::size_t>(size));
  if (started_) return send(all) ? size : 0;
  held_ += all;
  count(all);
  if (lines_ >= io_.height) start();
  return left_ ? 0 : size;
}

PagedOutput::int_type PagedOutput::overflow(int_type character) {
  if (traits_type::eq_int_type(character, traits_type::eof())) return character;
  const char c = traits_type::to_char_type(character);
  return xsputn(&c, 1) == 1 ? character : traits_type::eof();
}

void PagedOutput::count(std::string_view text) {
  const auto width = static_cast<std::size_t>(std::max(io_.width, 1));
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    column_ += display_width(text.substr(0, end));
    if (end == std::string_view::npos) return;
    lines_ += static_cast<int>(std::max<std::size_t>(1, (column_ + width - 1) / width));
    column_ = 0;
    text.remove_prefix(end + 1);
  }
}

void PagedOutput::start() {
  started_ = true;
  const bool paged = !pager_.empty();
  before_(paged);
  if (paged && !spawn()) pipe_ = -1;
  send(held_);
  held_.clear();
}

bool PagedOutput::spawn() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t as_usual = none;
  sigaddset(&as_usual, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &as_usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string command = pager_;
  char shell[] = "sh";
  char option[] = "-c";
  char* arguments[] = {shell, option, command.data(), nullptr};
  std::vector<char*> variables = environment();
  const int failed =
      posix_spawn(&child_, "/bin/sh", &actions, &attributes, arguments, variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  pipe_ = ends[1];
  if (failed == 0) return true;
  close(pipe_);
  child_ = -1;
  return false;
}

bool PagedOutput::send(std::string_view text) {
  if (pipe_ < 0) {
    io_.out << text;
    return io_.out.good();
  }
  while (!text.empty() && !left_) {
    const ssize_t written = write(pipe_, text.data(), text.size());
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) left_ = true;
  }
  return !left_;
}

void PagedOutput::wait() {
  if (child_ < 0) return;
  close(pipe_);
  while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
  child_ = -1;
}

}  // namespace harrier::app
