#include "storage/connection.hpp"

#include "storage/directory.hpp"

#include <climits>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <charconv>
#include <mutex>

namespace harrier::storage {

namespace {

constexpr const char* kWriterSettings = R"(
PRAGMA page_size=16384;
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
PRAGMA cache_size=-4096;
PRAGMA temp_store=MEMORY;
PRAGMA mmap_size=0;
PRAGMA wal_autocheckpoint=1000;
PRAGMA journal_size_limit=67108864;
PRAGMA trusted_schema=OFF;
)";

constexpr const char* kReaderSettings = R"(
PRAGMA query_only=ON;
PRAGMA cache_size=-4096;
PRAGMA temp_store=FILE;
PRAGMA mmap_size=0;
PRAGMA trusted_schema=OFF;
)";

/// Steps of SQLite's machine between two looks at whether to stop: well below a millisecond's
/// worth.
constexpr int kStepsBetweenLooks = 5'000;
/// Pages of the log from which on a checkpoint is due, and from which on a commit waits for one.
constexpr int kCheckpointPages = 1'000;
constexpr int kLargestLogPages = 2'000;
constexpr int kBusyMilliseconds = 10'000;

void prepare_library() noexcept {
  static std::once_flag once;
  // Refused, harmlessly, where another part of the process used SQLite before.
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

bool is_no_room(int system_error) noexcept {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

// A commit that fails for want of room may report an I/O error only; the files remember why.
bool no_room(sqlite3* handle) noexcept {
  if (handle == nullptr) return false;
  if (is_no_room(sqlite3_system_errno(handle))) return true;
  for (const int which : {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER}) {
    sqlite3_file* file = nullptr;
    int last = 0;
    if (sqlite3_file_control(handle, "main", which, &file) != SQLITE_OK || file == nullptr)
      continue;
    if (file->pMethods == nullptr) continue;
    if (file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &last) == SQLITE_OK &&
        is_no_room(last))
      return true;
  }
  return false;
}

Errc classify(sqlite3* handle, int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return Errc::storage_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Errc::storage_corrupt;
    case SQLITE_INTERRUPT:
      return Errc::cancelled;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return no_room(handle) ? Errc::storage_full : Errc::storage;
    default:
      return Errc::storage;
  }
}

std::string_view remedy(int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "; make room on the file system";
    case SQLITE_READONLY:
      return "; the file, its folder or its file system is read-only for this user";
    case SQLITE_CANTOPEN:
      return "; check that the folder exists and that this user may use it";
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "; check the permissions of the file and its folder";
    case SQLITE_IOERR:
      return "; the disk refused: see the kernel's log, and whether the file system is full";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "; the file is damaged: the daemon sets it aside when it opens it, and collects again";
    case SQLITE_NOMEM:
      return "; make memory available to this process";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "; another program holds the store locked";
    default:
      return "";
  }
}

// In a URI path `?`, `#` and `%` have meanings of their own.
std::string uri_of(const std::filesystem::path& file, std::string_view query) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    if (c == '?' || c == '#' || c == '%')
      uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      uri += c;
  }
  return uri.append("?").append(query);
}

}  // namespace

Error sqlite_error(sqlite3* handle, int code, std::string_view doing) {
  const char* file = handle == nullptr ? nullptr : sqlite3_db_filename(handle, nullptr);
  const char* text = handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
  return Error(classify(handle, code),
               fmt::format("{}: {}: {} (SQLite {}){}", file == nullptr ? "SQLite" : file, doing,
                           text, code, remedy(code)));
}

void Connection::Closer::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

