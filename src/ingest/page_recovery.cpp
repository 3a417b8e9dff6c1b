// The part of PageReader that finds its way back to whole records behind a broken one.
#include "base/text.hpp"
#include "ingest/json_walk.hpp"
#include "ingest/page_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harrier::ingest {

namespace {

constexpr int kLearnedRecords = 64;
constexpr std::size_t kMaxKnownKeys = 4096;
constexpr std::size_t kMaxKnownKey = 256;
/// How far from the end of the page its array may end.
constexpr std::size_t kMaxTail = 2 * 1024 * 1024;
/// Bytes that the search may look at before the page is given up as hostile.
constexpr std::size_t kMaxWork = std::size_t{1} << 30;

// Splits a quoted key and its colon off the front of `text`.
JsonState take_key(std::string_view& text, std::string_view& key) noexcept {
  text = skip_json_space(text);
  if (text.empty()) return JsonState::truncated;
  if (text.front() != '"') return JsonState::invalid;
  const JsonExtent extent = check_json_value(text);
  if (extent.state != JsonState::complete) return extent.state;
  key = text.substr(1, extent.size - 2);
  text = skip_json_space(text.substr(extent.size));
  if (text.empty()) return JsonState::truncated;
  if (text.front() != ':') return JsonState::invalid;
  text.remove_prefix(1);
  return JsonState::complete;
}

// How a record goes that the page ends in.
enum class Ending : std::uint8_t {
  cut,        // sound as far as it goes: its rest is missing
  in_string,  // cut inside a string, or the string's closing quote is missing
  broken,     // no record, whatever might follow
};

Ending ending_of(std::string_view record) noexcept {
  const JsonExtent extent = check_json_value(record);
  if (extent.state == JsonState::complete)
    return skip_json_space(record.substr(extent.size)).empty() ? Ending::cut : Ending::broken;
  if (extent.state == JsonState::invalid) return Ending::broken;
  bool in_string = false;
  bool quotes = false;
  for (std::size_t i = 0; i < record.size(); ++i) {
    const char c = record[i];
    if (in_string && c == '\\') {
      ++i;
      quotes = quotes || (i < record.size() && record[i] == '"');
    } else if (c == '"') {
      in_string = !in_string;
      quotes = false;
    }
  }
  // JSON within the string has brackets of its own; they say nothing about the page.
  return in_string && !quotes ? Ending::in_string : Ending::cut;
}

Error cut_off() {
  return Error(Errc::protocol, "the answer is no page of records: it ends inside a record");
}

}  // namespace

void PageReader::learn(std::string_view record) {
  if (learned_ == kLearnedRecords) return;
  ++learned_;
  bool first = true;
  for (JsonObjectReader members(record); members.next(); first = false) {
    if (members.key().size() > kMaxKnownKey || known_keys_.size() == kMaxKnownKeys) continue;
    known_keys_.emplace(members.key());
    if (first) first_keys_.emplace(members.key());
  }
}

// `natural_size`: where the element at pos_ seems to end, with a comma or the end of the array
// behind it.
void PageReader::begin_recovery(std::size_t natural_size, std::string reason) {
  state_ = State::recovering;
  natural_size_ = natural_size;
  reason_ = std::move(reason);
  searched_ = 1;
  next_check_ = 0;
  unfinished_ = 0;
  prefix_reported_ = false;
  if (!first_keys_.empty() || rest().empty() || rest().front() != '{') return;
  std::string_view text = rest().substr(1);
  std::string_view key;
  if (take_key(text, key) == JsonState::complete && key.size() <= kMaxKnownKey)
    first_keys_.emplace(key);
}

// The broken span has `broken_size` bytes, a separator behind it included when `separated`.
void PageReader::end_recovery(std::size_t broken_size, bool separated) {
  std::string_view span = trim(rest().substr(0, broken_size));
  if (separated) span = trim(span.substr(0, span.size() - 1));
  if (!prefix_reported_ && !span.empty()) report(span, reason_);
  pos_ += broken_size;
  state_ = State::after_element;
}

Result<PageReader::Step> PageReader::recover() {
  if (work_ > kMaxWork)
    return Error(Errc::protocol, "the answer holds too many broken records to read it");
  if (at_end_ && natural_size_ == 0 && ending_of(rest()) == Ending::cut) return cut_off();
  const std::size_t limit = natural_size_ != 0 ? natural_size_ : rest().size();
  while (searched_ < limit) {
    const std::size_t at = std::min(rest().find('{', searched_), limit);
    searched_ = at;
    if (at == limit) break;
    std::size_t size = 0;
    const Fit fit = try_record(at, size);
    if (fit == Fit::undecided && !at_end_ && rest().size() - at <= limits_.max_record)
      return Step::more;
    if (fit == Fit::yes) {
      // Only the sink can say that it is a record; the span in front of it is reported once that is
      // sure.
      auto taken = sink_.record(rest().substr(at, size));
      if (!taken && taken.error().code != Errc::parse) return taken.error();
      if (taken) {
        ++elements_;
        learn(rest().substr(at, size));
        end_recovery(at, true);
        pos_ += size;
        return Step::again;
      }
    }
    searched_ = at + 1;
    next_check_ = 0;
    if (work_ > kMaxWork) return Step::again;
  }
  if (natural_size_ != 0) {
    const Fit fit = follows_broken(rest().substr(natural_size_));
    if (fit == Fit::undecided && !at_end_) return Step::more;
    if (fit == Fit::yes) {
      end_recovery(natural_size_, false);
    } else {
      natural_size_ = 0;
    }
    return Step::again;
  }
  if (at_end_) return search_end();
  forget_long_span();
  return Step::more;
}

