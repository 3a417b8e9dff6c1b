// A strict walk over JSON text in place: where values end, members of objects, elements of arrays,
// the text of strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace harrier::ingest {

/// Deeper nesting than this does not parse.
inline constexpr int kMaxJsonDepth = 256;

/// What a text is, seen as the beginning of one JSON value.
enum class JsonState : std::uint8_t {
  complete,   ///< a whole value stands at its front
  truncated,  ///< nothing wrong so far, but it ends inside the value
  invalid,    ///< no continuation can make it JSON (or it is nested too deeply)
};

struct JsonExtent {
  JsonState state = JsonState::invalid;
  std::size_t size = 0;  ///< bytes of the value when complete; else how far the walk came
};

/// Checks the value at the front of `text` (no white space before it) by RFC 8259, except that
/// bytes of strings may be anything from 0x20 upwards: UTF-8 is checked where text is stored. A
/// number at the very end counts as complete.
[[nodiscard]] JsonExtent check_json_value(std::string_view text) noexcept;

/// True when `text` is one JSON number.
[[nodiscard]] bool is_json_number(std::string_view text) noexcept;

/// `text` without JSON's white space in front.
[[nodiscard]] std::string_view skip_json_space(std::string_view text) noexcept;

/// Appends what `raw`, the bytes between the quotes of a JSON string, stands for, as valid UTF-8:
/// lone surrogates and invalid bytes become U+FFFD, \u0000 stays. False at an escape that JSON does
/// not know; `out` is then unchanged.
[[nodiscard]] bool append_unescaped(std::string& out, std::string_view raw);
/// The same into `out`, which has room for `raw.size()` bytes, for `raw` in valid UTF-8. Returns
/// the end of the text, or nullptr.
[[nodiscard]] char* unescape_to(char* out, std::string_view raw) noexcept;
/// `raw` as text; `raw` itself when it does not parse.
[[nodiscard]] std::string unescaped(std::string_view raw);

/// The members of one object, in order. Views point into the text.
class JsonObjectReader {
 public:
  explicit JsonObjectReader(std::string_view object) noexcept;
  /// Steps to the next member; false at the end and on text that does not parse. `expected` (a key
  /// with its closing quote) makes the step cheaper where the member has that key.
  [[nodiscard]] bool next(std::string_view expected = {}) noexcept;

  /// True when the member's key was the expected one.
  [[nodiscard]] bool as_expected() const noexcept { return expected_; }

  /// The bytes between the key's quotes.
  [[nodiscard]] std::string_view key() const noexcept { return key_; }

  /// The value's bytes, quotes and brackets included.
  [[nodiscard]] std::string_view value() const noexcept { return value_; }

  /// True when the walk ended at the closing brace and nothing but white space follows it.
  [[nodiscard]] bool ok() const noexcept { return ok_; }

 private:
  std::string_view rest_;
  std::string_view key_;
  std::string_view value_;
  bool first_ = true;
  bool open_ = false;
  bool ok_ = false;
  bool expected_ = false;
};

/// The elements of one array, in order. Views point into the text.
class JsonArrayReader {
 public:
  explicit JsonArrayReader(std::string_view array) noexcept;
  [[nodiscard]] bool next() noexcept;

  [[nodiscard]] std::string_view value() const noexcept { return value_; }

  [[nodiscard]] bool ok() const noexcept { return ok_; }

 private:
  std::string_view rest_;
  std::string_view value_;
  bool first_ = true;
  bool open_ = false;
  bool ok_ = false;
};

}  // namespace harrier::ingest
