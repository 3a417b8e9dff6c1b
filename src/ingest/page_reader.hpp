// Cuts the inflated bytes of one answer into its records, whatever the chunks and however broken
// single records are.
#pragma once

#include "base/result.hpp"
#include "ingest/row_splitter.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harrier::ingest {

/// Receives what a `PageReader` finds, in the page's order.
class PageSink {
 public:
  virtual ~PageSink() = default;
  /// One element that begins with `{`, valid during the call and followed by `kJsonPadding`
  /// readable bytes. Errors: parse, for a record that is no JSON: the reader looks for whole
  /// records that it swallowed and gives the rest to `broken`. Any other error ends the page. Must
  /// not keep anything of a record that it refuses.
  virtual Result<> record(std::string_view record) = 0;
  /// Bytes that belong to no record that can be stored: for quarantine.
  virtual void broken(std::string_view bytes, std::string_view reason) = 0;
};

/// Bounds of a page, all in bytes.
struct PageLimits {
  std::size_t window = 512 * 1024;  ///< buffered without need
  std::size_t max_record =
      64 * 1024 * 1024;  ///< a longer element is cut to `kept_prefix` and quarantined
  std::size_t kept_prefix = 1024 * 1024;
  std::size_t max_member = 1024 * 1024;  ///< of another top-level member
};

/// Reads one page: a JSON document that is an array of records, or an object with such an array
/// under one of the given names (any case). The other members of the object are kept as raw JSON,
/// on whichever side of the array they stand.
///
/// A record with a missing or unescaped quote turns strings inside out for all that follows. The
/// reader notices (a record that does not parse, text between elements that makes no sense, the end
/// of the page inside a string) and goes on at the next record that begins like earlier ones and
/// parses; what lies between goes to `PageSink::broken`.
///
/// Memory: `window`, more only while one record needs it. Not thread-safe.
class PageReader {
 public:
  /// `sink` outlives the reader. `names`: members that may hold the records.
  explicit PageReader(PageSink& sink, std::vector<std::string> names = {"results", "value"},
                      PageLimits limits = {});
  PageReader(const PageReader&) = delete;
  PageReader& operator=(const PageReader&) = delete;
  ~PageReader();

  /// Takes the next bytes of the document, in pieces of any size.
  /// Errors: protocol, when this is no such document; what the sink says. After an error every call
  /// fails alike.
  [[nodiscard]] Result<> feed(std::string_view chunk);
  /// The document is over. Errors: protocol, when its end is missing or it had no array of records.
  [[nodiscard]] Result<> finish();

  /// Raw JSON of a top-level member seen so far (any case of the name); empty where there is none.
  [[nodiscard]] std::string_view member(std::string_view name) const noexcept;

  /// Every such member, by its name as sent, in order.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& members() const noexcept {
    return members_;
  }

  /// Elements seen, broken spans included.
  [[nodiscard]] std::int64_t elements() const noexcept { return elements_; }

  /// Bytes buffered now.
  [[nodiscard]] std::size_t buffered() const noexcept { return capacity_; }

 private:
  enum class State : std::uint8_t {
    start,          // before the document
    member_key,     // in the object, before a key or its end
    member_value,   // behind a colon
    after_member,   // before a comma or the object's end
    element,        // before an element, or the end of an empty array
    in_element,     // inside an object or array
    after_element,  // before a comma or the array's end
    skipping,       // inside an element that is too long
    recovering,     // behind something broken
    done,           // behind the document
  };

  // What a step did.
  enum class Step : std::uint8_t { again, more };

  // Whether a text continues a page as wanted; undecided when it is too short to tell.
  enum class Fit : std::uint8_t { yes, no, undecided };

  // Bytes not yet used up.
  [[nodiscard]] std::string_view rest() const noexcept {
    return {buffer_.get() + pos_, end_ - pos_};
  }

  void append(std::string_view bytes);
  bool skip_space() noexcept;
  [[nodiscard]] bool wait_for(std::size_t size) const noexcept;
  Result<> run();
  Result<Step> step();
  Result<Step> start_document();
  Result<Step> read_key();
  Result<Step> read_value();
  Result<Step> after_member();
  Result<> keep_member(std::string_view value);
  Result<Step> begin_element();
  Result<Step> scalar_element();
  Result<Step> scan_element();
  Result<Step> skip_element();
  Result<Step> end_element(std::size_t size);
  Result<Step> after_element();
  Result<Step> recover();
  Result<Step> search_end();
  Fit try_record(std::size_t at, std::size_t& size);
  [[nodiscard]] Fit begins_like_record(std::string_view text) const noexcept;
  [[nodiscard]] Fit follows_element(std::string_view text) const noexcept;
  [[nodiscard]] Fit follows_broken(std::string_view text) const noexcept;
  [[nodiscard]] bool ends_document(std::size_t bracket) noexcept;
  void begin_recovery(std::size_t natural_size, std::string reason);
  void end_recovery(std::size_t broken_size, bool separated);
  void forget_long_span();
  void report(std::string_view bytes, std::string_view reason);
  void learn(std::string_view record);

  PageSink& sink_;
  std::vector<std::string> names_;
  PageLimits limits_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;  // without the padding
  std::size_t pos_ = 0;
  std::size_t end_ = 0;
  State state_ = State::start;
  bool at_end_ = false;
  bool top_level_array_ = false;
  bool array_seen_ = false;
  std::optional<Error> failure_;

  RowSplitter splitter_;
  std::size_t scanned_ = 0;     // bytes of the current element that were scanned
  std::size_t next_check_ = 0;  // size of an unfinished value at which it is looked at again

  std::string key_;
  std::vector<std::pair<std::string, std::string>> members_;
  std::int64_t elements_ = 0;

  // How records of this page look: their first keys, and all their keys.
  std::set<std::string, std::less<>> first_keys_;
  std::set<std::string, std::less<>> known_keys_;
  int learned_ = 0;

  // Recovery; the broken span begins at pos_.
  std::string reason_;
  std::size_t natural_size_ = 0;  // where the element seemed to end; 0: nowhere
  std::size_t searched_ = 0;      // up to here no record begins
  std::size_t unfinished_ = 0;    // where a record begins that the page ends in; 0: at pos_
  std::size_t work_ = 0;          // bytes looked at in all recoveries
  bool prefix_reported_ = false;
};

}  // namespace harrier::ingest
