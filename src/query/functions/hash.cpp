// Hashes of the text form.
#include "query/registry.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <xxhash.h>

namespace harrier::query {

namespace {

std::string digest(const EVP_MD* kind, std::string_view text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes, &size, kind, nullptr) != 1) return {};
  std::string out;
  for (unsigned int k = 0; k < size; ++k) out += fmt::format("{:02x}", bytes[k]);
  return out;
}

void hash_sha256(Frame& f) {
  f.set_text(digest(EVP_sha256(), f.text(0)));
}

void hash_sha1(Frame& f) {
  f.set_text(digest(EVP_sha1(), f.text(0)));
}

void hash_md5(Frame& f) {
  f.set_text(digest(EVP_md5(), f.text(0)));
}

/// xxHash64 of the value's bytes: numbers as eight bytes, texts as UTF-8.
std::uint64_t hash_of(const Frame& f, std::size_t arg) {
  const Value& value = f.args[arg];
  if (layout_of(value.type) == Layout::integer) return XXH64(&value.i, sizeof value.i, 0);
  if (value.type == ScalarType::real) return XXH64(&value.r, sizeof value.r, 0);
  const std::string_view text = f.text(arg);
  return XXH64(text.data(), text.size(), 0);
}

void hash_(Frame& f) {
  const auto value = static_cast<std::int64_t>(hash_of(f, 0));
  const std::int64_t modulus = f.integer(1, 0);
  if (f.args.size() < 2) return f.set_int(value);
  if (modulus <= 0) return;
  const std::int64_t rest = value % modulus;
  f.set_int(rest < 0 ? rest + modulus : rest);
}

constexpr Kernel kKernels[] = {
    lenient("hash_sha256", hash_sha256), lenient("hash_sha1", hash_sha1),
    lenient("hash_md5", hash_md5),       lenient("hash", hash_),
    lenient("hash_xxhash64", hash_),
};

}  // namespace

std::span<const Kernel> hash_kernels() {
  return kKernels;
}

}  // namespace harrier::query
