// Texts of any kind as harrier.toml: settings, or problems; and of one that loads, the edit of a
// switch loads too and has it set.
#include "model/catalog.hpp"
#include "settings/settings.hpp"

#include "fuzz_target.hpp"

#include <string>
#include <sys/mman.h>
#include <unistd.h>

using namespace harrier;

namespace {

const model::Catalog& catalog() {
  static const model::Catalog loaded = model::Catalog::load_embedded().value();
  return loaded;
}

// A file without a disk.
settings::LoadResult load(std::string_view text) {
  static const int file = ::memfd_create("harrier.toml", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  test::require(::ftruncate(file, 0) == 0, "the file is emptied");
  test::require(::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
                "the file is written");
  return settings::load(path, catalog(), settings::FileChecks::off);
}

bool enabled(const settings::Settings& loaded, const model::TableSchema& table) {
  const auto connector = loaded.connectors.find(table.connector);
  if (connector == loaded.connectors.end()) return false;
  const auto found = connector->second.tables.find(table.name);
  return found != connector->second.tables.end() && found->second.enabled;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = load(text);
  if (!loaded.settings) {
    test::require(!loaded.problems.empty(), "a refusal names a problem");
    return 0;
  }
  const auto table = catalog().find("DeviceInfo");
  const bool wanted = !enabled(*loaded.settings, *table);
  const auto edited = settings::set_table_enabled(text, *table, wanted);
  if (!edited) return 0;
  const auto again = load(*edited);
  test::require(again.settings.has_value(), "an edited configuration loads");
  test::require(enabled(*again.settings, *table) == wanted, "the switch is set");
  return 0;
}
