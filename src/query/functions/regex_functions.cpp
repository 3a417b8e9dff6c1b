// Functions that take regular expressions.
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/regex.hpp"
#include "query/registry.hpp"
#include "query/unicode.hpp"

namespace harrier::query {

namespace {

void extract(Frame& f) {
  const Regex* regex = f.regex(0);
  if (regex == nullptr) return;
  const std::int64_t group = f.integer(1, 0);
  const auto groups = regex->groups(f.text(2));
  if (groups.empty() || group < 0 || group >= static_cast<std::int64_t>(groups.size())) return;
  const Value found = Value::of_string(groups[static_cast<std::size_t>(group)]);
  f.result = f.type == ScalarType::string ? found : convert(found, f.type, f.heap);
}

/// Where the search for the next match begins.
std::size_t after(std::string_view text, std::string_view match) {
  auto at = static_cast<std::size_t>(match.data() - text.data()) + match.size();
  if (match.empty() && at < text.size()) {
    (void)next_code(text, at);
  } else if (match.empty()) {
    ++at;
  }
  return at;
}

/// The groups to show: those asked for (by number), or all.
std::vector<std::size_t> wanted_groups(const Frame& f, const Regex& regex) {
  std::vector<std::size_t> out;
  if (f.args.size() > 2) {
    for (const std::string_view element : json_elements(f.args[1].s)) {
      const Value number = convert(dynamic_value(element), ScalarType::long_, f.heap);
      if (!number.null && number.i >= 0 && number.i <= regex.group_count()) {
        out.push_back(static_cast<std::size_t>(number.i));
      }
    }
    return out;
  }
  for (int k = 1; k <= regex.group_count(); ++k) out.push_back(static_cast<std::size_t>(k));
  return out;
}

void extract_all(Frame& f) {
  const Regex* regex = f.regex(0);
  if (regex == nullptr) return;
  const std::string_view text = f.text(f.args.size() - 1);
  const auto wanted = wanted_groups(f, *regex);
  std::string out = "[";
  for (std::size_t from = 0; from <= text.size();) {
    const auto groups = regex->groups(text, from);
    if (groups.empty()) break;
    from = after(text, groups[0]);
    if (out.size() > 1) out += ',';
    if (wanted.size() == 1) {
      append_json(out, Value::of_string(groups[wanted[0]]));
      continue;
    }
    out += '[';
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      if (k > 0) out += ',';
      append_json(out, Value::of_string(groups[wanted[k]]));
    }
    out += ']';
  }
  if (out.size() > 1) f.set_text(out + "]");
}

void replace_regex(Frame& f) {
  const Regex* regex = f.regex(1);
  if (regex == nullptr) return;
  const std::string_view text = f.text(0);
  const std::string_view rewrite = f.text(2);
  std::string out;
  std::size_t copied = 0;
  for (std::size_t from = 0; from <= text.size();) {
    const auto groups = regex->groups(text, from);
    if (groups.empty()) break;
    const auto at = static_cast<std::size_t>(groups[0].data() - text.data());
    out += text.substr(copied, at - copied);
    for (std::size_t k = 0; k < rewrite.size(); ++k) {
      const bool escape = rewrite[k] == '\\' && k + 1 < rewrite.size();
      if (!escape) {
        out += rewrite[k];
        continue;
      }
      const char c = rewrite[++k];
      if (c >= '0' && c <= '9') {
        const auto group = static_cast<std::size_t>(c - '0');
        if (group < groups.size()) out += groups[group];
      } else {
        if (c != '\\') out += '\\';
        out += c;
      }
    }
    copied = at + groups[0].size();
    from = after(text, groups[0]);
  }
  if (copied == 0 && out.empty()) return f.set_view(text);
  out += text.substr(std::min(copied, text.size()));
  f.set_text(out);
}

void trim_start(Frame& f) {
  const Regex* regex = f.regex(0);
  if (regex == nullptr) return;
  const std::string_view text = f.text(1);
  const auto groups = regex->groups(text, 0, true);
  f.set_view(groups.empty() ? text : text.substr(groups[0].size()));
}

/// `text` without the match that reaches its end; the longest such.
std::string_view cut_end(const Regex& regex, std::string_view text) {
  for (std::size_t from = 0; from <= text.size();) {
    const auto groups = regex.groups(text, from);
    if (groups.empty()) break;
    const auto at = static_cast<std::size_t>(groups[0].data() - text.data());
    if (at + groups[0].size() == text.size()) return text.substr(0, at);
    from = at;
    if (from < text.size()) {
      (void)next_code(text, from);
    } else {
      break;
    }
  }
  return text;
}

void trim_end(Frame& f) {
  if (const Regex* regex = f.regex(0)) f.set_view(cut_end(*regex, f.text(1)));
}

void trim_(Frame& f) {
  const Regex* regex = f.regex(0);
  if (regex == nullptr) return;
  std::string_view text = f.text(1);
  const auto groups = regex->groups(text, 0, true);
  if (!groups.empty()) text.remove_prefix(groups[0].size());
  f.set_view(cut_end(*regex, text));
}

void countof(Frame& f) {
  const std::string_view text = f.text(0);
  const std::string_view wanted = f.text(1);
  std::int64_t count = 0;
  if (f.args.size() > 2 && f.text(2) == "regex") {
    const Regex* regex = f.regex(1);
    if (regex == nullptr) return;
    for (std::size_t from = 0; from <= text.size();) {
      const auto groups = regex->groups(text, from);
      if (groups.empty()) break;
      ++count;
      from = after(text, groups[0]);
    }
  } else if (!wanted.empty()) {
    for (std::size_t at = text.find(wanted); at != std::string_view::npos;
         at = text.find(wanted, at + 1)) {
      ++count;
    }
  }
  f.set_int(count);
}

void indexof_regex(Frame& f) {
  const Regex* regex = f.regex(1);
  if (regex == nullptr) return;
  const std::string_view text = f.text(0);
  const std::int64_t start = f.integer(2, 0);
  const std::int64_t length = f.integer(3, -1);
  std::int64_t occurrence = f.integer(4, 1);
  if (start < 0) return;
  f.set_int(-1);
  if (occurrence < 1 || length < -1) return;
  std::size_t from = 0;
  for (std::int64_t k = 0; k < start && from < text.size(); ++k) (void)next_code(text, from);
  std::size_t end = text.size();
  if (length >= 0) {
    end = from;
    for (std::int64_t k = 0; k < length && end < text.size(); ++k) (void)next_code(text, end);
  }
  const std::string_view part = text.substr(0, end);
  while (from <= part.size()) {
    const auto groups = regex->groups(part, from);
    if (groups.empty()) return;
    const auto at = static_cast<std::size_t>(groups[0].data() - part.data());
    if (--occurrence == 0)
      return f.set_int(static_cast<std::int64_t>(code_count(part.substr(0, at))));
    from = after(part, groups[0]);
  }
}

void regex_quote(Frame& f) {
  std::string out;
  for (const char c : f.text(0)) {
    if (std::string_view("\\.+*?()|[]{}^$#&-~ ").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  f.set_text(out);
}

constexpr Kernel kKernels[] = {
    lenient("extract", extract),
    strict("extract_all", extract_all),
    lenient("replace_regex", replace_regex),
    lenient("trim", trim_),
    lenient("trim_start", trim_start),
    lenient("trim_end", trim_end),
    strict("countof", countof),
    strict("indexof_regex", indexof_regex),
    strict("regex_quote", regex_quote),
};

}  // namespace

std::span<const Kernel> regex_kernels() {
  return kKernels;
}

}  // namespace harrier::query
