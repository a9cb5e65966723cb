#include "protocols/mqtt/wire_fields.hpp"

#include "protocols/core/utf8.hpp"

namespace wanwu::mqtt {

std::uint32_t read_variable(byte_reader& in) noexcept {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const auto at = in.offset();
    const auto octet = in.u8();
    value |= static_cast<std::uint32_t>(octet & 0x7FU) << (7 * i);
    if ((octet & 0x80U) != 0) {
      in.require_at(at, i < 3, "U5-1.5.5-a");
      continue;
    }
    in.require_at(at, i == 0 || octet != 0, "MQTT-1.5.5-1");
    break;
  }
  return in.ok() ? value : 0;
}

bytes_view read_binary(byte_reader& in) noexcept {
  const auto size = in.u16();
  return in.take(size);
}

std::string_view read_text(byte_reader& in, version level) noexcept {
  const auto raw = read_binary(in);
  const auto begin = in.offset() - raw.size();
  if (const auto bad = find_invalid_utf8(raw)) {
    in.require_at(begin + *bad, false, clause_pair{"MQTT-1.5.3-1", "MQTT-1.5.4-1"}.of(level));
  }
  const auto text = as_text(raw);
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    in.require_at(begin + zero, false, clause_pair{"MQTT-1.5.3-2", "MQTT-1.5.4-2"}.of(level));
  }
  return text;
}

}  // namespace wanwu::mqtt
