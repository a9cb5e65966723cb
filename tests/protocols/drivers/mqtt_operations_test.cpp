// The rows that await answers: what a burst has filled goes back, and then they serve as before.
#include "protocols/drivers/mqtt_operations.hpp"

#include <catch2/catch.hpp>

#include "protocols/mqtt/exchange.hpp"

using namespace wanwu;
using namespace std::chrono_literals;

TEST_CASE("Operations give back what many have filled only when none is under way, and serve on") {
  mqtt_operations under_way;
  under_way.reserve(100);
  std::vector<std::uint32_t> begun;
  for (std::uint32_t round = 1; round <= 3; ++round) {
    begun.clear();
    for (std::uint32_t i = 0; i < 5'000; ++i) {
      mqtt_operation one;
      one.connection = round * 10'000 + i;
      begun.push_back(under_way.begin(one, i % 2 == 0 ? duration{1s} : duration{2s}));
    }
    for (const auto at : begun) under_way.leave_line(at);
    CHECK(under_way.count() == 0);
    for (std::size_t i = 1; i < begun.size(); ++i) under_way.drop(begun[i]);
    under_way.give_back_room();
    CHECK(under_way.row_count() == 5'000);
    CHECK(under_way[begun[0]].connection == round * 10'000);  // out of its line, but kept
    under_way.drop(begun[0]);
    under_way.give_back_room();
    CHECK(under_way.row_count() == 0);
  }
}

TEST_CASE("Exchanges give back what many have filled only when none is taken, and serve on") {
  mqtt::exchange_pool pool;
  for (int round = 0; round < 3; ++round) {
    mqtt::exchange_list list;
    const bytes packet(100, std::byte{42});
    for (int i = 0; i < 5'000; ++i) pool[list.append(pool)].keep(packet);
    const auto any = [](const mqtt::exchange&) { return true; };
    for (int i = 1; i < 5'000; ++i) pool.give_back(list.take_out(pool, any));
    pool.give_back_room();
    CHECK(pool.row_count() == 5'000);
    CHECK(pool[list.head()].encoded().size() == 100);
    pool.give_back(list.take_out(pool, any));
    pool.give_back_room();
    CHECK(pool.row_count() == 0);
  }
}