Result<Connection> Connection::open(const std::filesystem::path& file, OpenMode mode) {
  prepare_library();
  const bool writes = mode == OpenMode::write || mode == OpenMode::existing;
  if (mode == OpenMode::write) {
    HARRIER_TRYV(create_private_file(file));
  } else {
    std::error_code failure;
    if (!std::filesystem::exists(file, failure))
      return Error(Errc::not_found, fmt::format("{}: no such store", file.string()));
  }
  Connection connection;
  connection.file_ = file;
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE |
                    (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  const char* query = writes                   ? "mode=rw"
                      : mode == OpenMode::read ? "mode=ro"
                                               : "mode=ro&immutable=1";
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(uri_of(file, query).c_str(), &handle, flags, nullptr);
  connection.handle_.reset(handle);
  if (code != SQLITE_OK)
    return with_context(sqlite_error(handle, code, "cannot open"), file.string());
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (writes) {
    // With the log and its index left in place, users without write access can read a store whose
    // writer is not running.
    int persist = 1;
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
    HARRIER_TRYV(connection.execute(kWriterSettings));
  } else {
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    HARRIER_TRYV(connection.execute(kReaderSettings));
  }
  return connection;
}

void Connection::leave_checkpoints() {
  log_pages_ = std::make_unique<int>(0);
  const auto committed = [](void* log_pages, sqlite3* handle, const char* database, int pages) {
    *static_cast<int*>(log_pages) = pages;
    if (pages >= kLargestLogPages)
      sqlite3_wal_checkpoint_v2(handle, database, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_.get(), committed, log_pages_.get());
}

bool Connection::wants_checkpoint() const noexcept {
  return log_pages_ && *log_pages_ >= kCheckpointPages;
}

Result<> Connection::checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle_.get(), code, "checkpoint failed");
  return {};
}

Result<> Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    return sqlite_error(handle_.get(), sqlite3_extended_errcode(handle_.get()), "statement failed");
  return {};
}

Result<Statement> Connection::prepare(std::string_view sql, bool persistent) {
  if (sql.size() > INT_MAX) return Error(Errc::limit, "an SQL statement is too long");
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                         persistent ? SQLITE_PREPARE_PERSISTENT : 0U, &statement, nullptr);
  if (code != SQLITE_OK)
    return sqlite_error(handle_.get(), sqlite3_extended_errcode(handle_.get()),
                        "cannot prepare a statement");
  return Statement(statement);
}

Result<std::int64_t> Connection::query_integer(std::string_view sql) {
  HARRIER_TRY(Statement statement, prepare(sql));
  HARRIER_TRY(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Result<> Connection::check() {
  HARRIER_TRY(Statement check, prepare("PRAGMA quick_check(1)"));
  HARRIER_TRY(const bool row, check.step());
  const std::string_view found = row ? check.text(0) : "no answer";
  if (found == "ok") return {};
  // A page that could not be read is reported as damage too, with SQLite's code for why.
  constexpr std::string_view kCode = "error code=";
  int code = SQLITE_CORRUPT;
  if (const auto at = found.find(kCode); at != std::string_view::npos)
    std::from_chars(found.data() + at + kCode.size(), found.data() + found.size(), code);
  const Errc kind = classify(handle_.get(), code);
  return Error(kind == Errc::storage_full ? Errc::storage : kind,
               fmt::format("{}: {}{}", file_.string(), found, remedy(code)));
}

std::int64_t Connection::changes() const noexcept {
  return sqlite3_changes64(handle_.get());
}

std::int64_t Connection::last_insert_id() const noexcept {
  return sqlite3_last_insert_rowid(handle_.get());
}

void Connection::set_last_insert_id(std::int64_t id) noexcept {
  sqlite3_set_last_insert_rowid(handle_.get(), id);
}

bool Connection::in_transaction() const noexcept {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

void Connection::release_memory() noexcept {
  sqlite3_db_release_memory(handle_.get());
}

void Connection::interrupt() noexcept {
  sqlite3_interrupt(handle_.get());
}

void Connection::stop_when(std::function<bool()> stop) {
  stop_ = std::make_unique<std::function<bool()>>(std::move(stop));
  const auto ask = [](void* asked) {
    return (*static_cast<const std::function<bool()>*>(asked))() ? 1 : 0;
  };
  sqlite3_progress_handler(handle_.get(), kStepsBetweenLooks, ask, stop_.get());
}

}  // namespace harrier::storage
