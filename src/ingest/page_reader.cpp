#include "ingest/page_reader.hpp"

#include "base/text.hpp"
#include "ingest/json_walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace harrier::ingest {

namespace {

constexpr std::size_t kMaxMembers = 64;
constexpr std::size_t kMaxKey = 512;
/// An unfinished record of this size is looked at: a torn quote may have swallowed others.
constexpr std::size_t kFirstCheck = 64 * 1024;

Error not_a_page(std::string_view what) {
  return Error(Errc::protocol, fmt::format("the answer is no page of records: {}", what));
}

}  // namespace

PageReader::PageReader(PageSink& sink, std::vector<std::string> names, PageLimits limits)
    : sink_(sink), names_(std::move(names)), limits_(limits) {}

PageReader::~PageReader() = default;

Result<> PageReader::feed(std::string_view chunk) {
  const std::size_t largest = std::max<std::size_t>(limits_.window / 4, 1);
  while (!failure_ && !chunk.empty()) {
    const std::string_view piece = chunk.substr(0, largest);
    append(piece);
    chunk.remove_prefix(piece.size());
    if (auto done = run(); !done) failure_ = std::move(done).error();
  }
  if (failure_) return *failure_;
  return {};
}

Result<> PageReader::finish() {
  at_end_ = true;
  if (!failure_) {
    append({});
    if (auto done = run(); !done) failure_ = std::move(done).error();
  }
  if (!failure_ && state_ == State::start) failure_ = not_a_page("it is empty");
  if (!failure_ && state_ != State::done) failure_ = not_a_page("it ends too early");
  if (!failure_ && !array_seen_) failure_ = not_a_page("it has no array of records");
  if (failure_) return *failure_;
  return {};
}

std::string_view PageReader::member(std::string_view name) const noexcept {
  for (const auto& [key, value] : members_) {
    if (equals_ignore_case(key, name)) return value;
  }
  return {};
}

// Puts `bytes` behind the rest, moving it to the front and growing or shrinking the buffer as
// needed.
void PageReader::append(std::string_view bytes) {
  const std::size_t kept = end_ - pos_;
  const std::size_t wanted = kept + bytes.size();
  const bool oversized = capacity_ > limits_.window && wanted <= limits_.window / 2;
  if (buffer_ == nullptr || wanted > capacity_ || oversized) {
    const std::size_t grown =
        wanted > capacity_ && capacity_ > 0 ? std::max(wanted, capacity_ * 2) : wanted;
    const std::size_t capacity = std::max(limits_.window, grown);
    std::unique_ptr<char[]> larger(new char[capacity + kJsonPadding]);
    if (kept > 0) std::memcpy(larger.get(), buffer_.get() + pos_, kept);
    buffer_ = std::move(larger);
    capacity_ = capacity;
    pos_ = 0;
    end_ = kept;
  } else if (capacity_ - end_ < bytes.size()) {
    std::memmove(buffer_.get(), buffer_.get() + pos_, kept);
    pos_ = 0;
    end_ = kept;
  }
  if (!bytes.empty()) std::memcpy(buffer_.get() + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
  std::memset(buffer_.get() + end_, ' ', kJsonPadding);
}

// True when a byte that is no white space is there.
bool PageReader::skip_space() noexcept {
  pos_ = end_ - skip_json_space(rest()).size();
  return pos_ != end_;
}

// True while an unfinished value of `size` bytes has not grown enough to look at it again: so that
// all looks together cost linear time.
bool PageReader::wait_for(std::size_t size) const noexcept {
  return !at_end_ && size < next_check_;
}

Result<> PageReader::run() {
  for (;;) {
    HARRIER_TRY(const Step step_, step());
    if (step_ == Step::more) return {};
  }
}

Result<PageReader::Step> PageReader::step() {
  switch (state_) {
    case State::in_element:
      return scan_element();
    case State::skipping:
      return skip_element();
    case State::recovering:
      return recover();
    case State::start:
    case State::member_key:
    case State::member_value:
    case State::after_member:
    case State::element:
    case State::after_element:
    case State::done:
      break;
  }
  if (!skip_space()) return Step::more;
  switch (state_) {
    case State::start:
      return start_document();
    case State::member_key:
      return read_key();
    case State::member_value:
      return read_value();
    case State::after_member:
      return after_member();
    case State::element:
      return begin_element();
    case State::after_element:
      return after_element();
    case State::done:
    case State::in_element:
    case State::skipping:
    case State::recovering:
      break;
  }
  return not_a_page("text follows its end");
}

Result<PageReader::Step> PageReader::start_document() {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (rest().size() < kByteOrderMark.size() && kByteOrderMark.starts_with(rest()) && !at_end_)
    return Step::more;
  if (rest().starts_with(kByteOrderMark)) pos_ += kByteOrderMark.size();
  if (!skip_space()) return Step::more;
  const char c = rest().front();
  if (c != '{' && c != '[') return not_a_page("it begins with neither an object nor an array");
  ++pos_;
  top_level_array_ = c == '[';
  array_seen_ = top_level_array_;
  state_ = top_level_array_ ? State::element : State::member_key;
  return Step::again;
}

Result<PageReader::Step> PageReader::read_key() {
  if (rest().front() == '}') {
    ++pos_;
    state_ = State::done;
    return Step::again;
  }
  if (rest().front() != '"') return not_a_page("a member has no name");
  const JsonExtent extent = check_json_value(rest());
  if (extent.state == JsonState::invalid || extent.size > kMaxKey)
    return not_a_page("a member's name does not parse");
  if (extent.state == JsonState::truncated) return Step::more;
  const std::string_view behind = skip_json_space(rest().substr(extent.size));
  if (behind.empty()) return Step::more;
  if (behind.front() != ':') return not_a_page("a member has no value");
  key_ = unescaped(rest().substr(1, extent.size - 2));
  pos_ = end_ - behind.size() + 1;
  next_check_ = 0;
  state_ = State::member_value;
  return Step::again;
}

Result<PageReader::Step> PageReader::read_value() {
  const bool items = std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
    return equals_ignore_case(name, key_);
  });
  if (items && rest().front() == '[') {
    if (array_seen_) return not_a_page("it has two arrays of records");
    ++pos_;
    array_seen_ = true;
    state_ = State::element;
    return Step::again;
  }
  if (wait_for(rest().size())) return Step::more;
  const JsonExtent extent = check_json_value(rest());
  const bool may_go_on = extent.size == rest().size() && !at_end_;  // a number
  if (extent.state == JsonState::invalid)
    return not_a_page(fmt::format("the value of \"{}\" does not parse", key_));
  if (extent.size > limits_.max_member)
    return not_a_page(
        fmt::format("the value of \"{}\" is longer than {} bytes", key_, limits_.max_member));
  if (extent.state == JsonState::truncated || may_go_on) {
    next_check_ = rest().size() * 2;
    return Step::more;
  }
  HARRIER_TRYV(keep_member(rest().substr(0, extent.size)));
  pos_ += extent.size;
  state_ = State::after_member;
  return Step::again;
}

