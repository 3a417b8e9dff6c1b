// reduce: texts that differ in some words only, as one pattern. Words that enough texts have at the
// same place stay, the others become `*` (Vaarandi's clustering of log lines).
#include "query/convert.hpp"
#include "query/operators/make.hpp"

#include <algorithm>
#include <unordered_map>

namespace harrier::query {

namespace {

constexpr std::string_view kOthers = "others";
/// Words behind this one count as one word.
constexpr std::size_t kMostWords = 512;

/// A text as words and what separates them: separators[k] stands before words[k], the last one at
/// the end.
struct Words {
  std::vector<std::string_view> words;
  std::vector<std::string_view> separators;
};

class Splitter {
 public:
  explicit Splitter(std::string characters) : characters_(std::move(characters)) {}

  /// Separators that somebody chose are no part of a pattern where they touch a `*`.
  [[nodiscard]] bool chosen() const { return !characters_.empty(); }

  [[nodiscard]] Words split(std::string_view text) const {
    Words out;
    std::size_t at = 0;
    while (true) {
      const std::size_t word = end_of(text, at, true);
      out.separators.push_back(text.substr(at, word - at));
      if (word == text.size()) return out;
      at = out.words.size() + 1 == kMostWords ? text.size() : end_of(text, word, false);
      out.words.push_back(text.substr(word, at - word));
    }
  }

 private:
  [[nodiscard]] bool separates(char c) const {
    if (!characters_.empty()) return characters_.find(c) != std::string::npos;
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return !letter && !(c >= '0' && c <= '9') && static_cast<unsigned char>(c) < 0x80;
  }

  [[nodiscard]] std::size_t end_of(std::string_view text, std::size_t at, bool separators) const {
    while (at < text.size() && separates(text[at]) == separators) ++at;
    return at;
  }

  std::string characters_;
};

/// The words of a text that `frequent` knows, with `*` for the others; empty where none is known.
template <class Frequent>
std::string pattern_of(const Words& text, bool chosen, Frequent&& frequent) {
  std::string out;
  bool any = false;
  bool gap = false;  // the pattern ends with `*`
  std::string_view held;
  for (std::size_t k = 0; k < text.words.size(); ++k) {
    const std::string_view separator = text.separators[k];
    if (frequent(k, text.words[k])) {
      if (!gap || !chosen) out += separator;
      out += text.words[k];
      gap = false;
      any = true;
    } else if (!gap) {
      if (!chosen) out += separator;
      out += '*';
      gap = true;
    }
  }
  held = text.separators.back();
  if (!gap || !chosen) out += held;
  return any ? out : std::string();
}

struct Pattern {
  std::string text;
  std::int64_t count = 0;
  std::string representative;
};

}  // namespace

Result<OperatorPtr> make_reduce(const kql::Plugin& node, Execution& execution) {
  HARRIER_TRY(const TablePtr table, execution.run(node.input));
  const Chunk all = table->all();
  HARRIER_TRY(const ExpressionPtr expression, compile_expression(node.args[0], Scope{execution}));
  HARRIER_TRY(const VectorPtr texts, expression->evaluate(all));
  StringHeap heap;
  HARRIER_TRY(const Value threshold, constant_of(node.args[1], Scope{execution}, heap));
  HARRIER_TRY(const Value characters, constant_of(node.args[2], Scope{execution}, heap));
  if (threshold.null || !(threshold.r >= 0 && threshold.r <= 1)) {
    return Error(Errc::query, "reduce: the threshold is from 0 to 1");
  }
  const Splitter splitter{std::string(characters.s)};
  const double least = std::max(1.0, threshold.r * static_cast<double>(table->rows()));
  MemoryUse memory(execution.context().memory());
  std::uint64_t bytes = 0;
  std::vector<std::unordered_map<std::string, std::int64_t>> counts;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    if (row % kChunkRows == 0) {
      HARRIER_TRYV(execution.context().check());
      HARRIER_TRYV(memory.set(bytes));
    }
    const Words words = splitter.split(texts->at(row).s);
    if (counts.size() < words.words.size()) counts.resize(words.words.size());
    for (std::size_t k = 0; k < words.words.size(); ++k) {
      if (++counts[k][std::string(words.words[k])] == 1) bytes += words.words[k].size() + 64;
    }
  }
  const auto frequent = [&](std::size_t place, std::string_view word) {
    const auto found = counts[place].find(std::string(word));
    return found != counts[place].end() && static_cast<double>(found->second) > least;
  };
  std::unordered_map<std::string, std::size_t> number;
  std::vector<Pattern> patterns;
  std::vector<std::size_t> of_row;
  for (std::size_t row = 0; row < table->rows(); ++row) {
    if (row % kChunkRows == 0) HARRIER_TRYV(execution.context().check());
    const std::string_view text = texts->at(row).s;
    std::string pattern = pattern_of(splitter.split(text), splitter.chosen(), frequent);
    const auto [it, added] = number.emplace(pattern, patterns.size());
    if (added) patterns.push_back({std::move(pattern), 0, std::string(text)});
    ++patterns[it->second].count;
    of_row.push_back(it->second);
  }
  for (Pattern& pattern : patterns) {
    if (pattern.text.empty() || static_cast<double>(pattern.count) <= least) {
      pattern.text = kOthers;
      pattern.representative.clear();
    }
  }
  Chunk out;
  if (node.passthrough.front()) {  // kind=source
    VectorBuilder column(ScalarType::string, of_row.size());
    for (const std::size_t p : of_row) column.push_text(patterns[p].text);
    out = all;
    out.columns.push_back(column.finish());
    return OperatorPtr(std::make_unique<ChunkSource>(std::move(out)));
  }
  std::vector<Pattern> merged;
  Pattern others{std::string(kOthers), 0, {}};
  for (Pattern& pattern : patterns) {
    if (pattern.text == kOthers) {
      others.count += pattern.count;
    } else {
      merged.push_back(std::move(pattern));
    }
  }
  std::stable_sort(merged.begin(), merged.end(),
                   [](const Pattern& a, const Pattern& b) { return a.count > b.count; });
  if (others.count > 0) merged.push_back(std::move(others));
  VectorBuilder text(ScalarType::string, merged.size());
  VectorBuilder count(ScalarType::long_, merged.size());
  VectorBuilder representative(ScalarType::string, merged.size());
  for (const Pattern& pattern : merged) {
    text.push_text(pattern.text);
    count.push_int(pattern.count);
    representative.push_text(pattern.representative);
  }
  out.rows = merged.size();
  out.columns = {text.finish(), count.finish(), representative.finish()};
  return OperatorPtr(std::make_unique<ChunkSource>(std::move(out)));
}

}  // namespace harrier::query
