// Bytes of any kind as the copy of a column.
#include "storage/columnstore.hpp"

#include "fuzz_target.hpp"

#include <span>

using namespace harrier;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = storage::read_segment(std::as_bytes(std::span(data, size)));
  if (!read) return 0;
  const storage::ColumnSegment& copy = **read;
  for (const std::uint16_t code : copy.codes)
    test::require(code == storage::ColumnSegment::kNull || code < copy.texts.size(),
                  "a code has a text");
  const std::size_t cells = copy.codes.size() + copy.integers.size() + copy.reals.size();
  test::require(copy.form == storage::SegmentForm::none || cells == copy.rows,
                "every row has a cell");
  test::require(copy.nulls.empty() || copy.nulls.size() == copy.rows, "every row has a mark");
  return 0;
}
