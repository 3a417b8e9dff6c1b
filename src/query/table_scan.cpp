#include "query/table_scan.hpp"

#include "base/time.hpp"
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/segment_scan.hpp"
#include "storage/inspect.hpp"
#include "storage/reader.hpp"
#include "storage/sql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace harrier::query {

namespace {

/// Longer lists go to SQL as one JSON parameter.
constexpr std::size_t kMostParameters = 200;
/// The part of a query's memory that its scan may read ahead into.
constexpr std::uint64_t kAheadPart = 8;

storage::Value bound_value(const kql::Value& value) {
  switch (value.type()) {
    case ScalarType::boolean:
      return std::int64_t{value.boolean() ? 1 : 0};
    case ScalarType::int_:
    case ScalarType::long_:
    case ScalarType::timespan:
      return value.integer();
    case ScalarType::datetime:
      return format_instant(Instant{value.integer()});
    case ScalarType::real:
      return value.real();
    case ScalarType::string:
    case ScalarType::guid:
    case ScalarType::decimal:
    case ScalarType::dynamic:
      break;
  }
  return value.text();
}

std::string json_list(const std::vector<kql::Value>& values) {
  std::string out = "[";
  StringHeap heap;
  for (const kql::Value& value : values) {
    if (out.size() > 1) out += ',';
    append_json(out, value_of(value, heap));
  }
  return out + "]";
}

std::string_view sql_operator(kql::ScanOp op) {
  switch (op) {
    case kql::ScanOp::eq:
      return "=";
    case kql::ScanOp::ne:
      return "IS NOT";
    case kql::ScanOp::lt:
      return "<";
    case kql::ScanOp::le:
      return "<=";
    case kql::ScanOp::gt:
      return ">";
    case kql::ScanOp::ge:
      return ">=";
    case kql::ScanOp::in:
      return "IN";
    case kql::ScanOp::not_null:
      return "IS NOT NULL";
  }
  return "=";
}

/// The scan's predicates as SQL. `plus` keeps SQLite from using the time index.
std::string condition(const kql::TableScan& scan, const std::string& time_column, bool plus,
                      bool time_only, std::vector<storage::Value>& parameters) {
  std::string out;
  for (const kql::ScanPredicate& predicate : scan.predicates) {
    const auto aliases = scan.table->time_aliases();
    const bool alias = std::find(aliases.begin(), aliases.end(), predicate.column) != aliases.end();
    const std::string& column = alias && !time_column.empty() ? time_column : predicate.column;
    if (time_only && column != time_column) continue;
    if (!out.empty()) out += " AND ";
    if (plus) out += '+';
    // A missing text is the empty one, which sorts before every other.
    const bool empty_counts = predicate.type == ScalarType::string &&
                              (predicate.op == kql::ScanOp::lt || predicate.op == kql::ScanOp::le);
    out += empty_counts ? fmt::format("ifnull({}, '') ", storage::identifier(column))
                        : storage::identifier(column) + ' ';
    out += sql_operator(predicate.op);
    if (predicate.op == kql::ScanOp::not_null) continue;
    if (predicate.op != kql::ScanOp::in) {
      parameters.push_back(bound_value(predicate.values[0]));
      out += fmt::format(" ?{}", parameters.size());
    } else if (predicate.values.size() > kMostParameters) {
      parameters.push_back(json_list(predicate.values));
      out += fmt::format(" (SELECT value FROM json_each(?{}))", parameters.size());
    } else {
      out += " (";
      for (std::size_t k = 0; k < predicate.values.size(); ++k) {
        parameters.push_back(bound_value(predicate.values[k]));
        out += fmt::format("{}?{}", k > 0 ? ", " : "", parameters.size());
      }
      out += ')';
    }
  }
  return out;
}

bool bounds_time(const kql::TableScan& scan, const std::string& time_column) {
  if (time_column.empty()) return false;
  std::vector<storage::Value> parameters;
  return !condition(scan, time_column, false, true, parameters).empty();
}

/// Ticks of `2026-11-24T09:58:41.1203977Z`; the form that stores keep.
class StoredTime {
 public:
  std::optional<std::int64_t> parse(std::string_view text) {
    if (text.size() != kInstantTextSize) return slow(text);
    if (std::memcmp(text.data(), day_text_, sizeof day_text_) != 0) {
      const auto day = parse_instant(text.substr(0, 10));
      if (!day) return slow(text);
      std::memcpy(day_text_, text.data(), sizeof day_text_);
      day_ = day->ticks;
    }
    const auto number = [&](std::size_t from, std::size_t count) {
      std::int64_t value = 0;
      for (std::size_t k = from; k < from + count; ++k) value = value * 10 + (text[k] - '0');
      return value;
    };
    const std::int64_t seconds = number(11, 2) * 3600 + number(14, 2) * 60 + number(17, 2);
    return day_ + seconds * kTicksPerSecond + number(20, 7);
  }

