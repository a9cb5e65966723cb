// What the tree matches while its branches come and go.
#include "sim/target/topic_tree.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace wanwu::target {
namespace {

TEST_CASE("A tree whose branches were pruned and grown again matches what is subscribed now") {
  topic_tree tree;
  const auto filter = [](std::uint32_t i) { return "things/" + std::to_string(i) + "/commands/+"; };
  const auto heard = [&](std::uint32_t i) {
    std::vector<topic_node*> found;
    tree.match("things/" + std::to_string(i) + "/commands/dim", found);
    return found;
  };
  for (std::uint32_t i = 0; i < 3'000; ++i) tree.add(filter(i), {}, {.who = session_id{i}});
  for (std::uint32_t i = 0; i < 3'000; i += 3) REQUIRE(tree.remove(filter(i), {}, session_id{i}));
  for (std::uint32_t i = 3'000; i < 3'500; ++i) tree.add(filter(i), {}, {.who = session_id{i}});
  REQUIRE(tree.subscriptions() == 2'500);
  for (std::uint32_t i = 0; i < 3'500; ++i) {
    const auto found = heard(i);
    const bool gone = i < 3'000 && i % 3 == 0;
    REQUIRE(found.size() == (gone ? 0U : 1U));
    if (!gone) REQUIRE(found[0]->plain.at(0).who == session_id{i});
  }
}

}  // namespace
}  // namespace wanwu::target
