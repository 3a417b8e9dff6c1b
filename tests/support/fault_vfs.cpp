#include "support/fault_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace harrier::test {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kSector = 512;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

// Rebuilt by the first connection after a crash, whatever it holds.
bool is_index(const std::string& name) {
  return name.ends_with("-shm");
}

}  // namespace

enum class EntryKind : std::uint8_t { open, write, truncate, sync, remove, promise };

struct FaultVfs::Entry {
  EntryKind kind = EntryKind::open;
  std::string file;
  std::int64_t at = 0;  // offset, size, or the promise; of an opening: its syncs sync the folder
  std::string bytes;
};

// An open file: SQLite's part, our own, and behind it in memory the real VFS's file.
struct FaultFile {
  sqlite3_file base;
  FaultVfs* vfs;
  std::string* name;

  static FaultFile& of(sqlite3_file* file) { return *reinterpret_cast<FaultFile*>(file); }

  static sqlite3_file* real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(FaultFile));
  }

  static const sqlite3_io_methods& methods(sqlite3_file* file) { return *real(file)->pMethods; }

  static int close(sqlite3_file* file) {
    const int code = methods(file).xClose(real(file));
    delete std::exchange(of(file).name, nullptr);
    return code;
  }

  static int read(sqlite3_file* file, void* into, int size, sqlite3_int64 at) {
    if (const int code = of(file).vfs->strike(DiskOp::read)) return code;
    return methods(file).xRead(real(file), into, size, at);
  }

  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    FaultVfs& vfs = *of(file).vfs;
    const int code = vfs.strike(DiskOp::write);
    int written = size;
    if (code != 0) written = vfs.fault_.half ? size / 2 : 0;
    if (written > 0) {
      const int done = methods(file).xWrite(real(file), from, written, at);
      if (code == 0 && done != SQLITE_OK) return done;
      vfs.write_down({EntryKind::write, *of(file).name, at,
                      std::string(static_cast<const char*>(from), std::size_t(written))});
    }
    return code;
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (const int code = of(file).vfs->strike(DiskOp::truncate)) return code;
    of(file).vfs->write_down({EntryKind::truncate, *of(file).name, size, {}});
    return methods(file).xTruncate(real(file), size);
  }

  static int sync(sqlite3_file* file, int) {
    if (const int code = of(file).vfs->strike(DiskOp::sync)) return code;
    of(file).vfs->write_down({EntryKind::sync, *of(file).name, 0, {}});
    return SQLITE_OK;
  }

  static int size(sqlite3_file* file, sqlite3_int64* size) {
    return methods(file).xFileSize(real(file), size);
  }

  static int lock(sqlite3_file* file, int level) { return methods(file).xLock(real(file), level); }

  static int unlock(sqlite3_file* file, int level) {
    return methods(file).xUnlock(real(file), level);
  }

  static int reserved(sqlite3_file* file, int* out) {
    return methods(file).xCheckReservedLock(real(file), out);
  }

  static int control(sqlite3_file* file, int op, void* argument) {
    return methods(file).xFileControl(real(file), op, argument);
  }

  static int sector_size(sqlite3_file* file) { return methods(file).xSectorSize(real(file)); }

  static int characteristics(sqlite3_file* file) {
    return methods(file).xDeviceCharacteristics(real(file));
  }

  static int map(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
    if (const int code = of(file).vfs->strike(DiskOp::shared_memory)) return code;
    return methods(file).xShmMap(real(file), region, size, extend, out);
  }

  static int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    // Giving a lock back never fails.
    if ((flags & SQLITE_SHM_LOCK) != 0) {
      if (const int code = of(file).vfs->strike(DiskOp::shared_memory)) return code;
    }
    return methods(file).xShmLock(real(file), offset, count, flags);
  }

  static void barrier(sqlite3_file* file) { methods(file).xShmBarrier(real(file)); }

  static int unmap(sqlite3_file* file, int remove) {
    return methods(file).xShmUnmap(real(file), remove);
  }
};

