// From the words of Thing Models to those of expressions.
#include "sim/model_facts.hpp"

namespace wanwu::sim {

namespace {

lang::value_type type_of(things::value_type type) {
  switch (type) {
    case things::value_type::number:
    case things::value_type::integer:
      return lang::value_type::number;
    case things::value_type::boolean:
      return lang::value_type::boolean;
    case things::value_type::string:
      return lang::value_type::text;
  }
  return lang::value_type::any;
}

}  // namespace

lang::model_facts facts_of(const things::thing_model& model) {
  lang::model_facts facts;
  facts.title = model.title;
  for (const auto& p : model.properties) facts.properties.push_back({p.name, type_of(p.type)});
  for (const auto& e : model.events) facts.events.push_back(e.name);
  for (const auto& a : model.actions) facts.actions.push_back(a.name);
  return facts;
}

}  // namespace wanwu::sim
