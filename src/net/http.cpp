#include "net/http.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace harrier::net {

std::string_view find_header(const Headers& headers, std::string_view name) noexcept {
  for (const auto& [key, value] : headers) {
    if (equals_ignore_case(key, name)) return value;
  }
  return {};
}

std::string_view Response::header(std::string_view name) const noexcept {
  return find_header(headers(), name);
}

Task<std::string> read_all(Response& response, std::size_t max_bytes) {
  std::string body;
  for (;;) {
    HARRIER_CO_TRY(const std::string_view piece, co_await response.read());
    if (piece.empty()) co_return body;
    if (piece.size() > max_bytes - body.size())
      co_return Error(Errc::limit, fmt::format("an answer is larger than {} bytes", max_bytes));
    body += piece;
  }
}

}  // namespace harrier::net
