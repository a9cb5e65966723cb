// A draft made of a packet that came, and fields taken away again.
#include "protocols/mqtt/draft.hpp"

namespace wanwu::mqtt {

namespace {

void copy_into(byte_writer& out, bytes_view raw) {
  out.clear();
  out.append(raw);
}

}  // namespace

draft::draft(const packet& what, version level) : what_{what}, level_{level} {
  const auto own = [&](std::string_view text) { return keep(std::string{text}); };
  std::visit(
      [&](auto& p) {
        if constexpr (requires { p.properties; }) {
          copy_into(properties_, p.properties.encoded());
          p.properties = property_view{properties_.view()};
        }
        if constexpr (requires { p.topic; }) p.topic = own(p.topic);
        if constexpr (requires { p.payload; }) p.payload = as_bytes(own(as_text(p.payload)));
        if constexpr (requires { p.filters; }) {
          copy_into(entries_, p.filters.encoded());
          p.filters = {entries_.view(), std::holds_alternative<subscribe>(what_)};
        }
        if constexpr (requires { p.reasons; }) {
          copy_into(entries_, p.reasons);
          p.reasons = entries_.view();
        }
      },
      what_);
  auto* hello = std::get_if<connect>(&what_);
  if (hello == nullptr) return;
  hello->protocol_name = own(hello->protocol_name);
  hello->client_id = own(hello->client_id);
  if (hello->user) hello->user = own(*hello->user);
  if (hello->password) hello->password = as_bytes(own(as_text(*hello->password)));
  if (!hello->last_will) return;
  hello->last_will->topic = own(hello->last_will->topic);
  hello->last_will->payload = as_bytes(own(as_text(hello->last_will->payload)));
  copy_into(will_properties_, hello->last_will->properties.encoded());
  show_properties(true);
}

/// Points the packet at the properties as they are now: adding some may have moved them.
void draft::show_properties(bool of_will) {
  const property_view view{(of_will ? will_properties_ : properties_).view()};
  std::visit(
      [&](auto& p) {
        if constexpr (requires { p.last_will; }) {
          if (of_will && !p.last_will) p.last_will.emplace();
          if (of_will) p.last_will->properties = view;
        }
        if constexpr (requires { p.properties; }) {
          if (!of_will) p.properties = view;
        }
      },
      what_);
}

void draft::remove_property(const property_rule& rule, bool of_will) {
  auto& all = of_will ? will_properties_ : properties_;
  byte_writer kept;
  for (const auto& each : property_view{all.view()}) {
    if (each.rule->id == rule.id) continue;
    switch (each.rule->kind) {
      case property_kind::text:
      case property_kind::binary:
        put_property(kept, each.rule->id, each.value);
        break;
      case property_kind::text_pair:
        put_user_property(kept, each.name, as_text(each.value));
        break;
      default:
        put_property(kept, each.rule->id, each.number);
    }
  }
  all = std::move(kept);
  show_properties(of_will);
}

bool draft::remove(std::string_view name) {
  const auto type = type_of(what_);
  auto* hello = std::get_if<connect>(&what_);
  if (hello != nullptr && name == "user") hello->user.reset();
  if (hello != nullptr && name == "password") hello->password.reset();
  if (hello != nullptr && name == "client_id") hello->client_id = {};
  if (name == "filter" ||
      (name == "reason" && (type == packet_type::suback || type == packet_type::unsuback))) {
    entries_.clear();
    if (auto* p = std::get_if<subscribe>(&what_)) p->filters = {{}, true};
    if (auto* p = std::get_if<unsubscribe>(&what_)) p->filters = {{}, false};
    if (auto* p = std::get_if<suback>(&what_)) p->reasons = {};
    if (auto* p = std::get_if<unsuback>(&what_)) p->reasons = {};
  }
  for (const auto& rule : field_table()) {
    if (rule.name == name && (rule.packets & place_of(type)) != 0) return true;
  }
  const auto* direct = find_property(name);
  const bool of_will = hello != nullptr && (direct == nullptr || (direct->places & place_of(type)) == 0);
  const auto* rule = direct != nullptr           ? direct
                     : name.starts_with("will_") ? find_property(name.substr(5))
                                                 : nullptr;
  if (rule == nullptr) return false;
  if (!of_will || hello->last_will) remove_property(*rule, of_will);
  return true;
}

}  // namespace wanwu::mqtt
