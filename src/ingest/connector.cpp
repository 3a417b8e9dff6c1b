#include "ingest/connector.hpp"

namespace harrier::ingest {

Progress progress_of(const model::Ledger& ledger) {
  Progress progress;
  progress.done_until = ledger.last_done();
  progress.pending = ledger.pending_length();
  if (!ledger.empty()) progress.total = ledger.end() - ledger.begin();
  progress.windows = ledger.counts();
  return progress;
}

}  // namespace harrier::ingest
