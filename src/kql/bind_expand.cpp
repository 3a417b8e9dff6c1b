#include "kql/binder.hpp"
#include "kql/diagnostic.hpp"

#include <algorithm>

namespace harrier::kql {

using enum ScalarType;

namespace {

std::string word_of(const ast::Expr& value) {
  if (const auto* name = std::get_if<ast::Name>(&value.node)) return name->text;
  const auto* literal = std::get_if<ast::Literal>(&value.node);
  return literal != nullptr && literal->value.type() == string ? literal->value.text()
                                                               : std::string();
}

constexpr std::int64_t kOldExpandLimit = 128;

}  // namespace

Result<PlanPtr> Binder::bind_expand(PlanPtr input, const ast::Expand& node, Span span) {
  using Source = ExpandColumn::Source;
  const bool apply = node.sub != nullptr;
  if (apply) input = keep_times(std::move(input));
  const Scope scope = row_scope(input->schema);
  Schema schema = input->schema;
  std::vector<ExpandColumn> output;
  for (std::size_t i = 0; i < schema.size(); ++i) output.push_back({Source::input, i});

  std::vector<ExpandItem> items;
  for (const ast::ExpandColumn& column : node.columns) {
    HARRIER_TRY(Names names, bind_named(*column.value, scope));
    NamedExpr& one = names.front();
    if (one.expr->type != dynamic) {
      return fail(one.span, "`mv-expand` and `mv-apply` take a dynamic value, found " +
                                std::string(model::to_string(one.expr->type)) +
                                "; todynamic() or split() makes one");
    }
    ExpandItem item;
    item.value = std::move(one.expr);
    item.type = column.type.value_or(dynamic);
    const ExpandColumn source{Source::item, items.size()};
    if (one.name.empty()) one.name = free_name(schema, "Column1");
    const auto at = find_column(schema, one.name);
    // mv-apply moves a column it expands to the end; mv-expand replaces it in place.
    if (at && !schema[*at].hidden && !apply) {
      schema[*at].type = item.type;
      output[*at] = source;
    } else {
      if (at) {
        schema.erase(schema.begin() + static_cast<std::ptrdiff_t>(*at));
        output.erase(output.begin() + static_cast<std::ptrdiff_t>(*at));
      }
      schema.emplace_back(one.name, item.type);
      output.push_back(source);
    }
    items.push_back(std::move(item));
  }

  bool pairs = false;
  for (const ast::Option& option : node.options) {
    const std::string word = word_of(*option.value);
    if (option.name.text == "with_itemindex") {
      schema.emplace_back(free_name(schema, word), long_);
      output.push_back({Source::ordinal, 0});
    } else if (option.name.text == "kind" || option.name.text == "bagexpansion") {
      if (word != "bag" && word != "array") {
        return fail(option.value->span, "objects are expanded as bag or array");
      }
      pairs = word == "array";
    }
  }
  ExprPtr limit;
  if (node.limit != nullptr) {
    HARRIER_TRY(limit, bind_typed(*node.limit, Scope(), long_));
  } else if (node.old_spelling) {
    limit = constant(Value::of_long(kOldExpandLimit), span);
  }
  if (!apply) {
    MvExpand expand{std::move(input), std::move(items), pairs, std::move(limit), std::move(output)};
    return make_plan(std::move(schema), span, std::move(expand));
  }

  MvApply node_apply;
  node_apply.items = std::move(items);
  node_apply.limit = std::move(limit);
  node_apply.sub_input = output;
  PlanPtr rows = make_plan(schema, span, SubInput());
  HARRIER_TRY(PlanPtr sub,
              bind_operators(std::move(rows), std::get<ast::Pipeline>(node.sub->node), 0));
  sub = drop_hidden(std::move(sub));

  // Input columns, those that the subquery gives under the same name from there, then the
  // subquery's own.
  Schema result;
  std::vector<bool> used(sub->schema.size(), false);
  for (std::size_t i = 0; i < output.size(); ++i) {
    if (output[i].source != Source::input) continue;
    const OutColumn& column = schema[i];
    const auto from = column.hidden ? std::nullopt : find_column(sub->schema, column.name);
    if (from) {
      used[*from] = true;
      result.push_back(sub->schema[*from]);
      node_apply.output.push_back({Source::sub, *from});
    } else {
      result.push_back(column);
      node_apply.output.push_back({Source::input, output[i].index});
    }
  }
  for (std::size_t i = 0; i < sub->schema.size(); ++i) {
    if (used[i]) continue;
    result.emplace_back(free_name(result, sub->schema[i].name), sub->schema[i].type);
    node_apply.output.push_back({Source::sub, i});
  }
  node_apply.input = std::move(input);
  node_apply.sub = std::move(sub);
  return make_plan(std::move(result), span, std::move(node_apply));
}

Result<PlanPtr> Binder::bind_parse(PlanPtr input, const ast::ParseText& node, Span span) {
  using Kind = ast::ParsePiece::Kind;
  const Scope scope = row_scope(input->schema);
  Parse parse;
  parse.where = node.where;
  HARRIER_TRY(ExprPtr text, bind_scalar(*node.text, scope));
  parse.text = convert(std::move(text), string);
  for (const ast::Option& option : node.options) {
    const std::string word = word_of(*option.value);
    if (option.name.text == "flags") {
      parse.flags = word;
      continue;
    }
    if (option.name.text != "kind") continue;
    if (word == "regex") {
      parse.kind = ParseKind::regex;
    } else if (word == "relaxed") {
      parse.kind = ParseKind::relaxed;
    } else if (word != "simple") {
      return fail(option.value->span, "`parse` has the kinds simple, relaxed and regex");
    }
  }
  Schema schema = input->schema;
  for (std::size_t i = 0; i < schema.size(); ++i) parse.passthrough.emplace_back(i);
  std::vector<std::string> written;
  for (std::size_t i = 0; i < node.pieces.size(); ++i) {
    const ast::ParsePiece& piece = node.pieces[i];
    ParsePiece bound;
    bound.text = piece.text.text;
    if (piece.kind == Kind::skip) bound.kind = ParsePiece::Kind::skip;
    if (piece.kind == Kind::column) {
      bound.kind = ParsePiece::Kind::column;
      bound.type = piece.type.value_or(string);
      if (bound.type == dynamic) {
        return fail(piece.text.span, "`parse` cannot make dynamic columns: use parse_json()");
      }
      const bool first = i == 0 || node.pieces[i - 1].kind == Kind::text;
      if (!first && parse.kind != ParseKind::regex) {
        return fail(piece.text.span, "a column must follow a text");
      }
      if (std::find(written.begin(), written.end(), piece.text.text) != written.end()) {
        return fail(piece.text.span, "there is a column `" + piece.text.text + "` already");
      }
      written.push_back(piece.text.text);
      const auto at = find_column(schema, piece.text.text);
      if (at && !schema[*at].hidden) {
        schema[*at].type = bound.type;
        parse.passthrough[*at] = std::nullopt;
        bound.output = *at;
      } else {
        bound.output = schema.size();
        schema.emplace_back(piece.text.text, bound.type);
        parse.passthrough.emplace_back(std::nullopt);
      }
      bound.text.clear();
    }
    const bool string_before = i > 0 && node.pieces[i - 1].kind == Kind::column &&
                               node.pieces[i - 1].type.value_or(string) == string;
    if (piece.kind == Kind::skip && string_before && parse.kind != ParseKind::regex) {
      return fail(piece.text.span, "`*` right after a string column leaves open where it ends");
    }
    parse.pieces.push_back(std::move(bound));
  }
  parse.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(parse));
}

