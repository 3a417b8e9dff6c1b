#include "query/format.hpp"

#include "base/text.hpp"
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/unicode.hpp"

#include <cmath>
#include <ostream>

namespace harrier::query {

namespace {

Result<> written(const std::ostream& out) {
  if (out.good()) return {};
  return Error(Errc::storage, "the result could not be written");
}

/// What a cell shows as text: booleans in lower case, infinities by name, a dynamic text without
/// its quotes.
void append_shown(std::string& out, const Value& value) {
  if (value.null && value.type != ScalarType::string) return;
  if (value.type == ScalarType::boolean) {
    out += value.i != 0 ? "true" : "false";
  } else if (value.type == ScalarType::real && std::isinf(value.r)) {
    out += value.r > 0 ? "Infinity" : "-Infinity";
  } else {
    append_text(out, value);
  }
}

class JsonFormatter final : public Sink {
 public:
  explicit JsonFormatter(std::ostream& out) : out_(out) {}

  Result<> begin(const kql::Schema& schema) override {
    std::string text = "{\"columns\":[";
    for (std::size_t c = 0; c < schema.size(); ++c) {
      text += c > 0 ? ",{\"name\":" : "{\"name\":";
      append_json_string(text, schema[c].name);
      text += ",\"type\":\"";
      text += model::to_string(schema[c].type);
      text += "\"}";
    }
    out_ << text << "],\"rows\":[";
    return written(out_);
  }

  Result<bool> rows(const Chunk& chunk) override {
    std::string text;
    for (std::size_t row = 0; row < chunk.rows; ++row) {
      text += first_ ? "\n[" : ",\n[";
      first_ = false;
      for (std::size_t c = 0; c < chunk.columns.size(); ++c) {
        if (c > 0) text += ',';
        append_result_json(text, chunk.columns[c]->at(row));
      }
      text += ']';
    }
    out_ << text;
    HARRIER_TRYV(written(out_));
    return true;
  }

  Result<> end(const Summary& summary) override {
    out_ << (first_ ? "]" : "\n]");
    if (summary.truncated) out_ << ",\"truncated\":true";
    out_ << "}\n";
    return written(out_);
  }

 private:
  std::ostream& out_;
  bool first_ = true;
};

class JsonLinesFormatter final : public Sink {
 public:
  explicit JsonLinesFormatter(std::ostream& out) : out_(out) {}

  Result<> begin(const kql::Schema& schema) override {
    for (const kql::OutColumn& column : schema) {
      std::string key;
      append_json_string(key, column.name);
      keys_.push_back(key + ":");
    }
    return {};
  }

  Result<bool> rows(const Chunk& chunk) override {
    std::string text;
    for (std::size_t row = 0; row < chunk.rows; ++row) {
      text += '{';
      for (std::size_t c = 0; c < chunk.columns.size(); ++c) {
        if (c > 0) text += ',';
        text += keys_[c];
        append_result_json(text, chunk.columns[c]->at(row));
      }
      text += "}\n";
    }
    out_ << text;
    HARRIER_TRYV(written(out_));
    return true;
  }

  Result<> end(const Summary&) override { return {}; }

 private:
  std::ostream& out_;
  std::vector<std::string> keys_;
};

class CsvFormatter final : public Sink {
 public:
  explicit CsvFormatter(std::ostream& out) : out_(out) {}

  Result<> begin(const kql::Schema& schema) override {
    std::string text;
    for (std::size_t c = 0; c < schema.size(); ++c) {
      if (c > 0) text += ',';
      append_field(text, schema[c].name);
    }
    out_ << text << '\n';
    return written(out_);
  }

  Result<bool> rows(const Chunk& chunk) override {
    std::string text;
    std::string field;
    for (std::size_t row = 0; row < chunk.rows; ++row) {
      for (std::size_t c = 0; c < chunk.columns.size(); ++c) {
        if (c > 0) text += ',';
        field.clear();
        append_shown(field, chunk.columns[c]->at(row));
        append_field(text, field);
      }
      text += '\n';
    }
    out_ << text;
    HARRIER_TRYV(written(out_));
    return true;
  }

  Result<> end(const Summary&) override { return {}; }

