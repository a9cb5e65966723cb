// The upgrade from HTTP/1.1 to WebSocket: what the client asks, what the server answers. RFC 6455 section 4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/byte_writer.hpp"
#include "protocols/core/wire_error.hpp"

namespace wanwu::websocket {

/// What `Sec-WebSocket-Accept` must be for this `Sec-WebSocket-Key` (section 4.2.2 point 5.4).
std::string accept_of(std::string_view key);
/// Sixteen bytes as a `Sec-WebSocket-Key`.
std::string key_of(std::span<const std::byte, 16> nonce);

struct upgrade_request {
  std::string host;          ///< "127.0.0.1:9001"
  std::string target = "/";  ///< Path with query.
  std::string key;
  std::vector<std::string> subprotocols;  ///< As offered, in order of preference.
};

/// Appends the client's request. Its texts must be fit for a field line (http::is_field_text); none of
/// `subprotocols` = no such field.
void put_upgrade_request(byte_writer& out, const upgrade_request& wanted);
/// What the client asks, or the HTTP status with which it is to be refused: 400, 405, 426 or 505.
tl::expected<upgrade_request, std::uint16_t> read_upgrade_request(std::string_view head);

/// Appends the answer that agrees. `subprotocol` "" = none is named.
void put_upgrade_answer(byte_writer& out, std::string_view key, std::string_view subprotocol);
/// Appends the answer that refuses, after which the server closes.
void put_refusal(byte_writer& out, std::uint16_t status);

struct upgrade_answer {
  std::uint16_t status{};                  ///< 100..599
  std::optional<std::string> subprotocol;  ///< Nothing = the server named none.
};
/// What the server answers to a request with this key: a status line, and with 101 all that section 4.1
/// demands of the answer but the subprotocol's name, which is the caller's to judge. Errors name the RFC's
/// section. Without a key the answer is read and not held against any request.
wire_result<upgrade_answer> read_upgrade_answer(std::string_view head, std::optional<std::string_view> key);

}  // namespace wanwu::websocket
