#include "base/journal.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <array>
#include <cstring>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace harrier {

namespace {

// Listens where the journal would.
class FakeJournal {
 public:
  explicit FakeJournal(const std::filesystem::path& path)
      : descriptor_(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(bind(descriptor_, static_cast<const sockaddr*>(static_cast<const void*>(&address)),
                 sizeof address) == 0);
  }

  FakeJournal(const FakeJournal&) = delete;
  FakeJournal& operator=(const FakeJournal&) = delete;

  ~FakeJournal() { close(descriptor_); }

  // The next entry, out of the file that came with it when there is one.
  std::string next() {
    std::string text(1U << 16U, '\0');
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control = {};
    iovec part = {text.data(), text.size()};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = recvmsg(descriptor_, &message, 0);
    if (count < 0) return "";
    text.resize(static_cast<std::size_t>(count));
    if (const cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr) {
      int file = -1;
      std::memcpy(&file, CMSG_DATA(head), sizeof file);
      text.resize(static_cast<std::size_t>(lseek(file, 0, SEEK_END)));
      const ssize_t got = pread(file, text.data(), text.size(), 0);
      CHECK(got == static_cast<ssize_t>(text.size()));
      close(file);
    }
    return text;
  }

 private:
  int descriptor_;
};

TEST_CASE("Journal entries are fields, and a value cannot forge one", "[base]") {
  const test::TempDir folder;
  const auto path = folder.path() / "socket";
  FakeJournal journal(path);

  REQUIRE(send_to_journal(path.string(), {{"MESSAGE", "Stored."}, {"PRIORITY", "6"}}));
  CHECK(journal.next() == "MESSAGE=Stored.\nPRIORITY=6\n");
  REQUIRE(send_to_journal(path.string(), {{"MESSAGE", "a\nPRIORITY=0"}}));
  CHECK(journal.next() == std::string("MESSAGE\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n", 29));
}

TEST_CASE("An entry larger than a datagram arrives whole", "[base]") {
  const test::TempDir folder;
  const auto path = folder.path() / "socket";
  FakeJournal journal(path);
  const std::string large(4U << 20U, 'x');

  REQUIRE(send_to_journal(path.string(), {{"MESSAGE", large}}));
  CHECK(journal.next() == "MESSAGE=" + large + "\n");
}

TEST_CASE("Without a journal the caller is told", "[base]") {
  const test::TempDir folder;
  CHECK_FALSE(send_to_journal((folder.path() / "nobody").string(), {{"MESSAGE", "x"}}));
  CHECK_FALSE(send_to_journal(std::string(200, 'x'), {{"MESSAGE", "x"}}));
}

TEST_CASE("Keys become names that the journal takes", "[base]") {
  CHECK(journal_name("table") == "HARRIER_TABLE");
  CHECK(journal_name("set-aside 2") == "HARRIER_SET_ASIDE_2");
  CHECK(journal_name(std::string(100, 'a')).size() == 64);
}

}  // namespace

}  // namespace harrier
