#include "kql/functions.hpp"

#include "base/text.hpp"
#include "kql/functions_impl.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace harrier::kql {
namespace {

using functions::Alias;

constexpr std::array kAliases{
    Alias{"iif", "iff"},
    Alias{"notempty", "isnotempty"},
    Alias{"notnull", "isnotnull"},
    Alias{"todynamic", "parse_json"},
    Alias{"toobject", "parse_json"},
    Alias{"parsejson", "parse_json"},
    Alias{"toreal", "todouble"},
    Alias{"toboolean", "tobool"},
    Alias{"totime", "totimespan"},
    Alias{"extractall", "extract_all"},
    Alias{"extractjson", "extract_json"},
    Alias{"array_strcat", "strcat_array"},
    Alias{"base64_encodestring", "base64_encode_tostring"},
    Alias{"base64_decodestring", "base64_decode_tostring"},
    Alias{"parseurl", "parse_url"},
    Alias{"parseurlquery", "parse_urlquery"},
    Alias{"weekofyear", "week_of_year"},
    Alias{"getmonth", "monthofyear"},
    Alias{"datepart", "datetime_part"},
    Alias{"floor", "bin"},
    Alias{"columnifexists", "column_ifexists"},
    Alias{"arraylength", "array_length"},
    Alias{"array_iif", "array_iff"},
    Alias{"pack", "bag_pack"},
    Alias{"pack_dictionary", "bag_pack"},
    Alias{"bin_auto", "bin_auto"},
    Alias{"merge_tdigest", "tdigest_merge"},
};

/// Functions of the language without meaning or support here.
constexpr std::array<std::string_view, 32> kUnsupported{"cluster",
                                                        "database",
                                                        "workspace",
                                                        "external_table",
                                                        "materialized_view",
                                                        "entity_group",
                                                        "stored_query_result",
                                                        "graph",
                                                        "treepath_",
                                                        "tdigest_isvalid",
                                                        "hll_isvalid",
                                                        "all",
                                                        "map",
                                                        "inner_nodes",
                                                        "node_id",
                                                        "node_degree_in",
                                                        "node_degree_out",
                                                        "labels",
                                                        "extent_id",
                                                        "extentid",
                                                        "extent_tags",
                                                        "current_node_id",
                                                        "row_id",
                                                        "cursor_after",
                                                        "cursor_before_or_at",
                                                        "cursor_current",
                                                        "current_cursor",
                                                        "rowstore_ordinal_range",
                                                        "bin_auto",
                                                        "row_rank",
                                                        "punycode_domain_from_string",
                                                        "punycode_domain_to_string"};

struct Index {
  std::vector<const Function*> all;
  std::map<std::string_view, const Function*, std::less<>> scalars;
  std::map<std::string_view, const Function*, std::less<>> aggregates;
  std::map<std::string_view, const Function*, std::less<>> operators;

  Index() {
    for (const auto topic :
         {functions::strings(), functions::parsing(), functions::network(), functions::geography(),
          functions::conversions(), functions::datetimes(), functions::math(),
          functions::dynamics(), functions::series(), functions::windows()}) {
      add(topic, scalars);
    }
    add(functions::aggregates(), aggregates);
    add(functions::operators(), operators);
    for (const Alias& alias : kAliases) {
      if (const auto it = scalars.find(alias.canonical); it != scalars.end()) {
        scalars.emplace(alias.name, it->second);
      }
    }
    for (const functions::AggregateForm& form : functions::forms()) {
      if (const auto it = aggregates.find(form.function); it != aggregates.end()) {
        aggregates.emplace(form.name, it->second);
      }
    }
  }

