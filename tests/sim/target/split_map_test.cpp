// The split map beside one that never splits: the same answers, whatever was added and erased.
#include "sim/target/split_map.hpp"

#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "protocols/coap/backoff.hpp"
#include "sim/target/topic_tree.hpp"

namespace wanwu::target {
namespace {

TEST_CASE("A split map finds what was added and not erased since") {
  split_map<std::string, std::uint32_t> split;
  std::map<std::string, std::uint32_t> plain;
  coap::chance chance{7};
  for (std::uint32_t i = 0; i < 60'000; ++i) {
    const std::string key = "thing-" + std::to_string(chance.next() % 20'000);
    if (chance.next() % 3 == 0) {
      split.erase(key);
      plain.erase(key);
    } else if (plain.emplace(key, i).second) {
      split.add(key, i);
    }
    REQUIRE(split.size() == plain.size());
  }
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const std::string key = "thing-" + std::to_string(i);
    const auto known = plain.find(key);
    const auto* found = split.find(key);
    REQUIRE((found != nullptr) == (known != plain.end()));
    if (found != nullptr) REQUIRE(*found == known->second);
  }
}

TEST_CASE("Where a value lies in a split map does not change while others come and go") {
  split_map<std::string, std::uint32_t> split;
  split.add("the one", 1);
  const auto* before = split.find("the one");
  for (std::uint32_t i = 0; i < 50'000; ++i) split.add(std::to_string(i), i);
  for (std::uint32_t i = 0; i < 50'000; i += 2) split.erase(std::to_string(i));
  REQUIRE(split.find("the one") == before);
  REQUIRE(split.size() == 25'001);
}

}  // namespace
}  // namespace wanwu::target
