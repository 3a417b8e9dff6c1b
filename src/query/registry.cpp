#include "query/registry.hpp"

#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/regex.hpp"

#include <unordered_map>

namespace harrier::query {

namespace {

using Table = std::unordered_map<std::string_view, const Kernel*>;

const Table& table() {
  static const Table kTable = [] {
    Table out;
    for (const auto topic :
         {operator_kernels(), match_kernels(),     logic_kernels(),    conversion_kernels(),
          string_kernels(),   regex_kernels(),     encoding_kernels(), hash_kernels(),
          math_kernels(),     datetime_kernels(),  timezone_kernels(), array_kernels(),
          bag_kernels(),      set_kernels(),       parse_kernels(),    ipv4_kernels(),
          ipv6_kernels(),     series_kernels(),    unit_kernels(),     geo_kernels(),
          shape_kernels(),    cell_kernels(),      h3_kernels(),       overlay_kernels(),
          flag_kernels(),     decompose_kernels(), model_kernels(),    sketch_kernels(),
          wkt_kernels()}) {
      for (const Kernel& kernel : topic) out.emplace(kernel.name, &kernel);
    }
    return out;
  }();
  return kTable;
}

/// Patterns that one call met lately.
struct RegexCache {
  std::unordered_map<std::string, std::shared_ptr<const Regex>> patterns;
};

constexpr std::size_t kKeptPatterns = 64;

bool any_null(std::span<const Value> args) {
  for (const Value& arg : args) {
    if (arg.null) return true;
  }
  return false;
}

Result<VectorPtr> call_rows(const Kernel& kernel, BatchCall& call, std::size_t rows) {
  VectorBuilder builder(call.type, rows);
  std::vector<Value> values(call.args.size());
  for (const VectorPtr& arg : call.args) builder.own_all(*arg);
  StringHeap& heap = builder.heap();
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = call.args[k]->at(row);
    if (kernel.strict && any_null(values)) {
      builder.push_null();
      continue;
    }
    Frame frame{values, call.type, heap, call.state, call.query, Value::of_null(call.type), {}};
    kernel.scalar(frame);
    if (!frame.error.empty()) return Error(Errc::query, std::move(frame.error));
    builder.push(frame.result, false);
  }
  return VectorPtr(builder.finish());
}

}  // namespace

const Kernel* find_kernel(std::string_view name) noexcept {
  const auto found = table().find(name);
  return found == table().end() ? nullptr : found->second;
}

Result<VectorPtr> call_kernel(const Kernel& kernel, BatchCall& call) {
  if (kernel.batch != nullptr) return kernel.batch(call);
  bool constant = !call.args.empty();
  for (const VectorPtr& arg : call.args) constant = constant && arg->constant;
  if (!constant) return call_rows(kernel, call, call.rows);
  HARRIER_TRY(const VectorPtr one, call_rows(kernel, call, 1));
  auto out = std::make_shared<Vector>(*one);
  out->constant = true;
  return VectorPtr(std::move(out));
}

void Frame::set_json(std::string_view json) {
  if (json.empty() || json == "null") {
    result = Value::of_null(type);
  } else {
    set_text(json);
  }
}

std::string_view Frame::text(std::size_t arg) const {
  return text_of(args[arg], heap);
}

std::int64_t Frame::integer(std::size_t arg, std::int64_t fallback) const {
  if (arg >= args.size()) return fallback;
  const Value value = convert(args[arg], ScalarType::long_, heap);
  return value.null ? fallback : value.i;
}

double Frame::real(std::size_t arg, double fallback) const {
  if (arg >= args.size()) return fallback;
  const Value value = convert(args[arg], ScalarType::real, heap);
  return value.null ? fallback : value.r;
}

std::vector<std::string> Frame::texts(std::size_t first) const {
  std::vector<std::string> out;
  for (std::size_t k = first; k < args.size(); ++k) {
    const std::string_view whole = text(k);
    std::string json;
    if (whole.empty() || whole[0] != '[' || !append_compact_json(json, whole)) {
      out.emplace_back(whole);
      continue;
    }
    for (const std::string_view e : json_elements(json)) out.push_back(text_of(dynamic_value(e)));
  }
  return out;
}

const Regex* Frame::regex(std::size_t arg) {
  auto& cache = state.get<RegexCache>();
  const std::string pattern(text(arg));
  const auto found = cache.patterns.find(pattern);
  if (found != cache.patterns.end()) return found->second.get();
  auto compiled = Regex::compile(pattern);
  if (!compiled) {
    error = compiled.error().message;
    return nullptr;
  }
  if (cache.patterns.size() >= kKeptPatterns) cache.patterns.clear();
  return cache.patterns.emplace(pattern, *compiled).first->second.get();
}

}  // namespace harrier::query
