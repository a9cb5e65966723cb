#include "protocols/mqtt/packet.hpp"

#include <algorithm>

#include "protocols/core/byte_reader.hpp"
#include "protocols/mqtt/wire_fields.hpp"

namespace wanwu::mqtt {

namespace {

struct type_visitor {
  packet_type operator()(const connect&) const { return packet_type::connect; }
  packet_type operator()(const connack&) const { return packet_type::connack; }
  packet_type operator()(const publish&) const { return packet_type::publish; }
  packet_type operator()(const ack& what) const { return what.type; }
  packet_type operator()(const subscribe&) const { return packet_type::subscribe; }
  packet_type operator()(const suback&) const { return packet_type::suback; }
  packet_type operator()(const unsubscribe&) const { return packet_type::unsubscribe; }
  packet_type operator()(const unsuback&) const { return packet_type::unsuback; }
  packet_type operator()(const pingreq&) const { return packet_type::pingreq; }
  packet_type operator()(const pingresp&) const { return packet_type::pingresp; }
  packet_type operator()(const disconnect&) const { return packet_type::disconnect; }
  packet_type operator()(const auth&) const { return packet_type::auth; }
};

}  // namespace

packet_type type_of(const packet& what) noexcept {
  return std::visit(type_visitor{}, what);
}

void filter_list::iterator::step() noexcept {
  byte_reader in{rest_};
  current_.filter = as_text(read_binary(in));
  current_.options = with_options_ ? in.u8() : std::uint8_t{0};
  done_ = !in.ok();
  rest_ = done_ ? bytes_view{} : rest_.subspan(in.offset());
}

std::size_t filter_list::size() const noexcept {
  std::size_t count = 0;
  for (auto at = begin(); at != end(); ++at) ++count;
  return count;
}

void put_filter(byte_writer& out, std::string_view filter) {
  const auto kept = filter.substr(0, 0xFFFF);
  out.u16(static_cast<std::uint16_t>(kept.size()));
  out.append(kept);
}

void put_filter(byte_writer& out, std::string_view filter, std::uint8_t options) {
  put_filter(out, filter);
  out.u8(options);
}

}  // namespace wanwu::mqtt
