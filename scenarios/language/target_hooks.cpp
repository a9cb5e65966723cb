// Hooks and profiles: how a target is started, and in which configurations a suite meets it.
#include "scenarios/language/readers.hpp"
#include "scenarios/language/taken.hpp"
#include "scenarios/language/template.hpp"

namespace wanwu::lang {
namespace {

slot_table names_of(const target_file& of, const hook_values& with) {
  slot_table names{false};
  names.add_constant("port", with.port);
  names.add_constant("wanwu", with.wanwu);
  names.add_constant("websocket_port", with.websocket_port);
  for (const auto& [name, text] : of.vars) names.add_constant(name, text);
  return names;
}

std::string fill(const template_source& source, const slot_table& names) {
  eval_context nothing;
  byte_writer out;
  const auto compiled = compile_text(source.text, source.mark, place::plain, names);
  if (compiled) compiled->render(nothing, out);
  return std::string{as_text(out.view())};
}

/// Reads what stands under hooks and profiles, with every ${} tried once.
class hooks_reader {
 public:
  hooks_reader(target_file& out, diagnostics& found)
      : out_{out}, found_{found}, names_{names_of(out, {"1", "wanwu", "2"})} {}

  hooks_spec hooks(const node& at) {
    return {command(at.find("start")), command(at.find("stop")), command(at.find("restart"))};
  }

  profile_spec profile(const member& m) {
    const node& at = m.value;
    profile_spec out;
    out.name = m.key;
    out.mark = m.key_mark;
    out.title = taken::text(at, "title");
    out.hooks = hooks(at);
    out.capabilities = taken::shared(taken::map_at(&at, "capabilities"));
    if (const node* url = taken::text_at(at, "mqtt")) {
      out.mqtt = {url->text, url->text_mark};
      check("mqtt", out.mqtt, url->mark);
    } else if (!out_.mqtt) {
      found_.error("E102", m.key_mark, "neither this profile nor the target says where it speaks MQTT",
                   "mqtt: \"mqtt://127.0.0.1:${port}\"");
    }
    if (const node* url = taken::text_at(at, "websocket")) {
      out.websocket = {url->text, url->text_mark};
      check("ws", out.websocket, url->mark);
    }
    if (const node* auth = taken::map_at(&at, "auth")) {
      out.user = taken::source(*auth, "user");
      tried(out.user);
      out.password = read_secret(auth, "password", out_.path);
    }
    return out;
  }

 private:
  command_line command(const node* list) {
    command_line out;
    if (list == nullptr || !list->is_list()) return out;
    for (const node& word : list->items) {
      if (word.kind != node_kind::text) continue;
      out.push_back({word.text, word.text_mark});
      const bool first_is_empty = out.size() == 1 && word.text.empty();
      if (first_is_empty) found_.error("E110", word.mark, "the program's name is empty");
      tried(out.back());
    }
    return out;
  }

  void check(std::string_view scheme, const template_source& address, const source_mark& mark) {
    url where;
    if (tried(address)) check_endpoint(scheme, fill(address, names_), mark, out_.limits, where, found_);
  }

  bool tried(const template_source& text) {
    if (text.empty()) return true;
    const auto compiled = compile_text(text.text, text.mark, place::plain, names_);
    if (compiled) return true;
    const bool name = compiled.error().message.starts_with("there is no `");
    found_.error(name ? "E121" : "E120", compiled.error().mark, compiled.error().message,
                 compiled.error().hint);
    return false;
  }

  target_file& out_;
  diagnostics& found_;
  slot_table names_;
};

}  // namespace

void read_hooks(const node& tree, target_file& out, diagnostics& found) {
  hooks_reader reader{out, found};
  if (const node* hooks = taken::map_at(&tree, "hooks")) out.hooks = reader.hooks(*hooks);
  const node* profiles = taken::map_at(&tree, "profiles");
  if (profiles == nullptr) return;
  for (const member& m : profiles->members) {
    if (!m.key.starts_with("x-") && m.value.is_map()) out.profiles.push_back(reader.profile(m));
  }
}

std::vector<std::string> filled(const command_line& words, const target_file& of, const hook_values& with) {
  const slot_table names = names_of(of, with);
  std::vector<std::string> out;
  for (const template_source& word : words) out.push_back(fill(word, names));
  return out;
}

namespace {

std::optional<url> filled_url(std::string_view scheme, const template_source& text, const target_file& of,
                              const hook_values& with) {
  diagnostics found;
  url out;
  check_endpoint(scheme, fill(text, names_of(of, with)), text.mark, of.limits, out, found);
  return found.has_errors() ? std::nullopt : std::optional{out};
}

}  // namespace

std::optional<url> mqtt_of(const profile_spec& profile, const target_file& of, const hook_values& with) {
  if (!profile.mqtt.empty()) return filled_url("mqtt", profile.mqtt, of, with);
  return of.mqtt ? std::optional{of.mqtt->at} : std::nullopt;
}

std::optional<url> websocket_of(const profile_spec& profile, const target_file& of, const hook_values& with) {
  if (!profile.websocket.empty()) return filled_url("ws", profile.websocket, of, with);
  // A configuration with an address of its own is another program: what the target's own has is not there.
  return profile.mqtt.empty() && of.mqtt ? of.mqtt->websocket : std::nullopt;
}

}  // namespace wanwu::lang
