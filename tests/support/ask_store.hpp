// One answer from a store's file, as any other program would get it.
#pragma once

#include <filesystem>
#include <string>

namespace harrier::test {

/// The first value of a query on `file`, opened read-only, as text; what went wrong where there is
/// none.
[[nodiscard]] std::string ask_store(const std::filesystem::path& file, const std::string& sql);

}  // namespace harrier::test
