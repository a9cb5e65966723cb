// The JSON Schema of a kind of file, printed from its table of fields.
#include <set>

#include "scenarios/language/fields.hpp"

namespace wanwu::lang {
namespace {

constexpr std::string_view schema_base = "https://schemas.example.org/wanwu/v1/";
constexpr std::string_view name_pattern = "^[a-z][a-z0-9_-]*$";
constexpr std::string_view label_pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]*$";
constexpr std::string_view amount = "[0-9]+(\\.[0-9]+)?";

class schema_printer {
 public:
  node print(const file_kind& kind);

 private:
  node describe(const shape& what, std::string_view help);
  node inline_shape(const shape& what);
  void put_scalar(node& out, const shape& what);
  void put_object(node& out, const shape& what);
  void put_map(node& out, const shape& what);

  node definitions_ = make_map();
  std::set<std::string_view> defined_;
};

void put_type(node& out, std::string_view type) {
  put(out, "type", make_text(type));
}

void put_pattern(node& out, std::string pattern) {
  put_type(out, "string");
  put(out, "pattern", make_text(pattern));
}

node bound(double value) {
  node out = make_integer(static_cast<std::int64_t>(value));
  if (value == static_cast<double>(out.integer)) return out;
  out.kind = node_kind::number;
  out.number = value;
  return out;
}

void put_examples(node& out, const shape& what, std::string_view key) {
  if (what.examples.empty()) return;
  node& list = put(out, key, make_list());
  for (const std::string_view example : what.examples) list.items.push_back(make_text(example));
}

void schema_printer::put_scalar(node& out, const shape& what) {
  switch (what.kind) {
    case shape_kind::text:
      put_type(out, "string");
      break;
    case shape_kind::name:
      put_pattern(out, std::string{name_pattern});
      break;
    case shape_kind::label:
      put_pattern(out, std::string{label_pattern});
      break;
    case shape_kind::boolean:
      put_type(out, "boolean");
      break;
    case shape_kind::integer:
    case shape_kind::number:
      put_type(out, what.kind == shape_kind::integer ? "integer" : "number");
      put(out, "minimum", bound(what.low));
      put(out, "maximum", bound(what.high));
      break;
    case shape_kind::count: {
      node number = make_map();
      put_type(number, "integer");
      put(number, "minimum", make_integer(0));
      node text = make_map();
      put_pattern(text, "^" + std::string{amount} + "[kM]?$");
      put(out, "anyOf", make_list({std::move(number), std::move(text)}));
      break;
    }
    case shape_kind::duration:
      put_pattern(out, "^" + std::string{amount} + " *(us|ms|s|min|h|d)$");
      break;
    case shape_kind::span:
      put_pattern(out, "^(" + std::string{amount} + " *(us|ms|s|min|h|d)|[A-Za-z_][A-Za-z0-9_]*|\\$\\{.*)$");
      break;
    case shape_kind::rate:
      put_pattern(out, "^" + std::string{amount} + " *[kM]? */ *(s|min|h)$");
      break;
    case shape_kind::bandwidth:
      put_pattern(out, "^" + std::string{amount} + " *([kMG]?bit|[kM]?B)/s$");
      break;
    case shape_kind::percent:
      put_pattern(out, "^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?) *%$");
      break;
    case shape_kind::choice:
      put_examples(out, what, "enum");
      return;
    default:
      return;
  }
  if (what.kind != shape_kind::integer && what.kind != shape_kind::number)
    put_examples(out, what, "examples");
}

node key_schema(std::string_view pattern) {
  node out = make_map();
  put(out, "pattern", make_text(pattern));
  return out;
}

bool comes_later(const shape& what, std::string_view key) {
  for (const field& f : what.fields) {
    if (f.name == key) return !f.later.empty();
  }
  return false;
}

void schema_printer::put_object(node& out, const shape& what) {
  put_type(out, "object");
  node& properties = put(out, "properties", make_map());
  node required = make_list();
  for (const field& f : what.fields) {
    if (!f.later.empty()) continue;
    put(properties, f.name, describe(*f.value, f.help));
    if (f.required) required.items.push_back(make_text(f.name));
  }
  put(put(out, "patternProperties", make_map()), "^x-", make_map());
  put(out, "additionalProperties", make_boolean(false));
  if (!required.items.empty()) put(out, "required", std::move(required));
  if (what.exactly_one.empty()) return;
  node& options = put(out, "oneOf", make_list());
  for (const std::string_view key : what.exactly_one) {
    if (comes_later(what, key)) continue;
    node option = make_map();
    put(option, "required", make_list({make_text(key)}));
    options.items.push_back(std::move(option));
  }
}

void schema_printer::put_map(node& out, const shape& what) {
  put_type(out, "object");
  if (what.keys == key_kind::name) put(out, "propertyNames", key_schema("^([a-z][a-z0-9_-]*|x-.*)$"));
  if (what.keys == key_kind::identifier)
    put(out, "propertyNames", key_schema("^([A-Za-z_][A-Za-z0-9_]*|x-.*)$"));
  if (what.keys == key_kind::label)
    put(out, "propertyNames", key_schema("^([A-Za-z0-9][A-Za-z0-9_.-]*|x-.*)$"));
  if (!what.fields.empty()) {
    node& properties = put(out, "properties", make_map());
    for (const field& f : what.fields) put(properties, f.name, describe(*f.value, f.help));
  }
  put(put(out, "patternProperties", make_map()), "^x-", make_map());
  put(out, "additionalProperties", describe(*what.item, {}));
}

node secret_schema() {
  const auto holder = [](std::string_view key, bool fallback) {
    node out = make_map();
    put_type(out, "object");
    node& properties = put(out, "properties", make_map());
    put_type(put(properties, key, make_map()), "string");
    if (fallback) put_type(put(properties, "default", make_map()), "string");
    put(put(out, "patternProperties", make_map()), "^x-", make_map());
    put(out, "additionalProperties", make_boolean(false));
    put(out, "required", make_list({make_text(key)}));
    return out;
  };
  return make_list({holder("env", true), holder("file", true)});
}

node schema_printer::inline_shape(const shape& what) {
  node out = make_map();
  switch (what.kind) {
    case shape_kind::any:
      break;
    case shape_kind::object:
      put_object(out, what);
      break;
    case shape_kind::map:
      put_map(out, what);
      break;
    case shape_kind::list:
      put_type(out, "array");
      put(out, "items", describe(*what.item, {}));
      if (what.items_min != 0) put(out, "minItems", make_integer(static_cast<std::int64_t>(what.items_min)));
      break;
    case shape_kind::one_of: {
      node options = make_list();
      for (const shape* option : what.options) options.items.push_back(describe(*option, {}));
      put(out, "anyOf", std::move(options));
      break;
    }
    case shape_kind::secret:
      put(out, "anyOf", secret_schema());
      break;
    default:
      put_scalar(out, what);
  }
  if (!what.help.empty()) put(out, "description", make_text(what.help));
  return out;
}

node schema_printer::describe(const shape& what, std::string_view help) {
  if (what.name.empty()) {
    node out = inline_shape(what);
    if (help.empty()) return out;
    if (node* old = out.find("description"))
      *old = make_text(help);
    else
      put(out, "description", make_text(help));
    return out;
  }
  if (defined_.insert(what.name).second) {
    node definition = inline_shape(what);
    put(definitions_, what.name, std::move(definition));
  }
  node reference = make_map();
  put(reference, "$ref", make_text("#/definitions/" + std::string{what.name}));
  if (help.empty()) return reference;
  node out = make_map();  // draft-07 ignores what stands beside $ref
  put(out, "allOf", make_list({std::move(reference)}));
  put(out, "description", make_text(help));
  return out;
}

node schema_printer::print(const file_kind& kind) {
  node body = inline_shape(kind.table());
  node out = make_map();
  put(out, "$schema", make_text("http://json-schema.org/draft-07/schema#"));
  put(out, "$id", make_text(std::string{schema_base} + std::string{kind.word} + ".json"));
  put(out, "title", make_text(kind.title));
  for (member& m : body.members) {
    if (m.key != "description") out.members.push_back(std::move(m));
  }
  put(out, "definitions", std::move(definitions_));
  return out;
}

}  // namespace

std::string schema_text(const file_kind& kind) {
  return to_json(schema_printer{}.print(kind), 2) + "\n";
}

}  // namespace wanwu::lang
