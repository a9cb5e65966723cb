// The model's JSON is turned into a description once; per thing only id, title and places are put between the
// parts.
#include "scenarios/things/thing_description.hpp"

#include <nlohmann/json.hpp>

namespace wanwu::things {

namespace {

using json = nlohmann::ordered_json;

// Marks that no model text can hold after parsing: they contain a control character.
constexpr std::string_view id_mark = "\x01id", title_mark = "\x01title", place_mark = "\x01place";

/// Takes the simulation's own words out, at any depth.
void strip(json& value) {
  if (value.is_object()) {
    for (auto it = value.begin(); it != value.end();) {
      it = it.key().starts_with("sim:") || it.key().starts_with("tm:") ? value.erase(it) : std::next(it);
    }
  }
  if (value.is_structured()) {
    for (auto& child : value) strip(child);
  }
}

void add_forms(json& description, const char* group, const std::vector<std::string>& operations) {
  if (!description.contains(group)) return;
  for (const auto& [name, affordance] : description[group].items()) {
    json form{{"href", std::string(group) + "/" + name}};
    auto allowed = operations;
    if (std::string_view(group) == "properties" && affordance.value("readOnly", false))
      allowed = {"readproperty"};
    form["op"] = allowed;
    affordance["forms"] = json::array({std::move(form)});
  }
}

json describe(const thing_model& model, std::string_view base) {
  auto body = json::parse(model.text, nullptr, false);
  if (!body.is_object()) body = json::object();
  for (const auto* gone :
       {"@context", "@type", "id", "title", "links", "securityDefinitions", "security", "base"})
    body.erase(gone);
  strip(body);
  json out;
  out["@context"] = {"https://www.w3.org/2022/wot/td/v1.1", {{"wanwu", "urn:wanwu:thing#"}}};
  out["@type"] = "Thing";
  out["id"] = id_mark;
  out["title"] = title_mark;
  if (!base.empty()) out["base"] = base;
  out["wanwu:kind"] = model.name;
  if (!model.sector.empty()) out["wanwu:sector"] = model.sector;
  out["wanwu:place"] = place_mark;
  out["securityDefinitions"] = {{"none", {{"scheme", "nosec"}}}};
  out["security"] = "none";
  if (const auto version = body.find("version"); version != body.end() && version->is_object()) {
    if (!version->contains("instance")) (*version)["instance"] = version->value("model", "1.0.0");
  }
  out.update(body);
  add_forms(out, "properties", {"readproperty", "writeproperty"});
  add_forms(out, "actions", {"invokeaction"});
  add_forms(out, "events", {"subscribeevent", "unsubscribeevent"});
  return out;
}

/// The text before `mark` as it stands in the dump, quotes included; takes both off `rest`.
std::string take_until(std::string& rest, std::string_view mark) {
  const auto quoted = json(mark).dump();
  const auto at = rest.find(quoted);
  auto before = rest.substr(0, at);
  rest.erase(0, at + quoted.size());
  return before;
}

void append_json(std::string_view text, byte_writer& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      const char pair[] = {'\\', c};
      out.append(std::string_view{pair, 2});
    } else if (static_cast<unsigned char>(c) < 0x20) {
      const auto code = static_cast<unsigned char>(c);
      const char escape[] = {'\\', 'u', '0', '0', digits[code >> 4U], digits[code & 15U]};
      out.append(std::string_view{escape, 6});
    } else {
      out.u8(static_cast<unsigned char>(c));
    }
  }
}

}  // namespace

description_template::description_template(const thing_model& model, std::string_view base)
    : title_(model.title) {
  tail_ = describe(model, base).dump(-1, ' ', false, json::error_handler_t::replace);
  head_ = take_until(tail_, id_mark);
  middle_ = take_until(tail_, title_mark);
  before_place_ = take_until(tail_, place_mark);
}

void description_template::render(const thing_identity& who, byte_writer& out) const {
  out.append(head_);
  out.append("\"urn:dev:wanwu:");
  append_urn(who.id, out);
  out.append("\"");
  out.append(middle_);
  out.append("\"");
  append_json(who.title.empty() ? std::string_view{title_} : who.title, out);
  if (who.title.empty()) {
    out.append(" ");
    append_json(who.id, out);
  }
  out.append("\"");
  out.append(before_place_);
  std::string_view separator = "{\"";
  for (const auto& [name, value] : who.places) {
    out.append(separator);
    append_json(name, out);
    out.append("\":\"");
    append_json(value, out);
    out.append("\"");
    separator = ",\"";
  }
  out.append(who.places.empty() ? "{}" : "}");
  out.append(tail_);
}

void append_urn(std::string_view id, byte_writer& out) {
  constexpr std::string_view plain = "-._~!$&'()*+,;=:@/", digits = "0123456789ABCDEF";
  for (const char c : id) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const auto code = static_cast<unsigned char>(c);
    out.u8(word || plain.find(c) != std::string_view::npos ? code : static_cast<std::uint8_t>('%'));
    if (word || plain.find(c) != std::string_view::npos) continue;
    out.u8(static_cast<std::uint8_t>(digits[code >> 4U]));
    out.u8(static_cast<std::uint8_t>(digits[code & 15U]));
  }
}

}  // namespace wanwu::things
