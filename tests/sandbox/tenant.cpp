#include "sandbox/tenant.hpp"

#include "sandbox/file.hpp"
#include "sandbox/odata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace harrier::sandbox {
namespace {

constexpr std::string_view kAuditTables[] = {
    "AuditGeneral",   "Dynamics365Activity", "MicrosoftPurviewInformationProtection",
    "OfficeActivity", "PowerBIActivity",     "ProjectActivity"};
constexpr std::string_view kApis[] = {"hunting", "defender", "graph", "office365"};

bool is_defender(std::string_view path) {
  return path.starts_with("/api/");
}

}  // namespace

Result<std::unique_ptr<Tenant>> Tenant::create(Options options) {
  HARRIER_TRY(const auto catalog, model::Catalog::load_embedded());
  for (const auto& list : {options.tables, options.unlicensed, options.null_ingestion}) {
    for (const auto& table : list) {
      if (!catalog.find(table))
        return Error(Errc::config, fmt::format("there is no table '{}'", table));
    }
  }
  for (const auto& api : options.apis) {
    if (std::ranges::find(kApis, api) == std::end(kApis)) {
      return Error(Errc::config, fmt::format("there is no API '{}'", api));
    }
  }
  return std::unique_ptr<Tenant>(new Tenant(std::move(options), catalog));
}

Tenant::Tenant(Options options, const model::Catalog& catalog)
    : options_(std::move(options)),
      world_(options_),
      catalog_(catalog),
      hunting_(world_, catalog_),
      management_(world_) {
  for (auto make : {graph_collections, sign_in_collections, risk_collections, directory_collections,
                    endpoint_collections}) {
    for (auto& spec : make()) {
      auto table = catalog_.find(spec.table);
      if (!table) continue;
      if (spec.table == "MdeMachines" || spec.table == "MdeAvHealth")
        spec.fixed_count = world_.devices().size();
      collections_.push_back(
          std::make_unique<Collection>(world_, std::move(table), std::move(spec)));
    }
  }
  if (const auto text = read_file(options_.dir / "epoch")) {
    if (const auto kept = parse_size(*text)) epoch_ = *kept;
  }
}

Result<> Tenant::set_epoch(std::uint64_t epoch) {
  epoch_ = epoch;
  return write_file(options_.dir / "epoch", fmt::format("{}", epoch));
}

const Collection* Tenant::find(const HttpRequest& request) const {
  const Collection* found = nullptr;
  const auto filter = parse_filter(request.parameter("$filter"));
  for (const auto& collection : collections_) {
    if (collection->spec().path != request.path) continue;
    const auto kind = collection->spec().kind;
    const bool is_meant =
        kind.empty() || (filter && std::ranges::any_of(*filter, [&](const FilterTerm& term) {
                           return term.op == "any" && term.value == kind;
                         }));
    if (is_meant) found = collection.get();
  }
  return found;
}

std::vector<std::string> Tenant::tables_of(std::string_view api) const {
  std::set<std::string> names;
  if (api == "hunting") {
    for (const auto& [name, table] : hunting_.tables()) names.insert(name);
  } else if (api == "office365") {
    for (const auto table : kAuditTables) {
      if (catalog_.find(table)) names.emplace(table);
    }
  } else {
    for (const auto& collection : collections_) {
      if (is_defender(collection->spec().path) == (api == "defender"))
        names.emplace(collection->spec().table);
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> Tenant::judged_tables() const {
  std::set<std::string> names;
  for (const auto& api : options_.apis) {
    for (auto& name : tables_of(api)) names.insert(std::move(name));
  }
  return {names.begin(), names.end()};
}

TruthTable Tenant::truth(std::string_view table, Instant until, Instant now) const {
  if (const auto* generator = hunting_.find(table))
    return hunting_truth(*generator, until, now, epoch());
  if (std::ranges::find(kAuditTables, table) != std::end(kAuditTables))
    return audit_truth(table, until, now);
  return list_truth(table, until, now);
}

TruthTable Tenant::list_truth(std::string_view table, Instant until, Instant now) const {
  TruthTable result;
  result.table = table;
  std::vector<const Collection*> lists;
  for (const auto& collection : collections_) {
    if (collection->spec().table == table) lists.push_back(collection.get());
  }
  if (lists.empty()) return result;
  result.names = lists.front()->judged_columns();
  result.keys = {0};
  const auto id = std::ranges::find(result.names, "Id");
  if (id != result.names.end()) result.keys = {static_cast<std::size_t>(id - result.names.begin())};
  std::uint64_t latest = 0;
  // An entry's index tells list, entity and version.
  constexpr std::uint64_t kVersions = 8;
  for (std::size_t l = 0; l < lists.size(); ++l) {
    const auto& list = *lists[l];
    for (std::uint64_t i = 0; i < list.count(std::max(now, until)); ++i) {
      const auto last = list.version_at(i, std::max(now, until));
      const bool is_published = list.visible(i, 0) < until && !list.spec().is_optional;
      const auto required = list.version_at(i, until);
      for (unsigned v = 0; v <= last; ++v) {
        // A removal is only noticed by those who knew the entity.
        const bool is_required =
            is_published && v == required && !list.is_removed(i, v) && !list.is_hidden(last);
        if (is_required) ++latest;
        result.truth.push_back({hash_row(list.stored(i, v)), (i * lists.size() + l) * kVersions + v,
                                list.visible(i, v), is_required, 0});
      }
    }
  }
  sort_truth(result.truth);
  // While entities change, which of them a collector has seen is anybody's guess.
  if (options_.rate <= 0 && lists.front()->table().has_latest) result.latest = latest;
  result.row = [lists](std::uint64_t index) {
    const auto entity = index / kVersions;
    return lists[entity % lists.size()]->stored(entity / lists.size(),
                                                static_cast<unsigned>(index % kVersions));
  };
  return result;
}

TruthTable Tenant::audit_truth(std::string_view table, Instant until, Instant now) const {
  TruthTable result;
  result.table = table;
  const auto columns = audit_columns(table);
  for (const auto& [column, property] : columns) result.names.emplace_back(column);
  result.keys = {0};
  const auto schema = catalog_.find(table);
  const auto stored = [columns, schema](const AuditRecord& audit) {
    std::vector<std::string> values;
    for (const auto& [name, source] : columns) {
      const auto* column = schema->find(name);
      const auto* property = source.empty() ? nullptr : audit.record.find(source);
      const auto* told = source.empty() ? audit.record.stored_value(name) : nullptr;
      if (told != nullptr)
        values.push_back(*told);
      else if (property == nullptr)
        values.emplace_back();
      else
        values.push_back(stored_property(
            *property, column == nullptr ? model::ScalarType::string : column->type));
    }
    return values;
  };
  const auto& feeds = management_.feeds();
  for (std::size_t f = 0; f < feeds.size(); ++f) {
    const auto required = feeds[f].count_before(until);
    const auto possible = feeds[f].count_before(std::max(now, until));
    for (std::uint64_t i = 0; i < possible; ++i) {
      const auto audit = feeds[f].record(i);
      if (audit.table != table) continue;
      result.truth.push_back({hash_row(stored(audit)),
                              i * feeds.size() + f,
                              {},
                              i < required && !feeds[f].is_lost(i, now),
                              0});
    }
  }
  sort_truth(result.truth);
  result.row = [this, stored](std::uint64_t index) {
    const auto& all = management_.feeds();
    return stored(all[index % all.size()].record(index / all.size()));
  };
  return result;
}

}  // namespace harrier::sandbox
