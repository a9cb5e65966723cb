// Fields of an event to JSON.
#include "sim/event_payload.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/decimal.hpp"
#include "sim/payload.hpp"

namespace wanwu::sim {

namespace {

constexpr double drawn_low = 0, drawn_high = 100;  // for fields that declare no range

void append_decimal(double value, int decimals, byte_writer& out) {
  std::array<char, number_text_max> text{};
  const char* end = print_decimal(value, decimals, text.data());
  out.append(std::string_view{text.data(), static_cast<std::size_t>(end - text.data())});
}

void write_drawn(const things::field& field, random_stream draws, std::size_t draw, byte_writer& out) {
  const double low = std::isfinite(field.minimum) ? field.minimum : std::min(drawn_low, field.maximum);
  const double high = std::isfinite(field.maximum) ? field.maximum : std::max(drawn_high, low);
  switch (field.type) {
    case things::value_type::number:
      append_decimal(draws.uniform(draw, low, high), 3, out);
      return;
    case things::value_type::integer:
      append_decimal(static_cast<double>(
                         draws.whole(draw, std::llround(std::ceil(low)), std::llround(std::floor(high)))),
                     0, out);
      return;
    case things::value_type::boolean:
      out.append(draws.chance(draw, 0.5) ? "true" : "false");
      return;
    case things::value_type::string:
      break;
  }
  out.append("\"");
  if (!field.enumeration.empty()) {
    append_json_text(field.enumeration[draws.pick(draw, field.enumeration.size())], out);
  }
  out.append("\"");
}

void write_field(const things::thing_model& model, const things::field& field, std::span<const double> values,
                 random_stream draws, std::size_t draw, byte_writer& out) {
  if (!field.from_property.empty()) {
    for (std::size_t i = 0; i < model.properties.size() && i < values.size(); ++i) {
      if (model.properties[i].name == field.from_property)
        return append_json_value(model.properties[i], values[i], out);
    }
  }
  write_drawn(field, draws, draw, out);
}

}  // namespace

void write_event(const things::thing_model& model, std::size_t index, std::span<const double> values,
                 random_stream draws, byte_writer& out) {
  const things::event& event = model.events[index];
  if (event.data.size() == 1 && event.data.front().name.empty()) {
    return write_field(model, event.data.front(), values, draws, 0, out);
  }
  out.append("{");
  for (std::size_t i = 0; i < event.data.size(); ++i) {
    out.append(i == 0 ? "\"" : ",\"");
    append_json_text(event.data[i].name, out);
    out.append("\":");
    write_field(model, event.data[i], values, draws, i, out);
  }
  out.append("}");
}

}  // namespace wanwu::sim
