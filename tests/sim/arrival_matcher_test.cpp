// What becomes of readings that were sent: seen, seen twice, seen late, never seen.
#include "sim/arrival_matcher.hpp"

#include <map>
#include <vector>

#include <catch2/catch.hpp>

using namespace wanwu;
using namespace wanwu::sim;

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

TEST_CASE("Where nobody listens nothing is lost") {
  keeper seen;
  arrival_matcher matcher{seen};
  matcher.sent(reading(1));
  matcher.nobody_listens(protocol::mqtt);
  matcher.end({});
  CHECK(seen.results.empty());
}
