// parse, parse-where and parse-kv.
#include "base/text.hpp"
#include "query/convert.hpp"
#include "query/operators/make.hpp"
#include "query/regex.hpp"
#include "query/unicode.hpp"

#include <algorithm>
#include <map>

namespace harrier::query {

namespace {

using kql::ParseKind;
using kql::ParsePiece;

/// What a column's text looks like: numbers are recognised, any other text is taken greedily.
std::string_view column_pattern(ScalarType type) {
  switch (type) {
    case ScalarType::int_:
    case ScalarType::long_:
      return "([-+]?[0-9]+)";
    case ScalarType::real:
    case ScalarType::decimal:
      return "([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)";
    case ScalarType::boolean:
    case ScalarType::datetime:
    case ScalarType::timespan:
    case ScalarType::guid:
    case ScalarType::string:
    case ScalarType::dynamic:
      break;
  }
  return "(.*)";
}

/// The whole pattern as one regular expression.
std::string pattern_of(const kql::Parse& node) {
  std::string out = node.pieces.empty() || node.pieces[0].kind == ParsePiece::Kind::skip ? "" : "^";
  for (std::size_t k = 0; k < node.pieces.size(); ++k) {
    const ParsePiece& piece = node.pieces[k];
    if (piece.kind == ParsePiece::Kind::text) {
      out += "(?:" + piece.text + ")";
    } else if (piece.kind == ParsePiece::Kind::column) {
      out += column_pattern(piece.type);
    } else if (k != 0) {
      out += ".*?";
    }
  }
  return out;
}

/// Longest run at the front of `text` that reads as a value of `type`.
std::size_t value_length(std::string_view text, ScalarType type) {
  const auto run = [&](std::string_view allowed) {
    return std::min(text.find_first_not_of(allowed), text.size());
  };
  switch (type) {
    case ScalarType::int_:
    case ScalarType::long_: {
      const std::size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
      const std::size_t end = text.find_first_not_of("0123456789", sign);
      return std::min(end, text.size());
    }
    case ScalarType::real:
    case ScalarType::decimal:
      return run("0123456789+-.eE");
    case ScalarType::boolean:
    case ScalarType::datetime:
    case ScalarType::timespan:
    case ScalarType::guid:
    case ScalarType::string:
    case ScalarType::dynamic:
      break;
  }
  return text.size();
}

class ParseOperator final : public Operator {
 public:
  ParseOperator(const kql::Parse& node, std::vector<ScalarType> types, OperatorPtr input,
                ExpressionPtr text, std::shared_ptr<const Regex> regex)
      : node_(node),
        types_(std::move(types)),
        input_(std::move(input)),
        text_(std::move(text)),
        regex_(std::move(regex)) {}

  Result<bool> next(Chunk& out) override {
    Chunk chunk;
    HARRIER_TRY(const bool more, input_->next(chunk));
    if (!more) return false;
    HARRIER_TRY(const VectorPtr texts, text_->evaluate(chunk));
    std::vector<VectorBuilder> builders;
    for (const ScalarType type : types_) builders.emplace_back(type, chunk.rows);
    std::vector<std::uint32_t> kept;
    for (std::uint32_t row = 0; row < chunk.rows; ++row) {
      std::vector<Value> values;
      const bool matched = parse(texts->at(row).s, values);
      if (!matched && node_.where) continue;
      kept.push_back(row);
      for (std::size_t c = 0; c < types_.size(); ++c) {
        if (node_.passthrough[c]) continue;
        builders[c].push(matched ? values[c] : Value::of_null(types_[c]));
      }
    }
    out.columns.clear();
    out.rows = kept.size();
    for (std::size_t c = 0; c < types_.size(); ++c) {
      out.columns.push_back(node_.passthrough[c]
                                ? gather(chunk.columns[*node_.passthrough[c]], kept)
                                : VectorPtr(builders[c].finish()));
    }
    return true;
  }

 private:
  bool parse(std::string_view text, std::vector<Value>& values) {
    values.assign(types_.size(), Value());
    for (std::size_t c = 0; c < types_.size(); ++c) values[c] = Value::of_null(types_[c]);
    heap_ = StringHeap();
    return regex_ ? parse_regex(text, values) : parse_simple(text, values);
  }

  /// Converts a column's text; false when that makes the row no match.
  bool set(const ParsePiece& piece, std::string_view text, std::vector<Value>& values) {
    const Value value = convert(Value::of_string(text), piece.type, heap_);
    values[piece.output] = value;
    return !value.null || node_.kind != ParseKind::simple;
  }

  bool parse_regex(std::string_view text, std::vector<Value>& values) {
    const auto groups = regex_->groups(text);
    if (groups.empty()) return false;
    std::size_t group = 0;
    for (const ParsePiece& piece : node_.pieces) {
      if (piece.kind != ParsePiece::Kind::column) continue;
      if (++group >= groups.size()) return false;
      values[piece.output] = convert(Value::of_string(groups[group]), piece.type, heap_);
    }
    return true;
  }

