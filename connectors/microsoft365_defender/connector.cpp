#include "base/embedded.hpp"
#include "connectors/microsoft365_defender/hunting_stream.hpp"
#include "ingest/spec_connector.hpp"

namespace harrier::embedded {
std::span<const base::EmbeddedText> streams_of_microsoft365_defender();
}

namespace harrier::connectors::microsoft365_defender {

namespace {

constexpr std::size_t kMaxProbeReply = 1ULL << 20;

class Microsoft365Defender final : public ingest::SpecConnector {
 public:
  using SpecConnector::SpecConnector;

 private:
  std::unique_ptr<ingest::Stream> make_stream(const Making& making) const override {
    if (making.spec.kind != "hunting") return SpecConnector::make_stream(making);
    HuntingOptions options;
    options.spec = making.spec;
    options.table = making.table;
    options.poll_interval = making.own.poll_interval.value_or(making.setting.poll_interval);
    options.settle = making.setting.settle;
    options.backfill = making.setting.backfill;
    options.max_rows = making.setting.max_rows;
    options.max_bytes = making.setting.max_bytes;
    options.filter = making.own.filter;
    return std::make_unique<HuntingStream>(std::move(options), making.services);
  }

  Task<> probe_stream(ingest::StreamSpec spec, ingest::Services& services) const override {
    if (spec.kind != "hunting")
      co_return co_await SpecConnector::probe_stream(std::move(spec), services);
    auto request = hunting_request(spec, probe_query(spec.table, 0));
    HARRIER_CO_TRY(auto response, co_await services.api(spec.api).call(std::move(request)));
    HARRIER_CO_TRYV(co_await net::read_all(*response, kMaxProbeReply));
    co_return Result<>();
  }
};

}  // namespace

std::unique_ptr<ingest::Connector> make_connector();

std::unique_ptr<ingest::Connector> make_connector() {
  return std::make_unique<Microsoft365Defender>(
      "microsoft365_defender", embedded::streams_of_microsoft365_defender().front().text);
}

}  // namespace harrier::connectors::microsoft365_defender
