#include "model/views.hpp"

#include <algorithm>
#include <array>

namespace harrier::model {

namespace {

// scid-2003 is the assessment "Turn on tamper protection" of vulnerability management.
constexpr std::array<TableView, 1> kViews = {{
    {"TamperProtection", "DeviceTvmSecureConfigurationAssessment", "ConfigurationId", "scid-2003"},
}};

}  // namespace

std::span<const TableView> table_views() noexcept {
  return kViews;
}

const TableView* find_view(std::string_view name) noexcept {
  const auto found = std::ranges::find(kViews, name, &TableView::name);
  return found == kViews.end() ? nullptr : &*found;
}

}  // namespace harrier::model