 private:
  static std::optional<std::int64_t> slow(std::string_view text) {
    const auto instant = parse_instant(text);
    return instant ? std::optional<std::int64_t>(instant->ticks) : std::nullopt;
  }

  char day_text_[10] = {};
  std::int64_t day_ = 0;
};

/// Reads the rows of a statement into chunks.
class ChunkReader {
 public:
  explicit ChunkReader(const std::vector<ScalarType>& types) : types_(types) {}

  /// False at the end, with the last rows in `out`. Adds what they take to `bytes`.
  Result<bool> read(storage::Statement& statement, Chunk& out, std::uint64_t& bytes) {
    auto heap = std::make_shared<StringHeap>();
    std::vector<VectorBuilder> builders;
    builders.reserve(types_.size());
    for (const ScalarType type : types_) builders.emplace_back(type, kChunkRows);
    std::size_t rows = 0;
    bool more = true;
    while (rows < kChunkRows) {
      HARRIER_TRY(more, statement.step());
      if (!more) break;
      for (std::size_t c = 0; c < types_.size(); ++c) {
        cell(statement, static_cast<int>(c), builders[c], *heap);
      }
      ++rows;
    }
    out.rows = rows;
    out.columns.clear();
    for (std::size_t c = 0; c < types_.size(); ++c) {
      if (layout_of(types_[c]) == Layout::text) builders[c].own(heap);
      out.columns.push_back(builders[c].finish());
    }
    bytes += heap->bytes() + rows * types_.size() * sizeof(std::string_view);
    return more;
  }

 private:
  void cell(const storage::Statement& statement, int c, VectorBuilder& builder, StringHeap& heap) {
    const ScalarType type = builder.type();
    if (statement.is_null(c)) return builder.push_null();
    switch (type) {
      case ScalarType::datetime: {
        const auto ticks = time_.parse(statement.text(c));
        if (!ticks) return builder.push_null();
        return builder.push_int(*ticks);
      }
      case ScalarType::real:
        return builder.push_real(statement.real(c));
      case ScalarType::boolean:
      case ScalarType::int_:
      case ScalarType::long_:
      case ScalarType::timespan:
        return builder.push_int(statement.integer(c));
      case ScalarType::dynamic: {
        const std::string_view text = statement.text(c);
        if (text == "null" || text.empty()) return builder.push_null();
        return builder.push_view(heap.add(text));
      }
      case ScalarType::string:
      case ScalarType::guid:
      case ScalarType::decimal:
        return builder.push_view(heap.add(statement.text(c)));
    }
  }

  const std::vector<ScalarType>& types_;
  StoredTime time_;
};

using Stages = std::vector<StagePtr>;

/// One worker's connection and compiled stages.
struct Worker {
  storage::ReadConnection connection;
  Stages stages;
  std::uint64_t bytes = 0;  ///< what the batches of its piece keep alive, at most
};

/// What all workers of a scan share.
class ScanPlan {
 public:
  static Result<std::unique_ptr<ScanPlan>> make(const ScanPipeline& pipeline,
                                                Execution& execution) {
    auto out = std::unique_ptr<ScanPlan>(new ScanPlan(pipeline, execution));
    HARRIER_TRYV(out->prepare());
    return out;
  }

  [[nodiscard]] const std::vector<ScalarType>& types() const noexcept { return types_; }

  [[nodiscard]] std::size_t morsels() const noexcept { return morsels_; }

  [[nodiscard]] QueryContext& context() const noexcept { return execution_.context(); }