 private:
  static void append_field(std::string& out, std::string_view field) {
    if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
      out += field;
      return;
    }
    out += '"';
    for (const char c : field) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }

  std::ostream& out_;
};

/// Widths come from the first rows; longer cells of later rows are cut.
class TableFormatter final : public Sink {
 public:
  explicit TableFormatter(std::ostream& out) : out_(out) {}

  Result<> begin(const kql::Schema& schema) override {
    std::vector<std::string> header;
    for (const kql::OutColumn& column : schema) {
      header.push_back(column.name);
      widths_.push_back(code_count(column.name));
    }
    for (const kql::OutColumn& column : schema) right_.push_back(is_number(column.type));
    held_.push_back(std::move(header));
    return {};
  }

  Result<bool> rows(const Chunk& chunk) override {
    for (std::size_t row = 0; row < chunk.rows; ++row) {
      std::vector<std::string> cells;
      for (std::size_t c = 0; c < chunk.columns.size(); ++c) {
        cells.push_back(shown(chunk.columns[c]->at(row)));
        if (!started_) widths_[c] = std::max(widths_[c], code_count(cells[c]));
      }
      held_.push_back(std::move(cells));
      if (held_.size() > kHeldRows) write_held();
    }
    HARRIER_TRYV(written(out_));
    return true;
  }

  Result<> end(const Summary& summary) override {
    write_held();
    out_ << "(" << summary.rows << (summary.rows == 1 ? " row" : " rows");
    if (summary.truncated) out_ << ", cut off: there are more";
    out_ << ", " << summary.elapsed.count() << " ms)\n";
    return written(out_);
  }

 private:
  static constexpr std::size_t kHeldRows = 1000;
  static constexpr std::size_t kWidest = 80;

  static bool is_number(ScalarType type) {
    return type == ScalarType::int_ || type == ScalarType::long_ || type == ScalarType::real ||
           type == ScalarType::decimal;
  }

  static std::string shown(const Value& value) {
    std::string text;
    append_shown(text, value);
    for (char& c : text) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return text;
  }

  static std::string fitted(const std::string& text, std::size_t width, bool right) {
    const std::size_t length = code_count(text);
    if (length <= width) {
      const std::string pad(width - length, ' ');
      return right ? pad + text : text + pad;
    }
    std::size_t at = 0;
    for (std::size_t k = 0; k + 1 < width; ++k) (void)next_code(text, at);
    return text.substr(0, at) + "\xE2\x80\xA6";
  }

  void write_held() {
    if (!started_) {
      for (std::size_t& width : widths_) width = std::min(width, kWidest);
    }
    std::string text;
    for (const std::vector<std::string>& cells : held_) {
      std::string line;
      for (std::size_t c = 0; c < cells.size(); ++c) {
        if (c > 0) line += "  ";
        line += fitted(cells[c], widths_[c], right_[c]);
      }
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
      if (!started_) {
        started_ = true;
        text += rule() + "\n";
      }
    }
    held_.clear();
    out_ << text;
  }

  [[nodiscard]] std::string rule() const {
    std::string line;
    for (std::size_t c = 0; c < widths_.size(); ++c) {
      if (c > 0) line += "  ";
      line += std::string(widths_[c], '-');
    }
    return line;
  }

  std::ostream& out_;
  std::vector<std::size_t> widths_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> held_;
  bool started_ = false;
};

}  // namespace

std::optional<OutputFormat> parse_output_format(std::string_view name) noexcept {
  if (name == "table") return OutputFormat::table;
  if (name == "json") return OutputFormat::json;
  if (name == "jsonl") return OutputFormat::jsonl;
  if (name == "csv") return OutputFormat::csv;
  return std::nullopt;
}

std::unique_ptr<Sink> make_formatter(OutputFormat format, std::ostream& out) {
  switch (format) {
    case OutputFormat::json:
      return std::make_unique<JsonFormatter>(out);
    case OutputFormat::jsonl:
      return std::make_unique<JsonLinesFormatter>(out);
    case OutputFormat::csv:
      return std::make_unique<CsvFormatter>(out);
    case OutputFormat::table:
      break;
  }
  return std::make_unique<TableFormatter>(out);
}

void append_result_json(std::string& out, const Value& value) {
  append_json(out, value);
}

}  // namespace harrier::query