Result<> PageReader::keep_member(std::string_view value) {
  if (members_.size() == kMaxMembers)
    return not_a_page(fmt::format("it has more than {} members", kMaxMembers));
  members_.emplace_back(key_, value);
  return {};
}

Result<PageReader::Step> PageReader::after_member() {
  const char c = rest().front();
  if (c != ',' && c != '}')
    return not_a_page(fmt::format("text follows the value of \"{}\"", key_));
  ++pos_;
  state_ = c == ',' ? State::member_key : State::done;
  return Step::again;
}

Result<PageReader::Step> PageReader::begin_element() {
  const char c = rest().front();
  if (c == ']') {
    state_ = State::after_element;
    return Step::again;
  }
  if (c != '{' && c != '[') return scalar_element();
  splitter_.begin();
  scanned_ = 0;
  next_check_ = kFirstCheck;
  state_ = State::in_element;
  return Step::again;
}

Result<PageReader::Step> PageReader::scalar_element() {
  const JsonExtent extent = check_json_value(rest());
  const bool may_go_on = extent.size == rest().size() && !at_end_;
  if (extent.state == JsonState::invalid || rest().size() > limits_.max_member ||
      (extent.state == JsonState::truncated && at_end_)) {
    begin_recovery(0, "an element is no JSON");
    return Step::again;
  }
  if (extent.state == JsonState::truncated || may_go_on) return Step::more;
  return end_element(extent.size);
}

Result<PageReader::Step> PageReader::scan_element() {
  if (!splitter_.complete()) {
    const std::string_view fresh = rest().substr(scanned_);
    scanned_ += splitter_.scan(fresh.data(), fresh.size());
  }
  if (splitter_.complete()) return end_element(scanned_);
  const std::size_t size = rest().size();
  if (wait_for(size)) return Step::more;
  next_check_ = size * 2;
  if (at_end_ || check_json_value(rest()).state == JsonState::invalid) {
    begin_recovery(0, "a record does not parse or does not end");
    return Step::again;
  }
  if (size > limits_.max_record) {
    report(rest().substr(0, limits_.kept_prefix),
           fmt::format("a record is longer than {} bytes; only its beginning is kept",
                       limits_.max_record));
    pos_ = end_;
    state_ = State::skipping;
  }
  return Step::more;
}

Result<PageReader::Step> PageReader::skip_element() {
  pos_ += splitter_.scan(rest().data(), rest().size());
  if (!splitter_.complete()) return Step::more;
  state_ = State::after_element;
  return Step::again;
}

// An element of `size` bytes is there; what follows must be a comma or the end of the array before
// it is believed.
Result<PageReader::Step> PageReader::end_element(std::size_t size) {
  const std::string_view behind = skip_json_space(rest().substr(size));
  if (behind.empty() && !at_end_) return Step::more;
  if (behind.empty() || (behind.front() != ',' && behind.front() != ']')) {
    begin_recovery(0, "text that belongs to no record");
    return Step::again;
  }
  const std::string_view element = rest().substr(0, size);
  if (element.front() != '{') {
    report(element, "an element is no object");
  } else if (auto taken = sink_.record(element); taken) {
    ++elements_;
    learn(element);
  } else if (taken.error().code == Errc::parse) {
    begin_recovery(size, taken.error().message);
    return Step::again;
  } else {
    return taken.error();
  }
  pos_ += size;
  state_ = State::after_element;
  return Step::again;
}

Result<PageReader::Step> PageReader::after_element() {
  const char c = rest().front();
  if (c == ',') {
    ++pos_;
    state_ = State::element;
  } else if (c == ']') {
    ++pos_;
    state_ = top_level_array_ ? State::done : State::after_member;
  } else {
    begin_recovery(0, "text that belongs to no record");
  }
  return Step::again;
}

void PageReader::report(std::string_view bytes, std::string_view reason) {
  ++elements_;
  sink_.broken(bytes, reason);
}

}  // namespace harrier::ingest
