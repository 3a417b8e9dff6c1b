// A disk that fails or loses power on demand: an SQLite VFS in front of the real one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3_file;
struct sqlite3_vfs;

namespace harrier::test {

enum class DiskOp : std::uint8_t { open, read, write, sync, truncate, shared_memory, remove };

[[nodiscard]] std::string_view to_string(DiskOp op) noexcept;

/// What goes wrong: the `nth` operation of its kind (counted from 1), or that one and every later
/// one.
struct DiskFault {
  DiskOp op = DiskOp::write;
  int code = 0;  ///< SQLITE_FULL, SQLITE_IOERR_WRITE, …
  std::uint64_t nth = 1;
  bool lasting = false;
  bool half = false;  ///< of a write: the first half of the bytes reaches the file
};

/// What a power loss leaves of the bytes that were written and not synced.
enum class Loss : std::uint8_t {
  everything,  ///< none of them
  nothing,     ///< all of them
  scattered,   ///< any sectors of any writes
};

/// While it lives, every database that is opened goes through it. One at a time. Thread-safe.
/// Syncs are counted and recorded but not made: only a simulated loss of power asks for them.
class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  void inject(const DiskFault& fault);
  void heal();

  /// How often the fault struck since `inject`.
  [[nodiscard]] std::uint64_t strikes() const;

  /// Begins to write down what happens to the files; what they hold now counts as synced.
  void record(const std::filesystem::path& directory);
  /// Writes down that `promise` was made: whatever is lost later, this must not be.
  void promise(int promise);
  /// Moments at which power may fail: 0 is before the first recorded operation.
  [[nodiscard]] std::size_t moments() const;
  /// Whether the operation behind `moment` is a sync or a promise, or the one before it was.
  [[nodiscard]] bool is_boundary(std::size_t moment) const;
  /// Leaves in `into` what the disk holds when power fails at `moment`; returns the greatest
  /// promise made before.
  int lose_power(std::size_t moment, Loss loss, std::uint32_t seed,
                 const std::filesystem::path& into) const;

 private:
  friend struct FaultFile;
  struct Entry;

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                  int* out_flags);
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder);
  /// The code that an operation fails with; 0: it goes on.
  int strike(DiskOp op);
  void write_down(Entry entry);

  mutable std::mutex mutex_;
  DiskFault fault_;
  bool armed_ = false;
  std::uint64_t seen_ = 0;
  std::uint64_t strikes_ = 0;
  bool recording_ = false;
  std::filesystem::path directory_;
  std::map<std::string, std::string> base_;
  std::vector<Entry> entries_;
  sqlite3_vfs* real_ = nullptr;
  std::unique_ptr<sqlite3_vfs> own_;
};

}  // namespace harrier::test
