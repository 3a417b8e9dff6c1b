// Lists as aligned columns.
#pragma once

#include "app/terminal.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harrier::app {

/// Rows under headings. On a terminal the last column is cut to fit; elsewhere nothing is.
class TextTable {
 public:
  struct Cell {
    Cell(std::string text_) : text(std::move(text_)) {}

    Cell(const char* text_) : text(text_) {}

    Cell(std::string text_, Colour colour_) : text(std::move(text_)), colour(colour_) {}

    std::string text;
    Colour colour = Colour::plain;
  };

  /// Headings that begin with `>` are of right-aligned columns; the sign is not printed.
  explicit TextTable(std::vector<std::string> headings);

  void add_row(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }

  /// On a terminal, leaves out columns in this order of headings until the lines fit. Returns those
  /// left out.
  std::vector<std::string> fit(const Io& io, std::span<const std::string_view> spare);

  /// The headings and the rows, without ends of line.
  [[nodiscard]] std::vector<std::string> lines(const Io& io) const;
  void print(const Io& io) const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;
  void erase(std::size_t column);

  std::vector<std::string> headings_;
  std::vector<bool> right_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace harrier::app
