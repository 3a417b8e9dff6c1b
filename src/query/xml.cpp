#include "query/xml.hpp"

#include "base/text.hpp"
#include "query/unicode.hpp"

#include <charconv>
#include <utility>
#include <vector>

namespace harrier::query {

namespace {

constexpr int kMaxDepth = 200;

struct Member {
  std::string name;
  std::vector<std::string> values;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<std::string> document() {
    if (!skip_prolog()) return std::nullopt;
    std::string name;
    std::string value;
    if (!element(name, value, 0)) return std::nullopt;
    if (!skip_prolog() || !text_.empty()) return std::nullopt;
    std::string out = "{";
    append_json_string(out, name);
    return out + ":" + value + "}";
  }

 private:
  static bool is_name(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return is_ascii_word(byte) || c == '_' || c == '-' || c == '.' || c == ':' || byte >= 0x80;
  }

  void blanks() {
    while (!text_.empty() &&
           (text_[0] == ' ' || text_[0] == '\t' || text_[0] == '\n' || text_[0] == '\r')) {
      text_.remove_prefix(1);
    }
  }

  bool skip_past(std::string_view end) {
    const std::size_t at = text_.find(end);
    if (at == std::string_view::npos) return false;
    text_.remove_prefix(at + end.size());
    return true;
  }

  bool starts(std::string_view with) const { return text_.substr(0, with.size()) == with; }

  bool skip_prolog() {
    for (blanks(); starts("<?") || starts("<!"); blanks()) {
      if (!skip_past(starts("<!--") ? "-->" : (starts("<?") ? "?>" : ">"))) return false;
    }
    return true;
  }

  std::string name() {
    std::size_t n = 0;
    while (n < text_.size() && is_name(text_[n])) ++n;
    std::string out(text_.substr(0, n));
    text_.remove_prefix(n);
    return out;
  }

  static std::string decoded(std::string_view raw) {
    static constexpr std::pair<std::string_view, char> kNames[] = {
        {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    std::string out;
    for (std::size_t at = 0; at < raw.size(); ++at) {
      const std::size_t end = raw[at] == '&' ? raw.find(';', at) : std::string_view::npos;
      if (end == std::string_view::npos) {
        out += raw[at];
        continue;
      }
      const std::string_view entity = raw.substr(at + 1, end - at - 1);
      if (!entity.empty() && entity[0] == '#') {
        const bool hex = entity.size() > 1 && (entity[1] == 'x' || entity[1] == 'X');
        const std::string_view digits = entity.substr(hex ? 2 : 1);
        std::uint32_t code = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
        append_code(out, code < 0x110000 ? static_cast<char32_t>(code) : char32_t{0xFFFD});
      } else {
        for (const auto& [known, c] : kNames) {
          if (known == entity) out += c;
        }
      }
      at = end;
    }
    return out;
  }

  static void add(std::vector<Member>& members, std::string name, std::string value) {
    for (Member& member : members) {
      if (member.name == name) {
        member.values.push_back(std::move(value));
        return;
      }
    }
    members.push_back({std::move(name), {std::move(value)}});
  }

  bool attributes(std::vector<Member>& members) {
    for (blanks(); !text_.empty() && is_name(text_[0]); blanks()) {
      std::string key = "@" + name();
      blanks();
      if (text_.empty() || text_[0] != '=') return false;
      text_.remove_prefix(1);
      blanks();
      if (text_.empty() || (text_[0] != '"' && text_[0] != '\'')) return false;
      const char quote = text_[0];
      const std::size_t end = text_.find(quote, 1);
      if (end == std::string_view::npos) return false;
      std::string value;
      append_json_string(value, decoded(text_.substr(1, end - 1)));
      add(members, std::move(key), std::move(value));
      text_.remove_prefix(end + 1);
    }
    return true;
  }

  /// What stands between the tags, up to and with the end tag.
  bool content(const std::string& tag, std::vector<Member>& members, std::string& text, int depth) {
    while (!text_.empty()) {
      if (starts("</")) {
        text_.remove_prefix(2);
        if (name() != tag) return false;
        blanks();
        return skip_past(">");
      }
      if (starts("<![CDATA[")) {
        text_.remove_prefix(9);
        const std::size_t end = text_.find("]]>");
        if (end == std::string_view::npos) return false;
        text += text_.substr(0, end);
        text_.remove_prefix(end + 3);
      } else if (starts("<!--")) {
        if (!skip_past("-->")) return false;
      } else if (starts("<?")) {
        if (!skip_past("?>")) return false;
      } else if (text_[0] == '<') {
        std::string child;
        std::string value;
        if (!element(child, value, depth + 1)) return false;
        add(members, std::move(child), std::move(value));
      } else {
        const std::size_t end = std::min(text_.find('<'), text_.size());
        text += decoded(text_.substr(0, end));
        text_.remove_prefix(end);
      }
    }
    return false;
  }

  bool element(std::string& tag, std::string& out, int depth) {
    if (depth > kMaxDepth || text_.empty() || text_[0] != '<') return false;
    text_.remove_prefix(1);
    tag = name();
    std::vector<Member> members;
    if (tag.empty() || !attributes(members)) return false;
    std::string text;
    if (starts("/>")) {
      text_.remove_prefix(2);
    } else {
      if (text_.empty() || text_[0] != '>') return false;
      text_.remove_prefix(1);
      if (!content(tag, members, text, depth)) return false;
    }
    write(members, text, out);
    return true;
  }

  static void write(const std::vector<Member>& members, const std::string& text, std::string& out) {
    const bool blank = trim(text).empty();
    if (members.empty()) {
      if (text.empty()) {
        out = "null";
      } else {
        append_json_string(out, text);
      }
      return;
    }
    out = "{";
    for (const Member& member : members) {
      if (out.size() > 1) out += ',';
      append_json_string(out, member.name);
      out += ':';
      if (member.values.size() > 1) out += '[';
      for (std::size_t k = 0; k < member.values.size(); ++k) {
        if (k > 0) out += ',';
        out += member.values[k];
      }
      if (member.values.size() > 1) out += ']';
    }
    if (!blank) {
      out += ",\"#text\":";
      append_json_string(out, text);
    }
    out += '}';
  }

  std::string_view text_;
};

}  // namespace

std::optional<std::string> xml_to_json(std::string_view text) {
  return Reader(text).document();
}

}  // namespace harrier::query
