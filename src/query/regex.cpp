#include "query/regex.hpp"

#include "query/unicode.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <string>

namespace harrier::query {

namespace {

/// `pattern` with `\d \w \s` widened to Unicode where `unicode`, and `(?<name>` in RE2's spelling.
std::string adapt(std::string_view pattern, bool unicode) {
  std::string out;
  bool in_class = false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '\\' && at + 1 < pattern.size()) {
      const char escape = pattern[++at];
      const auto widened = [&](std::string_view inside, bool negated) {
        if (in_class) {
          out += inside;
        } else {
          out += negated ? "[^" : "[";
          out += inside;
          out += ']';
        }
      };
      if (unicode && escape == 'd') {
        widened("\\p{Nd}", false);
      } else if (unicode && escape == 'w') {
        widened("\\p{L}\\p{M}\\p{Nd}_", false);
      } else if (unicode && escape == 's') {
        widened("\\s\\p{Z}", false);
      } else if (unicode && !in_class && escape == 'D') {
        widened("\\p{Nd}", true);
      } else if (unicode && !in_class && escape == 'W') {
        widened("\\p{L}\\p{M}\\p{Nd}_", true);
      } else if (unicode && !in_class && escape == 'S') {
        widened("\\s\\p{Z}", true);
      } else {
        out += c;
        out += escape;
      }
      continue;
    }
    if (c == '[' && !in_class) {
      in_class = true;
      out += c;
      if (at + 1 < pattern.size() && pattern[at + 1] == '^') out += pattern[++at];
      if (at + 1 < pattern.size() && pattern[at + 1] == ']') {
        out += "\\]";
        ++at;
      }
      continue;
    }
    if (c == '[' && in_class && (at + 1 >= pattern.size() || pattern[at + 1] != ':')) {
      out += "\\[";
      continue;
    }
    if (c == ']') in_class = false;
    out += c;
    if (c == '(' && !in_class && pattern.substr(at + 1, 2) == "?<" && at + 3 < pattern.size() &&
        pattern[at + 3] != '=' && pattern[at + 3] != '!') {
      out += "?P<";
      at += 2;
    }
  }
  return out;
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

struct Regex::Compiled {
  Compiled(const std::string& ascii_pattern, const std::string& unicode_pattern,
           const RE2::Options& options)
      : ascii(ascii_pattern, options) {
    if (ascii.ok() && unicode_pattern != ascii_pattern) {
      unicode = std::make_unique<RE2>(unicode_pattern, options);
    }
  }

  [[nodiscard]] const RE2& of(std::string_view text) const {
    return unicode && !is_ascii(text) ? *unicode : ascii;
  }

  RE2 ascii;
  std::unique_ptr<RE2> unicode;
};

Regex::Regex(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}

Regex::~Regex() = default;

Result<std::shared_ptr<const Regex>> Regex::compile(std::string_view pattern,
                                                    std::string_view flags) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(64 << 20);
  std::string prefix(flags);
  std::erase(prefix, 'u');  // texts are Unicode with and without it
  if (!prefix.empty()) prefix = "(?" + prefix + ")";
  auto compiled = std::make_unique<Compiled>(prefix + adapt(pattern, false),
                                             prefix + adapt(pattern, true), options);
  const bool wide = !compiled->unicode || compiled->unicode->ok();
  if (!compiled->ascii.ok() || !wide) {
    const RE2& bad = compiled->ascii.ok() ? *compiled->unicode : compiled->ascii;
    return Error(Errc::query,
                 fmt::format("the regular expression '{}' is not valid: {}", pattern, bad.error()));
  }
  return std::shared_ptr<const Regex>(new Regex(std::move(compiled)));
}

bool Regex::found_in(std::string_view text) const {
  return compiled_->of(text).Match(piece(text), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

std::vector<std::string_view> Regex::groups(std::string_view text, std::size_t from,
                                            bool anchored) const {
  const RE2& re = compiled_->of(text);
  const int count = re.NumberOfCapturingGroups() + 1;
  std::vector<re2::StringPiece> pieces(static_cast<std::size_t>(count));
  std::vector<std::string_view> out;
  const auto anchor = anchored ? RE2::ANCHOR_START : RE2::UNANCHORED;
  if (!re.Match(piece(text), from, text.size(), anchor, pieces.data(), count)) return out;
  out.reserve(pieces.size());
  for (const re2::StringPiece& p : pieces) {
    out.push_back(p.data() == nullptr ? std::string_view() : std::string_view(p.data(), p.size()));
  }
  return out;
}

int Regex::group_count() const noexcept {
  return compiled_->ascii.NumberOfCapturingGroups();
}

}  // namespace harrier::query
