// Literal parts are made in the constructor; a message is copies and numbers in one reserved stretch of the
// writer.
#include "sim/payload.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "sim/dynamics.hpp"

namespace wanwu::sim {

namespace {

using things::value_type;

struct format_row {
  payload_format format{};
  std::string_view name, content_type;
};
constexpr std::array formats{format_row{payload_format::json, "json", "application/json"},
                             format_row{payload_format::senml_json, "senml+json", "application/senml+json"},
                             format_row{payload_format::senml_cbor, "senml+cbor", "application/senml+cbor"}};

char* copy(std::string_view text, char* at) noexcept {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

/// Whether a JSON text holds all of these eight bytes as they are: none below 0x20, no quote, no backslash
/// (RFC 8259 clause 7). Subtracting borrows into the top bit of a byte that was too small.
bool is_plain(const char* eight) noexcept {
  constexpr std::uint64_t each = 0x0101'0101'0101'0101, top = each * 0x80;
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  const std::uint64_t quote = word ^ (each * '"'), backslash = word ^ (each * '\\');
  const std::uint64_t found =
      ((word - each * 0x20) & ~word) | ((quote - each) & ~quote) | ((backslash - each) & ~backslash);
  return (found & top) == 0;
}

std::string escaped(std::string_view text) {
  byte_writer out;
  append_json_text(text, out);
  return std::string(as_text(out.view()));
}

std::string quoted(std::string_view text) {
  return '"' + escaped(text) + '"';
}

/// First byte(s) of a CBOR item of `major` type with argument `count` (RFC 8949 §3).
char* cbor_head(unsigned major, std::uint64_t count, char* at) noexcept {
  const auto put = [&](std::uint64_t byte) { *at++ = static_cast<char>(static_cast<unsigned char>(byte)); };
  const auto top = static_cast<std::uint64_t>(major) << 5U;
  if (count < 24) return put(top | count), at;
  const int width = count < 0x100 ? 0 : count < 0x10000 ? 1 : count < 0x1'0000'0000 ? 2 : 3;
  put(top | static_cast<std::uint64_t>(24 + width));
  for (int shift = 8 * (1 << width); (shift -= 8) >= 0;) put(count >> static_cast<unsigned>(shift) & 0xFFU);
  return at;
}

std::string cbor_text(std::string_view text) {
  std::array<char, 9> head{};
  const auto* end = cbor_head(3, text.size(), head.data());
  return std::string(head.data(), static_cast<std::size_t>(end - head.data())) += text;
}

/// The shortest of: integer, single, double, that keeps the value exactly.
char* cbor_number(double value, char* at) noexcept {
  if (std::fabs(value) < 9e15) {
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<double>(whole) == value) {
      return whole < 0 ? cbor_head(1, static_cast<std::uint64_t>(-1 - whole), at)
                       : cbor_head(0, static_cast<std::uint64_t>(whole), at);
    }
  }
  const auto put = [&](std::uint64_t bits, int bytes) {
    for (int shift = 8 * bytes; (shift -= 8) >= 0;)
      *at++ = static_cast<char>(static_cast<unsigned char>(bits >> static_cast<unsigned>(shift)));
  };
  if (std::fabs(value) < 3e38) {
    if (const auto small = static_cast<float>(value); static_cast<double>(small) == value) {
      *at++ = '\xfa';
      put(std::bit_cast<std::uint32_t>(small), 4);
      return at;
    }
  }
  *at++ = '\xfb';
  put(std::bit_cast<std::uint64_t>(value), 8);
  return at;
}

/// SenML allows letters, digits and -:./_ in names (RFC 8428 §4.5.1).
std::string senml_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += word || std::string_view("-:./_").find(c) != std::string_view::npos ? c : '_';
  }
  return out;
}

std::string json_key(std::string_view name) {
  const bool taken = name == "id" || name == "time" || name == "seq";
  return ",\"" + escaped(name) + (taken ? "_\":" : "\":");
}

std::string senml_before(const things::property& p) {
  const char* const value = p.type == value_type::boolean  ? "\"vb\":"
                            : p.type == value_type::string ? "\"vs\":"
                                                           : "\"v\":";
  return ",{\"n\":" + quoted(senml_name(p.name)) + (p.unit.empty() ? "," : ",\"u\":" + quoted(p.unit) + ",") +
         value;
}

