#include "net/inflate.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <utility>

namespace harrier::net {

namespace {

constexpr std::size_t kWindowBytes = 256 * 1024;

// RFC 1950 section 2.2: compression method 8, window of at most 32 KiB, header a multiple of 31, no
// preset dictionary.
bool is_zlib_header(unsigned char cmf, unsigned char flags) {
  return (cmf & 0x0F) == 8 && (cmf >> 4) <= 7 && (cmf * 256 + flags) % 31 == 0 &&
         (flags & 0x20) == 0;
}

std::string_view describe(int status) {
  switch (status) {
    case ISAL_INCORRECT_CHECKSUM:
      return "its checksum or length is wrong";
    case ISAL_INVALID_WRAPPER:
      return "it has no valid header";
    case ISAL_UNSUPPORTED_METHOD:
      return "it uses an unknown method";
    case ISAL_NEED_DICT:
      return "it wants a dictionary";
    default:
      return "its data is damaged";
  }
}

// The header of a gzip member (RFC 1952 section 2.3), byte by byte: ISA-L forgets the flags when a
// header comes in pieces.
class GzipHeader {
 public:
  // Takes bytes off the front of `input`. Errors: protocol.
  Result<> take(std::string_view& input) {
    while (!input.empty() && step_ != Step::done) {
      HARRIER_TRYV(take(static_cast<unsigned char>(input.front())));
      input.remove_prefix(1);
    }
    return {};
  }

  [[nodiscard]] bool done() const noexcept { return step_ == Step::done; }

 private:
  enum class Step : std::uint8_t { fixed, extra_size, extra, name, comment, checksum, done };

  static constexpr unsigned kChecksum = 2;
  static constexpr unsigned kExtra = 4;
  static constexpr unsigned kName = 8;
  static constexpr unsigned kComment = 16;

  // The first part at or behind `step` that the flags announce.
  void go_to(Step step) {
    static constexpr std::array<std::pair<Step, unsigned>, 4> kParts = {
        {{Step::extra_size, kExtra},
         {Step::name, kName},
         {Step::comment, kComment},
         {Step::checksum, kChecksum}}};
    step_ = Step::done;
    count_ = 0;
    for (const auto& [part, flag] : kParts) {
      if (part >= step && (flags_ & flag) != 0) {
        step_ = part;
        return;
      }
    }
  }

  Result<> take(unsigned char byte) {
    switch (step_) {
      case Step::fixed:
        if ((count_ == 0 && byte != 0x1F) || (count_ == 1 && byte != 0x8B) ||
            (count_ == 2 && byte != 8))
          return Error(Errc::protocol, "an answer that should be gzip is not");
        if (count_ == 3) flags_ = byte;
        if (++count_ == 10) go_to(Step::extra_size);
        break;
      case Step::extra_size:
        extra_ |= static_cast<unsigned>(byte) << (8 * count_);
        if (++count_ < 2) break;
        step_ = Step::extra;
        if (extra_ == 0) go_to(Step::name);
        break;
      case Step::extra:
        if (--extra_ == 0) go_to(Step::name);
        break;
      case Step::name:
        if (byte == 0) go_to(Step::comment);
        break;
      case Step::comment:
        if (byte == 0) go_to(Step::checksum);
        break;
      case Step::checksum:
        if (++count_ == 2) step_ = Step::done;
        break;
      case Step::done:
        break;
    }
    return {};
  }

