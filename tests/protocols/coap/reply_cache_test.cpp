#include "protocols/coap/reply_cache.hpp"

#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "protocols/coap/backoff.hpp"
#include "protocols/coap/confirmable_sender.hpp"

using namespace wanwu;
using namespace wanwu::coap;
using namespace std::chrono_literals;

namespace {
using verdict = reply_cache::verdict;
}

TEST_CASE("A duplicate gets the stored reply until EXCHANGE_LIFETIME has passed, another peer never does") {
  reply_cache cache;
  const time_point now{std::chrono::hours{1}};
  CHECK(cache.look(peer_key{1}, message_id{7}, now).what == verdict::fresh);
  CHECK(cache.look(peer_key{1}, message_id{7}, now).what == verdict::pending);
  cache.store(peer_key{1}, message_id{7}, as_bytes("reply"));
  const auto again = cache.look(peer_key{1}, message_id{7}, now + 247s);
  CHECK(again.what == verdict::replied);
  CHECK(as_text(again.reply) == "reply");
  CHECK(cache.look(peer_key{2}, message_id{7}, now).what == verdict::fresh);
  CHECK(cache.look(peer_key{1}, message_id{7}, now + 248s).what == verdict::fresh);
}

TEST_CASE("The cache stays within its bounds, and behaves like a map that forgets its oldest") {
  CHECK(rc::check([] {
    reply_cache cache{{.entries_max = 64, .reply_bytes_max = 1024, .lifetime = 100s}};
    std::map<std::pair<std::uint64_t, std::uint16_t>, std::string> replies;
    std::vector<std::pair<std::uint64_t, std::uint16_t>> order;
    time_point now{};
    for (int i = 0; i < 500; ++i) {
      const auto peer = *rc::gen::inRange<std::uint64_t>(0, 20);
      const auto id = *rc::gen::inRange<std::uint16_t>(0, 8);
      now += 1ms;
      const auto key = std::make_pair(peer, id);
      const bool known = std::find(order.begin(), order.end(), key) != order.end();
      const auto got = cache.look(peer_key{peer}, message_id{id}, now);
      RC_ASSERT((got.what != verdict::fresh) == known);
      if (known) {
        if (got.what == verdict::replied) RC_ASSERT(std::string{as_text(got.reply)} == replies[key]);
      } else {
        order.push_back(key);
        if (order.size() > 64) order.erase(order.begin());
        replies[key] = std::to_string(i);
        cache.store(peer_key{peer}, message_id{id}, as_bytes(replies[key]));
      }
      RC_ASSERT(cache.size() <= 64U);
    }
  }));
}

TEST_CASE("A reply that no longer fits the store is forgotten, not mixed up") {
  reply_cache cache{{.entries_max = 64, .reply_bytes_max = 100}};
  const time_point now{};
  for (std::uint16_t i = 0; i < 5; ++i) {
    cache.look(peer_key{1}, message_id{i}, now);
    cache.store(peer_key{1}, message_id{i}, as_bytes(std::string(40, static_cast<char>('a' + i))));
  }
  CHECK(cache.look(peer_key{1}, message_id{0}, now).what == verdict::pending);
  CHECK(as_text(cache.look(peer_key{1}, message_id{4}, now).reply) == std::string(40, 'e'));
  cache.store(peer_key{1}, message_id{4}, as_bytes(std::string(101, 'x')));
  CHECK(as_text(cache.look(peer_key{1}, message_id{4}, now).reply) == std::string(40, 'e'));
}

TEST_CASE("The derived times are those of RFC 7252 section 4.8.2") {
  const transmission_parameters p;
  CHECK(p.max_transmit_span() == 45s);
  CHECK(p.max_transmit_wait() == 93s);
  CHECK(p.exchange_lifetime() == 247s);
  CHECK(first_timeout(p, 0.0) == 2s);
  CHECK(first_timeout(p, 0.5) == 2500ms);
}

TEST_CASE(
    "A sender repeats a confirmable message at 2, 6, 14 and 30 s, gives up at 62 s, and stops for an ACK") {
  confirmable_sender sender{{.ack_random_factor = 1.0}, 1, 10};
  const time_point start{std::chrono::hours{1}};
  CHECK(sender.add(peer_key{1}, message_id{1}, as_bytes("one"), 11, start));
  CHECK(sender.add(peer_key{1}, message_id{2}, as_bytes("two"), 22, start));
  CHECK_FALSE(sender.add(peer_key{1}, message_id{2}, as_bytes("two"), 22, start));
  CHECK(sender.outstanding(peer_key{1}) == 2);
  CHECK_FALSE(sender.finish(peer_key{2}, message_id{2}));
  CHECK(sender.finish(peer_key{1}, message_id{2}) == 22U);
  std::vector<confirmable_sender::due> due;
  for (const auto after : {2s, 6s, 14s, 30s}) {
    REQUIRE(sender.next_deadline() == start + after);
    due.clear();
    sender.advance(start + after, due);
    REQUIRE(due.size() == 1);
    CHECK(as_text(due[0].datagram) == "one");
  }
  due.clear();
  sender.advance(start + 62s, due);
  REQUIRE(due.size() == 1);
  CHECK(due[0].datagram.empty());
  CHECK(due[0].tag == 11);
  CHECK(sender.size() == 0);
  CHECK(sender.outstanding(peer_key{1}) == 0);
}
