// Dates in the forms that people and mail headers write, beyond those of literals.
#include "base/text.hpp"
#include "base/time.hpp"
#include "kql/literals.hpp"
#include "query/convert.hpp"

#include <array>
#include <charconv>

namespace harrier::query {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

/// Cuts numbers, words and separators from a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void blanks() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\t'))
      text_.remove_prefix(1);
  }

  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  std::optional<int> number(std::size_t most = 9) {
    std::size_t n = 0;
    while (n < text_.size() && n < most && text_[n] >= '0' && text_[n] <= '9') ++n;
    if (n == 0) return std::nullopt;
    int value = 0;
    std::from_chars(text_.data(), text_.data() + n, value);
    digits_ = n;
    text_.remove_prefix(n);
    return value;
  }

  std::string word() {
    std::size_t n = 0;
    while (n < text_.size() &&
           ((text_[n] >= 'a' && text_[n] <= 'z') || (text_[n] >= 'A' && text_[n] <= 'Z'))) {
      ++n;
    }
    std::string out = to_lower(text_.substr(0, n));
    text_.remove_prefix(n);
    return out;
  }

  [[nodiscard]] bool done() const { return text_.empty(); }

  [[nodiscard]] char peek() const { return text_.empty() ? '\0' : text_.front(); }

  [[nodiscard]] std::size_t digits() const { return digits_; }

  [[nodiscard]] std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
  std::size_t digits_ = 0;
};

int month_of(std::string_view word) {
  for (std::size_t k = 0; k < kMonths.size(); ++k) {
    if (word.substr(0, 3) == kMonths[k]) return static_cast<int>(k) + 1;
  }
  return 0;
}

/// `.f…` as 100 ns.
int fraction(Scanner& in) {
  int value = 0;
  int places = 0;
  while (in.peek() >= '0' && in.peek() <= '9') {
    const int digit = *in.number(1);
    if (places < 7) {
      value = value * 10 + digit;
      ++places;
    }
  }
  for (; places < 7; ++places) value *= 10;
  return value;
}

/// `h[:mm[:ss[.f]]] [AM|PM]`.
bool time_of_day(Scanner& in, CivilTime& out) {
  const auto hour = in.number(2);
  if (!hour) return false;
  out.hour = *hour;
  if (in.take(':')) {
    const auto minute = in.number(2);
    if (!minute) return false;
    out.minute = *minute;
    if (in.take(':')) {
      const auto second = in.number(2);
      if (!second) return false;
      out.second = *second;
      if (in.take('.')) out.fraction = fraction(in);
    }
  }
  in.blanks();
  if (in.peek() == 'A' || in.peek() == 'a' || in.peek() == 'P' || in.peek() == 'p') {
    const std::string half = in.word();
    if ((half != "am" && half != "pm") || out.hour > 12 || out.hour < 1) return false;
    out.hour = out.hour % 12 + (half == "pm" ? 12 : 0);
  }
  return true;
}

/// `Z`, `GMT`, `UTC`, `±hh[:]mm`; minutes east of UTC.
std::optional<int> zone(Scanner& in) {
  in.blanks();
  if (in.done()) return 0;
  if (in.peek() == '+' || in.peek() == '-') {
    const int sign = in.take('-') ? -1 : 1;
    if (sign > 0) in.take('+');
    const auto hours = in.number(2);
    if (!hours) return std::nullopt;
    in.take(':');
    const int minutes = in.number(2).value_or(0);
    return in.done() && *hours <= 14 && minutes < 60
               ? std::optional<int>(sign * (*hours * 60 + minutes))
               : std::nullopt;
  }
  const std::string name = in.word();
  if (!in.done() || (name != "z" && name != "gmt" && name != "utc")) return std::nullopt;
  return 0;
}

bool date(Scanner& in, CivilTime& out) {
  if (in.peek() < '0' || in.peek() > '9') {
    const std::string word = in.word();
    int month = month_of(word);
    if (month == 0) {  // the day of the week
      in.take(',');
      in.blanks();
    } else {  // Nov 8, 2014
      in.blanks();
      const auto day = in.number(2);
      in.take(',');
      in.blanks();
      const auto year = in.number(4);
      if (!day || !year) return false;
      out.year = *year;
      out.month = month;
      out.day = *day;
      return true;
    }
  }
  const auto first = in.number(4);
  if (!first) return false;
  const std::size_t digits = in.digits();
  if (in.peek() == ' ' || (in.peek() == '-' && digits <= 2)) {  // 8 Nov 2014
    if (!in.take('-')) in.blanks();
    const int month = month_of(in.word());
    if (!in.take('-')) in.blanks();
    const auto year = in.number(4);
    if (month == 0 || !year) return false;
    out.day = *first;
    out.month = month;
    out.year = *year < 100 ? (*year < 50 ? 2000 : 1900) + *year : *year;
    return true;
  }
  if (digits == 4) {  // 2014-11-8, 2014/11/8, 2014
    out.year = *first;
    const char separator = in.peek();
    if (separator != '-' && separator != '/') return in.done();
    in.take(separator);
    const auto month = in.number(2);
    if (!month) return false;
    out.month = *month;
    if (!in.take(separator)) return in.done();
    const auto day = in.number(2);
    if (!day) return false;
    out.day = *day;
    return true;
  }
  if (!in.take('/')) return false;  // 11/8/2014
  const auto day = in.number(2);
  if (!day || !in.take('/')) return false;
  const auto year = in.number(4);
  if (!year) return false;
  out.month = *first;
  out.day = *day;
  out.year = *year;
  return true;
}

}  // namespace

std::optional<std::int64_t> parse_datetime(std::string_view text) {
  if (const auto ticks = kql::parse_datetime(text)) return ticks;
  Scanner in(trim(text));
  CivilTime civil;
  if (!date(in, civil)) return std::nullopt;
  in.take(',');
  if (!in.take('T')) in.blanks();
  if (in.peek() >= '0' && in.peek() <= '9' && !time_of_day(in, civil)) return std::nullopt;
  const auto offset = zone(in);
  const auto instant = from_civil(civil);
  if (!offset || !instant) return std::nullopt;
  const std::int64_t ticks = instant->ticks - *offset * 60 * kTicksPerSecond;
  return in_datetime_range(ticks) ? std::optional<std::int64_t>(ticks) : std::nullopt;
}

}  // namespace harrier::query
