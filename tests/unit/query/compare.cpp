#include "compare.hpp"

#include "base/text.hpp"
#include "kql/literals.hpp"
#include "model/catalog.hpp"
#include "query/convert.hpp"
#include "query/format.hpp"
#include "query/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace harrier::query::test {

namespace {

class FixedClock final : public Clock {
 public:
  Instant now() const noexcept override { return *parse_instant("2026-11-24T10:00:00Z"); }
};

bool is_number(std::string_view json) {
  const JsonKind kind = json_kind(json);
  return kind == JsonKind::integer || kind == JsonKind::real;
}

std::string text_json(std::string_view json) {
  return json_kind(json) == JsonKind::string ? json_unquote(json) : std::string(json);
}

std::optional<double> number(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ',') digits += c;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

bool close(double a, double b) {
  return a == b || std::fabs(a - b) <= 1e-9 * std::max(std::fabs(a), std::fabs(b)) + 1e-12;
}

bool is_empty(std::string_view json) {
  return json == "null" || json == "\"\"" || json.empty();
}

bool same_text(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto ta = parse_datetime(a);
  const auto tb = parse_datetime(b);
  if (ta && tb && a.size() >= 10 && b.size() >= 10) return *ta == *tb;
  const auto sa = kql::parse_timespan(a);
  const auto sb = kql::parse_timespan(b);
  return sa && sb && a.find(':') != std::string::npos && *sa == *sb;
}

bool same_elements(std::string_view a, std::string_view b) {
  const auto x = json_elements(a);
  const auto y = json_elements(b);
  return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin(),
                                            [](auto p, auto q) { return test::same_cell(p, q); });
}

bool same_members(std::string_view a, std::string_view b) {
  if (json_length(a) != json_length(b)) return false;
  JsonCursor cursor(a);
  while (cursor.next()) {
    const std::string_view other = json_member(b, cursor.key());
    if (other.empty() || !test::same_cell(cursor.value(), other)) return false;
  }
  return true;
}

/// As a page shows text: blanks and line breaks folded, none at the ends.
std::string folded(std::string_view text) {
  std::string out;
  bool blank = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool no_break = text.substr(i).starts_with("\u00a0");
    if (no_break || text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
      blank = true;
      i += no_break ? 1 : 0;
      continue;
    }
    if (blank && !out.empty()) out += ' ';
    blank = false;
    out += text[i];
  }
  return out;
}

/// Where a page leaves out a middle (`[ ... ]`), what stands before and after it must be there.
bool same_around_gap(std::string_view text, std::string_view printed) {
  const auto dots = printed.find("...");
  if (dots == std::string_view::npos || dots == 0) return false;
  const auto rest = printed.find_first_not_of('.', dots);
  if (rest == std::string_view::npos) return false;
  const auto packed = [](std::string_view part) {
    std::string out;
    for (const char c : part) {
      if (c != ' ' && c != '\n') out += c;
    }
    return out;
  };
  const std::string whole = packed(text);
  const std::string before = packed(printed.substr(0, dots));
  const std::string after = packed(printed.substr(rest));
  return whole.size() > before.size() + after.size() && whole.starts_with(before) &&
         whole.ends_with(after);
}

/// Numbers as far as a page prints them, of which there are at least two decimals.
bool same_digits(std::string_view got, std::string_view printed) {
  if (json_kind(got) == JsonKind::array && json_kind(printed) == JsonKind::array) {
    const auto x = json_elements(got);
    const auto y = json_elements(printed);
    return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin(), same_digits);
  }
  if (test::same_cell(got, printed)) return true;
  if (!is_number(got) || json_kind(printed) != JsonKind::real) return false;
  const auto point = printed.find('.');
  if (point == std::string_view::npos || printed.find_first_of("eE") != std::string_view::npos) {
    return false;
  }
  const std::size_t decimals = printed.size() - point - 1;
  return decimals >= 2 && std::fabs(*number(got) - *number(printed)) <=
                              0.5000001 * std::pow(10.0, -static_cast<double>(decimals));
}

}  // namespace

Result<> CollectingSink::begin(const kql::Schema& schema) {
  for (const kql::OutColumn& column : schema) {
    result.names.push_back(column.name);
    result.types.emplace_back(model::to_string(column.type));
  }
  return {};
}

