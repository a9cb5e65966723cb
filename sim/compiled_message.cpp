// Forms of the target file to shapes and templates.
#include "sim/compiled_message.hpp"

#include <algorithm>
#include <array>

namespace wanwu::sim {

namespace {

using lang::place;
using lang::slot;
using lang::template_error;

/// MQTT 5: property 0x03, Content Type, a UTF-8 string [MQTT-3.3.2-20].
void put_content_type(bytes& properties, std::string_view content) {
  properties.push_back(std::byte{0x03});
  properties.push_back(static_cast<std::byte>(content.size() >> 8U));
  properties.push_back(static_cast<std::byte>(content.size() & 0xFFU));
  const auto raw = as_bytes(content);
  properties.insert(properties.end(), raw.begin(), raw.end());
}

tl::expected<std::string, template_error> constant_text(const lang::template_source& source,
                                                        const lang::slot_table& names) {
  auto made = lang::compile_text(source.text, source.mark, place::plain, names);
  if (!made) return tl::unexpected(made.error());
  if (made->is_literal() || made->empty()) return std::string{made->literal()};
  return tl::unexpected(template_error{"a header that differs from thing to thing is not supported",
                                       "use values that are fixed before the run, such as ${vars…}",
                                       source.mark});
}

tl::expected<void, template_error> add_headers(const lang::message_form& form, const lang::slot_table& names,
                                               std::string& lines) {
  for (const auto& [name, source] : form.headers) {
    auto text = constant_text(source, names);
    if (!text) return tl::unexpected(text.error());
    lines += name + ": " + *text + "\r\n";
  }
  return {};
}

}  // namespace

slot_needs needs_of(const lang::text_template& text, std::size_t slot_count) {
  slot_needs needs;
  const auto uses = [&](slot s) { return text.uses(static_cast<std::uint16_t>(s)); };
  needs.description = uses(slot::thing_td);
  needs.values = uses(slot::values);
  needs.readings = uses(slot::property) || uses(slot::value);
  for (std::size_t i = lang::fixed_slot_count; i < slot_count; ++i) {
    needs.properties = needs.properties || text.uses(static_cast<std::uint16_t>(i));
  }
  return needs;
}

tl::expected<compiled_message, template_error> compile_message(const lang::message_form& form, operation op,
                                                               std::uint16_t population, int mqtt_version,
                                                               const lang::slot_table& names) {
  compiled_message made;
  request_shape& shape = made.shape;
  shape.op = op;
  shape.via = form.via;
  shape.population = population;
  shape.qos = form.qos;
  shape.retain = form.retain;
  shape.method = form.method;
  shape.confirmable = form.confirmable;
  shape.expect = form.expect;
  shape.answer_within = form.within;
  shape.content_type = form.payload.content;
  if (form.via == protocol::mqtt && mqtt_version == 5 && !shape.content_type.empty()) {
    put_content_type(shape.publish_properties, shape.content_type);
  }
  if (auto added = add_headers(form, names, shape.extra_headers); !added)
    return tl::unexpected(added.error());

  const bool is_topic = form.via == protocol::mqtt;
  const lang::template_source& where = is_topic ? form.publish : form.path;
  auto address = lang::compile_text(where.text, where.mark, is_topic ? place::topic : place::uri_path, names);
  if (!address) return tl::unexpected(address.error());
  made.address = std::move(*address);

  made.own_payload = form.payload.what == lang::payload_source::kind::own;
  if (form.payload.what == lang::payload_source::kind::body && form.payload.body) {
    auto body = lang::compile_body(*form.payload.body, names);
    if (!body) return tl::unexpected(body.error());
    made.body = std::move(*body);
  }
  made.needs = needs_of(made.address, names.size()) | needs_of(made.body, names.size());
  return made;
}

tl::expected<compiled_hearing, template_error> compile_hearing(const lang::command_hearing& form,
                                                               std::uint16_t population, int mqtt_version,
                                                               const lang::slot_table& names) {
  compiled_hearing made;
  made.form = &form;
  const bool is_topic = form.via == protocol::mqtt;
  const lang::template_source& where = is_topic                     ? form.subscribe
                                       : form.via == protocol::coap ? form.observe
                                                                    : form.poll;
  auto compiled =
      lang::compile_text(where.text, where.mark, is_topic ? place::topic : place::uri_path, names);
  if (!compiled) return tl::unexpected(compiled.error());
  made.where = std::move(*compiled);
  if (form.via == protocol::http) {
    lang::message_form poll;
    poll.via = protocol::http;
    poll.method = "GET";
    poll.path = form.poll;
    poll.payload.what = lang::payload_source::kind::none;
    auto message = compile_message(poll, operation::subscribe, population, mqtt_version, names);
    if (!message) return tl::unexpected(message.error());
    message->shape.wants_answer = true;
    made.poll = std::move(*message);
  }
  if (form.ack) {
    auto ack = compile_message(*form.ack, operation::ack, population, mqtt_version, names);
    if (!ack) return tl::unexpected(ack.error());
    made.ack = std::move(*ack);
  }
  if (!form.ack_fallback.empty()) {
    auto fallback = lang::compile_text(form.ack_fallback.text, form.ack_fallback.mark, place::topic, names);
    if (!fallback) return tl::unexpected(fallback.error());
    made.ack_fallback = std::move(*fallback);
  }
  return made;
}

}  // namespace wanwu::sim
