#include "sandbox/hunting.hpp"

#include "base/text.hpp"
#include "sandbox/hash.hpp"
#include "sandbox/render.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harrier::sandbox {
namespace {

constexpr std::string_view kContext =
    R"({"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.huntingQueryResults")";
/// Advanced hunting keeps this much.
constexpr Ticks kLookback(30 * kTicksPerDay);

Answer semantic_error(std::string_view message) {
  return graph_error(400, "BadRequest", message);
}

/// One query against one table.
class Run {
 public:
  Run(const World& world, const TableGenerator& table, HuntingQuery query, Bounds span,
      std::pair<std::uint64_t, std::uint64_t> visible, AnswerTwists twists, PackedRows& packed)
      : world_(world),
        table_(table),
        query_(std::move(query)),
        span_(span),
        visible_(visible),
        twists_(twists),
        packed_(packed) {}

  Answer answer() {
    if (auto checked = check(); !checked) return semantic_error(checked.error().message);
    if (auto whole = packed_answer()) return *std::move(whole);
    if (auto found = collect(); !found) return semantic_error(found.error().message);
    return query_.count ? count_answer() : rows_answer();
  }

 private:
  Result<> check() {
    const auto exists = [&](const std::string& column) {
      return column.empty() || (column == "_Ingested" && query_.with_ingested) ||
             table_.column_index(column) >= 0;
    };
    for (const auto& column : {query_.event_column, query_.order_column}) {
      if (!exists(column)) {
        return Error(
            Errc::query,
            fmt::format("Failed to resolve table or column expression named '{}'", column));
      }
    }
    if ((query_.ingested.from || query_.ingested.to) && !query_.with_ingested) {
      return Error(Errc::query, "Failed to resolve table or column expression named '_Ingested'");
    }
    // Bounds on a datetime that is not the table's own time are an ordinary filter.
    if (!query_.event_column.empty() &&
        table_.column_index(query_.event_column) != table_.time_index()) {
      bound_filter(">=", query_.event.from);
      bound_filter("<", query_.event.to);
      query_.event = Bounds();
    }
    // Resolves the columns of the filters even where there is no row.
    model::Arena arena;
    for (const auto& filter : query_.filters) HARRIER_TRYV(holds(filter, table_, 0, arena));
    return {};
  }

  void bound_filter(std::string_view op, const std::optional<Instant>& time) {
    if (!time) return;
    Condition condition;
    condition.column = query_.event_column;
    condition.op = op;
    condition.values.emplace_back(*time);
    query_.filters.push_back(std::move(condition));
  }

  /// The deliveries among which the query's rows are, half-open.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> candidates() const {
    auto [first, last] = visible_;
    if (query_.take == 0U) return {first, first};
    if (query_.ingested.from || query_.ingested.to) {
      if (table_.is_ingestion_null()) return {first, first};  // a comparison with null is false
      if (query_.ingested.from) first = table_.timeline().count_before(*query_.ingested.from);
      if (query_.ingested.to)
        last = std::min(last, table_.timeline().count_before(*query_.ingested.to));
    }
    const Bounds event = event_bounds();
    if (event.from) first = std::max(first, table_.timeline().count_before(*event.from));
    if (event.to) {
      const auto slack = world_.options().late_by + Ticks(300 * kTicksPerSecond);
      last = std::min(last, table_.timeline().count_before(*event.to + slack));
    }
    return {first, last};
  }

  [[nodiscard]] Bounds event_bounds() const {
    if (!table_.has_time()) return {};
    Bounds event = query_.event;
    event.narrow(span_);
    return event;
  }

  /// The deliveries that answer the query, in order of ingestion.
  Result<> collect() {
    const auto [first, last] = candidates();
    const bool checks_time = table_.has_time();
    const Bounds event = event_bounds();
    model::Arena arena;
    for (auto i = first; i < last; ++i) {
      if (query_.shard &&
          shard_hash(world_, table_, i) % query_.shard->count != query_.shard->index)
        continue;
      if (checks_time) {
        const auto time = table_.event_time(i);
        if ((event.from && time < *event.from) || (event.to && time >= *event.to)) continue;
      }
      bool is_match = true;
      for (const auto& filter : query_.filters) {
        arena.clear();
        HARRIER_TRY(is_match, holds(filter, table_, i, arena));
        if (!is_match) break;
      }
      if (is_match) hits_.push_back(i);
      if (is_enough()) break;
    }
    return {};
  }

