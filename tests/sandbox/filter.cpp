// Filters of hunting queries, evaluated on the true values.
#include "base/text.hpp"
#include "sandbox/hunting.hpp"
#include "sandbox/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace harrier::sandbox {
namespace {

bool is_term_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & '\x80') != 0;
}

bool has_term(std::string_view text, std::string_view term) {
  for (auto at = text.find(term); at != std::string_view::npos; at = text.find(term, at + 1)) {
    const bool starts = at == 0 || !is_term_char(text[at - 1]) || !is_term_char(term.front());
    const auto end = at + term.size();
    const bool ends = end == text.size() || !is_term_char(text[end]) || !is_term_char(term.back());
    if (starts && ends) return true;
  }
  return term.empty();
}

std::string literal_text(const Literal& literal) {
  if (const auto* text = std::get_if<std::string>(&literal)) return *text;
  if (const auto* whole = std::get_if<std::int64_t>(&literal)) return fmt::format("{}", *whole);
  if (const auto* real = std::get_if<double>(&literal)) return fmt::format("{}", *real);
  if (const auto* flag = std::get_if<bool>(&literal)) return *flag ? "1" : "0";
  if (const auto* time = std::get_if<Instant>(&literal)) return format_instant(*time);
  return {};
}

double literal_number(const Literal& literal) {
  if (const auto* whole = std::get_if<std::int64_t>(&literal)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&literal)) return *real;
  if (const auto* flag = std::get_if<bool>(&literal)) return *flag ? 1 : 0;
  if (const auto* time = std::get_if<Instant>(&literal)) return static_cast<double>(time->ticks);
  return 0;
}

/// -1, 0, 1.
int order_of(const model::Column& column, const Cell& cell, const Literal& value) {
  const auto three_way = [](const auto& a, const auto& b) { return a < b ? -1 : b < a ? 1 : 0; };
  if (cell.tag() == model::CellTag::integer) {
    if (const auto* time = std::get_if<Instant>(&value))
      return three_way(cell.integer(), time->ticks);
    if (const auto* whole = std::get_if<std::int64_t>(&value))
      return three_way(cell.integer(), *whole);
    return three_way(static_cast<double>(cell.integer()), literal_number(value));
  }
  if (cell.tag() == model::CellTag::real) return three_way(cell.real(), literal_number(value));
  return three_way(stored_form(column, cell), literal_text(value));
}

bool text_matches(std::string_view op, std::string text, std::string value) {
  if (op == "==") return text == value;
  text = to_lower(text);
  value = to_lower(value);
  if (op == "=~") return text == value;
  if (op == "has") return has_term(text, value);
  if (op == "contains") return text.find(value) != std::string::npos;
  if (op == "startswith") return text.starts_with(value);
  return text.ends_with(value);
}

bool compares(const Condition& condition, const model::Column& column, const Cell& cell) {
  const auto text = stored_form(column, cell);
  auto op = std::string_view(condition.op);
  if (op == "isempty" || op == "isnull") return text.empty();
  if (op == "isnotempty" || op == "isnotnull") return !text.empty();
  if (op == "in" || op == "!in" || op == "in~") {
    const bool found = std::ranges::any_of(condition.values, [&](const Literal& value) {
      return text_matches(op == "in~" ? "=~" : "==", text, literal_text(value));
    });
    return found != (op == "!in");
  }
  const auto& value = condition.values.front();
  const bool is_text =
      model::sqlite_type(column.type) == "TEXT" && column.type != model::ScalarType::datetime;
  if (op == "<" || op == "<=" || op == ">" || op == ">=") {
    if (cell.is_null()) return false;
    const int order = order_of(column, cell, value);
    return op == "<" ? order < 0 : op == "<=" ? order <= 0 : op == ">" ? order > 0 : order >= 0;
  }
  if (!is_text && (op == "==" || op == "!=")) {
    const bool equal = !cell.is_null() && order_of(column, cell, value) == 0;
    return equal == (op == "==");
  }
  if (op == "!~") return !text_matches("=~", text, literal_text(value));
  if (op == "!=") return !text_matches("==", text, literal_text(value));
  const bool negated = op.starts_with('!');
  return text_matches(negated ? op.substr(1) : op, text, literal_text(value)) != negated;
}

}  // namespace

Result<bool> holds(const Condition& condition, const TableGenerator& table, std::uint64_t index,
                   model::Arena& arena) {
  switch (condition.kind) {
    case Condition::Kind::all:
    case Condition::Kind::any: {
      const bool is_all = condition.kind == Condition::Kind::all;
      for (const auto& part : condition.parts) {
        HARRIER_TRY(const bool result, holds(part, table, index, arena));
        if (result != is_all) return result;
      }
      return is_all;
    }
    case Condition::Kind::negate: {
      HARRIER_TRY(const bool result, holds(condition.parts.front(), table, index, arena));
      return !result;
    }
    case Condition::Kind::compare:
      break;
  }
  const int column = table.column_index(condition.column);
  if (column < 0) {
    return Error(Errc::query, fmt::format("Failed to resolve table or column expression named '{}'",
                                          condition.column));
  }
  const auto at = static_cast<std::size_t>(column);
  return compares(condition, table.columns()[at], table.cell(index, at, arena));
}

}  // namespace harrier::sandbox
