#include "sandbox/packed_rows.hpp"

#include "sandbox/gzip.hpp"
#include "sandbox/render.hpp"

#include <algorithm>
#include <zlib.h>

namespace harrier::sandbox {
namespace {

constexpr std::uint64_t kMaxBytes = 512ULL << 20U;

PackedPiece pack(std::string_view plain, bool is_last = false) {
  PackedPiece piece;
  piece.bytes = deflate_piece(plain, is_last);
  piece.checksum = static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(plain.data()), plain.size()));
  piece.plain_size = plain.size();
  return piece;
}

void append_number(std::string& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFFU);
}

}  // namespace

PackedBody::PackedBody() : bytes_("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10) {}

void PackedBody::append(const PackedPiece& piece) {
  bytes_ += piece.bytes;
  checksum_ = static_cast<std::uint32_t>(
      crc32_combine(checksum_, piece.checksum, static_cast<z_off_t>(piece.plain_size)));
  plain_size_ += piece.plain_size;
}

void PackedBody::append(std::string_view plain) {
  if (!plain.empty()) append(pack(plain));
}

std::string PackedBody::finish(std::string_view tail) && {
  append(pack(tail, true));
  append_number(bytes_, checksum_);
  append_number(bytes_, static_cast<std::uint32_t>(plain_size_));
  return std::move(bytes_);
}

std::shared_ptr<const PackedBlock> PackedRows::block(const World& world,
                                                     const TableGenerator& table,
                                                     bool with_ingested, std::uint64_t index) {
  const auto key = std::tuple(&table, with_ingested, index);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = blocks_.find(key); found != blocks_.end()) return found->second;
  }
  Renderer renderer(table, with_ingested, world.options().quirks, world.options().seed);
  auto block = std::make_shared<PackedBlock>();
  std::string text;
  Row row;
  for (auto i = index * kRows; i < (index + 1) * kRows; ++i) {
    table.make(i, row);
    if (!text.empty()) text += ',';
    renderer.append(text, row);
    if (!table.has_time()) continue;
    const auto time = table.event_time(i);
    const bool is_first = i == index * kRows;
    block->first_event = is_first ? time : std::min(block->first_event, time);
    block->last_event = is_first ? time : std::max(block->last_event, time);
  }
  block->piece = pack(text);
  const std::lock_guard lock(mutex_);
  if (bytes_ > kMaxBytes) {
    blocks_.clear();
    bytes_ = 0;
  }
  if (blocks_.emplace(key, block).second) bytes_ += block->piece.bytes.size();
  return block;
}

}  // namespace harrier::sandbox
