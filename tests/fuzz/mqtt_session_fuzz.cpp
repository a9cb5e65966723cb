// Whatever a server sends, in whatever pieces, a session stays consistent: it writes only packets that a
// strict server accepts, counts what is in flight right, and an ended session takes nothing more.
#include <cstdlib>

#include "protocols/mqtt/session.hpp"

using namespace wanwu;
using namespace wanwu::mqtt;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

struct listener {
  int open = 0;  ///< Messages with a token that nobody has told the end of.
  bool over = false;
  void session_up(const connack&) {}
  void session_refused(const connack&) { over = true; }
  void session_message(const publish&, std::string_view topic) { check(!topic.empty()); }
  void session_finished(std::uint32_t, std::uint8_t, std::size_t) { check(--open >= 0); }
  void session_given_up(std::uint32_t) { check(--open >= 0); }
  void session_subscribed(std::uint32_t, const suback&) { check(--open >= 0); }
  void session_unsubscribed(std::uint32_t, const unsuback&) { check(--open >= 0); }
  void session_ended(const disconnect&) { over = true; }
  void session_authentication(const auth&) {}
  void session_broken(const wire_error&) { over = true; }
};

void check_output(session_shared& shared) {
  auto raw = shared.out.view();
  while (!raw.empty()) {
    const auto found = next_frame(raw, variable_max);
    check(found && *found);
    check(decode((*found)->whole, shared.settings.level, role::client).has_value());
    raw = raw.subspan((*found)->whole.size());
  }
  shared.out.clear();
}

void converse(bytes_view input, version level, bool clean, std::size_t step) {
  session_shared shared{{.level = level,
                         .clean_start = clean,
                         .use_topic_alias = true,
                         .topic_alias_maximum = 3,
                         .packet_size_max = 4096,
                         .queue_max = 4},
                        {}};
  session client;
  listener ear;
  time_point now{std::chrono::hours{1}};
  std::uint32_t token = 0;
  byte_writer filters;
  put_filter(filters, "a/#", 1);
  for (int life = 0; life < 2; ++life) {
    ear.over = false;
    client.connect(shared, {.client_id = "fuzz"}, now);
    for (std::size_t at = 0; at < input.size() && !ear.over; at += step) {
      const auto piece = input.subspan(at, std::min(step, input.size() - at));
      check(client.receive(shared, bytes{piece.begin(), piece.end()}, now, ear) != ear.over);
      if (at / step < 8) {
        for (const auto wanted : {qos::at_least_once, qos::exactly_once, qos::at_most_once}) {
          const auto done = client.publish(
              shared, {.topic = "a/b", .payload = as_bytes("p"), .level = wanted}, ++token, now);
          const bool taken = done == publish_result::sent || done == publish_result::queued;
          if (taken && wanted != qos::at_most_once) ++ear.open;
        }
        if (client.subscribe(shared, filters.view(), 1, ++token, now)) ++ear.open;
      }
      now += std::chrono::seconds{20};
      (void)client.advance(shared, now);
      check_output(shared);
    }
    client.lost(shared, ear);
    check(!client.is_up());
    check(!clean || (ear.open == 0 && client.in_flight() == 0 && client.queued() == 0));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view input{reinterpret_cast<const std::byte*>(data), std::min<std::size_t>(size, 512)};
  // An acceptance first, or few inputs get further than the greeting.
  for (const auto level : {version::v3_1_1, version::v5}) {
    byte_writer accepted;
    encode(accepted, connack{}, level);
    bytes stream{accepted.view().begin(), accepted.view().end()};
    stream.insert(stream.end(), input.begin(), input.end());
    const std::size_t step = size == 0 ? 1 : 1 + data[0] % 64;
    for (const bool clean : {true, false}) {
      converse(stream, level, clean, step);
      converse(input, level, clean, stream.size());
    }
  }
  return 0;
}