  /// True when no further hit can matter.
  [[nodiscard]] bool is_enough() const {
    if (query_.count) return false;
    const bool is_in_order = query_.order_column.empty() ||
                             (query_.order_column == "_Ingested" && !query_.is_descending);
    return is_in_order && !twists_.is_reordered && hits_.size() >= limit();
  }

  [[nodiscard]] std::uint64_t limit() const {
    return std::min(query_.take.value_or(world_.options().max_rows), world_.options().max_rows);
  }

  void sort() {
    if (query_.order_column.empty()) {
      if (twists_.is_reordered) {
        std::ranges::sort(hits_, {}, [&](std::uint64_t i) { return mix(i, hits_.size()); });
      }
      return;
    }
    if (query_.order_column == "_Ingested") {
      if (query_.is_descending) std::ranges::reverse(hits_);
      return;
    }
    const auto column = static_cast<std::size_t>(table_.column_index(query_.order_column));
    std::vector<std::pair<std::string, std::uint64_t>> keyed;
    model::Arena arena;
    for (const auto i : hits_) {
      arena.clear();
      const auto cell = table_.cell(i, column, arena);
      auto key = stored_form(table_.columns()[column], cell);
      if (cell.tag() == model::CellTag::integer) key = fmt::format("{:020}", cell.integer());
      keyed.emplace_back(std::move(key), i);
    }
    std::ranges::stable_sort(keyed, [&](const auto& a, const auto& b) {
      return query_.is_descending ? b.first < a.first : a.first < b.first;
    });
    std::ranges::transform(keyed, hits_.begin(), [](const auto& entry) { return entry.second; });
  }

  [[nodiscard]] Answer count_answer() const {
    const auto count = std::min<std::uint64_t>(hits_.size(), query_.take.value_or(hits_.size()));
    Answer answer;
    answer.rows = 1;
    answer.body =
        fmt::format(R"({},"schema":[{{"name":"{}","type":"Int64"}}],"results":[{{"{}":{}}}]}})",
                    kContext, *query_.count, *query_.count, count);
    return answer;
  }

  static bool lies_in(const Bounds& bounds, Instant time) {
    return (!bounds.from || time >= *bounds.from) && (!bounds.to || time < *bounds.to);
  }

  /// A plain window of ingestion from blocks that are packed already; none where the query asks for
  /// more than that.
  std::optional<Answer> packed_answer() {
    const bool is_plain = !query_.count && query_.filters.empty() && !query_.shard &&
                          query_.order_column.empty() && !twists_.is_reordered &&
                          twists_.repeated == 0;
    auto [first, last] = candidates();
    if (!twists_.may_be_packed || !is_plain || last < first + PackedRows::kRows ||
        last - first > limit())
      return std::nullopt;
    Renderer renderer(table_, query_.with_ingested, world_.options().quirks, world_.options().seed);
    const Bounds event = event_bounds();
    PackedBody body;
    Answer answer;
    std::string text = fmt::format(R"({},"schema":{},"results":[)", kContext, renderer.schema());
    Row row;
    while (first < last) {
      const bool is_block = first % PackedRows::kRows == 0 && last - first >= PackedRows::kRows;
      if (!is_block) {
        if (!table_.has_time() || lies_in(event, table_.event_time(first))) {
          if (answer.rows++ > 0) text += ',';
          table_.make(first, row);
          renderer.append(text, row);
        }
        ++first;
        continue;
      }
      const auto block =
          packed_.block(world_, table_, query_.with_ingested, first / PackedRows::kRows);
      if (table_.has_time() &&
          (!lies_in(event, block->first_event) || !lies_in(event, block->last_event)))
        return std::nullopt;
      if (answer.rows > 0) text += ',';
      body.append(std::exchange(text, {}));
      body.append(block->piece);
      answer.rows += PackedRows::kRows;
      first += PackedRows::kRows;
    }
    if (body.plain_size() + text.size() > world_.options().max_bytes) return too_large();
    answer.packed = std::move(body).finish(text + "]}");
    return answer;
  }

