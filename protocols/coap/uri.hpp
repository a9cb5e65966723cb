// A path with query, percent-encoded, to Uri-Path and Uri-Query options and back. RFC 7252 §6.4, §6.5.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocols/coap/encode.hpp"

namespace wanwu::coap {

/// Longest path segment or query argument, after decoding. RFC 7252 §5.10.
inline constexpr std::size_t uri_part_bytes_max = 255;

/// Whether `reference` ("/t/7?lt=60", the leading "/" optional) can be turned into options: percent-encoding
/// whole, every part at most uri_part_bytes_max long, no fragment.
bool is_valid_reference(std::string_view reference) noexcept;

/// Writes the Uri-Path options of `reference`. False when a part is too long or wrongly percent-encoded: it
/// was written as far as it goes. "." and ".." are left alone [RFC7252-5.10.1-4].
bool add_uri_path(message_writer& out, std::string_view reference);
/// Writes the Uri-Query options of `reference`, nothing without a "?". False as above.
bool add_uri_query(message_writer& out, std::string_view reference);
/// Both, onto a draft.
void add_reference(message_draft& out, std::string_view reference);

/// "/a/b?x=1" from a message's Uri-Path and Uri-Query, percent-encoded where a URI needs it; "/" for none.
std::string reference_of(options_view options);
/// The same from Location-Path and Location-Query of a response; "" without one.
std::string location_of(options_view options);

/// `text` with every %XX replaced; nothing when an escape is broken.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace wanwu::coap
