#include "e2e/replay.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <fstream>
#include <regex>
#include <set>
#include <stdexcept>

namespace dom = simdjson::dom;

namespace harrier::test {

namespace {

template <class Each>
void each_line(const std::filesystem::path& file, Each each) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  for (std::string line; std::getline(in, line);) each(line);
}

std::string text(const dom::element& value) {
  return std::string(std::string_view(value));
}

std::string path_of(std::string url) {
  if (const auto host = url.find("://"); host != std::string::npos)
    url = url.substr(url.find('/', host + 3));
  return url.substr(0, url.find('?'));
}

// The answers of a file with one a line, each filled by `fill`.
template <class Fill>
std::vector<RecordedAnswer> read_answers(const std::filesystem::path& root, std::string_view file,
                                         Fill fill) {
  std::vector<RecordedAnswer> answers;
  dom::parser parser;
  each_line(root / file, [&](const std::string& line) {
    const dom::element exchange = parser.parse(simdjson::padded_string(line));
    RecordedAnswer& answer = answers.emplace_back();
    answer.source = file;
    fill(exchange, answer);
  });
  return answers;
}

ServerOptions over_tls() {
  ServerOptions options;
  options.tls = true;
  return options;
}

// The page with a link to the next one, or with none.
std::string linked(const std::string& page, const std::string& next) {
  static const std::regex link(R"("@odata\.nextLink"\s*:\s*"[^"]*"\s*,?)");
  std::string made = std::regex_replace(page, link, "");
  if (next.empty()) return made;
  const auto open = made.find('{');
  return made.insert(open + 1, fmt::format(R"("@odata.nextLink":"{}",)", next));
}

std::string parameter(const std::string& target, const std::string& name) {
  const auto begin = target.find(name + "=");
  if (begin == std::string::npos) return {};
  const auto value = begin + name.size() + 1;
  return target.substr(value, target.find('&', value) - value);
}

}  // namespace

Reply to_reply(const RecordedAnswer& answer) {
  static const std::set<std::string> kOfTheTransfer = {"content-length", "content-encoding",
                                                       "transfer-encoding", "connection"};
  Reply reply(answer.status, answer.body);
  for (const auto& [name, value] : answer.headers) {
    // The clock of the recording is not today's.
    if (name != "date" && !kOfTheTransfer.contains(to_lower(name))) reply.with(name, value);
  }
  return reply;
}

std::vector<RecordedAnswer> read_exchanges(const std::filesystem::path& root,
                                           std::string_view file) {
  return read_answers(root, file, [](const dom::element& exchange, RecordedAnswer& answer) {
    answer.method = text(exchange["method"]);
    answer.path = path_of(text(exchange["url"]));
    answer.status = static_cast<int>(std::int64_t(exchange["status"]));
    for (const auto header : dom::array(exchange["response_headers"]))
      answer.headers.emplace_back(text(header.at(0)), text(header.at(1)));
    answer.body = text(exchange["body"]);
  });
}

std::vector<RecordedAnswer> read_dev_proxy(const std::filesystem::path& root,
                                           std::string_view file) {
  return read_answers(root, file, [](const dom::element& exchange, RecordedAnswer& answer) {
    answer.method = text(exchange["request"]["method"]);
    answer.path = path_of(text(exchange["request"]["url"]));
    answer.status = static_cast<int>(std::int64_t(exchange["response"]["statusCode"]));
    dom::element body;
    if (!exchange["response"]["body"].get(body))
      answer.body = body.is_string() ? text(body) : simdjson::minify(body);
  });
}

std::vector<RecordedAnswer> read_pages(const std::filesystem::path& root, std::string_view file,
                                       std::string_view path) {
  std::vector<RecordedAnswer> answers;
  each_line(root / file, [&](const std::string& line) {
    RecordedAnswer answer;
    answer.source = file;
    answer.method = "GET";
    answer.path = path;
    answer.body = line;
    answers.push_back(std::move(answer));
  });
  return answers;
}

RecordedFeed read_feed(const std::filesystem::path& root, std::string_view file) {
  RecordedFeed feed;
  each_line(root / file, [&](const std::string& line) {
    if (line.find("\"contentUri\"") != std::string::npos)
      feed.listings.push_back(line);
    else if (line.find("\"CreationTime\"") != std::string::npos)
      feed.blobs.push_back(line);
  });
  return feed;
}

Replay::Replay(std::vector<RecordedAnswer> answers) : server_(over_tls()) {
  for (auto& answer : answers) {
    if (answer.method == "GET" && answer.status == 200)
      pages_[answer.path].push_back(std::move(answer.body));
  }
  for (const auto& [path, pages] : pages_) serve(path, pages);
  for (const auto& answer : answers) {
    if (answer.method == "POST" && answer.status == 200)
      server_.script("POST " + answer.path, to_reply(answer));
  }
}

void Replay::serve(const std::string& path, std::vector<std::string> pages) {
  const auto origin = server_.url();
  server_.script("GET " + path, [path, origin, pages](const SeenRequest& request) {
    if (request.path() != path) return Reply(404, "{}");
    const auto token = parameter(request.target, "$skiptoken");
    const auto at = token.empty() ? 0 : std::stoul(token);
    if (at >= pages.size()) return Reply(404, "{}");
    const auto next = at + 1 < pages.size()
                          ? fmt::format("{}{}?$skiptoken={}", origin, path, at + 1)
                          : std::string();
    return Reply(200, linked(pages[at], next)).with("Content-Type", "application/json");
  });
}

std::vector<std::string> Replay::elements(std::string_view path) const {
  std::vector<std::string> found;
  const auto list = pages_.find(path);
  if (list == pages_.end()) return found;
  dom::parser parser;
  for (const auto& page : list->second) {
    for (const auto element : dom::array(parser.parse(simdjson::padded_string(page))["value"]))
      found.push_back(simdjson::minify(element));
  }
  return found;
}

void Replay::add_feed(const RecordedFeed& feed, const std::string& tenant) {
  static const std::regex host(R"(http://\{\{ hostname \}\}:\{\{ env 'PORT' \}\})");
  static const std::regex blob_path(R"re("contentUri":\s*"[^/]*//[^/]*(/[^"]*)")re");
  static const std::regex type_of(R"re("contentType":\s*"([^"]*)")re");
  const auto origin = server_.url();
  std::map<std::string, std::vector<std::string>> listings;
  std::size_t blob = 0;
  for (const auto& line : feed.listings) {
    const std::string listing = std::regex_replace(line, host, origin);
    std::smatch type;
    if (!std::regex_search(listing, type, type_of)) continue;
    listings[to_lower(type.str(1))].push_back(listing);
    for (std::sregex_iterator uri(listing.begin(), listing.end(), blob_path), end;
         uri != end && blob < feed.blobs.size(); ++uri)
      server_.script("GET " + uri->str(1) + "?", Reply(200, feed.blobs[blob++]));
  }
  const std::string base = "/api/v1.0/" + tenant + "/activity/feed/subscriptions/";
  server_.script("GET " + base + "list", Reply(200, "[]"));
  server_.script("POST " + base + "start", [](const SeenRequest& request) {
    return Reply(200, fmt::format(R"({{"contentType":"{}","status":"enabled","webhook":null}})",
                                  parameter(request.target, "contentType")));
  });
  server_.script("GET " + base + "content", [listings, origin](const SeenRequest& request) {
    const auto known = listings.find(to_lower(parameter(request.target, "contentType")));
    if (known == listings.end()) return Reply(200, "[]");
    const auto token = parameter(request.target, "nextPage");
    const auto at = token.empty() ? 0 : std::stoul(token);
    static const std::regex created(R"(\{\{ \.request\.vars\.endTime \}\})");
    auto end = parameter(request.target, "endTime");
    end = std::regex_replace(end, std::regex("%3A"), ":");
    Reply reply(200, std::regex_replace(known->second.at(at), created, end));
    if (at + 1 < known->second.size()) {
      const auto same = request.target.substr(0, request.target.find("&nextPage="));
      reply.with("NextPageUri", fmt::format("{}{}&nextPage={}", origin, same, at + 1));
    }
    return reply;
  });
}

}  // namespace harrier::test
