// Where a program's text goes, and how it may look there.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>

namespace harrier::app {

/// The streams of a command. Tests give it string streams.
struct Io {
  std::ostream& out;
  std::ostream& err;
  std::istream& in;
  bool terminal = false;      ///< `out` is a terminal: progress bars and clearing are allowed
  bool colour = false;        ///< a terminal that takes colours, and NO_COLOR is unset
  int width = 80;             ///< columns of the terminal
  int height = 24;            ///< its lines
  bool err_terminal = false;  ///< `err` is a terminal too, on which a line may be drawn over
  int descriptor = -1;        ///< the terminal whose size may change; -1: it does not
};

/// The process's standard streams, with what the environment says about them (NO_COLOR, TERM).
[[nodiscard]] Io standard_io();

/// Asks the terminal for its size again.
void refresh_size(Io& io);

enum class Colour : std::uint8_t { plain, bold, dim, red, green, yellow, blue };

/// `text` with the escape sequences of `colour`, or as it is where colours are off.
[[nodiscard]] std::string paint(const Io& io, Colour colour, std::string_view text);
/// Columns that `text` takes: its code points.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;
/// `text` cut to `width` columns, with an ellipsis where something is missing.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);
/// `width` blocks, filled for the share (0..1) that is done.
[[nodiscard]] std::string progress_bar(double done, int width);
/// `1,234,567`.
[[nodiscard]] std::string with_commas(std::int64_t number);
/// `2 catching_up, 10 ok`; empty for nothing.
[[nodiscard]] std::string counts_text(const std::map<std::string, int>& counts);
/// `12.3 MiB`: bytes for people.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

}  // namespace harrier::app
