#include "ingest/spec_connector.hpp"

#include "ingest/list_stream.hpp"

#include <fmt/format.h>

namespace harrier::ingest {

SpecConnector::SpecConnector(std::string name, std::string_view text)
    : name_(std::move(name)), specs_(parse_streams(name_ + "/streams.toml", text).value()) {}

std::vector<std::unique_ptr<Stream>> SpecConnector::streams(const settings::Settings& all,
                                                            const settings::Connector& setting,
                                                            Services& services) const {
  std::vector<std::unique_ptr<Stream>> streams;
  for (const auto& spec : specs_) {
    auto table = services.catalog.find(spec.table);
    const auto* own = table ? all.enabled_table(*table) : nullptr;
    if (own == nullptr) continue;
    const Making making{spec, std::move(table), all, setting, *own, services};
    if (auto stream = make_stream(making)) streams.push_back(std::move(stream));
  }
  return streams;
}

std::unique_ptr<Stream> SpecConnector::make_stream(const Making& making) const {
  return make_list_stream(making.spec, making.table, making.all, making.setting, making.own,
                          making.services);
}

Task<> SpecConnector::probe(model::TablePtr table, Services& services) const {
  const auto* spec = find(table->name);
  if (spec == nullptr)
    co_return Error(Errc::not_found, fmt::format("no stream fills {}", table->name));
  co_return co_await probe_stream(*spec, services);
}

Task<> SpecConnector::probe_stream(StreamSpec spec, Services& services) const {
  co_return co_await probe_list(std::move(spec), services);
}

std::string SpecConnector::permission(const model::TableSchema& table) const {
  const auto* spec = find(table.name);
  return spec == nullptr ? std::string() : spec->permission;
}

const StreamSpec* SpecConnector::find(std::string_view table) const noexcept {
  for (const auto& spec : specs_) {
    if (spec.table == table) return &spec;
  }
  return nullptr;
}

}  // namespace harrier::ingest
