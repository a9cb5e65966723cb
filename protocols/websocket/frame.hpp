// One WebSocket frame as bytes. RFC 6455 section 5.2.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "protocols/core/byte_writer.hpp"

namespace wanwu::websocket {

enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

constexpr bool is_control(opcode code) noexcept {
  return static_cast<std::uint8_t>(code) >= 8;
}

/// Who sends. A client masks what it sends, a server never does (RFC 6455 section 5.1).
enum class side : std::uint8_t { client, server };

/// Why a connection is closed. RFC 6455 section 7.4.1.
enum class close_code : std::uint16_t { normal = 1000, protocol_error = 1002, unsupported_data = 1003 };

using masking_key = std::array<std::byte, 4>;

inline constexpr std::size_t control_bytes_max = 125;  ///< Payload of a control frame; section 5.5.
inline constexpr std::size_t header_bytes_max = 14;

/// Appends a whole frame. `mask`: what a client's is masked with, nothing of a server. A control frame's
/// payload is at most control_bytes_max.
void put_frame(byte_writer& out, opcode code, bytes_view payload, std::optional<masking_key> mask,
               bool is_last = true);
/// Appends a Close frame that gives this reason.
void put_close(byte_writer& out, close_code why, std::optional<masking_key> mask);

/// XORs `raw` with the key, which goes on at its byte `at` modulo 4. Section 5.3: masking and unmasking are
/// one.
void apply_mask(std::span<std::byte> raw, const masking_key& key, std::size_t at) noexcept;

}  // namespace wanwu::websocket
