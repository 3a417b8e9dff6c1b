#include "app/text_table.hpp"

#include <algorithm>
#include <ostream>

namespace harrier::app {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastLast = 10;

}  // namespace

TextTable::TextTable(std::vector<std::string> headings) : headings_(std::move(headings)) {
  for (auto& heading : headings_) {
    right_.push_back(heading.starts_with('>'));
    if (right_.back()) heading.erase(0, 1);
  }
}

void TextTable::print(const Io& io) const {
  std::vector<std::size_t> widths;
  for (const auto& heading : headings_) widths.push_back(display_width(heading));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i].text));
  }
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
    io.out << out << '\n';
  };
  std::vector<Cell> head;
  for (const auto& heading : headings_) head.emplace_back(heading, Colour::bold);
  line(head);
  for (const auto& row : rows_) line(row);
}

}  // namespace harrier::app
