// PUBLISH straight into the output. Included by encode.hpp.
#pragma once

#include <cstring>

#include "protocols/mqtt/encode.hpp"

namespace wanwu::mqtt {

namespace detail {

inline std::uint32_t publish_property_size(const outgoing_publish& what) noexcept {
  return static_cast<std::uint32_t>(what.properties.size() + what.more_properties.size() +
                                    (what.alias != 0 ? 3U : 0U));
}

inline std::size_t publish_body_size(const outgoing_publish& what, version level) noexcept {
  std::size_t size =
      2 + what.topic.size() + (what.level != qos::at_most_once ? 2U : 0U) + what.payload.size();
  if (level == version::v5) {
    const auto properties = publish_property_size(what);
    size += variable_size(properties) + properties;
  }
  return size;
}

inline std::byte* write_u16(std::byte* to, std::size_t value) noexcept {
  to[0] = static_cast<std::byte>(value >> 8U & 0xFFU);
  to[1] = static_cast<std::byte>(value & 0xFFU);
  return to + 2;
}

inline std::byte* write_raw(std::byte* to, bytes_view raw) noexcept {
  if (!raw.empty()) std::memcpy(to, raw.data(), raw.size());
  return to + raw.size();
}

}  // namespace detail

inline std::size_t publish_size(const outgoing_publish& what, version level) noexcept {
  const auto body = detail::publish_body_size(what, level);
  const auto counted = body > variable_max ? variable_max : static_cast<std::uint32_t>(body);
  return 1 + variable_size(counted) + body;
}

inline void put_publish(byte_writer& out, const outgoing_publish& what, version level) {
  const auto body = static_cast<std::uint32_t>(detail::publish_body_size(what, level));
  std::byte* to = out.grow(1 + variable_size(body) + body);
  *to++ = static_cast<std::byte>(0x30U | (what.duplicate ? 8U : 0U) |
                                 static_cast<unsigned>(what.level) << 1U | (what.retain ? 1U : 0U));
  to = write_variable(to, body);
  to = detail::write_u16(to, what.topic.size());
  to = detail::write_raw(to, as_bytes(what.topic));
  if (what.level != qos::at_most_once) to = detail::write_u16(to, what.packet_id);
  if (level == version::v5) {
    to = write_variable(to, detail::publish_property_size(what));
    if (what.alias != 0) {
      *to++ = std::byte{0x23};
      to = detail::write_u16(to, what.alias);
    }
    to = detail::write_raw(to, what.properties);
    to = detail::write_raw(to, what.more_properties);
  }
  detail::write_raw(to, what.payload);
}

}  // namespace wanwu::mqtt
