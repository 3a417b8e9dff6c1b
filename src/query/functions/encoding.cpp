// Base64, compression, URL and punycode encodings.
#include "base/text.hpp"
#include "query/json.hpp"
#include "query/registry.hpp"
#include "query/unicode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <zlib.h>

namespace harrier::query {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kMostBytes = 64U << 20U;
/// Windows of zlib, which also choose the format.
constexpr int kZlib = 15;
constexpr int kGzip = 31;
/// Texts of at most so many bytes are stored, not compressed.
constexpr std::size_t kStored = 64;

std::string base64(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group =
          (group << 8U) | (at + k < bytes.size() ? static_cast<unsigned char>(bytes[at + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      const bool pad = at + k > bytes.size();
      out += pad ? '=' : kAlphabet[(group >> (18 - 6 * k)) & 63U];
    }
  }
  return out;
}

std::optional<std::string> unbase64(std::string_view text) {
  std::string out;
  std::uint32_t group = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      ++padding;
      group <<= 6U;
    } else {
      const std::size_t value = kAlphabet.find(c);
      if (value == std::string_view::npos || padding > 0) return std::nullopt;
      group = (group << 6U) | static_cast<std::uint32_t>(value);
    }
    if (++digits == 4) {
      if (padding > 2) return std::nullopt;
      for (std::size_t k = 0; k + padding < 3; ++k) {
        out += static_cast<char>((group >> (16 - 8 * k)) & 255U);
      }
      digits = 0;
      group = 0;
    }
  }
  if (digits != 0) return std::nullopt;
  return out;
}

void base64_encode(Frame& f) {
  f.set_text(base64(f.text(0)));
}

void base64_decode(Frame& f) {
  const auto bytes = unbase64(f.text(0));
  if (bytes && is_valid_utf8(*bytes)) f.set_text(*bytes);
}

void base64_decode_toarray(Frame& f) {
  const auto bytes = unbase64(f.text(0));
  if (!bytes) return;
  std::string out = "[";
  for (const char c : *bytes) {
    if (out.size() > 1) out += ',';
    out += std::to_string(static_cast<unsigned char>(c));
  }
  f.set_text(out + "]");
}

void base64_encode_fromarray(Frame& f) {
  std::string bytes;
  for (const std::string_view e : json_elements(f.args[0].s)) {
    if (json_kind(e) != JsonKind::integer) return;
    const Value value = json_scalar(e, f.heap);
    if (value.i < 0 || value.i > 255) return;
    bytes += static_cast<char>(value.i);
  }
  f.set_text(base64(bytes));
}

/// The order in which .NET keeps the bytes of a GUID.
constexpr std::array<std::size_t, 16> kGuidOrder = {3, 2, 1,  0,  5,  4,  7,  6,
                                                    8, 9, 10, 11, 12, 13, 14, 15};

void base64_decode_toguid(Frame& f) {
  const auto bytes = unbase64(f.text(0));
  if (!bytes || bytes->size() != 16) return;
  std::string out;
  for (std::size_t k = 0; k < 16; ++k) {
    if (k == 4 || k == 6 || k == 8 || k == 10) out += '-';
    out += fmt::format("{:02x}", static_cast<unsigned char>((*bytes)[kGuidOrder[k]]));
  }
  f.set_text(out);
}

void base64_encode_fromguid(Frame& f) {
  std::string digits;
  for (const char c : f.args[0].s) {
    if (c != '-') digits += c;
  }
  if (digits.size() != 32) return;
  std::string bytes(16, '\0');
  for (std::size_t k = 0; k < 16; ++k) {
    bytes[kGuidOrder[k]] = static_cast<char>(std::stoi(digits.substr(2 * k, 2), nullptr, 16));
  }
  f.set_text(base64(bytes));
}

