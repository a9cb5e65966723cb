// One operation of one population, compiled: the shape its requests share, and the templates of what differs.
#pragma once

#include <optional>
#include <string>

#include "protocols/drivers/driver.hpp"
#include "scenarios/language/slots.hpp"
#include "scenarios/language/target_file.hpp"
#include "scenarios/language/template.hpp"

namespace wanwu::sim {

/// Which names of a template change with the message and must be filled before it is rendered.
struct slot_needs {
  bool description{};  ///< thing.td
  bool values{};       ///< values
  bool readings{};     ///< property, value: the element that repeats
  bool properties{};   ///< a property, a column or a place by name

  slot_needs operator|(const slot_needs& o) const {
    return {description || o.description, values || o.values, readings || o.readings,
            properties || o.properties};
  }
};

struct compiled_message {
  request_shape shape;
  lang::text_template address;
  lang::text_template body;
  bool own_payload{};  ///< The population's payload instead of `body`.
  slot_needs needs;
};

/// Compiles a form for one population. `mqtt_version` decides whether a content type can travel as a
/// property. The error is a sentence for the user with the place it points at.
tl::expected<compiled_message, lang::template_error> compile_message(const lang::message_form& form,
                                                                     operation op, std::uint16_t population,
                                                                     int mqtt_version,
                                                                     const lang::slot_table& names);

/// What the rendering of `text` needs.
slot_needs needs_of(const lang::text_template& text, std::size_t slot_count);

/// How things hear commands on one protocol, compiled for one population.
struct compiled_hearing {
  const lang::command_hearing* form{};
  lang::text_template where;             ///< Filter (MQTT) or path (CoAP observe, HTTP poll).
  std::optional<compiled_message> poll;  ///< HTTP only.
  std::optional<compiled_message> ack;
  lang::text_template ack_fallback;
};
tl::expected<compiled_hearing, lang::template_error> compile_hearing(const lang::command_hearing& form,
                                                                     std::uint16_t population,
                                                                     int mqtt_version,
                                                                     const lang::slot_table& names);

}  // namespace wanwu::sim