namespace {

const sqlite3_io_methods kMethods = {2,
                                     &FaultFile::close,
                                     &FaultFile::read,
                                     &FaultFile::write,
                                     &FaultFile::truncate,
                                     &FaultFile::sync,
                                     &FaultFile::size,
                                     &FaultFile::lock,
                                     &FaultFile::unlock,
                                     &FaultFile::reserved,
                                     &FaultFile::control,
                                     &FaultFile::sector_size,
                                     &FaultFile::characteristics,
                                     &FaultFile::map,
                                     &FaultFile::shm_lock,
                                     &FaultFile::barrier,
                                     &FaultFile::unmap,
                                     nullptr,
                                     nullptr};

}  // namespace

std::string_view to_string(DiskOp op) noexcept {
  switch (op) {
    case DiskOp::open:
      return "open";
    case DiskOp::read:
      return "read";
    case DiskOp::write:
      return "write";
    case DiskOp::sync:
      return "sync";
    case DiskOp::truncate:
      return "truncate";
    case DiskOp::shared_memory:
      return "shared memory";
    case DiskOp::remove:
      return "remove";
  }
  return "";
}

FaultVfs::FaultVfs() : real_(sqlite3_vfs_find(nullptr)) {
  if (real_ == nullptr) throw std::runtime_error("SQLite has no VFS");
  own_ = std::make_unique<sqlite3_vfs>(*real_);
  own_->zName = "harrier-fault";
  own_->szOsFile = static_cast<int>(sizeof(FaultFile)) + real_->szOsFile;
  own_->pAppData = this;
  own_->pNext = nullptr;
  own_->xOpen = &FaultVfs::open;
  own_->xDelete = &FaultVfs::remove;
  sqlite3_vfs_register(own_.get(), 1);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(own_.get());
  sqlite3_vfs_register(real_, 1);
}

int FaultVfs::open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                   int* out_flags) {
  auto& self = *static_cast<FaultVfs*>(vfs->pAppData);
  file->pMethods = nullptr;
  if (const int code = self.strike(DiskOp::open)) return code;
  sqlite3_file* real = FaultFile::real(file);
  const int code = self.real_->xOpen(self.real_, name, real, flags, out_flags);
  if (code != SQLITE_OK) {
    if (real->pMethods != nullptr) real->pMethods->xClose(real);
    return code;
  }
  FaultFile& own = FaultFile::of(file);
  own.vfs = &self;
  own.name = new std::string(name == nullptr ? "" : name);
  own.base.pMethods = &kMethods;
  // As the real one does for logs and journals that it may have created.
  const bool folder = (flags & SQLITE_OPEN_CREATE) != 0 &&
                      (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  self.write_down({EntryKind::open, *own.name, folder ? 1 : 0, {}});
  return SQLITE_OK;
}

int FaultVfs::remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  auto& self = *static_cast<FaultVfs*>(vfs->pAppData);
  if (const int code = self.strike(DiskOp::remove)) return code;
  self.write_down({EntryKind::remove, name, 0, {}});
  if (sync_folder != 0) self.write_down({EntryKind::sync, name, 0, {}});
  return self.real_->xDelete(self.real_, name, 0);
}

int FaultVfs::strike(DiskOp op) {
  const std::lock_guard lock(mutex_);
  if (!armed_ || op != fault_.op) return 0;
  ++seen_;
  if (fault_.lasting ? seen_ < fault_.nth : seen_ != fault_.nth) return 0;
  ++strikes_;
  return fault_.code;
}

void FaultVfs::inject(const DiskFault& fault) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
  armed_ = true;
  seen_ = 0;
  strikes_ = 0;
}

void FaultVfs::heal() {
  const std::lock_guard lock(mutex_);
  armed_ = false;
}

std::uint64_t FaultVfs::strikes() const {
  const std::lock_guard lock(mutex_);
  return strikes_;
}

void FaultVfs::record(const fs::path& directory) {
  const std::lock_guard lock(mutex_);
  directory_ = directory;
  recording_ = true;
  entries_.clear();
  base_.clear();
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(directory, failure))
    base_[entry.path().string()] = bytes_of(entry.path());
}