  Step step_ = Step::fixed;
  unsigned flags_ = 0;
  unsigned extra_ = 0;
  unsigned count_ = 0;
};

}  // namespace

struct Inflater::Machine {
  inflate_state state;
  std::array<unsigned char, kWindowBytes> window;
  GzipHeader header;
  std::array<unsigned char, 2>
      head{};  // the first bytes of a deflate body, until its kind is known
  std::size_t head_size = 0;
  bool started = false;
  bool ended = false;
};

Inflater::Inflater(Encoding encoding, InflateLimits limits) : encoding_(encoding), limits_(limits) {
  if (encoding_ == Encoding::identity) return;
  machine_ = std::make_unique_for_overwrite<Machine>();
  isal_inflate_init(&machine_->state);
}

Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;
Inflater::~Inflater() = default;

void Inflater::feed(std::string_view input) noexcept {
  input_ = input;
  packed_ += input.size();
}

Result<std::string_view> Inflater::next() {
  if (encoding_ != Encoding::identity) return inflate();
  decoded_ += input_.size();
  HARRIER_TRYV(check_bounds());
  return std::exchange(input_, {});
}

Result<> Inflater::finish() const {
  if (machine_ == nullptr || (machine_->ended && input_.empty())) return {};
  // An empty body under a Content-Encoding header is no stream at all.
  if (packed_ == 0) return {};
  return Error(Errc::protocol, "a compressed answer ended in its middle");
}

// Takes the header of the first or a further gzip member, or tells the wrapper of a deflate body by
// its first two bytes.
Result<> Inflater::begin_member() {
  Machine& m = *machine_;
  if (m.ended) {
    if (encoding_ != Encoding::gzip)
      return Error(Errc::protocol, "a compressed answer has bytes after its end");
    isal_inflate_reset(&m.state);
    m.header = GzipHeader();
    m.ended = false;
    m.started = false;
  }
  if (encoding_ == Encoding::gzip) {
    m.state.crc_flag = ISAL_GZIP_NO_HDR_VER;
    HARRIER_TRYV(m.header.take(input_));
    m.started = m.header.done();
    return {};
  }
  while (m.head_size < m.head.size() && !input_.empty()) {
    m.head[m.head_size++] = static_cast<unsigned char>(input_.front());
    input_.remove_prefix(1);
  }
  if (m.head_size < m.head.size()) return {};
  m.state.crc_flag = is_zlib_header(m.head[0], m.head[1]) ? ISAL_ZLIB : ISAL_DEFLATE;
  m.started = true;
  return {};
}

Result<std::string_view> Inflater::inflate() {
  Machine& m = *machine_;
  for (;;) {
    if (!m.started || (m.ended && !input_.empty())) {
      if (input_.empty()) return std::string_view();
      HARRIER_TRYV(begin_member());
      if (!m.started) return std::string_view();
    }
    if (m.ended) return std::string_view();
    // The two bytes that told the wrapper are decoded first, then the rest of the piece.
    const bool from_head = m.head_size > 0;
    const std::size_t size =
        from_head ? m.head_size
                  : std::min<std::size_t>(input_.size(), std::numeric_limits<std::uint32_t>::max());
    m.state.next_in = from_head
                          ? m.head.data()
                          : reinterpret_cast<unsigned char*>(const_cast<char*>(input_.data()));
    m.state.avail_in = static_cast<std::uint32_t>(size);
    m.state.next_out = m.window.data();
    m.state.avail_out = kWindowBytes;
    const int status = isal_inflate(&m.state);
    if (status != ISAL_DECOMP_OK)
      return Error(Errc::protocol,
                   fmt::format("a compressed answer cannot be unpacked: {}", describe(status)));
    const std::size_t used = size - m.state.avail_in;
    if (from_head) {
      m.head_size = m.state.avail_in;
      std::copy_n(m.state.next_in, m.head_size, m.head.data());
    } else {
      input_.remove_prefix(used);
    }
    m.ended = m.state.block_state == ISAL_BLOCK_FINISH;
    const std::size_t produced = kWindowBytes - m.state.avail_out;
    if (produced > 0) {
      decoded_ += produced;
      HARRIER_TRYV(check_bounds());
      return std::string_view(reinterpret_cast<const char*>(m.window.data()), produced);
    }
    if (input_.empty() && m.head_size == 0) return std::string_view();
    if (used == 0 && !m.ended)
      return Error(Errc::protocol, "a compressed answer cannot be unpacked: it makes no progress");
  }
}

Result<> Inflater::check_bounds() const {
  if (decoded_ > limits_.max_bytes)
    return Error(Errc::protocol,
                 fmt::format("an answer is larger than {} bytes", limits_.max_bytes));
  if (encoding_ != Encoding::identity && decoded_ > limits_.ratio_from &&
      decoded_ / limits_.max_ratio > packed_)
    return Error(
        Errc::protocol,
        fmt::format("a compressed answer grows to more than {} times its size", limits_.max_ratio));
  return {};
}

Result<Encoding> parse_content_encoding(std::string_view value) {
  value = trim(value);
  if (value.empty() || equals_ignore_case(value, "identity")) return Encoding::identity;
  if (equals_ignore_case(value, "gzip") || equals_ignore_case(value, "x-gzip"))
    return Encoding::gzip;
  if (equals_ignore_case(value, "deflate")) return Encoding::deflate;
  return Error(Errc::protocol, fmt::format("an answer is packed as \"{}\", which was not asked for",
                                           value.substr(0, 40)));
}

}  // namespace harrier::net