  /// A column takes the text up to the next constant, or to the end.
  bool parse_simple(std::string_view text, std::vector<Value>& values) {
    std::size_t at = 0;
    bool floating = false;  // a skip lets the next constant begin anywhere
    for (std::size_t k = 0; k < node_.pieces.size(); ++k) {
      const ParsePiece& piece = node_.pieces[k];
      if (piece.kind == ParsePiece::Kind::skip) {
        floating = true;
        continue;
      }
      if (piece.kind == ParsePiece::Kind::text) {
        const std::size_t found =
            floating
                ? text.find(piece.text, at)
                : (text.substr(at, piece.text.size()) == piece.text ? at : std::string_view::npos);
        if (found == std::string_view::npos) return false;
        at = found + piece.text.size();
        floating = false;
        continue;
      }
      std::size_t end = text.size();
      const bool constant_follows =
          k + 1 < node_.pieces.size() && node_.pieces[k + 1].kind == ParsePiece::Kind::text;
      if (constant_follows) {
        end = text.find(node_.pieces[k + 1].text, at);
        if (end == std::string_view::npos) return false;
      } else if (k + 1 < node_.pieces.size()) {
        end = at + value_length(text.substr(at), piece.type);
      }
      if (!set(piece, text.substr(at, end - at), values)) return false;
      at = end;
    }
    return true;
  }

  const kql::Parse& node_;
  std::vector<ScalarType> types_;
  OperatorPtr input_;
  ExpressionPtr text_;
  std::shared_ptr<const Regex> regex_;
  StringHeap heap_;
};

/// Cuts `key=value` pairs out of a text.
class PairReader {
 public:
  explicit PairReader(const kql::ParseKv& node) : node_(node) {
    if (!node.quote.empty()) {
      open_ = node.quote.front();
      close_ = node.quote.back();
    }
  }

  void read(std::string_view text, std::map<std::string, std::string>& out) {
    text_ = text;
    at_ = 0;
    if (node_.kv_delimiter.empty()) return read_words(out);
    if (node_.greedy) return read_greedy(out);
    while (at_ < text_.size()) {
      const std::string key = token(node_.kv_delimiter, node_.pair_delimiter);
      if (!skip(node_.kv_delimiter)) {
        skip(node_.pair_delimiter);
        continue;
      }
      const std::string value = token(node_.pair_delimiter, {});
      skip(node_.pair_delimiter);
      out.emplace(last_word(key), value);
    }
  }

 private:
  static std::string trimmed(std::string_view text) { return std::string(trim(text)); }

  /// Keys that are asked for may follow free text: `… [INFO] ThreadId` names ThreadId.
  std::string last_word(const std::string& key) const {
    for (const std::string& wanted : node_.keys) {
      if (key == wanted) return key;
    }
    for (const std::string& wanted : node_.keys) {
      if (key.size() > wanted.size() &&
          key.compare(key.size() - wanted.size(), wanted.size(), wanted) == 0 &&
          key[key.size() - wanted.size() - 1] == ' ') {
        return wanted;
      }
    }
    return key;
  }

  /// Without delimiters everything but letters and digits is one: the word (or quoted text) after
  /// a key is its value.
  void read_words(std::map<std::string, std::string>& out) {
    const auto in_word = [this] {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      return is_ascii_word(byte) || byte >= 0x80;
    };
    std::string before;
    while (at_ < text_.size()) {
      std::string word;
      if (open_ != '\0' && text_[at_] == open_) {
        word = quoted();
      } else if (in_word()) {
        const std::size_t from = at_;
        while (at_ < text_.size() && in_word()) ++at_;
        word = text_.substr(from, at_ - from);
      } else {
        ++at_;
        continue;
      }
      const bool value =
          std::find(node_.keys.begin(), node_.keys.end(), before) != node_.keys.end();
      if (value) out.emplace(before, word);
      before = value ? std::string() : word;
    }
  }

  bool starts(std::string_view with) const {
    return !with.empty() && text_.substr(at_, with.size()) == with;
  }

  bool skip(std::string_view delimiter) {
    if (!starts(delimiter)) return false;
    at_ += delimiter.size();
    return true;
  }

  void blanks() {
    while (at_ < text_.size() && text_[at_] == ' ' && !starts(node_.pair_delimiter)) ++at_;
  }

  /// Text up to one of two delimiters, or inside quotes.
  std::string token(std::string_view a, std::string_view b) {
    blanks();
    if (open_ != '\0' && at_ < text_.size() && text_[at_] == open_) {
      std::string out = quoted();
      while (at_ < text_.size() && !starts(a) && !starts(b)) ++at_;
      return out;
    }
    const std::size_t from = at_;
    while (at_ < text_.size() && !starts(a) && !starts(b)) ++at_;
    return trimmed(text_.substr(from, at_ - from));
  }

  std::string quoted() {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      if (!node_.escape.empty() && text_[at_] == node_.escape.front() && at_ + 1 < text_.size()) {
        out += text_[++at_];
      } else if (text_[at_] == close_) {
        ++at_;
        break;
      } else {
        out += text_[at_];
      }
    }
    return out;
  }

