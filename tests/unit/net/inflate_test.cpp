#include "net/inflate.hpp"

#include "support/catch.hpp"
#include "support/fake_server.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace harrier;
using net::Encoding;
using net::Inflater;
using test::Packing;

namespace {

// Rows as a service sends them: about a tenth of their size when packed.
std::string rows(int count) {
  std::string out = "[";
  for (int i = 0; i < count; ++i)
    out += fmt::format(R"({{"Id":"{:08x}","Value":{},"Name":"device-{}"}},)",
                       static_cast<unsigned>(i) * 2654435761U, i, i * 7919 % 1000);
  return out + "]";
}

Result<std::string> inflate(std::string_view packed, Encoding encoding, std::size_t piece,
                            net::InflateLimits limits = net::InflateLimits()) {
  Inflater inflater(encoding, limits);
  std::string out;
  while (!packed.empty()) {
    const std::size_t size = std::min(piece, packed.size());
    // A copy of exact size lets the sanitizers see every byte read too much.
    const std::string part(packed.substr(0, size));
    packed.remove_prefix(size);
    inflater.feed(part);
    for (;;) {
      HARRIER_TRY(const std::string_view decoded, inflater.next());
      if (decoded.empty()) break;
      out += decoded;
    }
  }
  HARRIER_TRYV(inflater.finish());
  return out;
}

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

}  // namespace

TEST_CASE("Every packing is inflated whatever the pieces are", "[net][inflate]") {
  const std::string text = rows(300);

  struct Case {
    Packing packing;
    Encoding encoding;
  };

  for (const Case c :
       {Case{Packing::none, Encoding::identity}, Case{Packing::gzip, Encoding::gzip},
        Case{Packing::raw_deflate, Encoding::deflate}, Case{Packing::zlib, Encoding::deflate}}) {
    const std::string packed = test::pack(text, c.packing);
    for (std::size_t piece = 1; piece <= 300; ++piece) {
      const auto out = inflate(packed, c.encoding, piece);
      INFO("packing " << static_cast<int>(c.packing) << " piece " << piece);
      REQUIRE(out.has_value());
      REQUIRE(*out == text);
    }
    CHECK(*inflate(packed, c.encoding, packed.size()) == text);
  }
}

TEST_CASE("A body larger than the window comes in several pieces", "[net][inflate]") {
  const std::string text = rows(60'000);
  const std::string packed = test::pack(text, Packing::gzip);
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{65536}, packed.size()})
    CHECK((inflate(packed, Encoding::gzip, piece).value() == text));
}

TEST_CASE("Streams of other compressors are inflated", "[net][inflate]") {
  // "harrier harrier harrier\n" by zlib, once in a gzip member that names a file, once as raw
  // deflate.
  const std::string gzip =
      bytes({0x1f, 0x8b, 0x08, 0x08, 0,    0,    0,    0,    0x02, 0x03, 'h',  '.',  't',
             'x',  't',  0,    0xcb, 0x48, 0x2c, 0x2a, 0xca, 0x4c, 0x2d, 0x52, 0xc8, 0x40,
             0xa5, 0xb9, 0x00, 0x1d, 0xaa, 0x96, 0xc6, 0x18, 0,    0,    0});
  const std::string raw = gzip.substr(16, gzip.size() - 24);
  for (std::size_t piece = 1; piece < 20; ++piece) {
    CHECK((inflate(gzip, Encoding::gzip, piece).value() == "harrier harrier harrier\n"));
    CHECK((inflate(raw, Encoding::deflate, piece).value() == "harrier harrier harrier\n"));
  }
}

TEST_CASE("Several gzip members are one body", "[net][inflate]") {
  const std::string packed = test::pack("first,", Packing::gzip) + test::pack("", Packing::gzip) +
                             test::pack("second", Packing::gzip);
  for (std::size_t piece = 1; piece <= packed.size(); ++piece)
    CHECK((inflate(packed, Encoding::gzip, piece).value() == "first,second"));
}

