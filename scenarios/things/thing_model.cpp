// Look-ups by name; models are small, so a walk is fine.
#include "scenarios/things/thing_model.hpp"

namespace wanwu::things {

namespace {

template <class Named>
const Named* find_named(const std::vector<Named>& all, std::string_view wanted) noexcept {
  for (const auto& one : all) {
    if (one.name == wanted) return &one;
  }
  return nullptr;
}

}  // namespace

std::string_view name_of(value_type type) noexcept {
  switch (type) {
    case value_type::number:
      return "number";
    case value_type::integer:
      return "integer";
    case value_type::boolean:
      return "boolean";
    case value_type::string:
      return "string";
  }
  return "";
}

const property* thing_model::find_property(std::string_view wanted) const noexcept {
  return find_named(properties, wanted);
}
const action* thing_model::find_action(std::string_view wanted) const noexcept {
  return find_named(actions, wanted);
}
const event* thing_model::find_event(std::string_view wanted) const noexcept {
  return find_named(events, wanted);
}

}  // namespace wanwu::things
