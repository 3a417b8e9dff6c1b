#include "sandbox/render.hpp"

#include "base/text.hpp"
#include "sandbox/hash.hpp"

#include <fmt/format.h>

namespace harrier::sandbox {
namespace {

using model::ScalarType;

bool is_text_type(ScalarType type) {
  return type == ScalarType::string || type == ScalarType::guid || type == ScalarType::decimal ||
         type == ScalarType::timespan;
}

void append_hex_escape(std::string& out, unsigned char c) {
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
}

/// `{"a":1}` with blanks as a pretty printer would set them; strings are left alone.
std::string with_blanks(std::string_view json) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    out += c;
    if (c == '\\' && in_string && i + 1 < json.size())
      out += json[++i];
    else if (c == '"')
      in_string = !in_string;
    else if (!in_string && (c == ':' || c == ','))
      out += ' ';
    else if (!in_string && (c == '{' || c == '['))
      out += "\r\n  ";
  }
  return out;
}

}  // namespace

std::string_view wire_type(ScalarType type) noexcept {
  switch (type) {
    case ScalarType::boolean:
      return "SByte";
    case ScalarType::int_:
      return "Int32";
    case ScalarType::long_:
      return "Int64";
    case ScalarType::real:
      return "Double";
    case ScalarType::datetime:
      return "DateTime";
    case ScalarType::guid:
      return "Guid";
    case ScalarType::dynamic:
      return "Object";
    case ScalarType::decimal:
    case ScalarType::timespan:
    case ScalarType::string:
      return "String";
  }
  return "String";
}

void append_wire_text(std::string& out, std::string_view text) {
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && c != 0xef) continue;
    if (c == 0xef && text.substr(i, 3) != "\uFFFD") continue;
    out.append(text, start, i - start);
    if (c == 0xef) {
      out += "\\ud83d";
      i += 2;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += text[i];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      append_hex_escape(out, c);
    }
    start = i + 1;
  }
  out.append(text, start);
  out += '"';
}

void append_wire_time(std::string& out, Instant time) {
  char buffer[kInstantTextSize];
  format_instant(time, buffer);
  std::size_t size = kInstantTextSize - 1;
  while (buffer[size - 1] == '0' && buffer[size - 2] != ':') --size;
  if (buffer[size - 1] == '.') --size;
  if (size < 19) size = 19;
  out += '"';
  out.append(buffer, size);
  out += "Z\"";
}

Renderer::Renderer(const TableGenerator& generator, bool with_ingested, double quirks,
                   std::uint64_t seed)
    : generator_(generator),
      with_ingested_(with_ingested),
      quirks_(quirks),
      salt_(mix(seed, name_hash(generator.table().name))),
      dynamic_as_text_(quirks > 0 && name_hash(generator.table().name) % 2 == 0) {
  for (const auto& column : generator.columns()) {
    std::string key;
    append_json_string(key, column.source_name);
    keys_.push_back(key + ":");
  }
}

std::string Renderer::schema() const {
  std::string out = "[";
  for (const auto& column : generator_.columns()) {
    if (out.size() > 1) out += ',';
    const auto type =
        column.type == ScalarType::dynamic && dynamic_as_text_ ? "String" : wire_type(column.type);
    fmt::format_to(std::back_inserter(out), R"({{"name":"{}","type":"{}"}})", column.source_name,
                   type);
  }
  if (with_ingested_) out += R"(,{"name":"_Ingested","type":"DateTime"})";
  return out + "]";
}

void Renderer::append(std::string& out, const Row& row) {
  if (generator_.is_malformed(row.index)) return append_malformed(out, row.index);
  out += '{';
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const auto& column = generator_.columns()[i];
    const auto hash = mix(salt_ ^ i, row.index);
    if (column.type == ScalarType::boolean && chance(mix(hash, 3), quirks_ * 5)) {
      fmt::format_to(std::back_inserter(out), R"("{}@odata.type":"#SByte",)", column.source_name);
    }
    out += keys_[i];
    append_cell(out, i, row.cells[i], hash);
    out += ',';
  }
  if (with_ingested_) {
    out += R"("_Ingested":)";
    if (generator_.is_ingestion_null()) {
      append_null(out, ScalarType::datetime, row.index);
    } else {
      append_wire_time(out, row.ingested);
    }
  } else {
    out.pop_back();
  }
  out += '}';
}