std::string deflated(std::string_view text, int window) {
  // As the service does: short texts are stored as they are.
  const int level = text.size() <= kStored ? Z_NO_COMPRESSION : Z_DEFAULT_COMPRESSION;
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string input(text);
  std::string out(deflateBound(&stream, input.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (window == kGzip) {
    // A header that tells neither effort nor system.
    out[8] = 0;
    out[9] = static_cast<char>(0xff);
  }
  return out;
}

std::optional<std::string> inflated(std::string bytes, int window) {
  z_stream stream{};
  if (inflateInit2(&stream, window) != Z_OK) return std::nullopt;
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 16384> block{};
  int status = Z_OK;
  while (status == Z_OK && out.size() < kMostBytes) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(block.data(), block.size() - stream.avail_out);
    if (status == Z_BUF_ERROR) break;
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) return std::nullopt;
  return out;
}

template <int kWindow>
void compress_(Frame& f) {
  f.set_text(base64(deflated(f.text(0), kWindow)));
}

template <int kWindow>
void decompress(Frame& f) {
  auto bytes = unbase64(f.text(0));
  if (!bytes) return;
  const auto text = inflated(std::move(*bytes), kWindow);
  if (text && is_valid_utf8(*text)) f.set_text(*text);
}

/// Everything but ASCII letters, digits and `safe` as `%xx`.
std::string percent_encoded(std::string_view text, std::string_view safe) {
  std::string out;
  for (const char c : text) {
    if (is_ascii_word(static_cast<unsigned char>(c)) || safe.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

void url_encode(Frame& f) {
  std::string text = percent_encoded(f.text(0), "-_.!*() ");
  std::replace(text.begin(), text.end(), ' ', '+');
  f.set_text(text);
}

void url_encode_component(Frame& f) {
  f.set_text(percent_encoded(f.text(0), "-_.!*()"));
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void url_decode(Frame& f) {
  const std::string_view text = f.text(0);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 &&
        hex_digit(text[at + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2]));
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  f.set_text(to_valid_utf8(out));
}

// ---- punycode (RFC 3492)

std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) {
  delta = first ? delta / 700 : delta / 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > 455; k += 36) delta /= 35;
  return k + 36 * delta / (delta + 38);
}

std::uint32_t threshold(std::uint32_t k, std::uint32_t bias) {
  return k <= bias ? 1 : (k >= bias + 26 ? 26 : k - bias);
}

std::string to_punycode(std::string_view text) {
  std::vector<char32_t> codes;
  for (std::size_t at = 0; at < text.size();) codes.push_back(next_code(text, at));
  std::string out;
  for (const char32_t c : codes) {
    if (c < 0x80) out += static_cast<char>(c);
  }
  const auto basic = static_cast<std::uint32_t>(out.size());
  std::uint32_t done = basic;
  if (basic > 0) out += '-';
  std::uint32_t n = 128;
  std::uint32_t delta = 0;
  std::uint32_t bias = 72;
  while (done < codes.size()) {
    char32_t next = 0x10FFFF;
    for (const char32_t c : codes) {
      if (c >= n && c < next) next = c;
    }
    delta += (static_cast<std::uint32_t>(next) - n) * (done + 1);
    n = static_cast<std::uint32_t>(next);
    for (const char32_t c : codes) {
      if (c < n) ++delta;
      if (c != n) continue;
      std::uint32_t q = delta;
      for (std::uint32_t k = 36;; k += 36) {
        const std::uint32_t t = threshold(k, bias);
        const std::uint32_t digit = q < t ? q : t + (q - t) % (36 - t);
        out += static_cast<char>(digit < 26 ? 'a' + digit : '0' + digit - 26);
        if (q < t) break;
        q = (q - t) / (36 - t);
      }
      bias = adapt(delta, done + 1, done == basic);
      delta = 0;
      ++done;
    }
    ++delta;
    ++n;
  }
  return out;
}

std::optional<std::string> from_punycode(std::string_view text) {
  std::vector<char32_t> codes;
  const std::size_t dash = text.rfind('-');
  std::size_t at = 0;
  if (dash != std::string_view::npos) {
    for (const char c : text.substr(0, dash)) codes.push_back(static_cast<unsigned char>(c));
    at = dash + 1;
  }
  std::uint32_t n = 128;
  std::uint32_t i = 0;
  std::uint32_t bias = 72;
  while (at < text.size()) {
    const std::uint32_t before = i;
    std::uint32_t weight = 1;
    for (std::uint32_t k = 36;; k += 36) {
      if (at >= text.size()) return std::nullopt;
      const char c = text[at++];
      const int digit = c >= 'a' && c <= 'z'   ? c - 'a'
                        : c >= 'A' && c <= 'Z' ? c - 'A'
                        : c >= '0' && c <= '9' ? c - '0' + 26
                                               : -1;
      if (digit < 0) return std::nullopt;
      i += static_cast<std::uint32_t>(digit) * weight;
      const std::uint32_t t = threshold(k, bias);
      if (static_cast<std::uint32_t>(digit) < t) break;
      weight *= 36 - t;
    }
    const auto size = static_cast<std::uint32_t>(codes.size() + 1);
    bias = adapt(i - before, size, before == 0);
    n += i / size;
    i %= size;
    if (n > 0x10FFFF) return std::nullopt;
    codes.insert(codes.begin() + i, static_cast<char32_t>(n));
    ++i;
  }
  std::string out;
  for (const char32_t c : codes) append_code(out, c);
  return out;
}

void punycode_from_string(Frame& f) {
  f.set_text(to_punycode(f.text(0)));
}

void punycode_to_string(Frame& f) {
  const auto text = from_punycode(f.text(0));
  if (text) f.set_text(*text);
}

/// Applies `label` to every part of a domain name.
template <class Label>
void each_label(Frame& f, Label label) {
  std::string out;
  std::string_view rest = f.text(0);
  while (true) {
    const std::size_t dot = rest.find('.');
    out += label(rest.substr(0, dot));
    if (dot == std::string_view::npos) break;
    out += '.';
    rest.remove_prefix(dot + 1);
  }
  f.set_text(out);
}

void punycode_domain_from_string(Frame& f) {
  each_label(f, [](std::string_view label) {
    return is_ascii(label) ? std::string(label) : "xn--" + to_punycode(label);
  });
}

void punycode_domain_to_string(Frame& f) {
  each_label(f, [](std::string_view label) {
    if (label.substr(0, 4) != "xn--") return std::string(label);
    return from_punycode(label.substr(4)).value_or(std::string(label));
  });
}

constexpr Kernel kKernels[] = {
    strict("base64_encode_tostring", base64_encode),
    strict("base64_decode_tostring", base64_decode),
    strict("base64_decode_toarray", base64_decode_toarray),
    strict("base64_encode_fromarray", base64_encode_fromarray),
    strict("base64_decode_toguid", base64_decode_toguid),
    strict("base64_encode_fromguid", base64_encode_fromguid),
    strict("zlib_compress_to_base64_string", compress_<kZlib>),
    strict("zlib_decompress_from_base64_string", decompress<kZlib>),
    strict("gzip_compress_to_base64_string", compress_<kGzip>),
    strict("gzip_decompress_from_base64_string", decompress<kGzip>),
    strict("url_encode", url_encode),
    strict("url_encode_component", url_encode_component),
    strict("url_decode", url_decode),
    strict("punycode_from_string", punycode_from_string),
    strict("punycode_to_string", punycode_to_string),
    strict("punycode_domain_from_string", punycode_domain_from_string),
    strict("punycode_domain_to_string", punycode_domain_to_string),
};

}  // namespace

std::span<const Kernel> encoding_kernels() {
  return kKernels;
}

}  // namespace harrier::query
