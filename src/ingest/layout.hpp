// Which cells the rows of a page have: pure functions from the store's columns and what the service
// sends.
#pragma once

#include "model/batch.hpp"
#include "model/catalog.hpp"

#include <vector>

namespace harrier::ingest {

/// A layout and the columns the store must gain before rows of it can be written.
struct LayoutPlan {
  model::LayoutPtr layout;
  std::vector<model::Column> additions;
};

/// A layout of the store's columns, `_Ingested` and `_Other`; of `_Removed` too where records can
/// tell it.
[[nodiscard]] model::LayoutPtr layout_of_store(const model::TablePtr& table,
                                               const std::vector<model::Column>& store_columns,
                                               bool removals = false);

/// A layout in the order of a reply whose `schema` names its columns. A sent column is the store's
/// column of that name, else of that name in another case unless that one is sent too, else a new
/// one. Names that belong to Harrier and aliases of the time column are left to `_Other`.
[[nodiscard]] LayoutPlan layout_of_reply(const model::TablePtr& table,
                                         const std::vector<model::Column>& store_columns,
                                         const std::vector<model::Column>& reply_columns);

}  // namespace harrier::ingest
