// Well-known text of shapes as GeoJSON.
#include "base/text.hpp"
#include "query/convert.hpp"
#include "query/functions/shared.hpp"

#include <cmath>

namespace harrier::query {

namespace {

/// How deep the coordinates of a shape are nested.
struct Kind {
  std::string_view word;
  std::string_view type;
  int depth;
};

constexpr Kind kKinds[] = {
    {"POINT", "Point", 0},
    {"LINESTRING", "LineString", 1},
    {"POLYGON", "Polygon", 2},
    {"MULTIPOINT", "MultiPoint", 1},
    {"MULTILINESTRING", "MultiLineString", 2},
    {"MULTIPOLYGON", "MultiPolygon", 3},
};

constexpr int kMostNested = 16;

/// Reads one shape after the other; what it cannot read ends with `false`.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool shape(std::string& out, int nested = 0) {
    const std::string_view word = read_word();
    if (equals_ignore_case(word, "GEOMETRYCOLLECTION")) {
      if (nested == kMostNested || !take('(')) return false;
      out += R"({"type":"GeometryCollection","geometries":[)";
      for (bool first = true; first || take(','); first = false) {
        if (!first) out += ',';
        if (!shape(out, nested + 1)) return false;
      }
      out += "]}";
      return take(')');
    }
    for (const Kind& kind : kKinds) {
      if (!equals_ignore_case(word, kind.word)) continue;
      out += R"({"type":")" + std::string(kind.type) + R"(","coordinates":)";
      const bool points = kind.word == "MULTIPOINT";
      const bool read =
          kind.depth == 0 ? take('(') && place(out) && take(')') : list(out, kind.depth, points);
      out += '}';
      return read;
    }
    return false;
  }

  bool at_end() {
    skip_blanks();
    return text_.empty();
  }

 private:
  /// `(a, b, …)` as `[a,b,…]`; `points`: each place may stand in brackets of its own.
  bool list(std::string& out, int depth, bool points) {
    if (!take('(')) return false;
    out += '[';
    for (bool first = true; first || take(','); first = false) {
      if (!first) out += ',';
      if (depth > 1) {
        if (!list(out, depth - 1, false)) return false;
        continue;
      }
      const bool bracket = points && take('(');
      if (!place(out) || (bracket && !take(')'))) return false;
    }
    out += ']';
    return take(')');
  }

  bool place(std::string& out) {
    const auto longitude = number();
    const auto latitude = number();
    if (!longitude || !latitude || !is_place(*longitude, *latitude)) return false;
    const std::string point = point_json(*longitude, *latitude);
    const auto from = point.find('[');
    out += point.substr(from, point.size() - from - 1);
    return true;
  }

  std::optional<double> number() {
    skip_blanks();
    const auto end = std::min(text_.find_first_of(" \t\r\n,()"), text_.size());
    const auto value = parse_real(text_.substr(0, end));
    text_.remove_prefix(end);
    return value && std::isfinite(*value) ? value : std::nullopt;
  }

  std::string_view read_word() {
    skip_blanks();
    std::size_t end = 0;
    while (end < text_.size() && ((text_[end] | 0x20) >= 'a' && (text_[end] | 0x20) <= 'z')) ++end;
    const std::string_view word = text_.substr(0, end);
    text_.remove_prefix(end);
    return word;
  }

  bool take(char c) {
    skip_blanks();
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  void skip_blanks() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size()));
  }

  std::string_view text_;
};

void geo_from_wkt(Frame& f) {
  Reader reader(f.text(0));
  std::string json;
  if (reader.shape(json) && reader.at_end()) f.set_text(json);
}

constexpr Kernel kKernels[] = {
    strict("geo_from_wkt", geo_from_wkt),
};

}  // namespace

std::span<const Kernel> wkt_kernels() {
  return kKernels;
}

}  // namespace harrier::query
