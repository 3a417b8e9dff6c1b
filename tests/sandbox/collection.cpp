#include "sandbox/collection.hpp"

#include "base/text.hpp"
#include "sandbox/hash.hpp"
#include "sandbox/hunting.hpp"
#include "sandbox/odata.hpp"
#include "sandbox/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace harrier::sandbox {
namespace {

constexpr std::int64_t kMinute = 60 * kTicksPerSecond;

/// Published late enough that some settling is needed, early enough for the overlap every client
/// keeps: 15 minutes for what changes, an hour for logs.
Ticks publishing_delay(std::uint64_t hash, bool is_mutable) {
  const std::uint64_t spread = (is_mutable ? 6ULL : 35ULL) * 600'000'000ULL;
  if (hash % 50 == 0) return Ticks(5 * kMinute + static_cast<std::int64_t>(mix(hash) % spread));
  return Ticks(static_cast<std::int64_t>(mix(hash) % (40ULL * 10'000'000ULL)) +
               2 * kTicksPerSecond);
}

Timeline timeline_of(const World& world, const CollectionSpec& spec) {
  auto options = world.options();
  if (spec.fixed_count > 0) {
    options.events_of[std::string(spec.table)] = spec.fixed_count;
    options.rate = 0;
  }
  // A mutable list grows slowly.
  if (spec.versions > 1 || spec.paging != CollectionSpec::Paging::skip_token)
    options.rate = std::min(options.rate, 0.05);
  return Timeline(options, spec.table);
}

HttpResponse refuse(std::string_view message) {
  auto answer = graph_error(400, "BadRequest", message);
  HttpResponse response;
  response.status = answer.status;
  response.body = std::move(answer.body);
  return response;
}

std::optional<std::uint64_t> number_parameter(const HttpRequest& request, std::string_view name) {
  const auto text = request.parameter(name);
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The request's own address with `parameter` set anew, as a link to follow.
std::string link(const HttpRequest& request, std::string_view origin, std::string_view parameter,
                 std::string_view value) {
  const auto question = request.target.find('?');
  std::string result = fmt::format("{}{}?", origin, request.target.substr(0, question));
  auto rest = question == std::string::npos ? std::string_view()
                                            : std::string_view(request.target).substr(question + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto field = rest.substr(0, end);
    const auto name = percent_decode(field.substr(0, field.find('=')), true);
    if (name != "$skiptoken" && name != "$deltatoken" && name != parameter)
      result += fmt::format("{}&", field);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return result + fmt::format("{}={}", parameter, value);
}

std::string pascal(std::string_view name) {
  std::string result(name);
  if (!result.empty() && result[0] >= 'a' && result[0] <= 'z')
    result[0] = static_cast<char>(result[0] - 'a' + 'A');
  return result;
}

}  // namespace

std::uint64_t EntityContext::hash(std::uint64_t purpose) const noexcept {
  return world.hash(name_hash(table) ^ (purpose * 0x51ULL), index);
}

const User& EntityContext::user() const noexcept {
  return world.users()[hash(1) % world.users().size()];
}

const Device& EntityContext::device() const noexcept {
  return world.devices()[hash(2) % world.devices().size()];
}

struct Collection::Listing {
  std::vector<FilterTerm> filter;
  PageToken token;
  std::uint64_t page = 0;
  bool has_top = false;
  std::vector<std::pair<Instant, std::uint64_t>> hits;  // by the filtered time
};

Collection::Collection(const World& world, model::TablePtr table, CollectionSpec spec)
    : world_(world),
      table_(std::move(table)),
      spec_(std::move(spec)),
      timeline_(timeline_of(world, spec_)) {}

std::uint64_t Collection::count(Instant now) const {
  return timeline_.count_before(now + Ticks(1));
}

Instant Collection::created(std::uint64_t index) const {
  const auto hash = world_.hash(name_hash(spec_.table) ^ 31, index);
  return round_down(timeline_.ingestion(index) - publishing_delay(hash, spec_.versions > 1),
                    static_cast<unsigned>(hash >> 40U) % 8);
}

Instant Collection::updated(std::uint64_t index, unsigned version) const {
  const auto hash = world_.hash(name_hash(spec_.table) ^ 32, index);
  const auto step = 3 * kMinute + static_cast<std::int64_t>(hash % (90ULL * 600'000'000ULL));
  return round_down(created(index) + Ticks(step * version),
                    version == 0 ? 7 : static_cast<unsigned>(hash >> 40U) % 8);
}

Instant Collection::visible(std::uint64_t index, unsigned version) const {
  return version == 0 ? timeline_.ingestion(index)
                      : updated(index, version) + Ticks(20 * kTicksPerSecond);
}

unsigned Collection::version_at(std::uint64_t index, Instant now) const {
  const auto versions =
      1 + static_cast<unsigned>(world_.hash(name_hash(spec_.table) ^ 33, index) % spec_.versions);
  // A tenant without live events stands still.
  if (world_.options().rate <= 0)
    now = std::min(now, world_.options().start - world_.options().tail);
  unsigned version = 0;
  while (version + 1 < versions && visible(index, version + 1) <= now) ++version;
  return version;
}

bool Collection::is_removed(std::uint64_t index, unsigned version) const {
  return spec_.paging == CollectionSpec::Paging::delta && version > 0 &&
         version + 1 == spec_.versions && index % 5 == 0;
}

bool Collection::is_hidden(unsigned version) const {
  return spec_.hides_last && version + 1 == spec_.versions;
}

std::uint64_t Collection::shortened(std::uint64_t page) const {
  const auto most = world_.options().list_page;
  return most == 0 ? page : std::min(page, most);
}

Record Collection::make(std::uint64_t index, unsigned version) const {
  Record record;
  spec_.make({world_, spec_.table, index, version, created(index), updated(index, version)},
             record);
  return record;
}

std::string Collection::entity_json(std::uint64_t index, unsigned version) const {
  const auto record = make(index, version);
  if (!is_removed(index, version)) return record.to_json();
  return fmt::format(R"({{"id":"{}","@removed":{{"reason":"{}"}}}})", record.find("id")->value,
                     index % 2 == 0 ? "deleted" : "changed");
}

std::vector<std::string> Collection::judged_columns() const {
  std::vector<std::string> names;
  if (!spec_.columns.empty()) {
    for (const auto& [column, property] : spec_.columns) names.emplace_back(column);
    return names;
  }
  for (const auto& column : table_->columns) {
    if (column.name != "TimeGenerated") names.push_back(column.name);
  }
  return names;
}

std::vector<std::string> Collection::stored(std::uint64_t index, unsigned version) const {
  const auto record = make(index, version);
  const bool removed = is_removed(index, version);
  std::vector<std::string> values;
  for (const auto& name : judged_columns()) {
    const auto* column = table_->find(name);
    const auto type = column == nullptr ? model::ScalarType::string : column->type;
    const Property* property = nullptr;
    if (const auto* told = record.stored_value(name)) {
      values.push_back(*told);
      continue;
    }
    for (const auto& [mapped, source] : spec_.columns) {
      if (mapped == name) property = record.find(source);
    }
    for (const auto& candidate : record.properties()) {
      if (spec_.columns.empty() && pascal(candidate.name) == name) property = &candidate;
    }
    if (property == nullptr || (removed && property->name != "id"))
      values.emplace_back();
    else
      values.push_back(stored_property(*property, type));
  }
  return values;
}

std::optional<HttpResponse> Collection::select(const HttpRequest& request, Listing& listing) const {
  auto filter = parse_filter(request.parameter("$filter"));
  if (!filter) return refuse(filter.error().message);
  for (const auto& term : *filter) {
    if (term.op == "any") {
      if (term.property != "signInEventTypes" || !spec_.path.starts_with("/beta/"))
        return refuse("Invalid filter clause");
    } else if (term.property != spec_.time_property) {
      return refuse(fmt::format("Invalid filter clause: '{}' cannot be filtered", term.property));
    }
  }
  listing.filter = *std::move(filter);
  listing.page = spec_.page;
  if (const auto top = number_parameter(request, "$top")) {
    if (*top > spec_.max_top && spec_.excess == CollectionSpec::Excess::refuse) {
      return refuse(fmt::format(
          "The limit of '{}' for Top query has been exceeded. The value from the incoming request "
          "is '{}'.",
          spec_.max_top, *top));
    }
    listing.page = std::clamp<std::uint64_t>(*top, 1, spec_.max_top);
    listing.has_top = true;
  } else if (const auto size = number_parameter(request, "pageSize")) {
    listing.page = std::clamp<std::uint64_t>(*size, 1, spec_.max_top);
  }
  if (const auto text = request.parameter("$skiptoken"); !text.empty()) {
    const auto token = parse_page_token(text);
    if (!token) return refuse("Skip token is null or invalid.");
    listing.token = *token;
  } else if (const auto skip = number_parameter(request, "$skip")) {
    listing.token.offset = *skip;
  }
  std::optional<Instant> since;
  if (spec_.is_optional) {
    since = parse_instant(request.parameter("sinceTime"));
    constexpr Ticks kMostSince(14 * kTicksPerDay);
    if (!since || *since + kMostSince < listing.token.as_of)
      return refuse("sinceTime is missing or too old");
    constexpr std::int64_t kPeriod = 6 * 60 * kMinute;
    since->ticks -= since->ticks % kPeriod;
  }
  for (std::uint64_t i = 0; i < count(listing.token.as_of); ++i) {
    const auto version = version_at(i, listing.token.as_of);
    const auto time = updated(i, version);
    if (is_hidden(version) || (since && time < *since)) continue;
    const bool fits = std::ranges::all_of(listing.filter, [&](const FilterTerm& term) {
      return term.op == "any" ? term.value == spec_.kind : time_fulfils(term, time);
    });
    if (fits) listing.hits.emplace_back(time, i);
  }
  const bool is_ascending =
      request.parameter("$orderby").ends_with("asc") ||
      (!request.parameter("$orderby").empty() && !request.parameter("$orderby").ends_with("desc"));
  std::ranges::stable_sort(listing.hits, [&](const auto& a, const auto& b) {
    return is_ascending ? a.first < b.first : b.first < a.first;
  });
  return std::nullopt;
}

HttpResponse Collection::answer(const HttpRequest& request, Instant now,
                                std::string_view next_origin) const {
  if (spec_.paging == CollectionSpec::Paging::delta) return delta(request, now, next_origin);
  Listing listing;
  listing.token.as_of = now;
  if (auto refused = select(request, listing)) return *std::move(refused);
  if (spec_.paging == CollectionSpec::Paging::skip_token) listing.page = shortened(listing.page);
  HttpResponse response;
  auto end = std::min<std::uint64_t>(listing.token.offset + listing.page, listing.hits.size());
  // An empty page in the midst of a list is legal.
  const bool is_empty =
      world_.options().quirks > 0 && !listing.token.after_empty && listing.token.offset > 0 &&
      spec_.paging == CollectionSpec::Paging::skip_token && mix(listing.token.offset) % 4 == 0;
  if (is_empty) end = listing.token.offset;
  if (listing.hits.empty() && spec_.path == "/api/machines") {
    response.status = 404;
    response.body =
        R"({"error":{"code":"ResourceNotFound","message":"No machines were found.","target":"5c1e"}})";
    return response;
  }
  response.body = fmt::format(R"({{"@odata.context":"{}/$metadata#{}","value":[)", next_origin,
                              spec_.path.substr(1));
  for (auto at = listing.token.offset; at < end; ++at) {
    if (at > listing.token.offset) response.body += ',';
    const auto index = listing.hits[at].second;
    response.body += entity_json(index, version_at(index, listing.token.as_of));
  }
  response.body += ']';
  const bool is_skip = spec_.paging == CollectionSpec::Paging::skip;
  if (end < listing.hits.size() && !(is_skip && listing.has_top)) {
    const PageToken next{end, listing.token.as_of, is_empty};
    response.body += R"(,"@odata.nextLink":)";
    append_json_string(response.body,
                       is_skip ? link(request, next_origin, "$skip", fmt::format("{}", end))
                               : link(request, next_origin, "$skiptoken", to_text(next)));
  }
  response.body += '}';
  return response;
}

HttpResponse Collection::delta(const HttpRequest& request, Instant now,
                               std::string_view origin) const {
  constexpr Ticks kTokenLife(7 * kTicksPerDay);
  std::optional<Instant> since;
  PageToken token{0, now, false};
  HttpResponse response;
  // A skip token carries the delta token it belongs to behind a dot.
  auto skip = std::string(request.parameter("$skiptoken"));
  auto delta_text = std::string(request.parameter("$deltatoken"));
  if (const auto dot = skip.find('.'); dot != std::string::npos) {
    delta_text = skip.substr(dot + 1);
    skip.resize(dot);
  }
  if (!skip.empty()) {
    const auto parsed = parse_page_token(skip);
    if (!parsed) return refuse("Skip token is null or invalid.");
    token = *parsed;
  }
  if (!delta_text.empty()) {
    const auto parsed = parse_page_token(delta_text);
    if (!parsed || parsed->as_of + kTokenLife < now) {
      auto answer = graph_error(410, "syncStateNotFound",
                                "The sync state generation is not found; a full sync is needed.");
      response.status = answer.status;
      response.body = std::move(answer.body);
      response.headers.emplace_back("Location", fmt::format("{}{}", origin, spec_.path));
      return response;
    }
    since = parsed->as_of;
  }
  std::vector<std::pair<std::uint64_t, unsigned>> changed;
  for (std::uint64_t i = 0; i < count(token.as_of); ++i) {
    const auto version = version_at(i, token.as_of);
    if (since ? visible(i, version) > *since : !is_removed(i, version))
      changed.emplace_back(i, version);
  }
  const auto end = std::min<std::uint64_t>(token.offset + shortened(spec_.page), changed.size());
  response.body = fmt::format(R"({{"@odata.context":"{}/v1.0/$metadata#delta","value":[)", origin);
  for (auto at = token.offset; at < end; ++at) {
    if (at > token.offset) response.body += ',';
    response.body += entity_json(changed[at].first, changed[at].second);
  }
  const bool is_last = end == changed.size();
  auto value =
      to_text(is_last ? PageToken{0, token.as_of, false} : PageToken{end, token.as_of, false});
  if (!is_last && !delta_text.empty()) value += "." + delta_text;
  response.body += fmt::format(R"(],"{}":)", is_last ? "@odata.deltaLink" : "@odata.nextLink");
  append_json_string(response.body,
                     link(request, origin, is_last ? "$deltatoken" : "$skiptoken", value));
  response.body += '}';
  return response;
}

}  // namespace harrier::sandbox
