// What must hold for packets nobody thought of: made at random, encoded, decoded, cut, split.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "protocols/core/byte_writer.hpp"
#include "protocols/mqtt/decode.hpp"
#include "protocols/mqtt/encode.hpp"
#include "protocols/mqtt/topic.hpp"

using namespace wanwu;
using namespace wanwu::mqtt;

namespace {

/// Owns what the views of a random packet point into.
struct random_packet {
  std::vector<std::unique_ptr<std::string>> texts;
  std::vector<std::unique_ptr<byte_writer>> encoded;
  packet what;
  version level{};
  role sender{};
};

template <class T>
T among(std::initializer_list<T> values) {
  return *rc::gen::elementOf(std::vector<T>{values});
}

std::string_view text(random_packet& p, bool may_be_empty = true) {
  auto value =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string{"abcXYZ09 /-_\xC3\xA9"}.substr(0, 12)));
  if (value.empty() && !may_be_empty) value = "x";
  return *p.texts.emplace_back(std::make_unique<std::string>(value));
}

bytes_view binary(random_packet& p) {
  return as_bytes(*p.texts.emplace_back(std::make_unique<std::string>(*rc::gen::string<std::string>())));
}

property_view properties(random_packet& p, property_places place) {
  auto& out = *p.encoded.emplace_back(std::make_unique<byte_writer>());
  if (p.level != version::v5) return {};
  bool has_method = false;
  for (const auto& rule : property_table()) {
    if ((rule.places & place) == 0) continue;
    if (rule.id == property_id::subscription_identifier && p.sender == role::client &&
        place == place_of(packet_type::publish))
      continue;
    if (rule.id == property_id::session_expiry_interval && p.sender == role::server &&
        place == place_of(packet_type::disconnect))
      continue;
    const bool needed = rule.id == property_id::authentication_method && place == place_of(packet_type::auth);
    if (!needed && *rc::gen::inRange(0, 3) != 0) continue;
    if (rule.id == property_id::authentication_method) has_method = true;
    if (rule.id == property_id::authentication_data && !has_method) continue;
    switch (rule.kind) {
      case property_kind::text:
        put_property(out, rule.id, text(p, false));
        break;
      case property_kind::binary:
        put_property(out, rule.id, binary(p));
        break;
      case property_kind::text_pair:
        put_user_property(out, text(p), text(p));
        break;
      default: {
        const auto span = static_cast<std::uint64_t>(rule.most) - rule.least + 1;
        put_property(out, rule.id,
                     static_cast<std::uint32_t>(rule.least + *rc::gen::arbitrary<std::uint32_t>() % span));
      }
    }
  }
  return property_view{out.view()};
}

std::uint16_t packet_id() {
  return static_cast<std::uint16_t>(*rc::gen::inRange(1, 65536));
}

std::uint8_t reason(const random_packet& p, packet_type type) {
  std::vector<std::uint8_t> allowed;
  for (unsigned code = 0; code < 256; ++code) {
    if (may_carry(type, p.level, p.sender, static_cast<std::uint8_t>(code)))
      allowed.push_back(static_cast<std::uint8_t>(code));
  }
  return *rc::gen::elementOf(allowed);
}

connect random_connect(random_packet& p) {
  connect out;
  out.level = p.level;
  out.clean_start = *rc::gen::arbitrary<bool>();
  out.keep_alive = *rc::gen::arbitrary<std::uint16_t>();
  out.properties = properties(p, place_of(packet_type::connect));
  out.client_id = text(p);
  if (*rc::gen::arbitrary<bool>()) {
    out.last_will = will{among({qos::at_most_once, qos::at_least_once, qos::exactly_once}),
                         *rc::gen::arbitrary<bool>(), properties(p, in_will), text(p, false), binary(p)};
  }
  if (*rc::gen::arbitrary<bool>()) out.user = text(p);
  if (out.user || p.level == version::v5) {
    if (*rc::gen::arbitrary<bool>()) out.password = binary(p);
  }
  return out;
}

publish random_publish(random_packet& p) {
  publish out;
  out.level = among({qos::at_most_once, qos::at_least_once, qos::exactly_once});
  out.retain = *rc::gen::arbitrary<bool>();
  if (out.level != qos::at_most_once) {
    out.duplicate = *rc::gen::arbitrary<bool>();
    out.packet_id = packet_id();
  }
  out.topic = text(p, false);
  out.properties = properties(p, place_of(packet_type::publish));
  out.payload = binary(p);
  return out;
}

filter_list filters(random_packet& p, bool with_options) {
  auto& out = *p.encoded.emplace_back(std::make_unique<byte_writer>());
  const auto count = *rc::gen::inRange(1, 5);
  for (int i = 0; i < count; ++i) {
    if (!with_options) {
      put_filter(out, text(p, false));
    } else {
      const auto wanted = static_cast<std::uint8_t>(*rc::gen::inRange(0, 3));
      const auto more = p.level == version::v5 ? among<std::uint8_t>({0, 4, 8, 0x10, 0x2C}) : std::uint8_t{0};
      put_filter(out, text(p, false), static_cast<std::uint8_t>(wanted | more));
    }
  }
  return {out.view(), with_options};
}

