// Rows rendered and packed once, so that a tenant that is asked for them again costs nothing.
#pragma once

#include "sandbox/generator.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

namespace harrier::sandbox {

/// Bytes of deflate that end on a byte boundary and refer to nothing before them.
struct PackedPiece {
  std::string bytes;
  std::uint32_t checksum = 0;  ///< CRC-32 of the plain text
  std::uint64_t plain_size = 0;
};

/// A run of rows, joined by commas.
struct PackedBlock {
  PackedPiece piece;
  Instant first_event;  ///< the smallest and the largest event time of its rows
  Instant last_event;
};

/// One gzip member, put together from pieces.
class PackedBody {
 public:
  PackedBody();
  void append(const PackedPiece& piece);
  void append(std::string_view plain);

  [[nodiscard]] std::uint64_t plain_size() const noexcept { return plain_size_; }

  /// The whole member, `tail` being the end of its text.
  [[nodiscard]] std::string finish(std::string_view tail) &&;

 private:
  std::string bytes_;
  std::uint32_t checksum_ = 0;
  std::uint64_t plain_size_ = 0;
};

/// The blocks asked for so far, up to a bound. Thread-safe.
class PackedRows {
 public:
  static constexpr std::uint64_t kRows = 256;

  /// Deliveries [index * kRows, (index + 1) * kRows) of a table as a `Renderer` writes them.
  [[nodiscard]] std::shared_ptr<const PackedBlock> block(const World& world,
                                                         const TableGenerator& table,
                                                         bool with_ingested, std::uint64_t index);

 private:
  std::mutex mutex_;
  std::map<std::tuple<const TableGenerator*, bool, std::uint64_t>,
           std::shared_ptr<const PackedBlock>>
      blocks_;
  std::uint64_t bytes_ = 0;
};

}  // namespace harrier::sandbox
