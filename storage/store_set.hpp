// The stores of a tenant, as ingest uses them: `model::StoreSet` over SQLite files.
#pragma once

#include "model/ports.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>

namespace harrier::storage {

/// Opens the folder (made when missing) and its state file.
///
/// Threads: the set, its stores and its pages are used from one I/O thread; SQLite runs on
/// `threads` threads of its own, one store never on two at once, but that its log goes into the
/// file on another while the next page is written. `PageWriter::append` copies nothing and returns
/// as soon as the batch is queued; at most four batches wait. An error of a queued batch is the
/// result of the next `append` or of the commit. `add_columns` may be called while a page is open
/// and then belongs to it; `retain` and `remove_unseen` wait for the page's end, so the coroutine
/// that holds the page must not call them. After `storage_corrupt` a store stays unusable: `open`
/// the table again, which sets the file aside and begins anew with an empty ledger. Lifetime:
/// `clock` and the I/O context must outlive the set, the set its stores and pages. Destruction
/// waits for running work. Errors: storage, storage_full.
[[nodiscard]] Result<std::unique_ptr<model::StoreSet>> open_store_set(
    const std::filesystem::path& directory, const Clock& clock, std::size_t threads = 3);

}  // namespace harrier::storage
