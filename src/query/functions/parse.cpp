// Functions that take texts of a known form apart: URLs, paths, command lines, CSV, versions, XML,
// JSON paths.
#include "base/text.hpp"
#include "kql/literals.hpp"
#include "query/convert.hpp"
#include "query/decimal.hpp"
#include "query/json.hpp"
#include "query/mapping.hpp"
#include "query/registry.hpp"
#include "query/xml.hpp"

#include <algorithm>
#include <array>

namespace harrier::query {

namespace {

/// Writes `"key":"value"` members.
class Bag {
 public:
  void text(std::string_view key, std::string_view value) {
    name(key);
    append_json_string(out_, value);
  }

  void json(std::string_view key, std::string_view value) {
    name(key);
    out_ += value;
  }

  [[nodiscard]] std::string finish() const { return out_ + "}"; }

 private:
  void name(std::string_view key) {
    if (out_.size() > 1) out_ += ',';
    append_json_string(out_, key);
    out_ += ':';
  }

  std::string out_ = "{";
};

std::string query_bag(std::string_view query) {
  Bag bag;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equal = pair.find('=');
    if (!pair.empty()) {
      bag.text(pair.substr(0, equal),
               equal == std::string_view::npos ? std::string_view() : pair.substr(equal + 1));
    }
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return bag.finish();
}

/// Cuts `rest` at the first of `marks` and returns what is before; the mark goes with the rest.
std::string_view take_until(std::string_view& rest, std::string_view marks) {
  const std::size_t end = std::min(rest.find_first_of(marks), rest.size());
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(end);
  return out;
}

void parse_url(Frame& f) {
  std::string_view rest = f.text(0);
  std::string_view scheme;
  std::string_view user;
  std::string_view password;
  std::string_view port;
  std::string_view query;
  std::string_view fragment;
  const std::size_t mark = rest.find("://");
  if (mark != std::string_view::npos) {
    scheme = rest.substr(0, mark);
    rest.remove_prefix(mark + 3);
  }
  std::string_view authority;
  if (mark != std::string_view::npos) authority = take_until(rest, "/?#");
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    user = authority.substr(0, at);
    authority.remove_prefix(at + 1);
    const std::size_t colon = user.find(':');
    if (colon != std::string_view::npos) {
      password = user.substr(colon + 1);
      user = user.substr(0, colon);
    }
  }
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  const std::string_view path = take_until(rest, "?#");
  if (!rest.empty() && rest.front() == '?') {
    rest.remove_prefix(1);
    query = take_until(rest, "#");
  }
  if (!rest.empty()) fragment = rest.substr(1);
  Bag bag;
  bag.text("Scheme", scheme);
  bag.text("Host", authority);
  bag.text("Port", port);
  bag.text("Path", path);
  bag.text("Username", user);
  bag.text("Password", password);
  bag.json("Query Parameters", query_bag(query));
  bag.text("Fragment", fragment);
  f.set_text(bag.finish());
}

void parse_urlquery(Frame& f) {
  std::string_view query = f.text(0);
  if (!query.empty() && query.front() == '?') query.remove_prefix(1);
  Bag bag;
  bag.json("Query Parameters", query_bag(query));
  f.set_text(bag.finish());
}

void parse_path(Frame& f) {
  std::string_view path = f.text(0);
  std::string_view scheme;
  std::string_view stream;
  std::string_view root;
  const std::size_t mark = path.find("://");
  if (mark != std::string_view::npos) {
    scheme = path.substr(0, mark);
    path.remove_prefix(mark + 3);
  }
  const bool drive = path.size() > 1 && path[1] == ':';
  if (drive) root = path.substr(0, 2);
  const std::size_t colon = path.find(':', drive ? 2 : 0);
  if (colon != std::string_view::npos) {
    stream = path.substr(colon + 1);
    path = path.substr(0, colon);
  }
  const std::size_t slash = path.find_last_of("/\\");
  const std::string_view file = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const std::string_view directory =
      slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  const std::size_t parent = directory.find_last_of("/\\");
  const std::size_t dot = file.rfind('.');
  Bag bag;
  bag.text("Scheme", scheme);
  bag.text("RootPath", root);
  bag.text("DirectoryPath", directory);
  bag.text("DirectoryName",
           parent == std::string_view::npos ? directory : directory.substr(parent + 1));
  bag.text("Filename", file);
  bag.text("Extension", dot == std::string_view::npos ? std::string_view() : file.substr(dot + 1));
  bag.text("AlternateDataStreamName", stream);
  f.set_text(bag.finish());
}

/// Arguments as CommandLineToArgvW cuts them. Source: its rules for quotes and backslashes.
std::vector<std::string> windows_arguments(std::string_view line) {
  std::vector<std::string> out;
  std::size_t at = 0;
  const auto blank = [&] { return line[at] == ' ' || line[at] == '\t'; };
  while (at < line.size()) {
    while (at < line.size() && blank()) ++at;
    if (at >= line.size()) break;
    std::string argument;
    bool quoted = false;
    const bool program = out.empty();
    while (at < line.size() && (quoted || !blank())) {
      std::size_t slashes = 0;
      while (!program && at < line.size() && line[at] == '\\') {
        ++slashes;
        ++at;
      }
      if (at < line.size() && line[at] == '"') {
        argument.append(slashes / 2, '\\');
        if (slashes % 2 == 1) {
          argument += '"';
        } else if (quoted && at + 1 < line.size() && line[at + 1] == '"' && !program) {
          argument += '"';
          ++at;
        } else {
          quoted = !quoted;
        }
        ++at;
      } else {
        argument.append(slashes, '\\');
        if (slashes == 0 && at < line.size()) argument += line[at++];
      }
    }
    out.push_back(std::move(argument));
  }
  return out;
}

void parse_command_line(Frame& f) {
  if (!equals_ignore_case(f.text(1), "windows")) {
    f.error = "parse_command_line knows the parser 'windows' only";
    return;
  }
  if (f.text(0).empty()) return;
  std::string out = "[";
  for (const std::string& argument : windows_arguments(f.text(0))) {
    if (out.size() > 1) out += ',';
    append_json_string(out, argument);
  }
  f.set_text(out + "]");
}

void parse_csv(Frame& f) {
  const std::string_view text = f.text(0);
  std::string out = "[";
  std::string field;
  bool quoted = false;
  const auto flush = [&] {
    if (out.size() > 1) out += ',';
    append_json_string(out, field);
    field.clear();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        field += '"';
        ++at;
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      flush();
    } else if (c == '\n' || c == '\r') {
      break;
    } else {
      field += c;
    }
  }
  flush();
  f.set_text(out + "]");
}

