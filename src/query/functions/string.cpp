// Functions of text.
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/match.hpp"
#include "query/registry.hpp"
#include "query/unicode.hpp"

#include <algorithm>

namespace harrier::query {

namespace {

/// Byte offset of the code point number `count`; the size where there are fewer.
std::size_t offset_of(std::string_view text, std::size_t count) noexcept {
  std::size_t at = 0;
  while (count > 0 && at < text.size()) {
    (void)next_code(text, at);
    --count;
  }
  return at;
}

Result<VectorPtr> strcat_batch(BatchCall& call) {
  bool constant = true;
  for (const VectorPtr& arg : call.args) constant = constant && arg->constant;
  const std::size_t rows = constant ? 1 : call.rows;
  VectorBuilder builder(ScalarType::string, rows);
  std::string text;
  for (std::size_t row = 0; row < rows; ++row) {
    text.clear();
    for (const VectorPtr& arg : call.args) append_text(text, arg->at(row));
    builder.push_text(text);
  }
  auto out = builder.finish();
  out->constant = constant;
  return VectorPtr(std::move(out));
}

void strcat_delim(Frame& f) {
  const std::string_view delimiter = f.text(0);
  std::string out;
  for (std::size_t k = 1; k < f.args.size(); ++k) {
    if (k > 1) out += delimiter;
    append_text(out, f.args[k]);
  }
  f.set_text(out);
}

void strcat_array(Frame& f) {
  if (f.args[0].null || json_kind(f.args[0].s) != JsonKind::array) return;
  const std::string_view delimiter = f.text(1);
  std::string out;
  JsonCursor cursor(f.args[0].s);
  for (bool first = true; cursor.next(); first = false) {
    if (!first) out += delimiter;
    append_text(out, dynamic_value(cursor.value()));
  }
  f.set_text(out);
}

void strcmp_(Frame& f) {
  const int order = f.text(0).compare(f.text(1));
  f.set_int(order < 0 ? -1 : (order > 0 ? 1 : 0));
}

void strrep(Frame& f) {
  const std::int64_t times = std::clamp<std::int64_t>(f.integer(1, 0), 0, 1024);
  const std::string_view text = f.text(0);
  const std::string_view delimiter = f.args.size() > 2 ? f.text(2) : std::string_view();
  std::string out;
  for (std::int64_t k = 0; k < times; ++k) {
    if (k > 0) out += delimiter;
    out += text;
  }
  f.set_text(out);
}

void strlen_(Frame& f) {
  f.set_int(static_cast<std::int64_t>(code_count(f.text(0))));
}

void string_size(Frame& f) {
  f.set_int(static_cast<std::int64_t>(f.text(0).size()));
}

Result<VectorPtr> lower_batch(BatchCall& call) {
  const VectorPtr& arg = call.args[0];
  const std::size_t rows = arg->constant ? 1 : call.rows;
  VectorBuilder builder(ScalarType::string, rows);
  builder.own_all(*arg);
  StringHeap& heap = builder.heap();
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string_view text = text_of(arg->at(row), heap);
    if (!is_ascii(text)) {
      builder.push_text(lower_text(text));
      continue;
    }
    char* out = text.empty() ? nullptr : heap.allocate(text.size());
    for (std::size_t k = 0; k < text.size(); ++k) out[k] = lower_ascii(text[k]);
    builder.push_view({out, text.size()});
  }
  auto out = builder.finish();
  out->constant = arg->constant;
  return VectorPtr(std::move(out));
}

void toupper_(Frame& f) {
  f.set_text(upper_text(f.text(0)));
}

void substring(Frame& f) {
  const std::string_view text = f.text(0);
  const auto length = static_cast<std::int64_t>(code_count(text));
  std::int64_t start = f.integer(1, 0);
  if (start < -length) return f.set_view({});
  if (start < 0) start += length;
  std::int64_t count = f.args.size() > 2 ? f.integer(2, 0) : length;
  if (start >= length || count <= 0) return f.set_view({});
  count = std::min(count, length - start);
  const std::size_t from = offset_of(text, static_cast<std::size_t>(start));
  const std::string_view rest = text.substr(from);
  f.set_view(rest.substr(0, offset_of(rest, static_cast<std::size_t>(count))));
}

/// indexof by bytes; positions are code points.
void indexof(Frame& f) {
  const std::string_view text = f.text(0);
  const std::string_view wanted = f.text(1);
  if (wanted.empty()) return;
  const auto length = static_cast<std::int64_t>(code_count(text));
  std::int64_t start = f.integer(2, 0);
  std::int64_t span = f.integer(3, -1);
  std::int64_t occurrence = f.integer(4, 1);
  f.set_int(-1);
  if (start < 0) start = std::max<std::int64_t>(0, length + start);
  if (start > length || occurrence < 1 || span < -1) return;
  const std::size_t from = offset_of(text, static_cast<std::size_t>(start));
  std::string_view part = text.substr(from);
  if (span >= 0) part = part.substr(0, offset_of(part, static_cast<std::size_t>(span)));
  std::size_t at = part.find(wanted);
  while (at != std::string_view::npos && --occurrence > 0) at = part.find(wanted, at + 1);
  if (at == std::string_view::npos) return;
  f.set_int(start + static_cast<std::int64_t>(code_count(part.substr(0, at))));
}

void has_any_index(Frame& f) {
  const std::string_view text = f.text(0);
  f.set_int(-1);
  if (f.args[1].null) return;
  std::int64_t index = 0;
  JsonCursor cursor(f.args[1].s);
  for (; cursor.next(); ++index) {
    const std::string wanted = text_of(dynamic_value(cursor.value()));
    if (Needle(MatchKind::has, false, wanted).in(text)) return f.set_int(index);
  }
}

void reverse_(Frame& f) {
  const std::string_view text = f.text(0);
  std::string out;
  for (std::size_t at = text.size(); at > 0;) {
    std::size_t start = at - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) --start;
    out += text.substr(start, at - start);
    at = start;
  }
  f.set_text(out);
}