  /// A worker; made in the thread that builds the plan.
  Result<std::unique_ptr<Worker>> make_worker() {
    auto worker = std::make_unique<Worker>();
    if (first_) {
      worker->connection = std::move(*first_);
      first_.reset();
    } else {
      HARRIER_TRY(worker->connection,
                  storage::ReadConnection::open(execution_.sources().stores, scan_.table->name));
    }
    watch(worker->connection);
    for (const kql::Plan* stage : pipeline_.stages) {
      const Scope scope{execution_};
      Result<StagePtr> made = std::holds_alternative<kql::Filter>(stage->node)
                                  ? make_filter_stage(std::get<kql::Filter>(stage->node), scope)
                                  : make_project_stage(std::get<kql::Project>(stage->node), scope);
      if (!made) return made.error();
      worker->stages.push_back(std::move(*made));
    }
    return worker;
  }

  /// Reads piece number `morsel` and hands its batches on.
  template <class Take>
  Result<> run(Worker& worker, std::size_t morsel, Take take) const {
    worker.bytes = 0;
    storage::ScanRequest request = request_;
    if (ranged_) {
      const std::int64_t segment =
          storage::segment_of(range_.first) + static_cast<std::int64_t>(morsel);
      const std::int64_t before = segment * storage::kSegmentRows;
      request.rows = storage::RowRange{std::max(range_.first, before + 1),
                                       std::min(range_.last, before + storage::kSegmentRows)};
      HARRIER_TRY(const bool copied, read_copies(worker, segment, take));
      if (!copied) HARRIER_TRYV(read_rows(worker, request, take));
      context().progress().add(
          static_cast<std::uint64_t>(request.rows->last - request.rows->first + 1));
      return {};
    }
    return read_rows(worker, request, take);
  }

 private:
  ScanPlan(const ScanPipeline& pipeline, Execution& execution)
      : pipeline_(pipeline),
        scan_(std::get<kql::TableScan>(pipeline.scan->node)),
        execution_(execution),
        types_(types_of(pipeline.scan->schema)) {}

  template <class Take>
  Result<bool> read_copies(Worker& worker, std::int64_t segment, Take take) const {
    if (!segments_ || !segments_->covers(segment)) return false;
    const auto served = segments_->read(worker.connection, segment, worker.bytes,
                                        [&](Chunk& chunk) { return hand_on(worker, chunk, take); });
    if (!served) return why_stopped(served.error());
    return *served;
  }

  template <class Take>
  Result<> read_rows(Worker& worker, const storage::ScanRequest& request, Take take) const {
    HARRIER_TRY(storage::Statement statement, worker.connection.scan(request));
    ChunkReader reader(types_);
    Chunk chunk;
    for (bool more = true; more;) {
      const auto read = reader.read(statement, chunk, worker.bytes);
      if (!read) return why_stopped(read.error());
      more = *read;
      if (!request.rows) context().progress().add(chunk.rows);
      HARRIER_TRYV(hand_on(worker, chunk, take));
    }
    return {};
  }

  template <class Take>
  Result<> hand_on(Worker& worker, Chunk& chunk, Take take) const {
    HARRIER_TRYV(context().check());
    for (const StagePtr& stage : worker.stages) HARRIER_TRYV(stage->apply(chunk));
    return chunk.rows > 0 ? take(chunk) : Result<>();
  }

  /// Long statements end with the query.
  void watch(storage::ReadConnection& connection) const {
    connection.connection().stop_when(
        [&context = execution_.context()] { return !context.check().has_value(); });
  }

  /// The query's own reason where a statement was made to stop.
  [[nodiscard]] Error why_stopped(const Error& error) const {
    const auto alive = context().check();
    return alive ? error : alive.error();
  }

