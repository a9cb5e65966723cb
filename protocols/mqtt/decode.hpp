// The strict decoder: every byte of a packet is judged, by the clauses of its version.
#pragma once

#include <optional>

#include "protocols/mqtt/framing.hpp"
#include "protocols/mqtt/packet.hpp"

namespace wanwu::mqtt {

/// Decodes one whole packet (as next_frame() cuts it) that `sender` sent. `level` is the connection's
/// version; a CONNECT is judged by the version it names itself. Views in the result live as long as `whole`.
/// Errors carry the offset from the packet's first byte and the clause broken, of the matching version:
/// `truncated` when a field runs past the end, `malformed`, or `protocol_error` for what is well formed but
/// not allowed (that sender, that combination). A CONNECT of an unknown protocol level fails with
/// MQTT-3.1.2-2. Not judged, since they depend on the connection: order of packets, alias maxima, receive
/// maximum, ids in use, and the empty client id, which a server answers.
wire_result<packet> decode(bytes_view whole, version level, role sender);

/// What the first byte alone tells: reserved type, wrong flags, wrong sender. Lets a receiver refuse garbage
/// before its length says how much of it to wait for.
std::optional<wire_error> check_first_byte(std::byte first, version level, role sender) noexcept;

/// PUBLISH of the common kind, decoded without the general machinery. Nothing when anything is unusual
/// (non-ASCII topic, any property, any fault): then call decode(). What it returns is what decode() would.
inline std::optional<publish> quick_publish(const frame& in, version level) noexcept;

/// PUBACK, PUBREC, PUBREL, PUBCOMP of the common kind: success without properties. Else as above.
inline std::optional<ack> quick_ack(const frame& in) noexcept;

}  // namespace wanwu::mqtt

#include "protocols/mqtt/quick_decode.hpp"
