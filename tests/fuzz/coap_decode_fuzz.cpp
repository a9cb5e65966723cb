// Any bytes either decode to a message that encodes and decodes to itself, or are refused at an offset inside
// them.
#include <cstdlib>

#include "protocols/coap/decode.hpp"
#include "protocols/coap/encode.hpp"
#include "protocols/coap/uri.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wanwu;
  const bytes_view input{reinterpret_cast<const std::byte*>(data), size};
  const auto got = coap::decode(input);
  if (!got) {
    if (got.error().offset > size) std::abort();
    return 0;
  }
  const auto again = coap::encoded(coap::draft_of(*got));
  const auto same = coap::decode(again);
  if (!same || coap::describe(*same) != coap::describe(*got)) std::abort();
  if (!coap::is_valid_reference(coap::reference_of(got->options)) &&
      !coap::check_options(got->options, coap::message_side::request)) {
    std::abort();
  }
  return 0;
}
