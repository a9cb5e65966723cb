// Any text is an address, network or URL, or is refused at an offset inside it; an address reads back as it
// prints.
#include <cstdlib>

#include "protocols/core/bytes.hpp"
#include "protocols/transport/address.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto address = wanwu::parse_address(text);
  if (!address && address.error().offset > size) std::abort();
  if (address && !(wanwu::parse_address(address->text()) == *address)) std::abort();
  const auto block = wanwu::parse_network(text);
  if (!block && block.error().offset > size) std::abort();
  if (block && !block->contains(block->first)) std::abort();
  const auto url = wanwu::parse_target_url(text);
  if (!url && url.error().offset > size) std::abort();
  if (url && (url->host.empty() || url->port == 0 || url->path.ends_with('/'))) std::abort();
  return 0;
}
