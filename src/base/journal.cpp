#include "base/journal.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace harrier {

namespace {

constexpr std::size_t kLongestName = 64;

// A value with line ends is preceded by its length, so that it cannot forge fields.
std::string entry_of(const JournalFields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += name;
    if (value.find('\n') == std::string::npos) {
      out += '=';
    } else {
      out += '\n';
      std::uint64_t size = value.size();
      for (int i = 0; i < 8; ++i, size >>= 8U) out += static_cast<char>(size & 0xFFU);
    }
    out += value;
    out += '\n';
  }
  return out;
}

bool send_as_file(int descriptor, msghdr message, const std::string& entry) {
  const int file = memfd_create("harrier-log", MFD_ALLOW_SEALING | MFD_CLOEXEC);
  if (file < 0) return false;
  bool sent =
      write(file, entry.data(), entry.size()) == static_cast<ssize_t>(entry.size()) &&
      fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
  if (sent) {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    message.msg_iov = nullptr;
    message.msg_iovlen = 0;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &file, sizeof file);
    sent = sendmsg(descriptor, &message, MSG_NOSIGNAL) >= 0;
  }
  close(file);
  return sent;
}

}  // namespace

std::string journal_name(std::string_view key) {
  std::string out = "HARRIER_";
  for (const char c : key.substr(0, kLongestName - out.size())) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool kept = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += lower ? static_cast<char>(c - 'a' + 'A') : kept ? c : '_';
  }
  return out;
}

bool send_to_journal(std::string_view socket_path, const JournalFields& fields) {
  sockaddr_un address = {};
  if (socket_path.size() >= sizeof address.sun_path) return false;
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  address.sun_family = AF_UNIX;
  socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
  std::string entry = entry_of(fields);
  iovec part = {entry.data(), entry.size()};
  msghdr message = {};
  message.msg_name = &address;
  message.msg_namelen = sizeof address;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  bool sent = sendmsg(descriptor, &message, MSG_NOSIGNAL) >= 0;
  if (!sent && (errno == EMSGSIZE || errno == ENOBUFS))
    sent = send_as_file(descriptor, message, entry);
  close(descriptor);
  return sent;
}

}  // namespace harrier
