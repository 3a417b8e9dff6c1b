// The string operators over whole batches, and regular expressions as predicates.
#include "query/match.hpp"
#include "query/regex.hpp"
#include "query/registry.hpp"

#include <optional>

namespace harrier::query {

namespace {

struct KeptNeedle {
  std::optional<Needle> needle;
  std::string text;
};

template <MatchKind kKind, bool kSensitive, bool kNegated>
Result<VectorPtr> match_batch(BatchCall& call) {
  const Vector& texts = *call.args[0];
  const Vector& needles = *call.args[1];
  auto out = std::make_shared<Vector>();
  out->type = ScalarType::boolean;
  out->constant = texts.constant && needles.constant;
  const std::size_t rows = out->constant ? 1 : call.rows;
  out->ints.resize(rows);
  const auto cells = text_cells(texts);
  const auto wanted = text_cells(needles);
  auto& kept = call.state.get<KeptNeedle>();
  for (std::size_t row = 0; row < rows; ++row) {
    if (!kept.needle || (!(needles.constant && row > 0) && kept.text != wanted[row])) {
      kept.text = wanted[row];
      kept.needle.emplace(kKind, kSensitive, kept.text);
    }
    out->ints[row] = kept.needle->in(cells[row]) != kNegated ? 1 : 0;
  }
  return VectorPtr(std::move(out));
}

struct KeptRegex {
  std::shared_ptr<const Regex> regex;
  std::string text;
};

Result<VectorPtr> matches_regex(BatchCall& call) {
  const Vector& texts = *call.args[0];
  const Vector& patterns = *call.args[1];
  auto out = std::make_shared<Vector>();
  out->type = ScalarType::boolean;
  out->constant = texts.constant && patterns.constant;
  const std::size_t rows = out->constant ? 1 : call.rows;
  out->ints.resize(rows);
  const auto cells = text_cells(texts);
  const auto wanted = text_cells(patterns);
  auto& kept = call.state.get<KeptRegex>();
  for (std::size_t row = 0; row < rows; ++row) {
    if (!kept.regex || kept.text != wanted[row]) {
      HARRIER_TRY(kept.regex, Regex::compile(wanted[row]));
      kept.text = wanted[row];
    }
    out->ints[row] = kept.regex->found_in(cells[row]) ? 1 : 0;
  }
  return VectorPtr(std::move(out));
}

constexpr Kernel kKernels[] = {
    batched("=~", match_batch<MatchKind::equals, false, false>),
    batched("!~", match_batch<MatchKind::equals, false, true>),
    batched("has", match_batch<MatchKind::has, false, false>),
    batched("!has", match_batch<MatchKind::has, false, true>),
    batched("has_cs", match_batch<MatchKind::has, true, false>),
    batched("!has_cs", match_batch<MatchKind::has, true, true>),
    batched("hasprefix", match_batch<MatchKind::hasprefix, false, false>),
    batched("!hasprefix", match_batch<MatchKind::hasprefix, false, true>),
    batched("hasprefix_cs", match_batch<MatchKind::hasprefix, true, false>),
    batched("!hasprefix_cs", match_batch<MatchKind::hasprefix, true, true>),
    batched("hassuffix", match_batch<MatchKind::hassuffix, false, false>),
    batched("!hassuffix", match_batch<MatchKind::hassuffix, false, true>),
    batched("hassuffix_cs", match_batch<MatchKind::hassuffix, true, false>),
    batched("!hassuffix_cs", match_batch<MatchKind::hassuffix, true, true>),
    batched("contains", match_batch<MatchKind::contains, false, false>),
    batched("!contains", match_batch<MatchKind::contains, false, true>),
    batched("contains_cs", match_batch<MatchKind::contains, true, false>),
    batched("!contains_cs", match_batch<MatchKind::contains, true, true>),
    batched("startswith", match_batch<MatchKind::startswith, false, false>),
    batched("!startswith", match_batch<MatchKind::startswith, false, true>),
    batched("startswith_cs", match_batch<MatchKind::startswith, true, false>),
    batched("!startswith_cs", match_batch<MatchKind::startswith, true, true>),
    batched("endswith", match_batch<MatchKind::endswith, false, false>),
    batched("!endswith", match_batch<MatchKind::endswith, false, true>),
    batched("endswith_cs", match_batch<MatchKind::endswith, true, false>),
    batched("!endswith_cs", match_batch<MatchKind::endswith, true, true>),
    batched("matches regex", matches_regex),
};

}  // namespace

std::span<const Kernel> match_kernels() {
  return kKernels;
}

}  // namespace harrier::query