TEST_CASE("A wrong checksum or length in a gzip trailer is an error", "[net][inflate]") {
  const std::string packed = test::pack(rows(50), Packing::gzip);
  for (std::size_t back = 1; back <= 8; ++back) {
    std::string damaged = packed;
    damaged[packed.size() - back] = static_cast<char>(damaged[packed.size() - back] ^ 1);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, packed.size()}) {
      const auto out = inflate(damaged, Encoding::gzip, piece);
      INFO("byte " << back << " from the end, piece " << piece);
      REQUIRE(out.has_error());
      CHECK(out.error().code == Errc::protocol);
    }
  }
}

TEST_CASE("A stream that ends early is an error wherever it ends", "[net][inflate]") {
  struct Case {
    Packing packing;
    Encoding encoding;
  };

  for (const Case c :
       {Case{Packing::gzip, Encoding::gzip}, Case{Packing::raw_deflate, Encoding::deflate},
        Case{Packing::zlib, Encoding::deflate}}) {
    const std::string packed = test::pack(rows(20), c.packing);
    for (std::size_t size = 1; size < packed.size(); ++size) {
      const auto out = inflate(packed.substr(0, size), c.encoding, 64);
      INFO("size " << size << " of " << packed.size());
      REQUIRE(out.has_error());
      CHECK(out.error().code == Errc::protocol);
    }
  }
}

TEST_CASE("Bytes behind the end are an error", "[net][inflate]") {
  CHECK(inflate(test::pack("x", Packing::gzip) + "garbage", Encoding::gzip, 4).has_error());
  CHECK(
      inflate(test::pack("x", Packing::raw_deflate) + "garbage", Encoding::deflate, 4).has_error());
}

TEST_CASE("Damage never passes silently through a gzip body", "[net][inflate]") {
  const std::string text = rows(20);
  const std::string packed = test::pack(text, Packing::gzip);
  for (std::size_t at = 10; at < packed.size(); ++at) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto out = inflate(damaged, Encoding::gzip, 100);
    INFO("byte " << at);
    CHECK((out.has_error() || *out == text));
  }
}

TEST_CASE("What is no gzip at all is an error", "[net][inflate]") {
  CHECK(inflate("{\"value\":[]}", Encoding::gzip, 100).has_error());
  CHECK(inflate(std::string(100, '\xFF'), Encoding::deflate, 100).has_error());
}

TEST_CASE("A bomb is stopped by its ratio, and by the total", "[net][inflate]") {
  const std::string bomb = test::pack(std::string(std::size_t{40} << 20, '0'), Packing::gzip);
  net::InflateLimits limits;
  limits.max_ratio = 100;
  limits.ratio_from = 1 << 20;
  CHECK(inflate(bomb, Encoding::gzip, 1000, limits).error().message.find("100 times") !=
        std::string::npos);

  limits = net::InflateLimits();
  limits.max_bytes = 10'000'000;
  CHECK(inflate(bomb, Encoding::gzip, 1000, limits)
            .error()
            .message.find("larger than 10000000 bytes") != std::string::npos);
  CHECK(inflate(std::string(20'000'000, 'x'), Encoding::identity, 65536, limits).has_error());
}

TEST_CASE("An empty body under a Content-Encoding is an empty body", "[net][inflate]") {
  CHECK(inflate("", Encoding::gzip, 10).value().empty());
}

TEST_CASE("Content-Encoding names are known in every case", "[net][inflate]") {
  CHECK(net::parse_content_encoding("").value() == Encoding::identity);
  CHECK(net::parse_content_encoding(" GZIP ").value() == Encoding::gzip);
  CHECK(net::parse_content_encoding("x-gzip").value() == Encoding::gzip);
  CHECK(net::parse_content_encoding("deflate").value() == Encoding::deflate);
  CHECK(net::parse_content_encoding("br").has_error());
  CHECK(net::parse_content_encoding("gzip, gzip").has_error());
}
