// The encoder: packets into bytes, right ones by default and wrong ones on request.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/byte_writer.hpp"
#include "protocols/mqtt/framing.hpp"
#include "protocols/mqtt/packet.hpp"

namespace wanwu::mqtt {

/// Appends the packet. Lengths are made right, optional tails (success reasons, empty properties) are left
/// out; values are not judged, so a packet id of 0 or QoS 3 goes out as asked. Texts and binaries longer than
/// 65535 bytes are cut to that. Properties are written for 5.0 only. A connect is written by its own level.
void encode(byte_writer& out, const packet& what, version level);

/// One change of finished bytes: from `offset`, `removed` bytes go and `inserted` takes their place.
struct byte_edit {
  std::size_t offset{};
  std::size_t removed{};
  bytes inserted;
};

/// How a packet shall go out wrong. Everything left empty stays right.
struct corruption {
  std::optional<std::uint8_t> fixed_flags{};        ///< Low four bits of the first byte.
  std::optional<std::uint8_t> fixed_type{};         ///< High four bits of the first byte, 0..15.
  std::optional<std::uint32_t> remaining_length{};  ///< Said instead of the true one.
  std::uint8_t length_bytes{};                      ///< Overlong form of the remaining length: 2..5 bytes.
  std::optional<std::uint16_t> packet_id{};         ///< Where the packet has one.
  std::optional<std::uint8_t> connect_flags{};      ///< CONNECT only.
  std::optional<std::uint8_t> connack_flags{};      ///< CONNACK only.
  std::optional<std::uint32_t> property_length{};   ///< Said instead of the true one.
  std::optional<bytes> properties{};                ///< Raw bytes in place of the packet's properties.
  std::optional<bytes> will_properties{};           ///< The same for those of the will; CONNECT only.
  bytes tail{};                                     ///< Added to the end of the body, counted in its length.
  std::optional<std::size_t> body_cut{};  ///< Only so many bytes of the body stay, and its length says so.
  std::optional<std::size_t> cut_at{};    ///< Only so many bytes of the whole packet go out.
  std::vector<byte_edit> edits{};         ///< Applied to the whole packet, in this order, before the cut.
};

void encode(byte_writer& out, const packet& what, version level, const corruption& wrong);

/// A PUBLISH as the hot path writes it: no variant, no copy but of the bytes themselves.
struct outgoing_publish {
  std::string_view topic{};  ///< Empty when `alias` stands for it.
  bytes_view payload{};
  bytes_view properties{};       ///< Encoded, without alias and length; ignored for 3.1.1.
  bytes_view more_properties{};  ///< Likewise, written after them.
  std::uint16_t packet_id{};     ///< Written when level is above 0.
  std::uint16_t alias{};         ///< 0 = none; 5.0 only.
  qos level{};
  bool retain{}, duplicate{};
};

/// Size of the whole packet that put_publish() writes; more than variable_max + 5 cannot be written.
inline std::size_t publish_size(const outgoing_publish& what, version level) noexcept;

/// Appends the packet in one growth of `out`. Needs a topic of at most 65535 bytes and publish_size() within
/// what the target takes.
inline void put_publish(byte_writer& out, const outgoing_publish& what, version level);

/// Appends PUBACK, PUBREC, PUBREL or PUBCOMP with success: four bytes, alike in both versions.
inline void put_ack(byte_writer& out, packet_type type, std::uint16_t packet_id) {
  const auto flags = type == packet_type::pubrel ? 2U : 0U;
  std::byte* to = out.grow(4);
  to[0] = static_cast<std::byte>(static_cast<unsigned>(type) << 4U | flags);
  to[1] = std::byte{2};
  to[2] = static_cast<std::byte>(packet_id >> 8U);
  to[3] = static_cast<std::byte>(packet_id & 0xFFU);
}

}  // namespace wanwu::mqtt

#include "protocols/mqtt/quick_encode.hpp"