std::string cbor_before(const things::property& p) {
  const char label = p.type == value_type::boolean ? '\x04' : p.type == value_type::string ? '\x03' : '\x02';
  std::string out(1, p.unit.empty() ? '\xa2' : '\xa3');
  out += '\0';
  out += cbor_text(senml_name(p.name));
  if (!p.unit.empty()) (out += '\x01') += cbor_text(p.unit);
  return out += label;
}

constexpr std::string_view base_name = "urn:dev:wanwu:";

/// Index of an enumeration's text, always inside it.
std::size_t state_of(double value, std::size_t count) noexcept {
  const auto index = value > 0 ? static_cast<std::size_t>(value) : 0U;
  return std::min(index, count - 1);
}

}  // namespace

std::string_view name_of(payload_format format) noexcept {
  return formats[static_cast<std::size_t>(format)].name;
}
std::string_view content_type_of(payload_format format) noexcept {
  return formats[static_cast<std::size_t>(format)].content_type;
}

std::optional<payload_format> find_payload_format(std::string_view name) noexcept {
  for (const auto& row : formats) {
    if (row.name == name || row.content_type == name) return row.format;
  }
  return std::nullopt;
}

payload_writer::payload_writer(const things::thing_model& model, payload_format format) : format_(format) {
  const bool cbor = format == payload_format::senml_cbor;
  for (std::size_t i = 0; i < model.properties.size(); ++i) {
    const auto& p = model.properties[i];
    if (!p.telemetry) continue;
    item one{.property = i,
             .type = p.type,
             .decimals = p.type == value_type::number ? decimals_of(p.resolution) : 0};
    one.before = format == payload_format::json ? json_key(p.name) : cbor ? cbor_before(p) : senml_before(p);
    one.prefix = cbor ? p.text_prefix : escaped(p.text_prefix);
    std::size_t longest = one.prefix.size() + number_text_max + 16;
    for (const auto& text : p.enumeration) {
      one.texts.push_back(cbor ? cbor_text(text) : quoted(text));
      longest = std::max(longest, one.texts.back().size());
    }
    room_ += one.before.size() + longest;
    items_.push_back(std::move(one));
  }
}

char* payload_writer::put_value(const item& one, double value, char* at) {
  if (one.type == value_type::boolean) return copy(value != 0 ? "true" : "false", at);
  if (one.type != value_type::string) return print_decimal(value, one.decimals, at);
  if (!one.texts.empty()) return copy(one.texts[state_of(value, one.texts.size())], at);
  *at++ = '"';
  at = print_decimal(value, 0, copy(one.prefix, at));
  *at++ = '"';
  return at;
}

void payload_writer::write(const reading_head& head, std::span<const double> values, byte_writer& out) const {
  switch (format_) {
    case payload_format::json:
      return write_json(head, values, out);
    case payload_format::senml_json:
      return write_senml_json(head, values, out);
    case payload_format::senml_cbor:
      return write_senml_cbor(head, values, out);
  }
}

void payload_writer::write_json(const reading_head& head, std::span<const double> values,
                                byte_writer& out) const {
  out.append("{\"id\":\"");
  append_json_text(head.id, out);
  const std::size_t room = room_ + 128;
  char* const start = reinterpret_cast<char*>(out.grow(room));
  char* at = copy("\",\"time\":", start);
  at = print_decimal(static_cast<double>(head.at_ms), 0, at);
  at = print_integer(head.sequence, copy(",\"seq\":", at));
  for (const auto& one : items_) {
    const double value = values[one.property];
    if (!is_absent(value)) at = put_value(one, value, copy(one.before, at));
  }
  *at++ = '}';
  out.drop_last(room - static_cast<std::size_t>(at - start));
}

void payload_writer::write_senml_json(const reading_head& head, std::span<const double> values,
                                      byte_writer& out) const {
  out.append("[{\"bn\":\"");
  out.append(base_name);
  append_json_text(head.id, out);
  const std::size_t room = room_ + 128 + items_.size();
  char* const start = reinterpret_cast<char*>(out.grow(room));
  char* at = print_decimal(static_cast<double>(head.at_ms) / 1000, 3, copy(":\",\"bt\":", start));
  at = print_integer(head.sequence, copy(",\"n\":\"seq\",\"v\":", at));
  *at++ = '}';
  for (const auto& one : items_) {
    const double value = values[one.property];
    if (is_absent(value)) continue;
    at = put_value(one, value, copy(one.before, at));
    *at++ = '}';
  }
  *at++ = ']';
  out.drop_last(room - static_cast<std::size_t>(at - start));
}

