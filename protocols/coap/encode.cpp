#include "protocols/coap/encode.hpp"

#include <algorithm>

namespace wanwu::coap {

namespace {

constexpr unsigned nibble_of(std::size_t value) noexcept {
  return value < 13 ? static_cast<unsigned>(value) : value < 269 ? 13U : 14U;
}

/// The extension bytes that `nibble` announces, filled with what belongs to `value`.
void append_extension(byte_writer& out, unsigned nibble, std::size_t value) {
  if (nibble == 13) out.u8(static_cast<std::uint8_t>(value - 13));
  if (nibble == 14) out.u16(static_cast<std::uint16_t>(value - 269));
}

void append_option(byte_writer& out, const draft_option& o, std::size_t delta) {
  const unsigned delta_nibble = o.delta_nibble ? *o.delta_nibble & 0xFU : nibble_of(delta);
  const unsigned length_nibble = o.length_nibble ? *o.length_nibble & 0xFU : nibble_of(o.value.size());
  out.u8(static_cast<std::uint8_t>(delta_nibble << 4U | length_nibble));
  append_extension(out, delta_nibble, delta);
  append_extension(out, length_nibble, o.value.size());
  out.append(o.value);
}

}  // namespace

void message_writer::write_extended(unsigned delta, unsigned length) {
  out_.u8(static_cast<std::uint8_t>(nibble_of(delta) << 4U | nibble_of(length)));
  append_extension(out_, nibble_of(delta), delta);
  append_extension(out_, nibble_of(length), length);
}

message_draft& message_draft::add(option_number number, bytes_view value) {
  options.push_back({.number = number,
                     .value = bytes(value.begin(), value.end()),
                     .delta_nibble = {},
                     .length_nibble = {}});
  return *this;
}

message_draft& message_draft::add_uint(option_number number, std::uint32_t value) {
  bytes encoded_value(uint_bytes(value));
  for (auto at = encoded_value.rbegin(); at != encoded_value.rend(); ++at, value >>= 8U) {
    *at = static_cast<std::byte>(value & 0xFFU);
  }
  return add(number, encoded_value);
}

std::optional<std::uint32_t> message_draft::find_uint(option_number number) const noexcept {
  const auto at =
      std::find_if(options.begin(), options.end(), [&](const draft_option& o) { return o.number == number; });
  if (at == options.end()) return std::nullopt;
  return option{number, at->value}.uint();
}

message_draft draft_of(const message& m) {
  message_draft draft;
  draft.type = m.type;
  draft.code = m.code;
  draft.id = m.id;
  draft.token.assign(m.token.view().begin(), m.token.view().end());
  for (const auto& o : m.options) draft.add(o.number, o.value);
  draft.payload.assign(m.payload.begin(), m.payload.end());
  return draft;
}

void encode(const message_draft& draft, byte_writer& out) {
  const auto start = out.size();
  const unsigned token_nibble =
      draft.token_nibble ? *draft.token_nibble : static_cast<unsigned>(draft.token.size());
  out.u8(static_cast<std::uint8_t>((draft.version & 3U) << 6U | static_cast<unsigned>(draft.type) << 4U |
                                   (token_nibble & 0xFU)));
  out.u8(value_of(draft.code));
  out.u16(value_of(draft.id));
  out.append(draft.token);

  std::vector<const draft_option*> in_order;
  in_order.reserve(draft.options.size());
  for (const auto& o : draft.options) in_order.push_back(&o);
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const draft_option* a, const draft_option* b) { return a->number < b->number; });
  std::size_t last = 0;
  for (const auto* o : in_order) {
    append_option(out, *o, value_of(o->number) - last);
    last = value_of(o->number);
  }
  out.append(draft.raw_options);

  if (draft.marker.value_or(!draft.payload.empty())) out.u8(0xFF);
  out.append(draft.payload);
  const auto length = out.size() - start;
  if (draft.cut_to && *draft.cut_to < length) out.drop_last(length - *draft.cut_to);
}

bytes encoded(const message_draft& draft) {
  byte_writer out;
  encode(draft, out);
  return {out.view().begin(), out.view().end()};
}

}  // namespace wanwu::coap
