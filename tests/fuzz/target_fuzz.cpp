// Whatever several peers send at once, on any protocol and at any instant: the target neither crashes nor
// hangs, says nothing to a connection it has closed, and has freed every connection when all have left.
#include <cstdlib>

#include "sim/target/target_core.hpp"

namespace {

using namespace wanwu;
using target::outbox;

constexpr std::uint32_t peers_max = 6;

struct peer {
  target::peer_id id{};
  bool open = false, closed = false;
};

void empty_boxes(target::target_core& core, peer (&peers)[peers_max]) {
  outbox& box = core.out(0);
  for (const auto& e : box.entries()) {
    peer& to = peers[e.to.link];
    if (to.open && to.closed) std::abort();
    if (e.kind != outbox::what::send) to.closed = true;
  }
  box.clear();
  core.datagrams().clear();
}

}  // namespace

/// Input: commands of one byte (what, which peer, how long) followed by that many bytes where there are some.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  target::target_settings settings;
  settings.mqtt.auth_method = "mirror";
  settings.bounds.coap_remembered = 256;
  target::target_core core{settings};
  peer peers[peers_max];
  time_point now{std::chrono::hours{1}};
  bytes_view rest{reinterpret_cast<const std::byte*>(data), size};
  while (rest.size() >= 2) {
    const auto what = std::to_integer<unsigned>(rest[0]);
    const auto length = std::min<std::size_t>(std::to_integer<unsigned>(rest[1]), rest.size() - 2);
    const auto raw = rest.subspan(2, length);
    rest = rest.subspan(2 + length);
    const auto index = what % peers_max;
    peer& p = peers[index];
    const auto act = what / peers_max % 16;
    if (act == 0 || (p.open && p.closed)) {
      if (p.open) core.ended(p.id, now);
      p = peer{};
    } else if (act == 1) {
      now += std::chrono::milliseconds{length * 100};
      core.advance(now);
    } else if (act < 5) {
      core.receive_datagram(
          {raw, socket_address::from_v4(0x7F000001, static_cast<std::uint16_t>(1000 + index)), endpoint_id{}},
          now);
    } else {
      if (!p.open) {
        const auto service = index < 4 ? target::service::mqtt : target::service::http;
        p.id = core.opened(service, 0, {index, 0}, {}, now);
        p.open = true;
      }
      core.receive(p.id, raw, now);
    }
    empty_boxes(core, peers);
  }
  for (auto& p : peers) {
    if (p.open) core.ended(p.id, now);
  }
  const auto left = core.totals();
  if (left.mqtt_connections != 0 || left.http_connections != 0) std::abort();
  return 0;
}
