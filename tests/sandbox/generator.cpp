#include "sandbox/generator.hpp"

#include "base/text.hpp"
#include "sandbox/hash.hpp"

#include <algorithm>
#include <array>

namespace harrier::sandbox {
namespace {

constexpr std::string_view kFreeText[] = {
    "ProcessCommandLine", "InitiatingProcessCommandLine", "Subject",  "Description",
    "RegistryValueData",  "AccountDisplayName",           "UserAgent"};
// Each is a way of breaking a careless reader. U+FFFD stands for a lone surrogate on the wire.
constexpr std::string_view kOddities[] = {std::string_view("nul\0inside", 10),
                                          "right-to-left \u202Ecod.exe",
                                          "two\r\nlines\tand a tab",
                                          "family \U0001F469\u200D\U0001F469\u200D\U0001F467",
                                          "lone surrogate \uFFFD",
                                          "quotes \" ' and \\ slashes \\\\",
                                          "{\"looks\":\"like JSON\"",
                                          "zero\u200Bwidth \x01\x1f\x7f"};

Tie tie_of(const model::TableSchema& table) {
  if (table.name == "DeviceProcessEvents") return Tie::is_process;
  return table.find("InitiatingProcessId") != nullptr && table.name.starts_with("Device")
             ? Tie::by_process
             : Tie::none;
}

bool is_text(model::ScalarType type) {
  return type == model::ScalarType::string || type == model::ScalarType::guid ||
         type == model::ScalarType::decimal || type == model::ScalarType::timespan;
}

/// Brings what a filler made into the column's own type; some names have different types in
/// different tables.
Cell coerce(Event& event, const model::Column& column, Cell cell) {
  if (cell.is_null()) return cell;
  const bool is_cell_text = cell.tag() == model::CellTag::text;
  if (is_text(column.type)) return is_cell_text ? cell : event.format("{}", cell.integer());
  if (column.type == model::ScalarType::dynamic) {
    if (!is_cell_text) return event.format("{}", cell.integer());
    const auto text = cell.text();
    if (text.empty()) return Event::null();
    if (text.front() == '{' || text.front() == '[' || text.front() == '"') return cell;
    std::string quoted;
    append_json_string(quoted, text);
    return event.copy(quoted);
  }
  if (is_cell_text) return generic_fill(event, column);
  if (column.type == model::ScalarType::real && cell.tag() == model::CellTag::integer) {
    return Cell::of_real(static_cast<double>(cell.integer()));
  }
  if (column.type == model::ScalarType::boolean) return Event::flag(cell.integer() != 0);
  return cell;
}

/// A table of the current state does not grow while it is read.
Timeline timeline_of(Options options, const model::TableSchema& table) {
  if (table.is_snapshot()) options.rate = 0;
  return Timeline(options, table.name);
}

std::string filler_text(std::uint64_t hash, std::uint64_t bytes) {
  std::string text;
  text.reserve(bytes + 16);
  for (std::uint64_t i = 0; text.size() < bytes; ++i) text += hex_text(mix(hash, i), 15) + " ";
  text.resize(bytes);
  return text;
}

}  // namespace

FillMap all_fills() {
  FillMap fills;
  register_devices(fills);
  register_identity(fills);
  register_processes(fills);
  register_network(fills);
  register_endpoint(fills);
  register_mail(fills);
  register_cloud(fills);
  register_alerts(fills);
  return fills;
}

bool is_hunting_table(const model::TableSchema& table) {
  return table.connector == "microsoft365_defender" && !table.name.starts_with("Mde");
}

TableGenerator::TableGenerator(const World& world, model::TablePtr table)
    : world_(world),
      table_(std::move(table)),
      timeline_(timeline_of(world.options(), *table_)),
      columns_(table_->columns),
      tie_(tie_of(*table_)) {
  const auto& options = world.options();
  const auto& name = table_->name;
  if (options.quirks > 0 && name_hash(name) % 3 == 0) {
    columns_.emplace_back("ServiceNote", model::ScalarType::string);
    columns_.emplace_back("ServiceCounter", model::ScalarType::long_);
  }
  const auto fills = all_fills();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto& column = columns_[i];
    Filler filler;
    const auto own = fills.find(name + "." + column.source_name);
    const auto common = fills.find(column.source_name);
    filler.fill = own != fills.end()      ? own->second
                  : common != fills.end() ? common->second
                                          : nullptr;
    const bool is_main_time = column.name == table_->time_column;
    filler.is_time =
        is_main_time || (column.type == model::ScalarType::datetime &&
                         (column.name == "Timestamp" || column.name == "TimeGenerated"));
    if (is_main_time) time_index_ = static_cast<int>(i);
    filler.is_free_text = column.type == model::ScalarType::string &&
                          std::ranges::find(kFreeText, column.name) != std::end(kFreeText);
    const auto is_wide = [](const model::Column& c) {
      return c.name == "AdditionalFields" || c.name == "Description";
    };
    if (column.type == model::ScalarType::string &&
        (wide_column_ < 0 || !is_wide(columns_[static_cast<std::size_t>(wide_column_)]))) {
      wide_column_ = static_cast<int>(i);
    }
    fillers_.push_back(filler);
  }
  const auto of = [&](const std::map<std::string, std::uint64_t>& map) {
    const auto found = map.find(name);
    return found == map.end() ? 0 : found->second;
  };
  const auto count = of(options.events_of) != 0 ? of(options.events_of) : options.events;
  pad_ = of(options.pad);
  big_ = of(options.big_record);
  big_index_ = count / 3;
  const auto broken = of(options.malformed);
  for (std::uint64_t k = 0; k < broken; ++k) malformed_.push_back((k + 1) * count / (broken + 2));
  ingestion_null_ = !has_time() ||
                    std::ranges::find(options.null_ingestion, name) != options.null_ingestion.end();
}

