// Whatever bytes a target sends, in whatever pieces and with whatever ends between them, a case ends with a
// verdict.
#include <cstdlib>
#include <memory>

#include "tests/sim/conformance/stage.hpp"

namespace {

using namespace wanwu;
using namespace wanwu::conform;

// A bit of everything: every kind of condition, both kinds of link, both versions, edits of each kind.
constexpr const char* cases = R"(
  - id: RAW
    group: g
    objective: o
    preamble:
      - open: { as: tester, set: { topic_alias_maximum: 5, receive_maximum: 2, maximum_packet_size: 200 }, save: { limit: "server_keep_alive ?? 1" } }
    body:
      - stimulus: { as: tester, packet: SUBSCRIBE, set: { filter: [ a, b ] }, expect: { packet: SUBACK, where: "reasons == '00 00' || user_properties != ''" } }
      - verify: { as: tester, packet: PUBLISH, times: [ 0, 3 ], until: { packet: PINGRESP }, where: "payload == text(n) || properties != ''", save: { got: payload } }
      - verify: { as: tester, one_of: [ { packet: PUBACK, then: { packet: PUBLISH, where: payload == got } }, { bytes: "d0 ??" }, { closed: by-iut, codes: [ 0x81 ] } ] }
      - verify: { as: tester, closed: by-iut, without: [ { packet: PUBACK } ], between: [ 1 ms, "${limit * 1 s}" ] }
    mutants:
      - { as: tester, change: { packet: PUBLISH, nth: all }, set: { payload: "${payload}x", user_property: "a=b", packet_id: 7, qos: 1 } }
      - { as: tester, corrupt: { packet: PUBLISH, nth: all }, set: { body_cut: 3 } }
      - { as: tester, swap: [ { packet: PUBLISH }, { packet: PINGRESP } ] }
      - { as: tester, delay: { packet: PINGRESP, nth: all }, by: 10 ms }
      - { as: tester, repeat: { packet: PUBLISH } }
      - { as: tester, hide: closed }
  - id: BEHAVED
    group: g
    objective: o
    preamble:
      - open: { as: a }
      - open: { as: old, set: {} }
    body:
      - stimulus: { as: a, packet: PUBLISH, set: { topic: t, qos: 2 } }
      - verify: { as: a, all_of: [ { packet: PUBLISH, where: qos == 2 }, { as: old, packet: PUBLISH } ], ignore: [ { packet: DISCONNECT } ] }
      - probe: { as: a }
      - verify: { as: old, quiet: 10 ms }
    mutants:
      - { as: a, inject: { packet: PUBLISH, set: { topic: z } }, after: { packet: PUBLISH } }
      - { as: old, close: { step: 2 } }
  - id: FRAMED
    group: g
    objective: o
    body:
      - open: { as: ws }
      - verify: { as: ws, packet: UPGRADE, where: "status == 101 || subprotocol == 'x'", save: { chosen: subprotocol } }
      - stimulus: { as: ws, packet: CONNECT, frame: fragments, split: 5 }
      - verify: { as: ws, one_of: [ { packet: CONNACK }, { closed: by-iut, codes: any } ] }
      - stimulus: { as: ws, bytes: "c0 00", frame: text }
      - verify: { as: ws, closed: by-iut }
    mutants:
      - { as: ws, change: { packet: UPGRADE }, set: { status: 200, subprotocol: "${subprotocol}x" } }
      - { as: ws, hide: closed }
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto played = std::make_unique<stage>(cases);
  if (size < 2) return 0;
  const auto& all = played->all();
  const auto index = data[0] % all.cases.size();
  const auto& mutants = all.cases[index].mutants;
  const auto choice = data[1] % (mutants.size() + 1);
  static constexpr int answers_max = 100;
  // Told as it comes: a byte 0xFF ends a piece, two of them the connection.
  static constexpr char digits[] = "0123456789abcdef";
  // Over WebSocket the bytes are the frames themselves, or the answer to the upgrade.
  const bool framed = all.cases[index].id == "FRAMED";
  const std::string raw = framed ? "raw " : "";
  std::vector<answer> pieces(1, {raw});
  for (std::size_t i = 2; i < size && i < 4096; ++i) {
    if (data[i] == 0xFF) {
      const bool ends = i + 1 < size && data[i + 1] == 0xFF;
      pieces.push_back({ends ? "close" : raw, std::chrono::milliseconds{pieces.size()}});
      if (ends) pieces.push_back({raw, std::chrono::milliseconds{pieces.size()}});
      i += ends ? 1U : 0U;
      continue;
    }
    pieces.back().what += digits[data[i] >> 4U];
    pieces.back().what += digits[data[i] & 0xFU];
  }
  played->forget_rules();
  if (framed && data[1] % 2 == 0) played->on("upgrade", pieces);
  // Two PUBRECs for each PUBREL would breed without end in no time at all.
  played->usual().on("open", {}).on("", pieces, "", answers_max);
  const auto result = played->play(index, choice == 0 ? nullptr : &mutants[choice - 1]);
  if (result.outcome == verdict::not_applicable || result.wire.size() > 2000) std::abort();
  return 0;
}
