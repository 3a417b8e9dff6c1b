#include "storage/backup.hpp"

#include "storage/directory.hpp"
#include "storage/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace harrier::storage {

namespace fs = std::filesystem;

namespace {

// The bytes of a copy must be on the disk before it takes the place of an older one.
Result<> sync_file(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  if (!synced)
    return Error(Errc::storage,
                 fmt::format("{}: cannot be written out to the disk", file.string()));
  return {};
}

Result<> copy_into(const fs::path& source, const fs::path& partial) {
  HARRIER_TRYV(create_private_file(partial));
  HARRIER_TRY(Connection connection, open_for_reading(source));
  HARRIER_TRYV(connection.execute("PRAGMA query_only=OFF"));
  HARRIER_TRY(Statement copy, connection.prepare("VACUUM INTO ?1"));
  const std::string name = partial.string();
  copy.bind(1, name);
  HARRIER_TRYV(copy.run());
  return sync_file(partial);
}

Result<BackedUp> copy_store(const fs::path& source, const fs::path& target) {
  const fs::path final_name = target / source.filename();
  const fs::path partial = target / fmt::format(".{}.partial", source.filename().string());
  std::error_code failure;
  fs::remove(partial, failure);
  auto copied = copy_into(source, partial);
  if (copied.has_value()) {
    fs::rename(partial, final_name, failure);
    if (failure)
      copied = Error(Errc::storage, fmt::format("{}: cannot be replaced: {}", final_name.string(),
                                                failure.message()));
  }
  if (copied.has_error()) {
    fs::remove(partial, failure);
    return with_context(copied.error(), source.filename().string());
  }
  BackedUp done;
  done.name = final_name.filename().string();
  done.bytes = fs::file_size(final_name, failure);
  return done;
}

}  // namespace

Result<std::vector<BackedUp>> backup(const fs::path& directory, const fs::path& target) {
  HARRIER_TRYV(prepare_directory(target));
  std::error_code failure;
  if (fs::equivalent(directory, target, failure))
    return Error(Errc::storage,
                 fmt::format("{}: is the store folder itself; name another one", target.string()));
  std::vector<fs::path> sources;
  for (const auto& entry : fs::directory_iterator(directory, failure)) {
    std::error_code unknown;
    if (entry.path().extension() == ".db" && entry.is_regular_file(unknown))
      sources.push_back(entry.path());
  }
  if (failure)
    return Error(Errc::storage, fmt::format("{}: {}", directory.string(), failure.message()));
  const fs::path state = state_file(directory).filename();
  std::sort(sources.begin(), sources.end(), [&](const fs::path& a, const fs::path& b) {
    const bool a_first = a.filename() == state;
    const bool b_first = b.filename() == state;
    return a_first != b_first ? a_first : a < b;
  });
  std::vector<BackedUp> done;
  for (const auto& source : sources) {
    HARRIER_TRY(BackedUp one, copy_store(source, target));
    done.push_back(std::move(one));
  }
  return done;
}

}  // namespace harrier::storage