void Renderer::append_cell(std::string& out, std::size_t column, const Cell& cell,
                           std::uint64_t hash) const {
  const auto type = generator_.columns()[column].type;
  if (cell.is_null()) return append_null(out, type, hash);
  const bool is_odd = quirks_ > 0 && chance(hash, quirks_);
  if (is_text_type(type)) {
    const auto text = cell.text();
    // A JSON text may come as the object itself; its compact text is the same.
    if (is_odd && text.starts_with(R"({")") && text.ends_with('}')) {
      out += text;
    } else {
      append_wire_text(out, text);
    }
  } else if (type == ScalarType::dynamic) {
    append_dynamic(out, cell.text(), hash);
  } else if (type == ScalarType::datetime) {
    append_wire_time(out, Instant{cell.integer()});
  } else if (type == ScalarType::real) {
    fmt::format_to(std::back_inserter(out), "{}", cell.real());
  } else if (is_odd && type == ScalarType::boolean) {
    out += cell.integer() != 0 ? "true" : "false";
  } else if (is_odd) {
    fmt::format_to(std::back_inserter(out), "\"{}\"", cell.integer());
  } else {
    fmt::format_to(std::back_inserter(out), "{}", cell.integer());
  }
}

void Renderer::append_null(std::string& out, ScalarType type, std::uint64_t hash) const {
  if (is_text_type(type)) {
    out += mix(hash) % 2 == 0 ? "null" : "\"\"";
  } else {
    out += quirks_ > 0 && mix(hash) % 2 == 0 ? "{}" : "null";
  }
}

void Renderer::append_dynamic(std::string& out, std::string_view json, std::uint64_t hash) const {
  const bool is_odd = quirks_ > 0 && chance(hash, quirks_);
  if (dynamic_as_text_ && json.front() != '"') {
    append_wire_text(out, is_odd ? with_blanks(json) : std::string(json));
  } else if (is_odd && json.starts_with(R"({")")) {
    out += R"({"@odata.type":"#microsoft.graph.security.dynamicColumnValue",)";
    const auto rest = json.substr(1);
    const auto key = rest.substr(1, rest.find('"', 1) - 1);
    fmt::format_to(std::back_inserter(out), R"("{}@odata.type":"#Int64",{})", key, rest);
  } else if (is_odd) {
    out += with_blanks(json);
  } else {
    out += json;
  }
}

void Renderer::append_malformed(std::string& out, std::uint64_t index) {
  static constexpr std::string_view kBroken[] = {
      R"({"Timestamp":"2026-01-01T00:00:00Z","DeviceName":"says "hello" aloud"})",
      R"({"Timestamp":tru,"DeviceId":01x})",
      R"("a bare string instead of a row")",
      "null",
      R"({"Timestamp" "2026-01-01T00:00:00Z"})",
  };
  out += pick(kBroken, index);
}

std::string stored_form(const model::Column& column, const Cell& cell) {
  if (cell.is_null()) return {};
  switch (column.type) {
    case ScalarType::datetime:
      return format_instant(Instant{cell.integer()});
    case ScalarType::real:
      return fmt::format("{}", cell.real());
    case ScalarType::boolean:
    case ScalarType::int_:
    case ScalarType::long_:
      return fmt::format("{}", cell.integer());
    case ScalarType::dynamic:
    case ScalarType::guid:
    case ScalarType::decimal:
    case ScalarType::timespan:
    case ScalarType::string:
      return std::string(cell.text());
  }
  return {};
}

}  // namespace harrier::sandbox
