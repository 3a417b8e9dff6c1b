#include "base/embedded.hpp"
#include "base/text.hpp"
#include "connectors/office365_management/content_stream.hpp"
#include "ingest/spec_connector.hpp"
#include "ingest/stream_map.hpp"

namespace harrier::embedded {
std::span<const base::EmbeddedText> streams_of_office365_management();
}

namespace harrier::connectors::office365_management {

namespace {

constexpr std::size_t kMaxProbeReply = 1ULL << 20;

std::set<std::string, std::less<>> words(std::string_view list) {
  std::set<std::string, std::less<>> found;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const auto word = trim(list.substr(0, comma));
    if (!word.empty()) found.insert(to_lower(word));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return found;
}

// The admin's words for workloads, as records spell them: SharePoint includes OneDrive.
std::set<std::string, std::less<>> chosen_workloads(const settings::TableSetting& own) {
  std::set<std::string, std::less<>> chosen;
  for (const auto& workload : own.workloads) {
    const std::string name = to_lower(workload);
    chosen.insert(name == "teams" ? "microsoftteams" : name);
    if (name == "sharepoint") chosen.insert("onedrive");
  }
  return chosen;
}

// Entries of kind "record" say which records a table takes and how; entries of kind "content" are
// the feeds.
class Office365Management final : public ingest::SpecConnector {
 public:
  using SpecConnector::SpecConnector;

  std::vector<std::unique_ptr<ingest::Stream>> streams(const settings::Settings& all,
                                                       const settings::Connector& setting,
                                                       ingest::Services& services) const override {
    std::vector<std::unique_ptr<ingest::Stream>> streams;
    for (const auto& spec : specs()) {
      if (spec.kind != "content") continue;
      ContentOptions options;
      options.spec = spec;
      options.feed.tenant = all.tenant.id;
      options.feed.publisher = setting.publisher_id.empty() ? all.tenant.id : setting.publisher_id;
      options.feed.content_type = spec.name;
      options.poll_interval = setting.poll_interval;
      options.backfill = setting.backfill;
      if (add_rules(all, services, options))
        streams.push_back(std::make_unique<ContentStream>(std::move(options), services));
    }
    return streams;
  }

 protected:
  // A subscription list needs the same permission as content and starts nothing.
  Task<> probe_stream(ingest::StreamSpec spec, ingest::Services& services) const override {
    Feed feed;
    feed.tenant = services.tenant_id;
    feed.publisher = services.tenant_id;
    net::Request request;
    request.url = list_subscriptions_path(feed);
    HARRIER_CO_TRY(auto response, co_await services.api(spec.api).call(std::move(request)));
    HARRIER_CO_TRYV(co_await net::read_all(*response, kMaxProbeReply));
    co_return Result<>();
  }

 private:
  // Adds the rules of every table; true when the content type can bring records for one that is
  // enabled.
  bool add_rules(const settings::Settings& all, const ingest::Services& services,
                 ContentOptions& options) const {
    bool needed = false;
    for (const auto& spec : specs()) {
      if (spec.kind != "record") continue;
      TableRule rule;
      rule.table = services.catalog.find(spec.table);
      const auto* own = rule.table ? all.enabled_table(*rule.table) : nullptr;
      rule.enabled = own != nullptr;
      rule.workloads = words(spec.option("workloads"));
      rule.record_types = words(spec.option("record_types"));
      if (own != nullptr) rule.chosen = chosen_workloads(*own);
      if (!brings(options.spec, spec, rule)) rule.enabled = false;
      needed = needed || rule.enabled;
      options.rules.push_back(std::move(rule));
      options.maps.push_back(ingest::stream_map(spec, all.tenant.id).value());
    }
    return needed;
  }

  // Whether a content type carries records of a table: of the chosen workloads where the admin
  // narrowed them.
  static bool brings(const ingest::StreamSpec& content, const ingest::StreamSpec& record,
                     const TableRule& rule) {
    const auto contents = words(record.option("contents"));
    if (!contents.empty() && !contents.contains(to_lower(content.name))) return false;
    const auto carried = words(content.option("carries"));
    if (rule.chosen.empty() || carried.empty()) return true;
    for (const auto& workload : carried) {
      if (rule.chosen.contains(workload)) return true;
    }
    return false;
  }
};

}  // namespace

std::unique_ptr<ingest::Connector> make_connector();

std::unique_ptr<ingest::Connector> make_connector() {
  return std::make_unique<Office365Management>(
      "office365_management", embedded::streams_of_office365_management().front().text);
}

}  // namespace harrier::connectors::office365_management
