// Streaming decompression of HTTP bodies into one small window.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace harrier::net {

/// How a body is packed.
enum class Encoding : std::uint8_t {
  identity,
  gzip,     ///< RFC 1952, one member or several
  deflate,  ///< raw deflate, as Defender for Endpoint sends it, or zlib-wrapped as RFC 9110 says
};

/// Bounds against decompression bombs.
struct InflateLimits {
  InflateLimits() = default;
  std::uint64_t max_bytes = 8ULL << 30;  ///< decoded bytes of one body
  std::uint64_t max_ratio = 600;         ///< decoded per packed byte, looked at beyond `ratio_from`
  std::uint64_t ratio_from = 16ULL << 20;
};

/// Inflates a body piece by piece. Checksums and lengths of every gzip member are verified at its
/// trailer.
///
/// Use: `feed` a piece, call `next` until it is empty, feed the next one; at the end of the body
/// `finish`. The window is 256 KiB.
class Inflater {
 public:
  explicit Inflater(Encoding encoding, InflateLimits limits = InflateLimits());
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;
  ~Inflater();

  /// Takes the next packed bytes; they must stay valid until `next` returned empty.
  void feed(std::string_view input) noexcept;
  /// The next decoded bytes, valid until the next call; empty where more input is needed.
  /// Errors: protocol (damaged data, wrong checksum, bytes after the end, a bomb).
  [[nodiscard]] Result<std::string_view> next();
  /// The body has ended. Errors: protocol where the packed stream has not.
  [[nodiscard]] Result<> finish() const;

 private:
  struct Machine;

  Result<std::string_view> inflate();
  Result<> begin_member();
  Result<> check_bounds() const;

  Encoding encoding_;
  InflateLimits limits_;
  std::string_view input_;
  std::uint64_t packed_ = 0;
  std::uint64_t decoded_ = 0;
  std::unique_ptr<Machine> machine_;
};

/// The encoding that a Content-Encoding header names (`gzip`, `x-gzip`, `deflate`, `identity` or
/// empty). Errors: protocol for any other.
[[nodiscard]] Result<Encoding> parse_content_encoding(std::string_view value);

}  // namespace harrier::net
