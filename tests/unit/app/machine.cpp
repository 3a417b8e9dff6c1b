#include "machine.hpp"

#include "ingest/layout.hpp"
#include "ingest/normalizer.hpp"
#include "storage/store_set.hpp"

#include <boost/asio/io_context.hpp>

#include <fstream>
#include <iterator>
#include <sstream>

namespace harrier::app::test {

namespace {

const model::Catalog& catalog() {
  static const model::Catalog loaded = model::Catalog::load_embedded().value();
  return loaded;
}

Task<> write_page(model::StoreSet& stores, std::string table, std::vector<std::string> records,
                  model::PageCommit commit) {
  HARRIER_CO_TRY(const auto store, co_await stores.open(catalog().find(table)));
  const auto layout = ingest::layout_of_store(store->schema(), store->columns());
  ingest::Normalizer normalizer(layout);
  model::Batch batch(layout);
  for (const auto& record : records) HARRIER_CO_TRYV(normalizer.add_copy(record, batch));
  HARRIER_CO_TRY(auto page, co_await store->open_page());
  if (!batch.empty()) HARRIER_CO_TRYV(co_await page->append(std::move(batch)));
  HARRIER_CO_TRYV(co_await page->commit(std::move(commit)));
  co_return Result<>();
}

// Runs `work` on the stores of a folder and closes them.
template <class Work>
void with_stores(const std::filesystem::path& directory, Work work) {
  const SystemClock clock;
  asio::io_context context(1);
  const auto stores = storage::open_store_set(directory, clock, 1);
  REQUIRE(stores.has_value());
  Result<> outcome = Error(Errc::internal, "not run");
  asio::co_spawn(context, work(**stores),
                 [&](std::exception_ptr, Result<> done) { outcome = std::move(done); });
  context.run();
  INFO((outcome ? std::string() : outcome.error().message));
  REQUIRE(outcome.has_value());
}

}  // namespace

Machine::Machine(const std::string& connectors) {
  folder_.write("secret", "s3cret");
  folder_.write("harrier.toml",
                "[tenant]\nid = \"11111111-2222-3333-4444-555555555555\"\nclient_id = "
                "\"66666666-7777-8888-9999-000000000000\"\n"
                "[tenant.credential]\ntype = \"client_secret\"\nsecret_file = "
                "\"secret\"\n[storage]\ndirectory = \"stores\"\n" +
                    connectors);
}

Ran Machine::harrier(std::vector<std::string> arguments) const {
  arguments.insert(arguments.end(), {"--config", config().string()});
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  Io io{out, err, in};
  const int code = run_harrier(std::move(arguments), io);
  return {code, out.str(), err.str()};
}

void Machine::fill(const std::string& table, const std::vector<std::string>& records,
                   model::PageCommit commit) const {
  with_stores(directory(),
              [&](model::StoreSet& stores) { return write_page(stores, table, records, commit); });
}

void Machine::save_status(model::TableStatus status) const {
  with_stores(directory(),
              [&](model::StoreSet& stores) { return stores.state().save_status(status); });
}

void Machine::quarantine(model::QuarantinedRecord record) const {
  const std::vector<model::QuarantinedRecord> records(1, record);
  with_stores(directory(),
              [&](model::StoreSet& stores) { return stores.state().quarantine(records); });
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace harrier::app::test
