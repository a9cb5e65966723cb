// Any text either parses to links that print and parse to themselves, or is refused at an offset inside it.
#include <cstdlib>

#include "protocols/coap/link_format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wanwu::coap;
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const auto got = parse_links(input);
  if (!got) {
    if (got.error().offset > size) std::abort();
    return 0;
  }
  if (parse_links(print_links(*got)) != got) std::abort();
  const auto filter = parse_link_filter(input.substr(0, input.find(',')));
  for (const auto& l : *got) {
    if (filter) matches(l, *filter);
  }
  return 0;
}
