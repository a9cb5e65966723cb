// What becomes of readings that were sent: seen, seen twice, seen late, never seen.
#include "sim/arrival_matcher.hpp"

#include <map>
#include <vector>

#include <catch2/catch.hpp>

using namespace wanwu;
using namespace wanwu::sim;
using namespace std::chrono_literals;

namespace {

class keeper final : public observation_sink {
 public:
  void record(std::span<const observation> seen) override {
    for (const observation& o : seen) ++results[o.result];
  }
  std::map<outcome, int> results;
};

sent_reading reading(std::uint64_t key, std::uint32_t thing = 1, protocol via = protocol::mqtt) {
  return {key, time_point{}, thing_id{thing}, 0, via};
}

}  // namespace

TEST_CASE("Each reading arrives once, is a duplicate after that, and lost if it never comes") {
  keeper seen;
  arrival_matcher matcher{seen};
  for (const std::uint64_t key : {10U, 11U, 12U}) matcher.sent(reading(key));
  CHECK(matcher.missing() == 3);
  CHECK(matcher.arrived(10, {}));
  CHECK(matcher.arrived(10, {}));
  CHECK(matcher.arrived(12, {}));
  CHECK_FALSE(matcher.arrived(99, {}));
  CHECK(matcher.missing() == 1);
  matcher.end({});
  CHECK(seen.results ==
        std::map<outcome, int>{{outcome::ok, 2}, {outcome::duplicate, 1}, {outcome::lost, 1}});
}

TEST_CASE(
    "A reading that comes after a later one of the same thing is reordered; other things do not matter") {
  keeper seen;
  arrival_matcher matcher{seen};
  matcher.sent(reading(1));
  matcher.sent(reading(2));
  matcher.sent(reading(3, 2));
  matcher.arrived(3, {});
  matcher.arrived(2, {});
  matcher.arrived(1, {});
  CHECK(seen.results == std::map<outcome, int>{{outcome::ok, 3}, {outcome::reordered, 1}});
}

TEST_CASE("Equal readings are told apart by their number") {
  keeper seen;
  arrival_matcher matcher{seen};
  matcher.sent(reading(7));
  matcher.sent(reading(7));
  matcher.arrived(7, {});
  matcher.arrived(7, {});
  matcher.arrived(7, {});
  CHECK(seen.results == std::map<outcome, int>{{outcome::ok, 2}, {outcome::duplicate, 1}});
}

TEST_CASE("Over CoAP a state that a later one has overtaken is not lost, but the latest may be") {
  keeper seen;
  arrival_matcher matcher{seen};
  matcher.sent(reading(1, 1, protocol::coap));
  matcher.sent(reading(2, 1, protocol::coap));
  matcher.sent(reading(3, 1, protocol::coap));
  matcher.arrived(2, {});
  matcher.arrived(2, {});
  matcher.end({});
  CHECK(seen.results == std::map<outcome, int>{{outcome::ok, 1}, {outcome::lost, 1}});
}

TEST_CASE("What was cut off with its link is not lost if it never comes, and arrives once if it does") {
  keeper seen;
  arrival_matcher matcher{seen};
  const auto sent_at = [&](std::uint64_t key, duration when, std::uint32_t thing = 1) {
    matcher.sent({key, time_point{when}, thing_id{thing}, 0, protocol::mqtt});
  };
  sent_at(1, 1s);
  sent_at(21, 1s, 2);
  sent_at(2, 2s);
  sent_at(22, 2s, 2);
  sent_at(3, 3s);
  sent_at(4, 4s);
  matcher.arrived(3, {});
  matcher.cut_off({thing_id{1}, time_point{2s}, time_point{3s}});
  matcher.cut_off({thing_id{7}, time_point{0s}, time_point{9s}});
  CHECK(matcher.missing() == 5);
  SECTION("none comes any more") {
    matcher.end({});
    // Of the thing what was sent before and after, and all of the other.
    CHECK(seen.results == std::map<outcome, int>{{outcome::ok, 1}, {outcome::lost, 4}});
  }
  SECTION("it comes after all, and again") {
    matcher.arrived(2, {});
    matcher.arrived(2, {});
    matcher.end({});
    CHECK(seen.results ==
          std::map<outcome, int>{
              {outcome::ok, 2}, {outcome::reordered, 1}, {outcome::duplicate, 1}, {outcome::lost, 4}});
  }
}

TEST_CASE("Where nobody listens nothing is lost") {
  keeper seen;
  arrival_matcher matcher{seen};
  matcher.sent(reading(1));
  matcher.nobody_listens(protocol::mqtt);
  matcher.end({});
  CHECK(seen.results.empty());
}
