#include "app/text_table.hpp"

#include <algorithm>
#include <ostream>

namespace harrier::app {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastLast = 10;
/// What the last column should have before others are left out.
constexpr std::size_t kWantedLast = 30;

}  // namespace

TextTable::TextTable(std::vector<std::string> headings) : headings_(std::move(headings)) {
  for (auto& heading : headings_) {
    right_.push_back(heading.starts_with('>'));
    if (right_.back()) heading.erase(0, 1);
  }
}

std::vector<std::size_t> TextTable::widths() const {
  std::vector<std::size_t> widths;
  for (const auto& heading : headings_) widths.push_back(display_width(heading));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i].text));
  }
  return widths;
}

void TextTable::erase(std::size_t column) {
  const auto at = static_cast<std::ptrdiff_t>(column);
  headings_.erase(headings_.begin() + at);
  right_.erase(right_.begin() + at);
  for (auto& row : rows_) row.erase(row.begin() + at);
}

std::vector<std::string> TextTable::fit(const Io& io, std::span<const std::string_view> spare) {
  std::vector<std::string> out;
  if (!io.terminal) return out;
  for (const auto heading : spare) {
    const auto widths = this->widths();
    std::size_t needed = std::min(widths.back(), kWantedLast);
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) needed += widths[i] + kGap;
    if (needed <= static_cast<std::size_t>(std::max(io.width, 0))) break;
    const auto found = std::find(headings_.begin(), headings_.end(), heading);
    if (found == headings_.end()) continue;
    out.emplace_back(heading);
    erase(static_cast<std::size_t>(found - headings_.begin()));
  }
  return out;
}

std::vector<std::string> TextTable::lines(const Io& io) const {
  auto widths = this->widths();
  if (io.terminal) {
    std::size_t before = 0;
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) before += widths[i] + kGap;
    const auto room = static_cast<std::size_t>(std::max(io.width, 0));
    widths.back() =
        std::min(widths.back(), std::max(room > before ? room - before : 0, kLeastLast));
  }
  const auto line = [&](const std::vector<Cell>& cells) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool last = i + 1 == cells.size();
      const std::string text = last ? shortened(cells[i].text, widths[i]) : cells[i].text;
      const std::string blanks(widths[i] - std::min(widths[i], display_width(text)), ' ');
      if (right_[i]) out += blanks;
      out += paint(io, cells[i].colour, text);
      if (!last) out += (right_[i] ? std::string() : blanks) + std::string(kGap, ' ');
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  };
  std::vector<Cell> head;
  for (const auto& heading : headings_) head.emplace_back(heading, Colour::bold);
  std::vector<std::string> out = {line(head)};
  for (const auto& row : rows_) out.push_back(line(row));
  return out;
}

void TextTable::print(const Io& io) const {
  for (const auto& line : lines(io)) io.out << line << '\n';
}

}  // namespace harrier::app
