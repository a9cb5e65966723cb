// Any bytes are cut into packets that decode, or are refused at an offset inside them; what decodes is
// encoded to bytes that decode to the same, and the quick decoders agree with the strict one.
#include <cstdlib>

#include "protocols/mqtt/decode.hpp"
#include "protocols/mqtt/encode.hpp"

using namespace wanwu;
using namespace wanwu::mqtt;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void check_packet(const frame& found, version level, role sender) {
  const auto got = decode(found.whole, level, sender);
  if (!got) {
    check(got.error().offset <= found.whole.size());
    return;
  }
  check(describe(*got).size() < 16 * found.whole.size() + 4096);
  byte_writer out;
  encode(out, *got, level);
  const auto again = decode(out.view(), level, sender);
  check(again.has_value() && *again == *got);
  if (found.type() == packet_type::publish) {
    if (const auto quick = quick_publish(found, level)) check(*quick == std::get<publish>(*got));
  } else if (const auto quick = quick_ack(found)) {
    check(*quick == std::get<ack>(*got));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view input{reinterpret_cast<const std::byte*>(data), size};
  for (const auto level : {version::v3_1_1, version::v5}) {
    for (const auto sender : {role::client, role::server}) {
      bytes_view raw{input};
      while (!raw.empty()) {
        const auto found = next_frame(raw, 1 << 20);
        if (!found || !*found) break;
        check_packet(**found, level, sender);
        raw = raw.subspan((*found)->whole.size());
      }
      const auto whole = decode(input, level, sender);
      check(whole.has_value() || whole.error().offset <= input.size());
    }
  }
  return 0;
}