int TableGenerator::column_index(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].source_name == name) return static_cast<int>(i);
  }
  return -1;
}

std::uint64_t TableGenerator::content_of(std::uint64_t index) const noexcept {
  const auto share = world_.options().duplicates;
  if (share <= 0 || index < 100 || !has_time() || index == big_index_) return index;
  const auto is_repeat = [&](std::uint64_t i) {
    return chance(world_.hash(9000 ^ name_hash(table_->name), i), share);
  };
  if (!is_repeat(index)) return index;
  const auto earlier = index - 1 - world_.hash(9001, index) % 64;
  return is_repeat(earlier) || is_malformed(earlier) ? index : earlier;
}

Instant TableGenerator::event_time(std::uint64_t index) const {
  const auto content = content_of(index);
  model::Arena arena;
  Event event(world_, table_->name, tie_, content, timeline_.ingestion(content), arena);
  return event.time();
}

bool TableGenerator::is_malformed(std::uint64_t index) const noexcept {
  return std::ranges::find(malformed_, index) != malformed_.end();
}

Cell TableGenerator::fill(Event& event, std::size_t column) const {
  const auto& filler = fillers_[column];
  if (filler.is_time) return Event::at(event.time());
  const auto cell = filler.fill == nullptr ? generic_fill(event, columns_[column])
                                           : coerce(event, columns_[column], filler.fill(event));
  return decorate(event, column, cell);
}

Cell TableGenerator::decorate(Event& event, std::size_t column, Cell cell) const {
  if (fillers_[column].is_free_text && cell.tag() == model::CellTag::text && !cell.text().empty()) {
    const auto hash = event.hash(name_hash(columns_[column].name) ^ 77);
    if (chance(hash, world_.options().quirks)) {
      return event.format("{} {}", cell.text(), pick(kOddities, mix(hash)));
    }
  }
  if (static_cast<int>(column) != wide_column_) return cell;
  if (big_ > 0 && event.index() == big_index_) return event.copy(filler_text(event.hash(78), big_));
  return pad_ > 0 ? event.copy(filler_text(event.hash(79), pad_)) : cell;
}

void TableGenerator::make(std::uint64_t index, Row& row) const {
  row.arena.clear();
  row.index = index;
  row.content = content_of(index);
  row.ingested = timeline_.ingestion(index);
  row.cells.resize(columns_.size());
  Event event(world_, table_->name, tie_, row.content, timeline_.ingestion(row.content), row.arena);
  for (std::size_t i = 0; i < columns_.size(); ++i) row.cells[i] = fill(event, i);
}

Cell TableGenerator::cell(std::uint64_t index, std::size_t column, model::Arena& arena) const {
  const auto content = content_of(index);
  Event event(world_, table_->name, tie_, content, timeline_.ingestion(content), arena);
  return fill(event, column);
}

}  // namespace harrier::sandbox