/// Up to four parts of up to eight digits each, as one number that sorts like the version.
void parse_version(Frame& f) {
  std::string_view rest = f.text(0);
  std::string digits;
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = rest.find('.');
    const std::string_view piece = rest.substr(0, dot);
    if (piece.size() > 8 || piece.find_first_not_of("0123456789") != std::string_view::npos) return;
    if (piece.empty() && part == 0) return;
    digits += std::string(8 - piece.size(), '0');
    digits += piece;
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  if (!rest.empty()) return;
  const auto number = Decimal::parse(digits);
  if (number) f.set_text(number->text());
}

/// `$.a['b'][0]` or `.a.b`: the piece of `json` it leads to.
std::string_view follow_path(std::string_view json, std::string_view path) {
  if (!path.empty() && path.front() == '$') path.remove_prefix(1);
  while (!path.empty() && !json.empty()) {
    if (path.front() == '.') {
      path.remove_prefix(1);
      const std::size_t end = std::min(path.find_first_of(".["), path.size());
      json = json_member(json, path.substr(0, end));
      path.remove_prefix(end);
    } else if (path.front() == '[') {
      const std::size_t end = path.find(']');
      if (end == std::string_view::npos) return {};
      std::string_view key = path.substr(1, end - 1);
      path.remove_prefix(end + 1);
      if (key.size() >= 2 && (key.front() == '\'' || key.front() == '"')) {
        json = json_member(json, key.substr(1, key.size() - 2));
      } else {
        const auto index = kql::parse_long(key);
        json = index ? json_element(json, *index) : std::string_view();
      }
    } else {
      const std::size_t end = std::min(path.find_first_of(".["), path.size());
      json = json_member(json, path.substr(0, end));
      path.remove_prefix(end);
    }
  }
  return json;
}

void extract_json(Frame& f) {
  std::string json;
  if (f.args[1].type == ScalarType::dynamic) {
    json = f.args[1].s;
  } else if (!append_compact_json(json, f.args[1].s)) {
    return;
  }
  const std::string_view found = follow_path(json, f.text(0));
  if (found.empty() || found == "null") return;
  const Value value = Value::of_text(ScalarType::dynamic, f.heap.add(found));
  f.result = f.type == ScalarType::dynamic ? value : convert(value, f.type, f.heap);
}

void parse_xml(Frame& f) {
  const auto json = xml_to_json(f.text(0));
  if (json) f.set_text(*json);
}

void parse_user_agent(Frame& f) {
  f.error =
      "parse_user_agent needs a database of browsers that Harrier does not have; match the text "
      "with has or extract";
}

/// The mapping that one call uses.
struct KeptGeo {
  std::shared_ptr<const GeoMapping> mapping;
};

void geo_info(Frame& f) {
  auto& kept = f.state.get<KeptGeo>();
  if (!kept.mapping) {
    auto mapping = GeoMapping::of(f.query.mappings());
    if (!mapping) {
      f.error = mapping.error().message;
      return;
    }
    kept.mapping = *mapping;
  }
  if (!kept.mapping) {
    f.error =
        "geo_info_from_ip_address needs a table of networks and places: put geo_ipv4.csv, "
        "geo_ipv6.csv or both (network, country, state, city, latitude, longitude) into the "
        "mappings folder";
    return;
  }
  if (const std::string* place = kept.mapping->find(f.text(0))) f.set_text(*place);
}

constexpr Kernel kKernels[] = {
    strict("parse_url", parse_url),
    strict("parse_urlquery", parse_urlquery),
    strict("parse_path", parse_path),
    strict("parse_command_line", parse_command_line),
    strict("parse_csv", parse_csv),
    strict("parse_version", parse_version),
    strict("extract_json", extract_json),
    strict("parse_xml", parse_xml),
    lenient("parse_user_agent", parse_user_agent),
    lenient("geo_info_from_ip_address", geo_info),
};

}  // namespace

std::span<const Kernel> parse_kernels() {
  return kKernels;
}

}  // namespace harrier::query
