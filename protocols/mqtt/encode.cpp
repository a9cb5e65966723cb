#include "protocols/mqtt/encode.hpp"

#include <algorithm>

namespace wanwu::mqtt {

namespace {

const corruption nothing_wrong{};

void put_sized(byte_writer& out, bytes_view value) {
  const auto kept = value.first(std::min<std::size_t>(value.size(), 0xFFFF));
  out.u16(static_cast<std::uint16_t>(kept.size()));
  out.append(kept);
}

void put_variable(byte_writer& out, std::uint32_t value) {
  std::byte* at = out.grow(4);
  out.drop_last(4 - static_cast<std::size_t>(write_variable(at, std::min(value, variable_max)) - at));
}

/// Writes the body of one packet and says what its first byte is.
struct body_encoder {
  byte_writer& out;
  version level;
  const corruption& wrong;

  void properties(const property_view& right) const {
    counted(wrong.properties ? bytes_view{*wrong.properties} : right.encoded(), wrong.property_length);
  }
  void will_properties(const property_view& right) const {
    counted(wrong.will_properties ? bytes_view{*wrong.will_properties} : right.encoded(), std::nullopt);
  }
  void counted(bytes_view raw, std::optional<std::uint32_t> said) const {
    if (level != version::v5) return;
    put_variable(out, said.value_or(static_cast<std::uint32_t>(raw.size())));
    out.append(raw);
  }
  bool has_tail(const property_view& right) const {
    return level == version::v5 && (!right.empty() || wrong.properties || wrong.property_length);
  }
  void id(std::uint16_t right) const { out.u16(wrong.packet_id.value_or(right)); }

  unsigned operator()(const connect& p) const {
    put_sized(out, as_bytes(p.protocol_name));
    out.u8(static_cast<std::uint8_t>(p.level));
    unsigned flags = (p.user ? 0x80U : 0U) | (p.password ? 0x40U : 0U) | (p.clean_start ? 2U : 0U);
    if (p.last_will) {
      flags |= 4U | static_cast<unsigned>(p.last_will->level) << 3U | (p.last_will->retain ? 0x20U : 0U);
    }
    out.u8(wrong.connect_flags.value_or(static_cast<std::uint8_t>(flags)));
    out.u16(p.keep_alive);
    properties(p.properties);
    put_sized(out, as_bytes(p.client_id));
    if (p.last_will) {
      will_properties(p.last_will->properties);
      put_sized(out, as_bytes(p.last_will->topic));
      put_sized(out, p.last_will->payload);
    }
    if (p.user) put_sized(out, as_bytes(*p.user));
    if (p.password) put_sized(out, *p.password);
    return 0x10;
  }

  unsigned operator()(const connack& p) const {
    out.u8(wrong.connack_flags.value_or(p.session_present ? std::uint8_t{1} : std::uint8_t{0}));
    out.u8(p.reason);
    properties(p.properties);
    return 0x20;
  }

  unsigned operator()(const publish& p) const {
    put_sized(out, as_bytes(p.topic));
    if (p.level != qos::at_most_once || wrong.packet_id) id(p.packet_id);
    properties(p.properties);
    out.append(p.payload);
    return 0x30U | (p.duplicate ? 8U : 0U) | (static_cast<unsigned>(p.level) & 3U) << 1U |
           (p.retain ? 1U : 0U);
  }

  unsigned operator()(const ack& p) const {
    id(p.packet_id);
    const bool tail = has_tail(p.properties);
    if (level == version::v5 && (p.reason != 0 || tail)) out.u8(p.reason);
    if (tail) properties(p.properties);
    return static_cast<unsigned>(p.type) << 4U | (p.type == packet_type::pubrel ? 2U : 0U);
  }

  unsigned operator()(const subscribe& p) const { return request(p, 0x82); }
  unsigned operator()(const unsubscribe& p) const { return request(p, 0xA2); }
  template <class Request>
  unsigned request(const Request& p, unsigned first) const {
    id(p.packet_id);
    properties(p.properties);
    out.append(p.filters.encoded());
    return first;
  }

