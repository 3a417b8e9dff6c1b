#include "storage/connection.hpp"

#include <sqlite3.h>

#include <utility>

namespace harrier::storage {

namespace {

Error error_of(sqlite3_stmt* statement, int code) {
  return sqlite_error(sqlite3_db_handle(statement), code, "statement failed");
}

}  // namespace

Statement::Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(handle_);
    handle_ = std::exchange(other.handle_, nullptr);
  }
  return *this;
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

void Statement::bind(int index, std::int64_t value) noexcept {
  sqlite3_bind_int64(handle_, index, value);
}

void Statement::bind(int index, double value) noexcept {
  sqlite3_bind_double(handle_, index, value);
}

void Statement::bind(int index, std::string_view text) noexcept {
  sqlite3_bind_text64(handle_, index, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind_blob(int index, std::span<const std::byte> bytes) noexcept {
  if (bytes.empty())
    sqlite3_bind_zeroblob(handle_, index, 0);
  else
    sqlite3_bind_blob64(handle_, index, bytes.data(), bytes.size(), SQLITE_STATIC);
}

void Statement::bind_null(int index) noexcept {
  sqlite3_bind_null(handle_, index);
}

void Statement::clear_bindings() noexcept {
  sqlite3_clear_bindings(handle_);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(handle_);
    return false;
  }
  Error error = error_of(handle_, sqlite3_extended_errcode(sqlite3_db_handle(handle_)));
  sqlite3_reset(handle_);
  return error;
}

Result<> Statement::run() {
  while (true) {
    HARRIER_TRY(const bool row, step());
    if (!row) return {};
  }
}

void Statement::reset() noexcept {
  sqlite3_reset(handle_);
}

int Statement::column_count() const noexcept {
  return sqlite3_column_count(handle_);
}

std::string_view Statement::column_name(int column) const noexcept {
  const char* name = sqlite3_column_name(handle_, column);
  return name == nullptr ? std::string_view() : std::string_view(name);
}

bool Statement::is_null(int column) const noexcept {
  return column_type(column) == SQLITE_NULL;
}

int Statement::column_type(int column) const noexcept {
  return sqlite3_column_type(handle_, column);
}

std::int64_t Statement::integer(int column) const noexcept {
  return sqlite3_column_int64(handle_, column);
}

double Statement::real(int column) const noexcept {
  return sqlite3_column_double(handle_, column);
}

std::string_view Statement::text(int column) const noexcept {
  const unsigned char* text = sqlite3_column_text(handle_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::span<const std::byte> Statement::blob(int column) const noexcept {
  const void* bytes = sqlite3_column_blob(handle_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const std::byte*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

}  // namespace harrier::storage