void split_(Frame& f) {
  const std::string_view text = f.text(0);
  const std::string_view delimiter = f.text(1);
  std::vector<std::string_view> parts;
  if (delimiter.empty()) {
    parts.push_back(text);
  } else {
    std::size_t from = 0;
    for (std::size_t at = text.find(delimiter); at != std::string_view::npos;
         at = text.find(delimiter, from)) {
      parts.push_back(text.substr(from, at - from));
      from = at + delimiter.size();
    }
    parts.push_back(text.substr(from));
  }
  std::string out = "[";
  if (f.args.size() > 2) {
    const std::int64_t index = f.integer(2, -1);
    if (index < 0 || index >= static_cast<std::int64_t>(parts.size())) return;
    append_json(out, Value::of_string(parts[static_cast<std::size_t>(index)]));
  } else {
    for (std::size_t k = 0; k < parts.size(); ++k) {
      if (k > 0) out += ',';
      append_json(out, Value::of_string(parts[k]));
    }
  }
  f.set_text(out + "]");
}

void replace_string(Frame& f) {
  const std::string_view text = f.text(0);
  const std::string_view from = f.text(1);
  const std::string_view to = f.text(2);
  std::size_t at = from.empty() ? std::string_view::npos : text.find(from);
  if (at == std::string_view::npos) return f.set_view(text);
  std::string out;
  std::size_t begin = 0;
  for (; at != std::string_view::npos; at = text.find(from, begin)) {
    out += text.substr(begin, at - begin);
    out += to;
    begin = at + from.size();
  }
  out += text.substr(begin);
  f.set_text(out);
}

void replace_strings(Frame& f) {
  const auto lookups = json_elements(f.args[1].s);
  const auto rewrites = json_elements(f.args[2].s);
  std::string text(f.text(0));
  for (std::size_t k = 0; k < lookups.size(); ++k) {
    const std::string from = text_of(dynamic_value(lookups[k]));
    const std::string to =
        rewrites.empty() ? "" : text_of(dynamic_value(rewrites[std::min(k, rewrites.size() - 1)]));
    if (from.empty()) continue;
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }
  f.set_text(text);
}

void translate(Frame& f) {
  const std::string_view search = f.text(0);
  const std::string_view replacement = f.text(1);
  const std::string_view text = f.text(2);
  std::vector<char32_t> from;
  std::vector<char32_t> to;
  for (std::size_t at = 0; at < search.size();) from.push_back(next_code(search, at));
  for (std::size_t at = 0; at < replacement.size();) to.push_back(next_code(replacement, at));
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t code = next_code(text, at);
    const auto found = std::find(from.begin(), from.end(), code);
    if (found == from.end()) {
      append_code(out, code);
    } else if (!to.empty()) {
      const auto k = static_cast<std::size_t>(found - from.begin());
      append_code(out, to[std::min(k, to.size() - 1)]);
    }
  }
  f.set_text(out);
}

void codepoints_to_string(Frame& f) {
  std::string out;
  const auto append = [&](const Value& value) {
    const Value code = convert(value, ScalarType::long_, f.heap);
    if (!code.null && code.i >= 0 && code.i < 0x110000)
      append_code(out, static_cast<char32_t>(code.i));
  };
  for (const Value& arg : f.args) {
    if (arg.type == ScalarType::dynamic && json_kind(arg.s) == JsonKind::array) {
      for (const std::string_view element : json_elements(arg.s)) append(dynamic_value(element));
    } else {
      append(arg);
    }
  }
  f.set_text(out);
}

void codepoints_from_string(Frame& f) {
  const std::string_view text = f.text(0);
  std::string out = "[";
  for (std::size_t at = 0; at < text.size();) {
    if (out.size() > 1) out += ',';
    out += std::to_string(static_cast<std::uint32_t>(next_code(text, at)));
  }
  f.set_text(out + "]");
}

void to_utf8(Frame& f) {
  std::string out = "[";
  for (const char c : f.text(0)) {
    if (out.size() > 1) out += ',';
    out += std::to_string(static_cast<unsigned char>(c));
  }
  f.set_text(out + "]");
}

void isascii(Frame& f) {
  f.set_bool(is_ascii(f.text(0)));
}

void isutf8(Frame& f) {
  f.set_bool(true);
}

constexpr Kernel kKernels[] = {
    batched("strcat", strcat_batch),
    lenient("strcat_delim", strcat_delim),
    lenient("strcat_array", strcat_array),
    strict("strcmp", strcmp_),
    strict("strrep", strrep),
    strict("strlen", strlen_),
    strict("string_size", string_size),
    batched("tolower", lower_batch),
    strict("toupper", toupper_),
    strict("substring", substring),
    strict("indexof", indexof),
    lenient("has_any_index", has_any_index),
    strict("reverse", reverse_),
    lenient("split", split_),
    lenient("replace_string", replace_string),
    strict("replace_strings", replace_strings),
    lenient("translate", translate),
    lenient("unicode_codepoints_to_string", codepoints_to_string),
    lenient("make_string", codepoints_to_string),
    strict("unicode_codepoints_from_string", codepoints_from_string),
    strict("to_utf8", to_utf8),
    strict("isascii", isascii),
    strict("isutf8", isutf8),
};

}  // namespace

std::span<const Kernel> string_kernels() {
  return kKernels;
}

}  // namespace harrier::query
