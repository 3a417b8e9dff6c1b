#include "sandbox/kql_subset.hpp"

#include "sandbox/kql_tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace harrier::sandbox {
namespace {

constexpr std::string_view kWordOperators[] = {"has",        "!has",        "contains", "!contains",
                                               "startswith", "!startswith", "endswith", "!endswith",
                                               "in",         "!in",         "in~"};
constexpr std::string_view kSymbolOperators[] = {"==", "!=", "=~", "!~", "<", "<=", ">", ">="};

Error refused(std::string_view what) {
  return Error(Errc::query, fmt::format("Outside of the collection subset: {}", what));
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<HuntingQuery> run() {
    HARRIER_TRY(query_.table, name());
    bool is_first = true;
    while (peek().kind != Token::Kind::end) {
      HARRIER_TRYV(expect("|"));
      HARRIER_TRY(const auto op, name());
      HARRIER_TRYV(operation(op, is_first));
      is_first = false;
    }
    return std::move(query_);
  }

 private:
  Result<> operation(const std::string& op, bool is_first) {
    if (op == "extend") return is_first ? extend() : Result<>(refused("extend that is not first"));
    if (op == "where") return where();
    if (op == "summarize") return summarize();
    if (op == "count") {
      query_.count = "Count";
      return {};
    }
    if (op == "order" || op == "sort") return order();
    if (op == "take" || op == "limit") {
      HARRIER_TRY(query_.take, integer());
      return {};
    }
    return refused(fmt::format("operator '{}'", op));
  }

  Result<> extend() {
    HARRIER_TRY(const auto column, name());
    if (column != "_Ingested") return refused(fmt::format("extend {}", column));
    for (const std::string_view part : {"=", "ingestion_time", "(", ")"})
      HARRIER_TRYV(expect(part));
    query_.with_ingested = true;
    return {};
  }

  Result<> summarize() {
    std::string column = "count_";
    HARRIER_TRY(auto first, name());
    if (accept("=")) {
      column = first;
      HARRIER_TRY(first, name());
    }
    if (first != "count") return refused(fmt::format("summarize {}", first));
    HARRIER_TRYV(expect("("));
    HARRIER_TRYV(expect(")"));
    query_.count = column;
    return {};
  }

  Result<> order() {
    HARRIER_TRYV(expect("by"));
    HARRIER_TRY(query_.order_column, name());
    query_.is_descending = true;
    if (accept("asc"))
      query_.is_descending = false;
    else
      accept("desc");
    return {};
  }

  Result<> where() {
    HARRIER_TRY(auto condition, any());
    spread(std::move(condition));
    return {};
  }

  /// Conditions joined by `and` become bounds, the shard, or filters.
  void spread(Condition condition) {
    if (condition.kind == Condition::Kind::all) {
      for (auto& part : condition.parts) spread(std::move(part));
      return;
    }
    if (condition.kind == Condition::Kind::compare && condition.values.size() == 1 &&
        (condition.op == ">=" || condition.op == "<")) {
      if (const auto* time = std::get_if<Instant>(&condition.values.front())) {
        Bounds bound;
        (condition.op == ">=" ? bound.from : bound.to) = *time;
        if (condition.column == "_Ingested") return query_.ingested.narrow(bound);
        if (query_.event_column.empty() || query_.event_column == condition.column) {
          query_.event_column = condition.column;
          return query_.event.narrow(bound);
        }
      }
    }
    query_.filters.push_back(std::move(condition));
  }

  Result<Condition> any() { return joined("or", Condition::Kind::any, &Parser::all); }

  Result<Condition> all() { return joined("and", Condition::Kind::all, &Parser::single); }

  Result<Condition> joined(std::string_view word, Condition::Kind kind,
                           Result<Condition> (Parser::*part)()) {
    HARRIER_TRY(auto first, (this->*part)());
    if (!is_name(word)) return first;
    Condition result;
    result.kind = kind;
    result.parts.push_back(std::move(first));
    while (accept(word)) {
      HARRIER_TRY(auto next, (this->*part)());
      result.parts.push_back(std::move(next));
    }
    return result;
  }

  Result<Condition> single() {
    if (accept("(")) {
      HARRIER_TRY(auto inner, any());
      HARRIER_TRYV(expect(")"));
      return inner;
    }
    HARRIER_TRY(const auto column, name());
    if (column == "hash") return shard();
    Condition condition;
    if (column == "not") {
      condition.kind = Condition::Kind::negate;
      HARRIER_TRYV(expect("("));
      HARRIER_TRY(auto inner, any());
      condition.parts.push_back(std::move(inner));
      HARRIER_TRYV(expect(")"));
      return condition;
    }
    if (column == "isempty" || column == "isnotempty" || column == "isnull" ||
        column == "isnotnull") {
      condition.op = column;
      HARRIER_TRYV(expect("("));
      HARRIER_TRY(condition.column, name());
      HARRIER_TRYV(expect(")"));
      return condition;
    }
    condition.column = column;
    return comparison(std::move(condition));
  }

  Result<Condition> comparison(Condition condition) {
    const auto op = take();
    const auto known = [&](const auto& list) {
      return std::ranges::find(list, op.text) != std::end(list);
    };
    if (op.kind == Token::Kind::end || (!known(kWordOperators) && !known(kSymbolOperators))) {
      return refused(fmt::format("'{}' after '{}'", op.text, condition.column));
    }
    condition.op = op.text;
    if (!op.text.ends_with("in") && op.text != "in~") {
      HARRIER_TRY(auto value, literal());
      condition.values.push_back(std::move(value));
      return condition;
    }
    HARRIER_TRYV(expect("("));
    do {
      HARRIER_TRY(auto value, literal());
      condition.values.push_back(std::move(value));
    } while (accept(","));
    HARRIER_TRYV(expect(")"));
    return condition;
  }

  /// Reads past `hash` and leaves a condition that is always true.
  Result<Condition> shard() {
    for (const std::string_view part : {"(", "tostring", "(", "pack_all", "(", ")", ")", ","}) {
      HARRIER_TRYV(expect(part));
    }
    Shard shard;
    HARRIER_TRY(shard.count, integer());
    HARRIER_TRYV(expect(")"));
    HARRIER_TRYV(expect("=="));
    HARRIER_TRY(shard.index, integer());
    if (shard.count == 0 || query_.shard) return refused("this hash()");
    query_.shard = shard;
    Condition always;
    always.kind = Condition::Kind::all;
    return always;
  }

  Result<Literal> literal() {
    const bool negative = accept("-");
    const auto token = take();
    if (token.kind == Token::Kind::text) return Literal(token.text);
    if (token.kind == Token::Kind::datetime) {
      const auto time = parse_instant(token.text);
      if (!time) return Error(Errc::query, fmt::format("'{}' is no datetime", token.text));
      return Literal(*time);
    }
    if (token.kind == Token::Kind::name && (token.text == "true" || token.text == "false")) {
      return Literal(token.text == "true");
    }
    if (token.kind != Token::Kind::number)
      return refused(fmt::format("'{}' as a value", token.text));
    const char* const end = token.text.data() + token.text.size();
    std::int64_t whole = 0;
    if (const auto [at, code] = std::from_chars(token.text.data(), end, whole);
        code == std::errc() && at == end) {
      return Literal(negative ? -whole : whole);
    }
    double real = 0;
    if (const auto [at, code] = std::from_chars(token.text.data(), end, real);
        code != std::errc() || at != end) {
      return refused(fmt::format("'{}' as a number", token.text));
    }
    return Literal(negative ? -real : real);
  }

  Result<std::uint64_t> integer() {
    HARRIER_TRY(const auto value, literal());
    const auto* whole = std::get_if<std::int64_t>(&value);
    if (whole == nullptr || *whole < 0) return refused("a number that is no count");
    return static_cast<std::uint64_t>(*whole);
  }

  Result<std::string> name() {
    auto token = take();
    if (token.kind != Token::Kind::name)
      return refused(fmt::format("'{}' instead of a name", token.text));
    return std::move(token.text);
  }

  [[nodiscard]] const Token& peek() const { return tokens_[at_]; }

  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  [[nodiscard]] bool is_name(std::string_view text) const {
    return peek().text == text &&
           (peek().kind == Token::Kind::name || peek().kind == Token::Kind::symbol);
  }

  bool accept(std::string_view text) {
    if (!is_name(text)) return false;
    take();
    return true;
  }

  Result<> expect(std::string_view text) {
    if (accept(text)) return {};
    return refused(fmt::format("'{}' instead of '{}'", peek().text, text));
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  HuntingQuery query_;
};

Result<Ticks> parse_iso_duration(std::string_view text) {
  const Error wrong(Errc::query, fmt::format("'{}' is no ISO 8601 duration", text));
  if (!text.starts_with('P') || text.size() < 3) return wrong;
  bool in_time = false;
  double seconds = 0;
  for (std::size_t i = 1; i < text.size();) {
    if (text[i] == 'T') {
      in_time = true;
      ++i;
      continue;
    }
    double value = 0;
    const auto [end, code] = std::from_chars(text.data() + i, text.data() + text.size(), value);
    i = static_cast<std::size_t>(end - text.data());
    if (code != std::errc() || i >= text.size()) return wrong;
    const char unit = text[i++];
    const double factor = unit == 'D' && !in_time   ? 86400
                          : unit == 'W' && !in_time ? 7 * 86400
                          : unit == 'H' && in_time  ? 3600
                          : unit == 'M' && in_time  ? 60
                          : unit == 'S' && in_time  ? 1
                                                    : 0;
    if (factor == 0) return wrong;
    seconds += value * factor;
  }
  return Ticks(static_cast<std::int64_t>(seconds * static_cast<double>(kTicksPerSecond)));
}

}  // namespace

void Bounds::narrow(const Bounds& other) {
  if (other.from && (!from || *from < *other.from)) from = other.from;
  if (other.to && (!to || *other.to < *to)) to = other.to;
}

Result<HuntingQuery> parse_hunting_query(std::string_view text) {
  HARRIER_TRY(auto tokens, tokenize(text));
  return Parser(std::move(tokens)).run();
}

Result<Bounds> parse_timespan(std::string_view text, Instant now) {
  Bounds bounds;
  bounds.to = now + Ticks(1);
  const auto slash = text.find('/');
  const auto first = text.substr(0, slash);
  const auto second = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  const auto start = parse_instant(first);
  const auto end = parse_instant(second);
  if (start) {
    bounds.from = start;
    if (end) {
      bounds.to = end;
    } else if (!second.empty()) {
      HARRIER_TRY(const auto length, parse_iso_duration(second));
      bounds.to = *start + length;
    }
    return bounds;
  }
  HARRIER_TRY(const auto length, parse_iso_duration(first));
  if (end) bounds.to = end;
  bounds.from = end.value_or(now) - length;
  return bounds;
}

}  // namespace harrier::sandbox
