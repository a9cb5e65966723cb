// Any line is a threshold or refused with an offset inside it; paths and JSON of the same bytes never read
// past the end.
#include <cstdlib>

#include "scenarios/language/json_view.hpp"
#include "scenarios/language/threshold.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wanwu::lang;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto read = parse_threshold(text);
  if (!read && read.error().offset > size) std::abort();
  if (read && read->min_samples == 0) std::abort();
  const auto path = json_path::compile(text.substr(0, text.find('\n')));
  const std::string_view piece = (path ? *path : *json_path::compile("$.a[0].b")).find(text);
  if (!piece.empty() && (piece.data() < text.data() || piece.data() + piece.size() > text.data() + size))
    std::abort();
  return 0;
}