  static Answer too_large() {
    return semantic_error(
        "Query execution has exceeded the allowed result size. Optimize your query by limiting "
        "the amount of results and try again.");
  }

  Answer rows_answer() {
    sort();
    if (hits_.size() > limit()) hits_.resize(limit());
    Renderer renderer(table_, query_.with_ingested, world_.options().quirks, world_.options().seed);
    Answer answer;
    answer.body = fmt::format(R"({},"schema":{},"results":[)", kContext, renderer.schema());
    Row row;
    for (const auto i : hits_) {
      table_.make(i, row);
      const int times = chance(world_.hash(9100, i), twists_.repeated) ? 2 : 1;
      for (int k = 0; k < times; ++k) {
        if (answer.rows++ > 0) answer.body += ',';
        renderer.append(answer.body, row);
      }
      if (answer.body.size() > world_.options().max_bytes) return too_large();
    }
    answer.body += "]}";
    return answer;
  }

  const World& world_;
  const TableGenerator& table_;
  HuntingQuery query_;
  Bounds span_;
  std::pair<std::uint64_t, std::uint64_t> visible_;
  AnswerTwists twists_;
  PackedRows& packed_;
  std::vector<std::uint64_t> hits_;
};

}  // namespace

Answer graph_error(int status, std::string_view code, std::string_view message) {
  Answer answer;
  answer.status = status;
  answer.body = R"({"error":{"code":)";
  append_json_string(answer.body, code);
  answer.body += R"(,"message":)";
  append_json_string(answer.body, message);
  answer.body +=
      R"(,"innerError":{"date":"2026-01-01T00:00:00","request-id":"5c1e0000-0000-4000-8000-000000000001",)"
      R"("client-request-id":"5c1e0000-0000-4000-8000-000000000002"}}})";
  return answer;
}

std::uint64_t shard_hash(const World& world, const TableGenerator& table, std::uint64_t index) {
  return mix(world.hash(9200 ^ name_hash(table.table().name), index));
}

Hunting::Hunting(const World& world, const model::Catalog& catalog) : world_(world) {
  const auto& options = world.options();
  const auto contains = [](const std::vector<std::string>& list, const std::string& name) {
    return std::ranges::find(list, name) != list.end();
  };
  for (const auto& table : catalog.tables()) {
    if (!is_hunting_table(*table) || contains(options.unlicensed, table->name)) continue;
    if (!options.tables.empty() && !contains(options.tables, table->name)) continue;
    tables_.emplace(table->name, std::make_unique<TableGenerator>(world, table));
  }
}

const TableGenerator* Hunting::find(std::string_view table) const {
  const auto found = tables_.find(table);
  return found == tables_.end() ? nullptr : found->second.get();
}

std::pair<std::uint64_t, std::uint64_t> snapshot_rows(const TableGenerator& table,
                                                      std::uint64_t epoch) {
  const auto count = table.timeline().count_before(kEndOfTime);
  const auto first = epoch * std::max<std::uint64_t>(1, count / 10);
  return {first, first + count};
}

std::pair<std::uint64_t, std::uint64_t> Hunting::visible(const TableGenerator& table, Instant now,
                                                         std::uint64_t epoch) const {
  if (!table.has_time()) return snapshot_rows(table, epoch);
  return {0, table.timeline().count_before(now - world_.options().visible_after + Ticks(1))};
}

Answer Hunting::run(std::string_view kql, std::string_view timespan, Instant now,
                    AnswerTwists twists) const {
  auto query = parse_hunting_query(kql);
  if (!query) return semantic_error(query.error().message);
  const auto* table = find(query->table);
  if (table == nullptr) {
    return semantic_error(
        fmt::format("Failed to resolve table or column expression named '{}'", query->table));
  }
  auto span = parse_timespan(timespan.empty() ? "P30D" : timespan, now);
  if (!span) return semantic_error(span.error().message);
  Bounds lookback;
  lookback.from = now - kLookback;
  span->narrow(lookback);
  return Run(world_, *table, *std::move(query), *span, visible(*table, now, twists.epoch), twists,
             packed_)
      .answer();
}

}  // namespace harrier::sandbox
