#include "sandbox/odata.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace harrier::sandbox {
namespace {

std::string unquoted(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'')
    text = text.substr(1, text.size() - 2);
  return std::string(text);
}

Result<FilterTerm> parse_term(std::string_view text) {
  text = trim(text);
  const Error wrong(Errc::parse, fmt::format("Invalid filter clause: {}", text));
  if (const auto any = text.find("/any("); any != std::string_view::npos) {
    const auto eq = text.find(" eq ");
    if (eq == std::string_view::npos || !text.ends_with(')')) return wrong;
    return FilterTerm{std::string(text.substr(0, any)), "any",
                      unquoted(text.substr(eq + 4, text.size() - eq - 5))};
  }
  const auto first = text.find(' ');
  const auto second = text.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return wrong;
  FilterTerm term{std::string(text.substr(0, first)),
                  std::string(text.substr(first + 1, second - first - 1)),
                  unquoted(text.substr(second + 1))};
  for (const std::string_view op : {"eq", "ge", "gt", "le", "lt"}) {
    if (term.op == op) return term;
  }
  return wrong;
}

}  // namespace

Result<std::vector<FilterTerm>> parse_filter(std::string_view text) {
  std::vector<FilterTerm> terms;
  while (!trim(text).empty()) {
    const auto end = text.find(" and ");
    HARRIER_TRY(auto term, parse_term(text.substr(0, end)));
    terms.push_back(std::move(term));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 5);
  }
  return terms;
}

bool time_fulfils(const FilterTerm& term, Instant time) {
  const auto bound = parse_instant(term.value);
  if (!bound) return false;
  if (term.op == "ge") return time >= *bound;
  if (term.op == "gt") return time > *bound;
  if (term.op == "le") return time <= *bound;
  if (term.op == "lt") return time < *bound;
  return time == *bound;
}

std::string to_text(const PageToken& token) {
  return fmt::format("sb{}x{}{}", token.as_of.ticks, token.offset, token.after_empty ? "e" : "");
}

std::optional<PageToken> parse_page_token(std::string_view text) {
  if (!text.starts_with("sb")) return std::nullopt;
  PageToken token;
  const char* const end = text.data() + text.size();
  const auto [cross, code] = std::from_chars(text.data() + 2, end, token.as_of.ticks);
  if (code != std::errc() || cross == end || *cross != 'x') return std::nullopt;
  const auto [last, other] = std::from_chars(cross + 1, end, token.offset);
  token.after_empty = last + 1 == end && *last == 'e';
  if (other != std::errc() || (last != end && !token.after_empty)) return std::nullopt;
  return token;
}

}  // namespace harrier::sandbox