  void add(std::span<const Function> topic,
           std::map<std::string_view, const Function*, std::less<>>& into) {
    for (const Function& function : topic) {
      all.push_back(&function);
      into.emplace(function.name, &function);
    }
  }
};

const Index& index() {
  static const Index kIndex;
  return kIndex;
}

const Function* lookup(const std::map<std::string_view, const Function*, std::less<>>& names,
                       std::string_view name) noexcept {
  const auto it = names.find(name);
  return it == names.end() ? nullptr : it->second;
}

Parameter parse_parameter(std::string_view text) {
  Parameter parameter;
  while (!text.empty() && (text.back() == '?' || text.back() == '*')) {
    (text.back() == '?' ? parameter.optional : parameter.repeated) = true;
    text.remove_suffix(1);
  }
  const auto colon = text.find(':');
  parameter.name = text.substr(0, colon);
  parameter.kind = text.substr(colon + 1);
  return parameter;
}

std::vector<Parameter> parse_parameters(std::string_view text) {
  std::vector<Parameter> list;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string_view one = trim(text.substr(0, comma));
    if (!one.empty()) list.push_back(parse_parameter(one));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return list;
}

}  // namespace

const Function* find_function(std::string_view name) noexcept {
  return lookup(index().scalars, name);
}

const Function* find_aggregate(std::string_view name) noexcept {
  return lookup(index().aggregates, name);
}

const Function* find_operator(std::string_view name) noexcept {
  return lookup(index().operators, name);
}

std::span<const Function* const> all_functions() {
  return index().all;
}

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const auto& [name, function] : index().scalars) names.emplace_back(name);
  for (const auto& [name, function] : index().aggregates) names.emplace_back(name);
  return names;
}

std::vector<std::vector<Parameter>> parse_overloads(std::string_view text) {
  std::vector<std::vector<Parameter>> overloads;
  while (true) {
    const auto cut = text.find(';');
    overloads.push_back(parse_parameters(text.substr(0, cut)));
    if (cut == std::string_view::npos) return overloads;
    text.remove_prefix(cut + 1);
  }
}

std::vector<std::vector<Parameter>> overloads_of(const Function& function) {
  return parse_overloads(function.parameters);
}

bool is_known_unsupported(std::string_view name) noexcept {
  return std::find(kUnsupported.begin(), kUnsupported.end(), name) != kUnsupported.end() ||
         name.starts_with("geo_") || name.starts_with("__");
}

namespace functions {

const AggregateForm* find_form(std::string_view name) noexcept {
  for (const AggregateForm& form : forms()) {
    if (form.name == name) return &form;
  }
  return nullptr;
}

const MultiResult* find_multi_result(std::string_view name) noexcept {
  static constexpr std::array kMulti{
      MultiResult{"series_stats",
                  "min:real min_idx:long max:real max_idx:long avg:real stdev:real variance:real"},
      MultiResult{"series_fit_line",
                  "rsquare:real slope:real variance:real rvariance:real interception:real "
                  "line_fit:dynamic"},
      MultiResult{"series_fit_2lines",
                  "rsquare:real split_idx:long variance:real rvariance:real line_fit:dynamic "
                  "right_rsquare:real right_slope:real right_interception:real "
                  "right_variance:real right_rvariance:real left_rsquare:real left_slope:real "
                  "left_interception:real left_variance:real left_rvariance:real"},
      MultiResult{"series_fit_poly",
                  "rsquare:real coefficients:dynamic variance:real rvariance:real "
                  "poly_fit:dynamic"},
      MultiResult{"series_decompose",
                  "baseline:dynamic seasonal:dynamic trend:dynamic residual:dynamic"},
      MultiResult{"series_decompose_forecast",
                  "baseline:dynamic seasonal:dynamic trend:dynamic residual:dynamic"},
      MultiResult{"series_decompose_anomalies",
                  "ad_flag:dynamic ad_score:dynamic baseline:dynamic"},
      MultiResult{"series_periods_detect", "periods:dynamic scores:dynamic"},
      MultiResult{"series_periods_validate", "periods:dynamic scores:dynamic"},
      MultiResult{"series_fft", "real:dynamic imag:dynamic"},
      MultiResult{"series_ifft", "real:dynamic imag:dynamic"},
  };
  for (const MultiResult& multi : kMulti) {
    if (multi.name == name) return &multi;
  }
  return nullptr;
}

}  // namespace functions
}  // namespace harrier::kql
