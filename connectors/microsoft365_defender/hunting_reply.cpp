#include "connectors/microsoft365_defender/hunting_reply.hpp"

#include "base/text.hpp"
#include "ingest/json_walk.hpp"

#include <charconv>

namespace harrier::connectors::microsoft365_defender {

namespace {

using ingest::JsonArrayReader;
using ingest::JsonObjectReader;

// The first row of a reply's `results` (any case): its text, or empty where there is no row.
Result<std::string_view> first_row(std::string_view body) {
  JsonObjectReader members(ingest::skip_json_space(body));
  std::optional<std::string_view> row;
  while (members.next()) {
    if (!equals_ignore_case(members.key(), "results")) continue;
    JsonArrayReader rows(members.value());
    row = rows.next() ? rows.value() : std::string_view();
  }
  if (!row || !members.ok()) return Error(Errc::protocol, "the answer is no hunting reply");
  return *row;
}

}  // namespace

Result<std::int64_t> count_of_reply(std::string_view body) {
  HARRIER_TRY(const std::string_view row, first_row(body));
  JsonObjectReader fields(row);
  while (fields.next()) {
    if (fields.key().find('@') != std::string_view::npos) continue;
    std::string_view text = fields.value();
    if (text.size() > 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) return number;
  }
  return Error(Errc::protocol, "the answer to a count holds no number");
}

Result<std::optional<bool>> reply_tells_ingestion_time(std::string_view body) {
  HARRIER_TRY(const std::string_view row, first_row(body));
  if (row.empty()) return std::optional<bool>();
  JsonObjectReader fields(row);
  bool told = false;
  while (fields.next())
    told = told || (fields.key() == "_Ingested" && fields.value().starts_with('"') &&
                    fields.value().size() > 2);
  return std::optional<bool>(told);
}

}  // namespace harrier::connectors::microsoft365_defender