void FaultVfs::promise(int promise) {
  write_down({EntryKind::promise, {}, promise, {}});
}

void FaultVfs::write_down(Entry entry) {
  const std::lock_guard lock(mutex_);
  if (!recording_) return;
  const bool ours = fs::path(entry.file).parent_path() == directory_ && !is_index(entry.file);
  if (ours || entry.kind == EntryKind::promise) entries_.push_back(std::move(entry));
}

std::size_t FaultVfs::moments() const {
  const std::lock_guard lock(mutex_);
  return entries_.size() + 1;
}

bool FaultVfs::is_boundary(std::size_t moment) const {
  const std::lock_guard lock(mutex_);
  const auto bounds = [&](std::size_t i) {
    return i < entries_.size() &&
           (entries_[i].kind == EntryKind::sync || entries_[i].kind == EntryKind::promise ||
            entries_[i].kind == EntryKind::remove);
  };
  return bounds(moment) || (moment > 0 && bounds(moment - 1)) || moment == entries_.size();
}

int FaultVfs::lose_power(std::size_t moment, Loss loss, std::uint32_t seed,
                         const fs::path& into) const {
  struct Content {
    bool there = false;      // surely
    bool gone = false;       // removed, but perhaps not on the disk
    bool of_folder = false;  // its next sync is one of the folder as well
    std::string safe;
    std::vector<const Entry*> unsafe;
  };

  const std::lock_guard lock(mutex_);
  std::mt19937 random(seed);
  const auto keeps = [&] {
    return loss == Loss::nothing || (loss == Loss::scattered && random() % 2 == 0);
  };
  const auto put = [](std::string& content, std::size_t at, std::string_view bytes) {
    if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
    std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(at));
  };
  const auto apply = [&](std::string& content, const Entry& entry, bool whole) {
    const auto at = static_cast<std::size_t>(entry.at);
    if (entry.kind == EntryKind::truncate && (whole || keeps())) content.resize(at);
    if (entry.kind != EntryKind::write) return;
    const std::string_view bytes = entry.bytes;
    for (std::size_t i = 0; i < bytes.size();) {
      const std::size_t size =
          whole ? bytes.size() : std::min(bytes.size() - i, kSector - (at + i) % kSector);
      if (whole || keeps()) put(content, at + i, bytes.substr(i, size));
      i += size;
    }
  };

  std::map<std::string, Content> files;
  for (const auto& [name, bytes] : base_) {
    files[name].there = true;
    files[name].safe = bytes;
  }
  int promised = 0;
  for (std::size_t i = 0; i < std::min(moment, entries_.size()); ++i) {
    const Entry& entry = entries_[i];
    if (entry.kind == EntryKind::promise) {
      promised = std::max(promised, static_cast<int>(entry.at));
      continue;
    }
    Content& content = files[entry.file];
    if (entry.kind == EntryKind::open) {
      if (std::exchange(content.gone, false)) content = Content();
      content.of_folder = content.of_folder || entry.at != 0;
    } else if (entry.kind == EntryKind::remove) {
      content.gone = true;
    } else if (entry.kind == EntryKind::sync) {
      for (const Entry* unsafe : content.unsafe) apply(content.safe, *unsafe, true);
      content.unsafe.clear();
      content.there = true;
      if (std::exchange(content.of_folder, false) || content.gone)
        std::erase_if(files, [](const auto& file) { return file.second.gone; });
    } else {
      content.unsafe.push_back(&entry);
    }
  }
  for (auto& [name, content] : files) {
    if (is_index(name) || (!content.there && !keeps()) || (content.gone && keeps())) continue;
    for (const Entry* unsafe : content.unsafe) {
      if (loss != Loss::everything) apply(content.safe, *unsafe, loss == Loss::nothing);
    }
    std::ofstream(into / fs::path(name).filename(), std::ios::binary) << content.safe;
  }
  return promised;
}

}  // namespace harrier::test
