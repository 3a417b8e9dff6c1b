#include "connectors/microsoft365_defender/hunting_reply.hpp"
#include "connectors/microsoft365_defender/hunting_stream.hpp"

#include "base/embedded.hpp"
#include "ingest/streams_file.hpp"

#include <fmt/format.h>

namespace harrier::embedded {
std::span<const base::EmbeddedText> streams_of_microsoft365_defender();
}

namespace harrier::connectors::microsoft365_defender {

namespace {

HuntingOptions hunting_options(const ingest::StreamSpec& spec, model::TablePtr table, const settings::Connector& setting,
                               const settings::TableSetting& own) {
  HuntingOptions options;
  options.spec = spec;
  options.table = std::move(table);
  options.poll_interval = own.poll_interval.value_or(setting.poll_interval);
  options.settle = setting.settle;
  options.backfill = setting.backfill;
  options.max_rows = setting.max_rows;
  options.max_bytes = setting.max_bytes;
  options.filter = own.filter;
  return options;
}

class Microsoft365Defender final : public ingest::Connector {
 public:
  explicit Microsoft365Defender(std::vector<ingest::StreamSpec> specs) : specs_(std::move(specs)) {}

  std::string_view name() const noexcept override { return "microsoft365_defender"; }

  std::vector<std::unique_ptr<ingest::Stream>> streams(const settings::Settings& all, const settings::Connector& setting,
                                                       ingest::Services& services) const override {
    std::vector<std::unique_ptr<ingest::Stream>> streams;
    for (const auto& spec : specs_) {
      const auto table = services.catalog.find(spec.table);
      const auto* own = table ? all.enabled_table(*table) : nullptr;
      if (own == nullptr) continue;
      if (spec.kind == "hunting")
        streams.push_back(std::make_unique<HuntingStream>(hunting_options(spec, table, setting, *own), services));
    }
    return streams;
  }

  Task<> probe(model::TablePtr table, ingest::Services& services) const override {
    const auto* spec = find(table->name);
    if (spec == nullptr) co_return Error(Errc::not_found, fmt::format("no stream fills {}", table->name));
    auto request = hunting_request(*spec, probe_query(table->name, 0));
    HARRIER_CO_TRY(auto response, co_await services.api(spec->api).call(std::move(request)));
    HARRIER_CO_TRYV(co_await net::read_all(*response, std::size_t{1} << 20));
    co_return Result<>();
  }

  std::string permission(const model::TableSchema& table) const override {
    const auto* spec = find(table.name);
    return spec == nullptr ? std::string() : spec->permission;
  }

 private:
  const ingest::StreamSpec* find(std::string_view table) const {
    for (const auto& spec : specs_) {
      if (spec.table == table) return &spec;
    }
    return nullptr;
  }

  std::vector<ingest::StreamSpec> specs_;
};

}  // namespace

std::unique_ptr<ingest::Connector> make_connector();

std::unique_ptr<ingest::Connector> make_connector() {
  const auto& file = embedded::streams_of_microsoft365_defender().front();
  return std::make_unique<Microsoft365Defender>(ingest::parse_streams("microsoft365_defender/streams.toml", file.text).value());
}

}  // namespace harrier::connectors::microsoft365_defender