Result<bool> CollectingSink::rows(const Chunk& chunk) {
  for (std::size_t row = 0; row < chunk.rows; ++row) {
    std::vector<std::string> cells;
    for (const VectorPtr& column : chunk.columns) {
      std::string json;
      append_result_json(json, column->at(row));
      cells.push_back(std::move(json));
    }
    result.rows.push_back(std::move(cells));
  }
  return true;
}

namespace {

Result<Rows> run_with(std::string_view text, ServiceOptions options) {
  static const model::Catalog kCatalog = *model::Catalog::load_embedded();
  static const FixedClock kClock;
  const QueryService service(kCatalog, kClock, std::move(options));
  CollectingSink sink;
  HARRIER_TRYV(service.run(text, std::nullopt, sink));
  return std::move(sink.result);
}

}  // namespace

Result<Rows> run_query(std::string_view text, const Limits& limits) {
  ServiceOptions options;
  options.limits = limits;
  return run_with(text, std::move(options));
}

Result<Rows> run_query(std::string_view text, const std::filesystem::path& mappings) {
  ServiceOptions options;
  options.mappings = mappings;
  return run_with(text, std::move(options));
}

std::string value_of_query(std::string_view text) {
  auto rows = run_query(text);
  if (!rows) return rows.error().message;
  if (rows->rows.empty() || rows->rows[0].empty()) return "(no row)";
  return rows->rows[0][0];
}

std::string csv_cell(std::string_view json) {
  if (json == "null") return {};
  return text_json(json);
}

bool same_cell(std::string_view got, std::string_view expected) {
  if (got == expected || (is_empty(got) && is_empty(expected))) return true;
  const auto truth = [](std::string_view json) -> std::optional<bool> {
    if (json == "true" || json == "1") return true;
    if (json == "false" || json == "0") return false;
    return std::nullopt;
  };
  const JsonKind kind = json_kind(got);
  const JsonKind other = json_kind(expected);
  if (kind == JsonKind::boolean || other == JsonKind::boolean) {
    return truth(got) && truth(expected) && *truth(got) == *truth(expected);
  }
  if (is_number(got) && is_number(expected)) return close(*number(got), *number(expected));
  if (kind == JsonKind::array && other == JsonKind::array) return same_elements(got, expected);
  if (kind == JsonKind::object && other == JsonKind::object) return same_members(got, expected);
  if (is_number(got) || is_number(expected)) {
    const auto a = number(text_json(got));
    const auto b = number(text_json(expected));
    return a && b && close(*a, *b);
  }
  if (kind == JsonKind::string && other == JsonKind::string) {
    return same_text(json_unquote(got), json_unquote(expected));
  }
  // An answer may hold a dynamic value as its JSON text.
  std::string inner;
  if (other == JsonKind::string && append_compact_json(inner, json_unquote(expected))) {
    return same_cell(got, inner);
  }
  return false;
}

bool same_printed(std::string_view got, std::string_view printed) {
  if (is_empty(got)) return printed.empty() || equals_ignore_case(printed, "null");
  std::string text = text_json(got);
  if (text == "Infinity" || text == "-Infinity") text = text[0] == '-' ? "-\u221e" : "\u221e";
  // A page's markup for an address.
  if (printed.starts_with("<http") && printed.ends_with(">")) {
    printed = printed.substr(1, printed.size() - 2);
  }
  if (text == printed || equals_ignore_case(text, printed) || same_text(text, std::string(printed)))
    return true;
  if (folded(text) == folded(printed) || same_around_gap(text, printed)) return true;
  const auto a = number(text);
  const auto b = number(printed);
  if (a && b) return close(*a, *b) || std::fabs(*a - *b) <= 1e-6 * std::fabs(*b);
  if (text == "true" || text == "false") return printed == (text == "true" ? "1" : "0");
  std::string compact;
  std::string quoted(printed);
  if (append_compact_json(compact, quoted)) {
    std::string own;
    return same_digits(got, compact) || (append_compact_json(own, text) && same_cell(own, compact));
  }
  std::replace(quoted.begin(), quoted.end(), '\'', '"');
  return append_compact_json(compact, quoted) && same_cell(got, compact);
}

}  // namespace harrier::query::test
