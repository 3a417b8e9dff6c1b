// tostring, toint, todatetime and their kin; parse_json.
#include "query/convert.hpp"
#include "query/json.hpp"
#include "query/registry.hpp"

namespace harrier::query {

namespace {

Result<VectorPtr> cast_batch(BatchCall& call) {
  const VectorPtr& arg = call.args[0];
  if (arg->type == call.type) return arg;
  const std::size_t rows = arg->constant ? 1 : call.rows;
  if (layout_of(arg->type) == Layout::integer && call.type == ScalarType::long_ &&
      arg->type != ScalarType::datetime) {
    auto out = std::make_shared<Vector>(*arg);
    out->type = call.type;
    return VectorPtr(std::move(out));
  }
  VectorBuilder builder(call.type, rows);
  builder.own_all(*arg);
  StringHeap& heap = builder.heap();
  for (std::size_t row = 0; row < rows; ++row) {
    builder.push(convert(arg->at(row), call.type, heap), false);
  }
  auto out = builder.finish();
  out->constant = arg->constant;
  return VectorPtr(std::move(out));
}

void parse_json(Frame& f) {
  const Value& value = f.args[0];
  if (value.type == ScalarType::dynamic) {
    f.result = value;
    return;
  }
  std::string out;
  if (!append_compact_json(out, value.s)) {
    if (value.s.empty()) return;
    append_json(out, value);
  }
  f.set_json(out);
}

/// Keys sorted at every depth.
void dynamic_to_json(Frame& f) {
  const std::string_view json = f.args[0].s;
  if (f.args[0].type != ScalarType::dynamic) {
    std::string out;
    append_json(out, f.args[0]);
    return f.set_text(out);
  }

  struct Sorted {
    static void append(std::string& out, std::string_view json) {
      if (json_kind(json) == JsonKind::array) {
        out += '[';
        JsonCursor cursor(json);
        for (bool first = true; cursor.next(); first = false) {
          if (!first) out += ',';
          append(out, cursor.value());
        }
        out += ']';
      } else if (json_kind(json) == JsonKind::object) {
        std::vector<std::pair<std::string_view, std::string_view>> members;
        JsonCursor cursor(json);
        while (cursor.next()) members.emplace_back(cursor.raw_key(), cursor.value());
        std::stable_sort(members.begin(), members.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        out += '{';
        bool first = true;
        for (const auto& [key, value] : members) {
          if (!first) out += ',';
          first = false;
          out += '"';
          out += key;
          out += "\":";
          append(out, value);
        }
        out += '}';
      } else {
        out += json;
      }
    }
  };

  std::string out;
  Sorted::append(out, json);
  f.set_text(out);
}

void dynamic_of(Frame& f) {
  std::string out;
  append_json(out, f.args[0]);
  f.set_json(out);
}

constexpr Kernel kKernels[] = {
    batched("tostring", cast_batch),
    batched("toint", cast_batch),
    batched("tolong", cast_batch),
    batched("todouble", cast_batch),
    batched("todecimal", cast_batch),
    batched("tobool", cast_batch),
    batched("todatetime", cast_batch),
    batched("totimespan", cast_batch),
    batched("toguid", cast_batch),
    strict("parse_json", parse_json),
    strict("dynamic_to_json", dynamic_to_json),
    lenient("dynamic_of", dynamic_of),
};

}  // namespace

std::span<const Kernel> conversion_kernels() {
  return kKernels;
}

}  // namespace harrier::query
