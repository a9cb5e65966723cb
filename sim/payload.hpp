// What a thing's readings look like on the wire: JSON, SenML JSON or SenML CBOR (RFC 8428), pre-rendered per
// population.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/byte_writer.hpp"
#include "scenarios/things/thing_model.hpp"
#include "sim/decimal.hpp"

namespace wanwu::sim {

enum class payload_format : std::uint8_t { json, senml_json, senml_cbor };

std::string_view name_of(payload_format format) noexcept;  ///< "json", "senml+json", "senml+cbor".
std::string_view content_type_of(
    payload_format format) noexcept;  ///< "application/json", "application/senml+json", ...
/// By media type or by name; nothing for a format that is not built in.
std::optional<payload_format> find_payload_format(std::string_view name) noexcept;

/// Who reports, when, and which of its messages this is: the identity that witness and oracle recognise.
struct reading_head {
  std::string_view id;         ///< Of the thing; quotes, backslashes and control characters are escaped.
  std::int64_t at_ms = 0;      ///< Milliseconds since 1970 of the simulated clock.
  std::uint64_t sequence = 0;  ///< Of the thing's messages, from 0.
};

/// One message as {"id":…,"time":…,"seq":…,"property":value,…}, or the same as SenML records: base name
/// "urn:dev:wanwu:ID:", base time in seconds with milliseconds, a record "seq", then one for each property
/// with its unit. Made once a population; write() only copies and prints numbers. Immutable, shared between
/// threads.
class payload_writer {
 public:
  payload_writer(const things::thing_model& model, payload_format format);

  /// Appends one message; `values` as dynamics::sample() gives them. Absent values are left out.
  void write(const reading_head& head, std::span<const double> values, byte_writer& out) const;

  payload_format format() const noexcept { return format_; }

 private:
  struct item {
    std::string before{};              ///< Literal text or CBOR up to the value.
    std::vector<std::string> texts{};  ///< Enumeration values, complete with quotes or CBOR head.
    std::string prefix{};              ///< Of a text without enumeration, escaped.
    std::size_t property = 0;
    things::value_type type{};
    int decimals = 0;
  };
  void write_json(const reading_head& head, std::span<const double> values, byte_writer& out) const;
  void write_senml_json(const reading_head& head, std::span<const double> values, byte_writer& out) const;
  void write_senml_cbor(const reading_head& head, std::span<const double> values, byte_writer& out) const;
  static char* put_value(const item& one, double value, char* at);

  payload_format format_;
  std::vector<item> items_;
  std::size_t room_ = 0;  ///< Bytes that all items together may take, besides the head.
};

/// Appends a number as print_decimal() and print_integer() write it.
void append_decimal(double value, int decimals, byte_writer& out);
void append_integer(std::int64_t value, byte_writer& out);
/// Appends the inside of a JSON string: escapes what RFC 8259 demands.
void append_json_text(std::string_view text, byte_writer& out);

/// Appends one property's value as JSON: a number, true or false, or a quoted text. Absent gives null.
void append_json_value(const things::property& property, double value, byte_writer& out);
/// The same without quotes, as templates write `${value}` inside a string.
void append_plain_value(const things::property& property, double value, byte_writer& out);

}  // namespace wanwu::sim
