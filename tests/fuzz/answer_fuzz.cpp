// What a service says beside its records: addresses, waits, encodings, token answers, errors.
// The first byte chooses which; the rest is the text.
#include "net/inflate.hpp"
#include "net/retry.hpp"
#include "net/token_sources.hpp"
#include "net/url.hpp"

#include "fuzz_target.hpp"

#include <algorithm>
#include <string>

using namespace harrier;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Instant now{638'000'000'000'000'000};
  switch (data[0] % 4) {
    case 0:
      if (const auto url = net::parse_url(text)) {
        for (const std::string& part : {url->host, url->target})
          test::require(std::all_of(part.begin(), part.end(),
                                    [](unsigned char c) { return c > ' ' && c != 0x7F; }),
                        "an address holds no blank and no control character");
      }
      break;
    case 1: {
      const auto wait = net::parse_retry_after(text, text, now);
      test::require(!wait || wait->count() >= 0, "a wait is not negative");
      break;
    }
    case 2: {
      const auto answer = net::parse_token_answer(text, now);
      if (!answer) test::require(!answer.error().message.empty(), "a refusal has a message");
      break;
    }
    default:
      (void)net::parse_content_encoding(text);
      break;
  }
  return 0;
}
