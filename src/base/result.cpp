#include "base/result.hpp"

#include <fmt/format.h>

#include <ostream>
#include <stdexcept>

namespace harrier {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::config:
      return "config";
    case Errc::not_found:
      return "not_found";
    case Errc::unavailable:
      return "unavailable";
    case Errc::timeout:
      return "timeout";
    case Errc::throttled:
      return "throttled";
    case Errc::auth:
      return "auth";
    case Errc::forbidden:
      return "forbidden";
    case Errc::unlicensed:
      return "unlicensed";
    case Errc::too_large:
      return "too_large";
    case Errc::gone:
      return "gone";
    case Errc::protocol:
      return "protocol";
    case Errc::parse:
      return "parse";
    case Errc::query:
      return "query";
    case Errc::limit:
      return "limit";
    case Errc::storage:
      return "storage";
    case Errc::storage_full:
      return "storage_full";
    case Errc::storage_corrupt:
      return "storage_corrupt";
    case Errc::cancelled:
      return "cancelled";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

Error with_context(Error error, std::string_view where) {
  error.message = fmt::format("{}: {}", where, error.message);
  return error;
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << to_string(error.code) << ": " << error.message;
}

void throw_exception_from_error(const Error& error, const boost::source_location& location) {
  throw std::logic_error(
      fmt::format("{} ({}:{})", error.message, location.file_name(), location.line()));
}

}  // namespace harrier
