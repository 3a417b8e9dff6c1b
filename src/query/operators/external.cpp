// externaldata: from local copies only.
#include "base/text.hpp"
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/mapping.hpp"
#include "query/operators/make.hpp"

#include <fmt/format.h>

namespace harrier::query {

namespace {

std::string property(const kql::ExternalData& node, std::string_view name) {
  for (const auto& [key, value] : node.properties) {
    if (equals_ignore_case(key, name)) return value;
  }
  return {};
}

/// The last part of a URL's path.
std::string_view file_name(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#;"));
  const std::size_t slash = url.rfind('/');
  return slash == std::string_view::npos ? url : url.substr(slash + 1);
}

class Loader {
 public:
  explicit Loader(const kql::Schema& schema) : schema_(schema) {
    for (const kql::OutColumn& column : schema) builders_.emplace_back(column.type);
  }

  void delimited(std::string_view text, char delimiter, bool skip_first) {
    DelimitedReader reader(text, delimiter);
    std::vector<std::string> fields;
    for (bool first = true; reader.next(fields); first = false) {
      if (first && skip_first) continue;
      StringHeap heap;
      for (std::size_t c = 0; c < schema_.size(); ++c) {
        const std::string_view field =
            c < fields.size() ? std::string_view(fields[c]) : std::string_view();
        push(c, Value::of_string(field), heap);
      }
      ++rows_;
    }
  }

  void lines(std::string_view text, bool skip_first) {
    for (bool first = true; !text.empty(); first = false) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (first && skip_first) continue;
      StringHeap heap;
      for (std::size_t c = 0; c < schema_.size(); ++c) {
        push(c, Value::of_string(c == 0 ? line : std::string_view()), heap);
      }
      ++rows_;
    }
  }

  bool json(std::string_view text) {
    std::string compact;
    if (append_compact_json(compact, text)) {
      if (json_kind(compact) == JsonKind::object) return object(compact), true;
      for (const std::string_view e : json_elements(compact)) object(e);
      return true;
    }
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = trim(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.empty()) continue;
      compact.clear();
      if (!append_compact_json(compact, line)) return false;
      object(compact);
    }
    return true;
  }

  Chunk finish() {
    Chunk out;
    out.rows = rows_;
    for (VectorBuilder& builder : builders_) out.columns.push_back(builder.finish());
    return out;
  }

 private:
  void push(std::size_t column, const Value& value, StringHeap& heap) {
    if (schema_[column].type == ScalarType::dynamic && value.type == ScalarType::string) {
      std::string json;
      if (!append_compact_json(json, value.s) && !value.s.empty()) append_json(json, value);
      builders_[column].push(dynamic_value(json));
      return;
    }
    builders_[column].push(convert(value, schema_[column].type, heap));
  }

  void object(std::string_view json) {
    StringHeap heap;
    for (std::size_t c = 0; c < schema_.size(); ++c) {
      push(c, dynamic_value(json_member(json, schema_[c].name)), heap);
    }
    ++rows_;
  }

  const kql::Schema& schema_;
  std::vector<VectorBuilder> builders_;
  std::size_t rows_ = 0;
};

std::string format_of(const kql::ExternalData& node, std::string_view name) {
  const std::string wanted = to_lower(property(node, "format"));
  if (!wanted.empty()) return wanted;
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? "csv" : to_lower(name.substr(dot + 1));
}

}  // namespace

Result<OperatorPtr> make_external(const kql::Plan& plan, const kql::ExternalData& node,
                                  Execution& execution) {
  Loader loader(plan.schema);
  for (const std::string& url : node.urls) {
    const std::string_view name = file_name(url);
    HARRIER_TRY(const std::optional<std::string> text,
                read_mapping_file(execution.sources().mappings, name));
    if (!text) {
      return Error(Errc::query,
                   fmt::format("externaldata does not fetch from the web: put a copy of {} as "
                               "'{}' into the mappings folder{}",
                               url, name,
                               execution.sources().mappings.empty()
                                   ? " (none is set)"
                                   : " " + execution.sources().mappings.string()));
    }
    const std::string format = format_of(node, name);
    const std::string skip = to_lower(property(node, "ignoreFirstRecord"));
    const bool skip_first = skip == "true" || skip == "1";
    if (format == "csv") {
      loader.delimited(*text, ',', skip_first);
    } else if (format == "tsv") {
      loader.delimited(*text, '\t', skip_first);
    } else if (format == "psv") {
      loader.delimited(*text, '|', skip_first);
    } else if (format == "txt" || format == "raw") {
      loader.lines(*text, skip_first);
    } else if (format == "json" || format == "multijson" || format == "jsonl") {
      if (!loader.json(*text))
        return Error(Errc::query, fmt::format("externaldata: '{}' is not JSON", name));
    } else {
      return unsupported(fmt::format("externaldata with the format '{}'", format));
    }
  }
  return OperatorPtr(std::make_unique<ChunkSource>(loader.finish()));
}

}  // namespace harrier::query
