#include "sandbox/gzip.hpp"

#include <isa-l/igzip_lib.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

namespace harrier::sandbox {

namespace {

std::string deflate(std::string_view data, std::uint16_t container, bool is_last = true) {
  if (data.size() > std::numeric_limits<std::uint32_t>::max() / 2)
    throw std::length_error("answer too long");
  std::vector<std::uint8_t> level_buffer(ISAL_DEF_LVL1_DEFAULT);
  std::string out(data.size() + data.size() / 8 + 1024, '\0');
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.level = 1;
  stream.level_buf = level_buffer.data();
  stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
  stream.gzip_flag = container;
  stream.end_of_stream = is_last ? 1 : 0;
  stream.flush = is_last ? NO_FLUSH : FULL_FLUSH;
  stream.next_in =  // The library does not write here.
      reinterpret_cast<std::uint8_t*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<std::uint32_t>(data.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  if (isal_deflate_stateless(&stream) != COMP_OK) throw std::runtime_error("deflate failed");
  out.resize(stream.total_out);
  return out;
}

}  // namespace

std::string gzip(std::string_view data) {
  return deflate(data, IGZIP_GZIP);
}

std::string raw_deflate(std::string_view data) {
  return deflate(data, IGZIP_DEFLATE);
}

std::string deflate_piece(std::string_view data, bool is_last) {
  return deflate(data, IGZIP_DEFLATE, is_last);
}

}  // namespace harrier::sandbox
