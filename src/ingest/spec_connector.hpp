// A connector whose streams.toml says everything: most are.
#pragma once

#include "ingest/connector.hpp"
#include "ingest/streams_file.hpp"

#include <string>
#include <vector>

namespace harrier::ingest {

/// Offers one stream for each entry whose table is enabled. Lists need no code; other kinds
/// override `make_stream` and `probe_stream`.
class SpecConnector : public Connector {
 public:
  /// `text` is the embedded streams.toml; an unsound one is a bug that a test finds.
  SpecConnector(std::string name, std::string_view text);

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

  [[nodiscard]] std::vector<std::unique_ptr<Stream>> streams(const settings::Settings& all,
                                                             const settings::Connector& setting,
                                                             Services& services) const override;
  [[nodiscard]] Task<> probe(model::TablePtr table, Services& services) const override;
  [[nodiscard]] std::string permission(const model::TableSchema& table) const override;

  [[nodiscard]] const std::vector<StreamSpec>& specs() const noexcept { return specs_; }

 protected:
  /// What a stream is made from.
  struct Making {
    const StreamSpec& spec;
    model::TablePtr table;
    const settings::Settings& all;
    const settings::Connector& setting;
    const settings::TableSetting& own;
    Services& services;
  };

  /// The stream of an entry; null for a kind the connector does not know.
  [[nodiscard]] virtual std::unique_ptr<Stream> make_stream(const Making& making) const;
  /// One cheap request that shows whether the entry can be read.
  [[nodiscard]] virtual Task<> probe_stream(StreamSpec spec, Services& services) const;
  /// The entry that fills `table`; nullptr where none does.
  [[nodiscard]] const StreamSpec* find(std::string_view table) const noexcept;

 private:
  std::string name_;
  std::vector<StreamSpec> specs_;
};

}  // namespace harrier::ingest
