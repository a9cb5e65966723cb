#include "protocols/coap/deadline_wheel.hpp"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace wanwu;
using namespace wanwu::coap;
using namespace std::chrono_literals;

TEST_CASE("A wheel fires what a sorted list would, whatever is set, moved, cleared or skipped") {
  CHECK(rc::check([] {
    deadline_wheel wheel;
    wheel.resize(32);
    std::map<std::uint32_t, time_point> model;
    time_point now{std::chrono::hours{5}};
    std::vector<std::uint32_t> fired;
    for (int i = 0; i < 200; ++i) {
      const auto index = *rc::gen::inRange<std::uint32_t>(0, 32);
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
        case 1: {
          const auto due =
              now + std::chrono::microseconds{*rc::gen::inRange<std::int64_t>(-1000, 200'000'000)};
          wheel.set(index, due);
          model[index] = due;
          break;
        }
        case 2:
          wheel.clear(index);
          model.erase(index);
          break;
        default: {
          now += std::chrono::microseconds{*rc::gen::oneOf(rc::gen::inRange<std::int64_t>(0, 10'000),
                                                           rc::gen::inRange<std::int64_t>(0, 300'000'000))};
          fired.clear();
          wheel.advance(now, fired);
          std::vector<std::uint32_t> expected;
          for (const auto& [each, due] : model) {
            if (due <= now) expected.push_back(each);
          }
          std::sort(fired.begin(), fired.end());
          RC_ASSERT(fired == expected);
          for (const auto each : expected) model.erase(each);
          const auto least = std::min_element(
              model.begin(), model.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
          RC_ASSERT(wheel.next_deadline().has_value() == !model.empty());
          // Early by what clear() took away at worst, never late.
          if (!model.empty()) RC_ASSERT(*wheel.next_deadline() <= least->second);
        }
      }
      RC_ASSERT(wheel.size() == model.size());
      if (!model.empty()) RC_ASSERT(wheel.next_deadline().has_value());
    }
  }));
}