template <class Packet>
Packet random_answer(random_packet& p, packet_type type) {
  Packet out;
  out.packet_id = packet_id();
  out.properties = properties(p, place_of(type));
  if (type == packet_type::unsuback && p.level == version::v3_1_1) return out;
  auto& codes = *p.encoded.emplace_back(std::make_unique<byte_writer>());
  const auto count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) codes.u8(reason(p, type));
  out.reasons = codes.view();
  return out;
}

packet random_of(random_packet& p, packet_type type) {
  switch (type) {
    case packet_type::connect:
      return random_connect(p);
    case packet_type::connack: {
      const auto code = reason(p, type);
      return connack{code == 0 && *rc::gen::arbitrary<bool>(), code, properties(p, place_of(type))};
    }
    case packet_type::publish:
      return random_publish(p);
    case packet_type::subscribe:
      return subscribe{packet_id(), properties(p, place_of(type)), filters(p, true)};
    case packet_type::unsubscribe:
      return unsubscribe{packet_id(), properties(p, place_of(type)), filters(p, false)};
    case packet_type::suback:
      return random_answer<suback>(p, type);
    case packet_type::unsuback:
      return random_answer<unsuback>(p, type);
    case packet_type::pingreq:
      return pingreq{};
    case packet_type::pingresp:
      return pingresp{};
    case packet_type::disconnect:
      if (p.level == version::v3_1_1) return disconnect{};
      return disconnect{reason(p, type), properties(p, place_of(type))};
    case packet_type::auth:
      return auth{reason(p, type), properties(p, place_of(type))};
    default:
      return ack{type, packet_id(), reason(p, type), properties(p, place_of(type))};
  }
}

void fill(random_packet& p) {
  p.level = among({version::v3_1_1, version::v5});
  p.sender = among({role::client, role::server});
  std::vector<packet_type> types;
  for (unsigned type = 1; type < 16; ++type) {
    const auto flags = type == 6 || type == 8 || type == 10 ? 2U : 0U;
    if (!check_first_byte(static_cast<std::byte>(type << 4U | flags), p.level, p.sender))
      types.push_back(static_cast<packet_type>(type));
  }
  p.what = random_of(p, *rc::gen::elementOf(types));
}

}  // namespace

TEST_CASE("Decoding what was encoded gives the same packet, for any packet") {
  CHECK(rc::check([] {
    random_packet p;
    fill(p);
    byte_writer out;
    encode(out, p.what, p.level);
    const auto got = decode(out.view(), p.level, p.sender);
    if (!got) RC_FAIL(std::string{got.error().clause} + " " + describe(p.what));
    RC_ASSERT(*got == p.what);
    byte_writer again;
    encode(again, *got, p.level);
    RC_ASSERT(as_text(again.view()) == as_text(out.view()));
  }));
}

TEST_CASE("A stream of packets is cut the same wherever it is split") {
  CHECK(rc::check([] {
    byte_writer out;
    std::vector<std::size_t> ends;
    const auto count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i) {
      random_packet p;
      fill(p);
      encode(out, p.what, p.level);
      ends.push_back(out.size());
    }
    std::size_t begin = 0;
    std::size_t known = 0;
    std::vector<std::size_t> found;
    while (known < out.size()) {
      known += static_cast<std::size_t>(*rc::gen::inRange<int>(1, static_cast<int>(out.size() - known) + 1));
      for (;;) {
        const auto got = next_frame(out.view().first(known).subspan(begin), variable_max);
        RC_ASSERT(got.has_value());
        if (!*got) break;
        begin += (*got)->whole.size();
        found.push_back(begin);
      }
    }
    RC_ASSERT(found == ends);
  }));
}

TEST_CASE("The hot path writes a PUBLISH byte for byte as the general encoder does") {
  CHECK(rc::check([] {
    random_packet p;
    p.level = among({version::v3_1_1, version::v5});
    p.sender = role::client;
    auto what = random_publish(p);
    byte_writer slow;
    byte_writer fast;
    byte_writer combined;
    const auto alias =
        p.level == version::v5 ? static_cast<std::uint16_t>(*rc::gen::inRange(0, 3)) : std::uint16_t{0};
    byte_writer own;  // without the alias that random properties may hold
    for (const auto& each : what.properties) {
      if (each.rule->kind == property_kind::text) put_property(own, each.rule->id, each.value);
    }
    const outgoing_publish quick{what.topic, what.payload, own.view(),    {}, what.packet_id, alias,
                                 what.level, what.retain,  what.duplicate};
    put_publish(fast, quick, p.level);
    if (alias != 0) put_property(combined, property_id::topic_alias, std::uint32_t{alias});
    combined.append(own.view());
    what.properties = property_view{combined.view()};
    encode(slow, what, p.level);
    RC_ASSERT(as_text(fast.view()) == as_text(slow.view()));
    RC_ASSERT(publish_size(quick, p.level) == fast.size());
  }));
}

TEST_CASE("Any bytes are decoded or refused at an offset inside them") {
  CHECK(rc::check([] {
    const auto raw = *rc::gen::string<std::string>();
    for (const auto level : {version::v3_1_1, version::v5}) {
      for (const auto sender : {role::client, role::server}) {
        const auto got = decode(as_bytes(raw), level, sender);
        RC_ASSERT(got || got.error().offset <= raw.size());
      }
    }
  }));
}