void payload_writer::write_senml_cbor(const reading_head& head, std::span<const double> values,
                                      byte_writer& out) const {
  const auto present = static_cast<std::size_t>(std::count_if(
      items_.begin(), items_.end(), [&](const item& one) { return !is_absent(values[one.property]); }));
  const std::size_t room = room_ + 128 + base_name.size() + head.id.size();
  char* const start = reinterpret_cast<char*>(out.grow(room));
  char* at = cbor_head(4, present + 1, start);
  at = copy("\xa4\x21", at);  // {-2 (bn):
  at = cbor_head(3, base_name.size() + head.id.size() + 1, at);
  at = copy(head.id, copy(base_name, at));
  at = copy(":\x22", at);  // -3 (bt):
  at = cbor_number(static_cast<double>(head.at_ms) / 1000, at);
  at = copy(std::string_view("\0\x63seq\x02", 6), at);  // 0 (n): "seq", 2 (v):
  at = cbor_head(0, head.sequence, at);
  for (const auto& one : items_) {
    const double value = values[one.property];
    if (is_absent(value)) continue;
    at = copy(one.before, at);
    if (one.type == value_type::boolean) {
      *at++ = value != 0 ? '\xf5' : '\xf4';
    } else if (one.type != value_type::string) {
      at = cbor_number(value, at);
    } else if (!one.texts.empty()) {
      at = copy(one.texts[state_of(value, one.texts.size())], at);
    } else {
      std::array<char, number_text_max> digits;
      const auto count = static_cast<std::size_t>(print_decimal(value, 0, digits.data()) - digits.data());
      at = copy(one.prefix, cbor_head(3, one.prefix.size() + count, at));
      at = copy({digits.data(), count}, at);
    }
  }
  out.drop_last(room - static_cast<std::size_t>(at - start));
}

void append_decimal(double value, int decimals, byte_writer& out) {
  char* const start = reinterpret_cast<char*>(out.grow(number_text_max));
  out.drop_last(number_text_max - static_cast<std::size_t>(print_decimal(value, decimals, start) - start));
}

void append_integer(std::int64_t value, byte_writer& out) {
  char* const start = reinterpret_cast<char*>(out.grow(number_text_max));
  char* at = start;
  if (value < 0) *at++ = '-';
  at = print_integer(value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value),
                     at);
  out.drop_last(number_text_max - static_cast<std::size_t>(at - start));
}

void append_json_text(std::string_view text, byte_writer& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    while (i + 8 <= text.size() && is_plain(text.data() + i)) i += 8;
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(done, i - done));
    done = i + 1;
    if (c >= 0x20) {
      const char pair[] = {'\\', text[i]};
      out.append(std::string_view{pair, 2});
    } else {
      const char escape[] = {'\\', 'u', '0', '0', digits[c >> 4U], digits[c & 15U]};
      out.append(std::string_view{escape, 6});
    }
  }
  out.append(text.substr(done));
}

void append_json_value(const things::property& property, double value, byte_writer& out) {
  if (is_absent(value)) return out.append("null");
  if (property.type != value_type::string) return append_plain_value(property, value, out);
  out.append("\"");
  if (property.enumeration.empty()) {
    append_json_text(property.text_prefix, out);
    append_decimal(value, 0, out);
  } else {
    append_json_text(property.enumeration[state_of(value, property.enumeration.size())], out);
  }
  out.append("\"");
}

void append_plain_value(const things::property& property, double value, byte_writer& out) {
  if (is_absent(value)) return;
  switch (property.type) {
    case value_type::boolean:
      return out.append(value != 0 ? "true" : "false");
    case value_type::integer:
      return append_decimal(value, 0, out);
    case value_type::number:
      return append_decimal(value, decimals_of(property.resolution), out);
    case value_type::string:
      break;
  }
  if (!property.enumeration.empty())
    return out.append(property.enumeration[state_of(value, property.enumeration.size())]);
  out.append(property.text_prefix);
  append_decimal(value, 0, out);
}

}  // namespace wanwu::sim