  Result<> prepare() {
    auto opened = storage::ReadConnection::open(execution_.sources().stores, scan_.table->name);
    if (!opened && opened.error().code == Errc::not_found) return {};  // nothing collected yet
    if (!opened) return opened.error();
    first_ = std::move(*opened);
    watch(*first_);
    const std::string time = first_->time_column();
    request_.columns = scan_.columns;
    HARRIER_TRYV(check_columns());
    request_.limit = scan_.limit;
    request_.latest = scan_.latest && first_->has_latest();
    morsels_ = 1;
    if (scan_.flagged) return read_flagged(time);
    if (request_.latest || scan_.limit) {
      request_.where = condition(scan_, time, false, false, request_.parameters);
      return {};
    }
    HARRIER_TRY(range_, first_->row_range());
    const std::int64_t last_id = range_.last;
    std::int64_t rows = range_.last - range_.first + 1;
    if (bounds_time(scan_, time)) {
      HARRIER_TRYV(narrow(time, rows));
    }
    const std::int64_t span = range_.last - range_.first + 1;
    ranged_ = !(rows * 8 < span);
    request_.where = condition(scan_, time, ranged_, false, request_.parameters);
    if (ranged_) {
      context().progress().expect(static_cast<std::uint64_t>(std::max<std::int64_t>(0, span)));
      morsels_ = span <= 0 ? 0
                           : static_cast<std::size_t>(storage::segment_of(range_.last) -
                                                      storage::segment_of(range_.first) + 1);
      HARRIER_TRY(segments_, SegmentScan::make(scan_, types_, *first_, last_id));
    } else {
      request_.order = storage::identifier(time);
    }
    return {};
  }

  /// Columns that a store does not have yet (it is older than the catalog) cannot be read.
  Result<> check_columns() const {
    for (const std::string& column : scan_.columns) {
      if (first_->find(column) == nullptr) {
        return Error(
            Errc::storage,
            fmt::format("the store of {} has no column '{}' yet; the daemon adds it when it "
                        "next opens the store",
                        scan_.table->name, column));
      }
    }
    return {};
  }

  /// Flags are few: their events are looked up by id, nothing is scanned.
  Result<> read_flagged(const std::string& time) {
    HARRIER_TRY(const std::vector<storage::Flag> flags,
                storage::list_flags(execution_.sources().stores, scan_.table->name));
    std::string ids = "[";
    for (const storage::Flag& flag : flags)
      ids += fmt::format("{}{}", ids.size() > 1 ? "," : "", flag.event_id);
    ids += ']';
    request_.where = condition(scan_, time, true, false, request_.parameters);
    request_.parameters.emplace_back(std::move(ids));
    request_.where +=
        fmt::format("{}\"_Id\" IN (SELECT value FROM json_each(?{}))",
                    request_.where.empty() ? "" : " AND ", request_.parameters.size());
    request_.order = "\"_Id\"";
    return {};
  }

  /// The ids that the time bounds leave, read from the index that leads with time.
  Result<> narrow(const std::string& time, std::int64_t& rows) {
    std::vector<storage::Value> parameters;
    const std::string where = condition(scan_, time, false, true, parameters);
    HARRIER_TRY(storage::Statement statement,
                first_->connection().prepare(
                    fmt::format("SELECT min(_Id), max(_Id), count(*) FROM {} WHERE {}",
                                storage::identifier(scan_.table->name), where)));
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      std::visit(
          [&](const auto& value) {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
              statement.bind_null(static_cast<int>(k) + 1);
            } else {
              statement.bind(static_cast<int>(k) + 1, value);
            }
          },
          parameters[k]);
    }
    const auto row = statement.step();
    if (!row) return why_stopped(row.error());
    rows = *row ? statement.integer(2) : 0;
    if (rows == 0) {
      range_ = storage::RowRange{1, 0};
    } else {
      range_.first = std::max(range_.first, statement.integer(0));
      range_.last = std::min(range_.last, statement.integer(1));
    }
    return {};
  }

  const ScanPipeline pipeline_;
  const kql::TableScan& scan_;
  Execution& execution_;
  std::vector<ScalarType> types_;
  std::optional<storage::ReadConnection> first_;
  storage::ScanRequest request_;
  storage::RowRange range_;
  /// Work is shared out by the segments that `range_` touches.
  bool ranged_ = false;
  std::optional<SegmentScan> segments_;
  std::size_t morsels_ = 0;
};

/// Reads in the caller's thread: limits, views, small tables.
class SerialScan final : public Operator {
 public:
  SerialScan(std::unique_ptr<ScanPlan> plan, std::unique_ptr<Worker> worker)
      : plan_(std::move(plan)), worker_(std::move(worker)) {}

  Result<bool> next(Chunk& out) override {
    while (ready_.empty()) {
      if (morsel_ >= plan_->morsels()) return false;
      HARRIER_TRYV(plan_->run(*worker_, morsel_++, [&](Chunk& chunk) -> Result<> {
        ready_.push_back(chunk);
        return {};
      }));
    }
    out = std::move(ready_.front());
    ready_.pop_front();
    return true;
  }

