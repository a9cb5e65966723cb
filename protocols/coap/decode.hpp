// Datagram to message, strictly. RFC 7252 §3.
#pragma once

#include <array>
#include <optional>

#include "protocols/coap/message.hpp"
#include "protocols/core/wire_error.hpp"

namespace wanwu::coap {

/// Decodes one whole datagram. Errors name the clause broken and the offset of the first offending byte:
/// `truncated` when the datagram ends inside a field (a payload marker with nothing after it counts),
/// `malformed` when bytes break the format, `protocol_error` when type and code do not go together.
/// Option values are not judged here: see check_options().
wire_result<message> decode(bytes_view datagram);

/// The RST that RFC 7252 §4.2 demands for a datagram that decode() refused, or for a message that is
/// rejected: only a CON of version 1 is reset; nothing for everything else, which is to be ignored in
/// silence.
std::optional<std::array<std::byte, header_bytes>> rejection_of(bytes_view datagram) noexcept;

/// An Empty message: ACK or RST with `id`, or a CON as "CoAP ping".
std::array<std::byte, header_bytes> empty_message(message_type type, message_id id) noexcept;

}  // namespace wanwu::coap
