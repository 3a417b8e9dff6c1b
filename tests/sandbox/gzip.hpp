// Fast compression of answers.
#pragma once

#include <string>
#include <string_view>

namespace harrier::sandbox {

/// `data` as one gzip member.
[[nodiscard]] std::string gzip(std::string_view data);

/// `data` as a bare deflate stream, which one of the services sends as `deflate`.
[[nodiscard]] std::string raw_deflate(std::string_view data);

/// `data` as blocks of deflate that end on a byte boundary; `is_last` ends the stream.
[[nodiscard]] std::string deflate_piece(std::string_view data, bool is_last);

}  // namespace harrier::sandbox