Result<PlanPtr> Binder::bind_parse_kv(PlanPtr input, const ast::ParsePairs& node, Span span) {
  const Scope scope = row_scope(input->schema);
  ParseKv parse;
  HARRIER_TRY(ExprPtr text, bind_scalar(*node.text, scope));
  parse.text = convert(std::move(text), string);
  for (const ast::Option& option : node.options) {
    const std::string& name = option.name.text;
    if (name == "greedy") {
      const auto* literal = std::get_if<ast::Literal>(&option.value->node);
      parse.greedy = literal != nullptr && literal->value.type() == boolean &&
                     !literal->value.is_null() && literal->value.boolean();
      continue;
    }
    const std::string word = word_of(*option.value);
    if (name == "pair_delimiter") {
      parse.pair_delimiter = word;
    } else if (name == "kv_delimiter") {
      parse.kv_delimiter = word;
    } else if (name == "quote") {
      parse.quote += word;
    } else if (name == "escape") {
      parse.escape = word;
    } else if (name == "regex") {
      parse.regex = word;
    } else {
      return fail(option.name.span, "unknown property `" + name + "`");
    }
  }
  if (parse.regex.empty() && parse.pair_delimiter.empty() != parse.kv_delimiter.empty()) {
    return fail(span,
                "`parse-kv` with one delimiter is not supported: give `pair_delimiter` and "
                "`kv_delimiter`, or none for any other character than letters and digits");
  }
  Schema schema = input->schema;
  for (std::size_t i = 0; i < schema.size(); ++i) parse.passthrough.emplace_back(i);
  for (const ast::ColumnDef& column : node.columns) {
    // Columns of the same name give way: the key's column stands at the end.
    if (const auto at = find_column(schema, column.name.text)) {
      schema.erase(schema.begin() + static_cast<std::ptrdiff_t>(*at));
      parse.passthrough.erase(parse.passthrough.begin() + static_cast<std::ptrdiff_t>(*at));
    }
    schema.emplace_back(column.name.text, column.type);
    parse.passthrough.emplace_back(std::nullopt);
    parse.keys.push_back(column.name.text);
  }
  parse.input = std::move(input);
  return make_plan(std::move(schema), span, std::move(parse));
}

}  // namespace harrier::kql
