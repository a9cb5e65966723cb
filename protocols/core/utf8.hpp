// Whether bytes are well-formed UTF-8 (RFC 3629), as MQTT, CoAP and our file formats demand.
#pragma once

#include <optional>

#include "protocols/core/bytes.hpp"

namespace wanwu {

/// Offset of the first byte that is not part of a well-formed sequence (overlong forms, surrogates and
/// values above U+10FFFF are not); nothing when all of `text` is well formed. U+0000 is well formed here.
std::optional<std::size_t> find_invalid_utf8(bytes_view text) noexcept;

}  // namespace wanwu