 private:
  std::unique_ptr<ScanPlan> plan_;
  std::unique_ptr<Worker> worker_;
  std::size_t morsel_ = 0;
  std::deque<Chunk> ready_;
};

/// Workers read pieces ahead of the consumer, who gets them in the order of their ids.
class ParallelScan final : public Operator {
 public:
  ParallelScan(std::unique_ptr<ScanPlan> plan, std::vector<std::unique_ptr<Worker>> workers)
      : plan_(std::move(plan)),
        workers_(std::move(workers)),
        most_ahead_(plan_->context().limits().memory_bytes / kAheadPart),
        memory_(plan_->context().memory()) {
    for (const std::unique_ptr<Worker>& worker : workers_) {
      threads_.emplace_back([this, at = worker.get()] { work(*at); });
    }
  }

  ParallelScan(const ParallelScan&) = delete;
  ParallelScan& operator=(const ParallelScan&) = delete;

  ~ParallelScan() override {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    for (const std::unique_ptr<Worker>& worker : workers_) worker->connection.interrupt();
    for (std::thread& thread : threads_) thread.join();
  }

  Result<bool> next(Chunk& out) override {
    std::unique_lock lock(mutex_);
    while (true) {
      if (failure_) return *failure_;
      if (!ready_.empty()) {
        out = std::move(ready_.front());
        ready_.pop_front();
        return true;
      }
      if (wanted_ == plan_->morsels()) return false;
      const auto found = done_.find(wanted_);
      if (found == done_.end()) {
        changed_.wait(lock);
        continue;
      }
      ready_ = std::move(found->second.chunks);
      ahead_ -= found->second.bytes;
      done_.erase(found);
      ++wanted_;
      changed_.notify_all();
      HARRIER_TRYV(memory_.set(ahead_));
    }
  }

 private:
  struct Piece {
    std::deque<Chunk> chunks;
    std::uint64_t bytes = 0;
  };

  /// Whether another piece may be read: the one that is waited for always, others as long as there
  /// is room. Until the size of one is known, one more.
  [[nodiscard]] bool may_claim() const {
    if (claimed_ == wanted_) return true;
    if (claimed_ > wanted_ + 2 * workers_.size()) return false;
    if (!piece_bytes_) return reading_ < 2;
    return ahead_ + reading_ * piece_bytes_.value() < most_ahead_;
  }

  void work(Worker& worker) {
    while (true) {
      std::size_t morsel = 0;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopped_ || failure_ || may_claim(); });
        if (stopped_ || failure_ || claimed_ == plan_->morsels()) return;
        morsel = claimed_++;
        ++reading_;
      }
      Piece piece;
      auto result = plan_->run(worker, morsel, [&](Chunk& chunk) -> Result<> {
        piece.chunks.push_back(std::move(chunk));
        chunk = Chunk();
        return {};
      });
      if (!piece.chunks.empty()) piece.bytes = worker.bytes;
      const std::lock_guard lock(mutex_);
      --reading_;
      ahead_ += piece.bytes;
      piece_bytes_ = std::max(piece_bytes_.value_or(0), piece.bytes);
      done_[morsel] = std::move(piece);
      if (result) result = memory_.set(ahead_);
      if (!result && !failure_) failure_ = std::move(result).error();
      changed_.notify_all();
    }
  }

  std::unique_ptr<ScanPlan> plan_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::optional<Error> failure_;
  std::size_t claimed_ = 0;
  std::size_t wanted_ = 0;
  std::map<std::size_t, Piece> done_;
  std::deque<Chunk> ready_;
  std::uint64_t ahead_ = 0;                   // bytes of `done_`
  std::uint64_t reading_ = 0;                 // pieces that are being read
  std::optional<std::uint64_t> piece_bytes_;  // of the largest so far
  const std::uint64_t most_ahead_;
  MemoryUse memory_;
};

}  // namespace