  unsigned operator()(const suback& p) const { return answer(p, 0x90); }
  unsigned operator()(const unsuback& p) const { return answer(p, 0xB0); }
  template <class Answer>
  unsigned answer(const Answer& p, unsigned first) const {
    id(p.packet_id);
    properties(p.properties);
    out.append(p.reasons);
    return first;
  }

  unsigned operator()(const pingreq&) const { return 0xC0; }
  unsigned operator()(const pingresp&) const { return 0xD0; }

  unsigned operator()(const disconnect& p) const {
    const bool tail = has_tail(p.properties);
    if (level == version::v5 && (p.reason != 0 || tail)) out.u8(p.reason);
    if (tail) properties(p.properties);
    return 0xE0;
  }
  unsigned operator()(const auth& p) const {
    if (p.reason != 0 || has_tail(p.properties)) {
      out.u8(p.reason);
      properties(p.properties);
    }
    return 0xF0;
  }
};

/// The remaining length in the form asked for; returns its size. `to` has room for five bytes.
std::size_t write_length(std::byte* to, std::uint32_t value, const corruption& wrong) {
  std::byte* end = write_variable(to, std::min(value, variable_max));
  const auto wanted = std::min<std::ptrdiff_t>(wrong.length_bytes, 5);
  while (end - to < wanted) {
    end[-1] |= std::byte{0x80};
    *end++ = std::byte{0};
  }
  return static_cast<std::size_t>(end - to);
}

void apply_edits(byte_writer& out, std::size_t start, const corruption& wrong) {
  const auto view = out.view_from(start);
  bytes whole{view.begin(), view.end()};
  for (const auto& edit : wrong.edits) {
    const auto from = std::min(edit.offset, whole.size());
    const auto gone = std::min(edit.removed, whole.size() - from);
    const auto at = whole.begin() + static_cast<std::ptrdiff_t>(from);
    whole.insert(whole.erase(at, at + static_cast<std::ptrdiff_t>(gone)), edit.inserted.begin(),
                 edit.inserted.end());
  }
  if (wrong.cut_at && *wrong.cut_at < whole.size()) whole.resize(*wrong.cut_at);
  out.drop_last(out.size() - start);
  out.append(whole);
}

}  // namespace

void encode(byte_writer& out, const packet& what, version level) {
  encode(out, what, level, nothing_wrong);
}

void encode(byte_writer& out, const packet& what, version level, const corruption& wrong) {
  constexpr std::size_t header_max = 6;  // first byte, and a length of up to five bytes when asked for
  if (const auto* hello = std::get_if<connect>(&what)) level = hello->level;
  const auto start = out.size();
  (void)out.grow(header_max);
  const auto first = std::visit(body_encoder{out, level, wrong}, what);
  out.append(wrong.tail);
  auto body = out.size() - start - header_max;
  if (wrong.body_cut && *wrong.body_cut < body) {
    out.drop_last(body - *wrong.body_cut);
    body = *wrong.body_cut;
  }
  std::byte header[header_max];
  const unsigned type = wrong.fixed_type ? *wrong.fixed_type & 0xFU : first >> 4U;
  const unsigned flags = wrong.fixed_flags ? *wrong.fixed_flags & 0xFU : first & 0xFU;
  header[0] = static_cast<std::byte>(type << 4U | flags);
  const auto said = wrong.remaining_length.value_or(static_cast<std::uint32_t>(body));
  const auto size = 1 + write_length(header + 1, said, wrong);
  std::byte* base = out.grow(0) - (out.size() - start);
  std::memcpy(base, header, size);
  std::memmove(base + size, base + header_max, body);
  out.drop_last(header_max - size);
  if (!wrong.edits.empty() || wrong.cut_at) apply_edits(out, start, wrong);
}

}  // namespace wanwu::mqtt
