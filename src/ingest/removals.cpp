#include "ingest/removals.hpp"

namespace harrier::ingest {

Task<> Removals::load(model::TableStore& store) {
  HARRIER_CO_TRY(const auto pass, co_await store.cursor(cursor_));
  due_ = pass ? parse_instant(*pass) : std::nullopt;
  co_return Result<>();
}

void Removals::record(model::PageCommit& commit, Instant pass) const {
  commit.cursors.emplace_back(cursor_, format_instant(pass));
}

Task<> Removals::finish(model::TableStore& store) {
  if (!due_) co_return Result<>();
  HARRIER_CO_TRYV(co_await store.remove_unseen(*due_));
  HARRIER_CO_TRY(auto page, co_await store.open_page());
  model::PageCommit done;
  done.cursors.emplace_back(cursor_, "");
  HARRIER_CO_TRYV(co_await page->commit(std::move(done)));
  due_.reset();
  co_return Result<>();
}

}  // namespace harrier::ingest