  /// A value reaches to the last pair delimiter before the next key.
  void read_greedy(std::map<std::string, std::string>& out) {
    std::string key;
    std::size_t from = 0;
    while (true) {
      const std::size_t mark = text_.find(node_.kv_delimiter, from);
      const std::string_view part =
          text_.substr(from, mark == std::string_view::npos ? mark : mark - from);
      if (mark == std::string_view::npos) {
        if (!key.empty()) out.emplace(key, unquoted(trimmed(part)));
        return;
      }
      const std::size_t cut = part.rfind(node_.pair_delimiter);
      if (!key.empty() && cut != std::string_view::npos) {
        out.emplace(key, unquoted(trimmed(part.substr(0, cut))));
      }
      key = unquoted(trimmed(
          cut == std::string_view::npos ? part : part.substr(cut + node_.pair_delimiter.size())));
      from = mark + node_.kv_delimiter.size();
    }
  }

  std::string unquoted(std::string text) const {
    if (open_ != '\0' && text.size() >= 2 && text.front() == open_ && text.back() == close_) {
      return text.substr(1, text.size() - 2);
    }
    return text;
  }

  const kql::ParseKv& node_;
  char open_ = '\0';
  char close_ = '\0';
  std::string_view text_;
  std::size_t at_ = 0;
};

class ParseKvOperator final : public Operator {
 public:
  ParseKvOperator(const kql::ParseKv& node, std::vector<ScalarType> types, OperatorPtr input,
                  ExpressionPtr text, std::shared_ptr<const Regex> regex)
      : node_(node),
        types_(std::move(types)),
        input_(std::move(input)),
        text_(std::move(text)),
        regex_(std::move(regex)) {}

  Result<bool> next(Chunk& out) override {
    Chunk chunk;
    HARRIER_TRY(const bool more, input_->next(chunk));
    if (!more) return false;
    HARRIER_TRY(const VectorPtr texts, text_->evaluate(chunk));
    std::vector<VectorBuilder> builders;
    for (const ScalarType type : types_) builders.emplace_back(type, chunk.rows);
    PairReader reader(node_);
    for (std::size_t row = 0; row < chunk.rows; ++row) {
      std::map<std::string, std::string> pairs;
      const std::string_view text = texts->at(row).s;
      if (regex_) {
        read_regex(text, pairs);
      } else {
        reader.read(text, pairs);
      }
      append(builders, pairs);
    }
    out.columns.clear();
    out.rows = chunk.rows;
    for (std::size_t c = 0; c < types_.size(); ++c) {
      out.columns.push_back(node_.passthrough[c] ? chunk.columns[*node_.passthrough[c]]
                                                 : VectorPtr(builders[c].finish()));
    }
    return true;
  }

 private:
  void read_regex(std::string_view text, std::map<std::string, std::string>& pairs) const {
    for (std::size_t from = 0; from <= text.size();) {
      const auto groups = regex_->groups(text, from);
      if (groups.size() < 3) return;
      pairs.emplace(std::string(trim(groups[1])), std::string(trim(groups[2])));
      const auto end = static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
      from = std::max(end, from + 1);
    }
  }

  void append(std::vector<VectorBuilder>& builders,
              const std::map<std::string, std::string>& pairs) const {
    std::size_t key = 0;
    StringHeap heap;
    for (std::size_t c = 0; c < types_.size(); ++c) {
      if (node_.passthrough[c]) continue;
      const auto found = pairs.find(node_.keys[key++]);
      builders[c].push(found == pairs.end()
                           ? Value::of_null(types_[c])
                           : convert(Value::of_string(found->second), types_[c], heap));
    }
  }

  const kql::ParseKv& node_;
  std::vector<ScalarType> types_;
  OperatorPtr input_;
  ExpressionPtr text_;
  std::shared_ptr<const Regex> regex_;
};

}  // namespace

Result<OperatorPtr> make_parse(const kql::Plan& plan, const kql::Parse& node,
                               Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  HARRIER_TRY(ExpressionPtr text, compile_expression(node.text, Scope{execution}));
  std::shared_ptr<const Regex> regex;
  if (node.kind == ParseKind::regex) {
    HARRIER_TRY(regex, Regex::compile(pattern_of(node), node.flags));
  }
  return OperatorPtr(std::make_unique<ParseOperator>(node, types_of(plan.schema), std::move(input),
                                                     std::move(text), std::move(regex)));
}

Result<OperatorPtr> make_parse_kv(const kql::Plan& plan, const kql::ParseKv& node,
                                  Execution& execution) {
  HARRIER_TRY(OperatorPtr input, execution.build(node.input));
  HARRIER_TRY(ExpressionPtr text, compile_expression(node.text, Scope{execution}));
  std::shared_ptr<const Regex> regex;
  if (!node.regex.empty()) {
    HARRIER_TRY(regex, Regex::compile(node.regex));
  }
  return OperatorPtr(std::make_unique<ParseKvOperator>(
      node, types_of(plan.schema), std::move(input), std::move(text), std::move(regex)));
}

}  // namespace harrier::query