std::optional<ScanPipeline> scan_pipeline(const kql::PlanPtr& plan) {
  ScanPipeline out;
  const kql::Plan* at = plan.get();
  while (true) {
    if (std::holds_alternative<kql::TableScan>(at->node)) {
      out.scan = at;
      std::reverse(out.stages.begin(), out.stages.end());
      return out;
    }
    if (const auto* filter = std::get_if<kql::Filter>(&at->node)) {
      if (has_window(*filter->predicate)) return std::nullopt;
      out.stages.push_back(at);
      at = filter->input.get();
    } else if (const auto* project = std::get_if<kql::Project>(&at->node)) {
      if (has_window(project->columns)) return std::nullopt;
      out.stages.push_back(at);
      at = project->input.get();
    } else {
      return std::nullopt;
    }
  }
}

std::size_t scan_workers(Execution& execution) {
  return std::max<std::size_t>(1, execution.context().limits().threads);
}

Result<OperatorPtr> make_table_scan(const ScanPipeline& pipeline, Execution& execution) {
  HARRIER_TRY(std::unique_ptr<ScanPlan> plan, ScanPlan::make(pipeline, execution));
  if (plan->morsels() == 0) return OperatorPtr(std::make_unique<ChunkSource>(Chunk()));
  const std::size_t count = std::min(scan_workers(execution), plan->morsels());
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t k = 0; k < count; ++k) {
    HARRIER_TRY(std::unique_ptr<Worker> worker, plan->make_worker());
    workers.push_back(std::move(worker));
  }
  if (count == 1) {
    return OperatorPtr(std::make_unique<SerialScan>(std::move(plan), std::move(workers[0])));
  }
  return OperatorPtr(std::make_unique<ParallelScan>(std::move(plan), std::move(workers)));
}

Result<> for_each_batch(const ScanPipeline& pipeline, Execution& execution,
                        const std::function<Result<>(std::size_t, Chunk&)>& take) {
  HARRIER_TRY(const std::unique_ptr<ScanPlan> plan, ScanPlan::make(pipeline, execution));
  if (plan->morsels() == 0) return {};
  const std::size_t count = std::min(scan_workers(execution), plan->morsels());
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t k = 0; k < count; ++k) {
    HARRIER_TRY(std::unique_ptr<Worker> worker, plan->make_worker());
    workers.push_back(std::move(worker));
  }
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::optional<Error> failure;
  const auto work = [&](std::size_t k) {
    for (std::size_t morsel = next++; morsel < plan->morsels(); morsel = next++) {
      auto result = plan->run(*workers[k], morsel, [&](Chunk& chunk) { return take(k, chunk); });
      if (result) continue;
      next = plan->morsels();
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::move(result).error();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t k = 1; k < count; ++k) threads.emplace_back(work, k);
  work(0);
  for (std::thread& thread : threads) thread.join();
  if (failure) return *failure;
  return {};
}

namespace {

/// Whether a scan reads column copies where there are any.
bool is_served_by_copies(const kql::Plan& plan, const std::filesystem::path& stores) {
  const auto& scan = std::get<kql::TableScan>(plan.node);
  if (scan.latest || scan.limit || scan.flagged) return false;
  auto connection = storage::ReadConnection::open(stores, scan.table->name);
  if (!connection) return false;
  const auto segments = SegmentScan::make(scan, types_of(plan.schema), *connection, 0);
  return segments && segments->has_value();
}

}  // namespace

std::string explain_scan(const kql::Plan& plan, const std::filesystem::path& stores) {
  const auto& scan = std::get<kql::TableScan>(plan.node);
  std::vector<storage::Value> parameters;
  const std::string time = scan.table->time_column;
  const std::string where = condition(scan, time, false, false, parameters);
  std::string out = fmt::format("{}{}: ", scan.table->name, scan.latest ? "_latest" : "");
  out += fmt::format("{} columns", scan.columns.size());
  if (scan.flagged) out += ", flagged events by id";
  if (!where.empty()) {
    out += ", where " + where;
  } else if (!scan.flagged) {
    out += ", every row";
  }
  if (scan.limit) out += fmt::format(", limit {}", *scan.limit);
  if (is_served_by_copies(plan, stores)) out += ", from the columnstore";
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    out += fmt::format("{}?{} = ", k == 0 ? "; " : ", ", k + 1);
    out += std::visit(
        [](const auto& value) -> std::string {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::monostate>) {
            return "NULL";
          } else {
            return fmt::format("{}", value);
          }
        },
        parameters[k]);
  }
  return out;
}

}  // namespace harrier::query
