// The insert of one row layout: which cell goes to which parameter.
#pragma once

#include "model/batch.hpp"
#include "storage/connection.hpp"

#include <cstdint>
#include <string_view>

namespace harrier::storage {

/// What a row does that is stored already.
enum class WriteMode : std::uint8_t {
  plain,     ///< nothing
  confirm,   ///< becomes current again as of the pass (entities read whole)
  snapshot,  ///< belongs to the pass too (`_LastSeen`)
};

/// Texts that rows of a page share. Must outlive the statement's use.
struct PageTexts {
  std::string_view ingested;           ///< for rows without an `_Ingested` of their own
  std::string_view pass;               ///< confirm and snapshot
  std::string_view complete_snapshot;  ///< snapshot: the newest complete pass; empty: none
};

/// A prepared insert for one layout. Binds views of the batch: `release` before the batch goes.
class RowInsert {
 public:
  /// The table must have every column of the layout. Errors: as `Connection::prepare`.
  [[nodiscard]] static Result<RowInsert> prepare(Connection& connection,
                                                 const model::LayoutPtr& layout, WriteMode mode);

  [[nodiscard]] bool serves(const model::LayoutPtr& layout, WriteMode mode) const noexcept {
    return layout_ == layout && mode_ == mode;
  }

  /// Binds what all rows of a batch share.
  void bind_page(const PageTexts& texts) noexcept;
  /// True when the row is new. Errors: as `Statement::step`.
  [[nodiscard]] Result<bool> insert(Connection& connection, std::span<const model::Cell> row,
                                    const model::RowKey& key);

  void release() noexcept { statement_.clear_bindings(); }

 private:
  Statement statement_;
  model::LayoutPtr layout_;
  WriteMode mode_ = WriteMode::plain;
  int ingested_cell_ = -1;  // -1: the layout has none
  int key_parameter_ = 0;
  int ingested_parameter_ = 0;
  int pass_parameter_ = 0;      // 0: none
  int complete_parameter_ = 0;  // 0: none
  std::string_view ingested_;
};

}  // namespace harrier::storage
