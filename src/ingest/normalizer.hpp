// From the JSON of a record to a row of a batch.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/batch.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace harrier::ingest {

class RecordMap;

/// Turns records into rows of one layout.
///
/// Without a map a property belongs to the column of its name: the exact name as the service spells
/// it, else the name in PascalCase, else the only name that differs in case alone. Properties
/// without a column, and values that do not fit their column, go to `_Other`, under their own name.
/// A property that is sent twice has its last value (an exactly spelled one wins over others), the
/// other one goes to `_Other`. Keys with `@odata.` are dropped. With a map its rules come first;
/// see `RecordMap`.
///
/// Conversions: see `Converter`. Text is stored as valid UTF-8.
/// Not thread-safe.
class Normalizer {
 public:
  explicit Normalizer(model::LayoutPtr layout, std::shared_ptr<const RecordMap> map = nullptr);
  Normalizer(Normalizer&&) noexcept;
  Normalizer& operator=(Normalizer&&) noexcept;
  ~Normalizer();

  [[nodiscard]] const model::LayoutPtr& layout() const noexcept;

  /// `_Ingested` of rows whose record does not tell it. Unset: NULL.
  void set_ingested(std::optional<Instant> instant);

  /// Appends one row, its key included. `record` is one JSON object followed by `kJsonPadding`
  /// readable bytes, as a `PageReader` delivers it; `batch` has this layout. Errors: parse, when
  /// the record is no JSON object; limit, when the layout has no `_Other` for what needs it. The
  /// batch is then as before.
  [[nodiscard]] Result<> add(std::string_view record, model::Batch& batch);
  /// The same for a text without padding, which is copied.
  [[nodiscard]] Result<> add_copy(std::string_view record, model::Batch& batch);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Columns as a hunting reply's `schema` member tells them: an array of objects with `name` and
/// `type` (any case), types as .NET or Kusto name them (`String`, `SByte`, `System.DateTime`, ...).
/// An unknown type is `dynamic`. Errors: protocol, when it is no such array.
[[nodiscard]] Result<std::vector<model::Column>> reply_schema(std::string_view raw_schema);

}  // namespace harrier::ingest
