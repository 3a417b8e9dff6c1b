// An SQLite connection and its prepared statements, with errors as values.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace harrier::storage {

/// A prepared statement. Move-only; belongs to the thread of its connection and must not outlive
/// it.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  /// Parameters are numbered from 1. The bytes of texts and blobs are not copied: they must live
  /// until the next bind of the same parameter, `clear_bindings` or the end of the statement. An
  /// empty text stays an empty text.
  void bind(int index, std::int64_t value) noexcept;
  void bind(int index, double value) noexcept;
  void bind(int index, std::string_view text) noexcept;
  void bind_blob(int index, std::span<const std::byte> bytes) noexcept;
  void bind_null(int index) noexcept;
  void clear_bindings() noexcept;

  /// True: a row is there; false: done, and the statement is reset for its next use.
  /// Errors: storage, storage_full, storage_corrupt; cancelled after `Connection::interrupt`.
  [[nodiscard]] Result<bool> step();
  /// Steps to the end, ignoring rows. Errors: as `step`.
  [[nodiscard]] Result<> run();
  void reset() noexcept;

  /// Columns are numbered from 0. Views live until the next step or reset.
  [[nodiscard]] int column_count() const noexcept;
  [[nodiscard]] std::string_view column_name(int column) const noexcept;
  [[nodiscard]] bool is_null(int column) const noexcept;
  /// SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB or SQLITE_NULL of <sqlite3.h> (1 to 5).
  [[nodiscard]] int column_type(int column) const noexcept;
  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] double real(int column) const noexcept;
  [[nodiscard]] std::string_view text(int column) const noexcept;
  [[nodiscard]] std::span<const std::byte> blob(int column) const noexcept;

  [[nodiscard]] sqlite3_stmt* handle() const noexcept { return handle_; }

  [[nodiscard]] explicit operator bool() const noexcept { return handle_ != nullptr; }

 private:
  friend class Connection;

  explicit Statement(sqlite3_stmt* handle) noexcept : handle_(handle) {}

  sqlite3_stmt* handle_ = nullptr;
};

enum class OpenMode : std::uint8_t {
  write,      ///< created when missing, mode 0640; the settings of a writer
  existing,   ///< as `write`, but never created
  read,       ///< read-only; creates nothing that is not there
  immutable,  ///< read-only without locks: only for a file that nobody writes
};

/// One connection. Not thread-safe (no mutex): one thread at a time, except `interrupt`. Move-only.
class Connection {
 public:
  Connection() = default;
  /// Errors: storage (with what to do), storage_full, storage_corrupt, not_found (reading a missing
  /// file).
  [[nodiscard]] static Result<Connection> open(const std::filesystem::path& file, OpenMode mode);

  /// Makes every commit durable before it returns. Otherwise power loss may undo the newest
  /// commits, each as a whole and in order.
  [[nodiscard]] Result<> sync_every_commit() { return execute("PRAGMA synchronous=FULL"); }

  /// Checkpoints are made by another connection (`checkpoint`): this one makes one only when the
  /// log has grown to twice that size meanwhile, so that disk use stays bounded.
  void leave_checkpoints();

  /// The log holds enough pages for a checkpoint, as of the latest commit.
  [[nodiscard]] bool wants_checkpoint() const noexcept;

  /// Moves what the log holds into the file, beside readers and a writer.
  [[nodiscard]] Result<> checkpoint();

  [[nodiscard]] Result<> execute(const std::string& sql);
  /// `persistent`: it will be run many times.
  [[nodiscard]] Result<Statement> prepare(std::string_view sql, bool persistent = false);
  /// First column of the first row as an integer; 0 where there is no row.
  [[nodiscard]] Result<std::int64_t> query_integer(std::string_view sql);

  /// Reads every page and looks whether the file is sound; its indexes are not compared with their
  /// rows. Errors: storage_corrupt; storage, where the disk could not be read.
  [[nodiscard]] Result<> check();

  /// Rows changed by the latest statement.
  [[nodiscard]] std::int64_t changes() const noexcept;
  [[nodiscard]] std::int64_t last_insert_id() const noexcept;
  void set_last_insert_id(std::int64_t id) noexcept;
  [[nodiscard]] bool in_transaction() const noexcept;
  /// Gives cached pages back.
  void release_memory() noexcept;
  /// Makes a running `step` fail with `cancelled`. May be called from any thread while the
  /// connection lives.
  void interrupt() noexcept;
  /// `stop` is asked now and then while a statement runs, by the thread that runs it; true makes
  /// `step` fail with `cancelled`.
  void stop_when(std::function<bool()> stop);

  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

  [[nodiscard]] explicit operator bool() const noexcept { return handle_ != nullptr; }

 private:
  struct Closer {
    void operator()(sqlite3* handle) const noexcept;
  };

  std::unique_ptr<std::function<bool()>> stop_;
  std::unique_ptr<int> log_pages_;  ///< after `leave_checkpoints`
  std::unique_ptr<sqlite3, Closer> handle_;
  std::filesystem::path file_;
};

/// The error of the latest failed call on `handle`, for `doing` ("insert", "open").
[[nodiscard]] Error sqlite_error(sqlite3* handle, int code, std::string_view doing);

}  // namespace harrier::storage
