// Fast compression of answers.
#pragma once

#include <string>
#include <string_view>

namespace harrier::sandbox {

/// `data` as one gzip member.
[[nodiscard]] std::string gzip(std::string_view data);

}  // namespace harrier::sandbox
