#include "sim/conformance/replay.hpp"

#include <catch2/catch.hpp>

#include "protocols/core/hex.hpp"
#include "tests/sim/conformance/loopback_target.hpp"

using namespace wanwu;
using namespace wanwu::conform;
using kind = wire_event::kind;

namespace {

wire_event did(kind what, double at_ms, std::string_view hex = {}, const char* role = "tester") {
  wire_event out;
  out.what = what;
  out.at_ms = at_ms;
  out.role = role;
  out.raw = parse_hex(hex).value();
  out.size = out.raw.size();
  return out;
}

const char* const connect = "10 0d 0004 'MQTT' 05 02 0000 00 0000";
const char* const connack = "20 03 00 00 00";

std::vector<wire_event> conversation() {
  return {did(kind::opened, 0),          did(kind::sent, 0.1, connect),  did(kind::received, 1, connack),
          did(kind::sent, 1.1, "c000"),  did(kind::received, 2, "d000"), did(kind::sent, 2.1, "e000"),
          did(kind::closed_by_target, 3)};
}

std::vector<wire_event> replayed(const std::vector<wire_event>& recorded, const socket_address& target,
                                 duration pause_max = std::chrono::seconds{2}) {
  std::vector<wire_event> out;
  replay(recorded, {.target = target,
                    .pause_max = pause_max,
                    .patience = std::chrono::seconds{60},
                    .happened = [&](const wire_event& event) { out.push_back(event); }});
  return out;
}

}  // namespace

TEST_CASE("A replay sends the same bytes in the same order and shows what comes back, decoded") {
  loopback_target target{{loopback_target::polite, {}, {}}};
  const auto recorded = conversation();
  const auto got = replayed(recorded, target.address());
  REQUIRE(got.size() == recorded.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CHECK(got[i].what == recorded[i].what);
    CHECK(got[i].role == "tester");
    CHECK(got[i].raw == recorded[i].raw);
  }
  CHECK(got[1].text.starts_with("CONNECT"));
  CHECK(got[2].text.starts_with("CONNACK"));
}

TEST_CASE("A pause of the recording is kept, up to the longest one") {
  loopback_target target{{loopback_target::polite, {}, {}}};
  auto recorded = conversation();
  for (std::size_t i = 3; i < recorded.size(); ++i) recorded[i].at_ms += 60'000;
  const auto got = replayed(recorded, target.address(), std::chrono::milliseconds{200});
  REQUIRE(got.size() == recorded.size());
  CHECK(got[3].at_ms - got[1].at_ms >= 199);
  CHECK(got[3].at_ms - got[1].at_ms < 50'000);
}

TEST_CASE("A target that behaves otherwise now is shown as it is, and the rest is sent all the same") {
  SECTION("it closes at once") {
    loopback_target target{{[](const std::string&) { return reply{"", true, false}; }, {}, {}}};
    const auto got = replayed(conversation(), target.address());
    REQUIRE(got.size() >= 4);
    CHECK(got[2].what == kind::closed_by_target);
    CHECK(got[3].what == kind::failed);
    CHECK(got[3].text == "not sent: the link is closed");
  }
  SECTION("it says garbage without end") {
    loopback_target target{{loopback_target::polite, {}, "ff ff ff ff ff ff"}};
    const auto got = replayed(conversation(), target.address());
    CHECK(got.size() > 3);
  }
  SECTION("it is gone") {
    socket_address nowhere;
    {
      loopback_target target{{loopback_target::polite, {}, {}}};
      nowhere = target.address();
    }
    const auto got = replayed(conversation(), nowhere);
    REQUIRE_FALSE(got.empty());
    CHECK(got[0].what == kind::failed);
  }
}

TEST_CASE("What was kept in part cannot be sent again, and is not") {
  auto recorded = conversation();
  CHECK(replay_problem(recorded).empty());
  recorded[1].size = 70'000;
  CHECK(replay_problem(recorded).starts_with("a packet of 70000 bytes was kept in part only"));
  CHECK(replay_problem({did(kind::received, 1, connack)}) == "nothing was sent in it");
}