// Whether a whole record of `size` bytes begins at offset `at`.
PageReader::Fit PageReader::try_record(std::size_t at, std::size_t& size) {
  const std::string_view before = rest().substr(0, at);
  const auto comma = before.find_last_not_of(" \t\r\n");
  if (comma == std::string_view::npos || before[comma] != ',') return Fit::no;
  const std::string_view text = rest().substr(at);
  if (wait_for(text.size())) return Fit::undecided;
  next_check_ = text.size() * 2;
  if (const Fit begins = begins_like_record(text); begins != Fit::yes) return begins;
  const JsonExtent extent = check_json_value(text);
  work_ += extent.size;
  if (extent.state == JsonState::truncated) {
    if (at_end_ && unfinished_ == 0) unfinished_ = at;
    return Fit::undecided;
  }
  if (extent.state == JsonState::invalid) return Fit::no;
  size = extent.size;
  const Fit follows = follows_element(text.substr(size));
  if (follows == Fit::undecided) next_check_ = text.size() + 1;
  return follows;
}

// A record begins with a key that earlier records began with, and goes on with a key that they had:
// objects nested in records often share the first key only.
PageReader::Fit PageReader::begins_like_record(std::string_view text) const noexcept {
  const auto fit_of = [](JsonState state) {
    return state == JsonState::truncated ? Fit::undecided : Fit::no;
  };
  text.remove_prefix(1);
  std::string_view key;
  if (const JsonState state = take_key(text, key); state != JsonState::complete)
    return fit_of(state);
  if (!first_keys_.contains(key)) return Fit::no;
  if (known_keys_.empty()) return Fit::yes;
  text = skip_json_space(text);
  const JsonExtent extent = check_json_value(text);
  if (extent.state != JsonState::complete) return fit_of(extent.state);
  text = skip_json_space(text.substr(extent.size));
  if (text.empty()) return Fit::undecided;
  if (text.front() == '}') return Fit::yes;
  if (text.front() != ',') return Fit::no;
  text.remove_prefix(1);
  if (const JsonState state = take_key(text, key); state != JsonState::complete)
    return fit_of(state);
  return known_keys_.contains(key) ? Fit::yes : Fit::no;
}

// Whether what stands behind an element is what stands behind an element of the page's own array.
PageReader::Fit PageReader::follows_element(std::string_view text) const noexcept {
  text = skip_json_space(text);
  if (text.empty()) return Fit::undecided;
  if (text.front() != ']') return text.front() == ',' ? Fit::yes : Fit::no;
  text = skip_json_space(text.substr(1));
  if (top_level_array_) return text.empty() ? Fit::yes : Fit::no;
  if (text.empty()) return Fit::undecided;
  if (text.front() == '}') return skip_json_space(text.substr(1)).empty() ? Fit::yes : Fit::no;
  return text.front() == ',' ? Fit::yes : Fit::no;
}

// Whether a broken element may be believed to end here: another object or the end of the array
// follows.
PageReader::Fit PageReader::follows_broken(std::string_view text) const noexcept {
  text = skip_json_space(text);
  if (text.empty()) return Fit::undecided;
  if (text.front() != ',') return follows_element(text);
  text = skip_json_space(text.substr(1));
  if (text.empty()) return Fit::undecided;
  return text.front() == '{' ? Fit::yes : Fit::no;
}

// The page is over and its last record is broken: the array ends at the first bracket behind which
// the rest of the document parses. A record that is merely cut is no broken one: then records may
// be missing behind it, and a bracket inside it ends nothing. Where a closing quote may be missing,
// the record's brace stands before the bracket.
Result<PageReader::Step> PageReader::search_end() {
  const Ending ending = ending_of(rest().substr(unfinished_));
  std::size_t at = rest().size() > kMaxTail ? rest().size() - kMaxTail : 0;
  while (ending != Ending::cut && (at = rest().find(']', at)) != std::string_view::npos) {
    const bool fits = ending == Ending::broken || trim(rest().substr(0, at)).ends_with('}');
    if (fits && ends_document(at)) {
      end_recovery(at, false);
      return Step::again;
    }
    if (work_ > kMaxWork) break;
    ++at;
  }
  return cut_off();
}

bool PageReader::ends_document(std::size_t bracket) noexcept {
  const std::string_view tail = skip_json_space(rest().substr(bracket + 1));
  if (top_level_array_ || tail.empty()) return top_level_array_ && tail.empty();
  if (tail.front() == '}') return skip_json_space(tail.substr(1)).empty();
  if (tail.front() != ',') return false;
  // Seen as an object of its own, the rest of the document's members must parse.
  char& comma = buffer_[end_ - tail.size()];
  comma = '{';
  const JsonExtent extent = check_json_value(tail);
  comma = ',';
  work_ += extent.size;
  return extent.state == JsonState::complete && skip_json_space(tail.substr(extent.size)).empty();
}

// Keeps memory bounded while no record is found: a prefix of the broken span is reported, the rest
// given up.
void PageReader::forget_long_span() {
  if (rest().size() <= limits_.max_record) return;
  if (!prefix_reported_)
    report(rest().substr(0, limits_.kept_prefix),
           fmt::format("{}; only the beginning of the span is kept", reason_));
  prefix_reported_ = true;
  const std::size_t kept = std::min(limits_.kept_prefix, rest().size());
  pos_ = end_ - kept;
  searched_ = kept;
  unfinished_ = 0;
}

}  // namespace harrier::ingest
