#include "ingest/row_splitter.hpp"

#include <algorithm>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace harrier::ingest {

namespace {

constexpr std::size_t kBlock = 64;

// One bit per byte of a block.
struct Masks {
  std::uint64_t quote = 0;
  std::uint64_t backslash = 0;
  std::uint64_t open = 0;
  std::uint64_t close = 0;
};

#if defined(__SSE2__)

std::uint64_t bits(__m128i bytes, int lane) noexcept {
  return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(bytes))) << (lane * 16);
}

Masks classify(const char* block) noexcept {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i case_bit = _mm_set1_epi8(0x20);
  Masks masks;
  for (int lane = 0; lane < 4; ++lane) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + lane * 16));
    const __m128i folded =
        _mm_or_si128(bytes, case_bit);  // [ and ] differ from { and } in this bit only
    masks.quote |= bits(_mm_cmpeq_epi8(bytes, quote), lane);
    masks.backslash |= bits(_mm_cmpeq_epi8(bytes, backslash), lane);
    masks.open |= bits(_mm_cmpeq_epi8(folded, _mm_set1_epi8('{')), lane);
    masks.close |= bits(_mm_cmpeq_epi8(folded, _mm_set1_epi8('}')), lane);
  }
  return masks;
}

#else

Masks classify(const char* block) noexcept {
  Masks masks;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    switch (block[i]) {
      case '"':
        masks.quote |= bit;
        break;
      case '\\':
        masks.backslash |= bit;
        break;
      case '{':
      case '[':
        masks.open |= bit;
        break;
      case '}':
      case ']':
        masks.close |= bit;
        break;
      default:
        break;
    }
  }
  return masks;
}

#endif

// Bits of bytes that a backslash in front escapes; `carry` is 1 when the block's first byte is, and
// is set for the next.
std::uint64_t escaped_bytes(std::uint64_t backslash, std::size_t length,
                            std::uint64_t& carry) noexcept {
  std::uint64_t escaped = carry;
  std::uint64_t rest = backslash & ~carry;
  carry = 0;
  while (rest != 0) {
    const int at = __builtin_ctzll(rest);
    if (static_cast<std::size_t>(at) + 1 == length) {
      carry = 1;
      break;
    }
    const std::uint64_t next = std::uint64_t{2} << at;
    escaped |= next;
    rest &= ~(next | (next >> 1));
  }
  return escaped;
}

// The compiler's own calls a function where the processor is not known to count bits.
std::int64_t count_bits(std::uint64_t bits) noexcept {
  bits -= bits >> 1 & 0x5555555555555555;
  bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
  bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F;
  return static_cast<std::int64_t>(bits * 0x0101010101010101 >> 56);
}

// Bit i is the parity of bits 0..i.
std::uint64_t prefix_xor(std::uint64_t bits) noexcept {
  for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

}  // namespace

std::size_t RowSplitter::scan(const char* data, std::size_t size) noexcept {
  std::size_t pos = 0;
  while (pos < size) {
    const std::size_t length = std::min(size - pos, kBlock);
    const std::uint64_t valid =
        length == kBlock ? ~std::uint64_t{0} : (std::uint64_t{1} << length) - 1;
    const Masks masks = classify(data + pos);
    const std::uint64_t escaped = escaped_bytes(masks.backslash & valid, length, escape_carry_);
    const std::uint64_t strings = prefix_xor(masks.quote & ~escaped & valid) ^ in_string_;
    in_string_ = (strings >> (length - 1) & 1) != 0 ? ~std::uint64_t{0} : 0;
    const std::uint64_t open = masks.open & ~strings & valid;
    const std::uint64_t close = masks.close & ~strings & valid;
    if ((open | close) == 0) {
      pos += length;
      continue;
    }
    const std::int64_t closing = count_bits(close);
    if (depth_ <= closing) {
      for (std::uint64_t brackets = open | close; brackets != 0; brackets &= brackets - 1) {
        const std::uint64_t lowest = brackets & (~brackets + 1);
        depth_ += (open & lowest) != 0 ? 1 : -1;
        if (depth_ > 0) continue;
        complete_ = true;
        return pos + static_cast<std::size_t>(__builtin_ctzll(lowest)) + 1;
      }
    } else {
      depth_ += count_bits(open) - closing;
    }
    pos += length;
  }
  return size;
}

}  // namespace harrier::ingest
