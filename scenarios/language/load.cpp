// From a path to checked structs: documents, overrides, tables, readers, checks, in this order.
#include "scenarios/language/load.hpp"

#include <algorithm>
#include <filesystem>

#include "scenarios/language/embedded_target_text.hpp"
#include "scenarios/language/fields.hpp"
#include "scenarios/language/overrides.hpp"
#include "scenarios/language/readers.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::lang {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view builtin_name = "<built in>/embedded.target.yaml";
constexpr source_mark on_command_line{source_mark::no_file, 1, 1, 1};

std::string stem_of(const std::string& path) {
  std::string name = fs::path{path}.filename().string();
  if (const std::size_t dot = name.find('.'); dot != std::string::npos && dot > 0) name.resize(dot);
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    out += plain ? c : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : '-';
  }
  if (out.empty() || out[0] < 'a' || out[0] > 'z') out.insert(0, "x");
  return out;
}

class loader {
 public:
  loader(load_result& out, const load_options& options) : out_{out}, options_{options} {}
  void load(const node& tree, const std::string& path);

 private:
  const file_kind* kind_of(const node& tree);
  void load_scenario(node tree, const std::string& path);
  std::shared_ptr<target_file> target_of(const node& scenario_tree, scenario& s);
  std::shared_ptr<target_file> load_target(node tree, const std::string& path, bool standalone);
  std::shared_ptr<target_file> named_target(const std::string& path, const source_mark& asked_at);
  std::shared_ptr<target_file> inline_target(const node& urls);
  std::shared_ptr<target_file> builtin();
  void default_over(scenario& s, const node& tree);

  load_result& out_;
  const load_options& options_;
  std::vector<override_text> for_target_;
};

const file_kind* loader::kind_of(const node& tree) {
  const node* wanwu = tree.is_map() ? tree.find("wanwu") : nullptr;
  if (wanwu == nullptr) {
    out_.found.error("E100", tree.mark, "`wanwu` is missing here",
                     "a file begins with wanwu: scenario/v1, target/v1, suite/v1 or waivers/v1");
    return nullptr;
  }
  out_.kind = wanwu->text;
  if (const file_kind* kind = find_file_kind(wanwu->text); kind != nullptr && kind->name == wanwu->text) {
    if (kind->word == "scenario" || kind->word == "target") return kind;
    out_.found.error("E100", wanwu->mark,
                     "`" + wanwu->text + "` stands here, where a scenario or a target belongs",
                     kind->word == "suite" ? "wanwu run SUITE" : "wanwu run SUITE --waivers FILE");
    return nullptr;
  }
  std::vector<std::string_view> known;
  for (const file_kind& kind : file_kinds()) known.push_back(kind.name);
  out_.found.error("E100", wanwu->mark, "`" + wanwu->text + "` is not a kind of file",
                   suggestion(wanwu->text, known));
  return nullptr;
}

std::shared_ptr<target_file> loader::builtin() {
  diagnostics none;  // a test holds the file to be right
  const std::uint32_t file = out_.sources->add(std::string{builtin_name}, std::string{embedded_target_text});
  const auto tree = parse_document(*out_.sources, file, none);
  return tree ? read_target(*tree, std::string{builtin_name}, false, none) : nullptr;
}

std::shared_ptr<target_file> loader::load_target(node tree, const std::string& path, bool standalone) {
  apply_overrides(tree, for_target_, *out_.sources, out_.found);
  check_fields(tree, target_table(), out_.found);
  check_secrets(tree, out_.found);
  auto out = read_target(tree, path, standalone, out_.found);
  if (out->name.empty()) out->name = stem_of(path);
  if (tree.find("operations") == nullptr) {
    if (const auto shipped = builtin()) out->ops = shipped->ops;
  }
  return out;
}

std::shared_ptr<target_file> loader::named_target(const std::string& path, const source_mark& asked_at) {
  const auto tree = load_document(*out_.sources, path, asked_at, out_.found);
  if (!tree) return nullptr;
  const node* wanwu = tree->is_map() ? tree->find("wanwu") : nullptr;
  if (wanwu == nullptr || wanwu->text != "target/v1") {
    out_.found.error("E100", wanwu == nullptr ? tree->mark : wanwu->mark,
                     "`" + path + "` is not a target file", "it begins with wanwu: target/v1");
    return nullptr;
  }
  return load_target(*tree, path, false);
}

/// What an inline target says of MQTT beside its address.
void read_mqtt_version(const node& inlined, target_file& into) {
  if (into.mqtt && taken::text(inlined, "mqtt_version") == "3.1.1") into.mqtt->version = 4;
}

/// A target known by its address only is not the embedded one: it has no directory to register with, any
/// answer of success will do, and no arrivals or commands can be asked for but over MQTT, where any broker
/// forwards them.
void forget_platform(operations& of) {
  of.register_ = {};
  for (auto* operation : {&of.telemetry, &of.event}) {
    for (auto& form : *operation) {
      if (form) form->expect.clear();
    }
  }
  for (const protocol via : {protocol::coap, protocol::http}) {
    of.hearing[static_cast<std::size_t>(via)].reset();
    of.arrived[static_cast<std::size_t>(via)].reset();
  }
}

std::shared_ptr<target_file> loader::inline_target(const node& urls) {
  auto out = builtin();
  if (!out) return out;
  out->name = "inline";
  forget_platform(out->ops);
  out->limits.allow.clear();
  if (const node* allow = urls.find("allow"); allow != nullptr && allow->is_list()) {
    for (const node& item : allow->items) {
      const auto range = parse_cidr(item.text);
      if (range)
        out->limits.allow.push_back(*range);
      else if (item.is_scalar())
        out_.found.error("E110", item.mark, "`" + item.text + "` is not an address range",
                         "e.g. 10.20.0.0/16");
    }
    for (const char* loopback : {"127.0.0.0/8", "::1/128"})
      out->limits.allow.push_back(*parse_cidr(loopback));
  }
  const auto take = [&](auto& endpoint, std::string_view word, protocol via) {
    const node* text = taken::text_at(urls, word);
    if (text == nullptr) return endpoint.reset();
    endpoint->at = {};
    endpoint->mark = text->mark;
    check_endpoint(name_of(via), text->text, text->mark, out->limits, endpoint->at, out_.found);
  };
  take(out->mqtt, "mqtt", protocol::mqtt);
  take(out->coap, "coap", protocol::coap);
  take(out->http, "http", protocol::http);
  read_mqtt_version(urls, *out);
  if (!out->mqtt && !out->coap && !out->http) {
    out_.found.error("E102", urls.mark, "at least one URL must stand here",
                     "{ mqtt: \"mqtt://127.0.0.1:1883\" }");
  }
  return out;
}

std::shared_ptr<target_file> loader::target_of(const node& tree, scenario& s) {
  const node* target = tree.find("target");
  // How to speak to the embedded target may be said without saying where it is.
  const bool embedded = target == nullptr || (target->is_map() && target->members.size() == 1 &&
                                              target->find("mqtt_version") != nullptr);
  s.target_named = options_.target || !embedded;
  if (options_.target) return named_target(*options_.target, on_command_line);
  if (embedded) {
    auto out = builtin();
    if (out) out->mqtt->at = out->coap->at = out->http->at = url{};
    if (out && target != nullptr) read_mqtt_version(*target, *out);
    return out;
  }
  if (target->is_map()) {
    auto out = inline_target(*target);
    if (out) out->path = s.path;
    return out;
  }
  if (target->kind != node_kind::text) return nullptr;
  if (target->text.find("://") != std::string::npos) {
    out_.found.error("E110", target->mark, "a URL stands under its protocol",
                     "target: { mqtt: \"" + target->text + "\" }");
    return nullptr;
  }
  const auto path = resolve_inside(s.folder, target->text, target->mark, "E001", "target file", out_.found);
  return path ? named_target(*path, target->mark) : nullptr;
}

/// Without `over` a kind speaks what the target speaks: MQTT before CoAP before HTTP.
void loader::default_over(scenario& s, const node& tree) {
  const auto first = [&] {
    for (const protocol p : {protocol::mqtt, protocol::coap, protocol::http}) {
      if (s.target && s.target->has(p)) return p;
    }
    return protocol::mqtt;
  }();
  for (population& p : s.populations) {
    const node* group = p.sector == "other" ? taken::map_at(&tree, "things") : nullptr;
    const node* written = taken::map_at(group, p.name);
    if (written == nullptr)
      written = taken::map_at(taken::map_at(taken::map_at(&tree, "sectors"), p.sector), p.name);
    if (written != nullptr && written->find("over") == nullptr) p.over = first;
  }
}

void loader::load_scenario(node tree, const std::string& path) {
  std::vector<override_text> own;
  const node* target = tree.find("target");
  for (const override_text& text : split_overrides(options_.set, *out_.sources, out_.found)) {
    const bool to_inline =
        text.path.starts_with("target.") && target != nullptr && target->is_map() && !options_.target;
    if (text.path.starts_with("vars."))
      for_target_.push_back(text);
    else if (text.path.starts_with("target.") && !to_inline)
      for_target_.push_back(without_first(text));
    else
      own.push_back(text);
  }
  apply_overrides(tree, own, *out_.sources, out_.found);
  auto s = std::make_shared<scenario>();
  s->path = path;
  s->name = stem_of(path);
  s->folder = fs::path{path}.parent_path().string();
  if (s->folder.empty()) s->folder = ".";
  s->sources = out_.sources;
  check_fields(tree, scenario_table(), out_.found);
  check_secrets(tree, out_.found);
  auto loaded_target = target_of(tree, *s);
  s->target = loaded_target;
  if (!for_target_.empty() && s->target_named && target != nullptr && target->is_map()) {
    out_.found.error("E180", for_target_[0].mark,
                     "this scenario names no target file that this could change");
  }
  if (options_.scale) s->scale = *options_.scale;
  if (node* scale = tree.find("scale"); scale != nullptr && options_.scale)
    tree.members.erase(tree.members.begin() + (tree.find_member("scale") - tree.members.data()));
  read_scenario(tree, *s, options_, out_.found);
  default_over(*s, tree);
  check_scenario(*s, options_, out_.found);
  out_.target = s->target;
  out_.scenario = std::move(s);
}

void loader::load(const node& tree, const std::string& path) {
  const file_kind* kind = kind_of(tree);
  if (kind == nullptr) return;
  if (kind->word == "scenario") return load_scenario(tree, path);
  for_target_ = split_overrides(options_.set, *out_.sources, out_.found);
  out_.target = load_target(tree, path, true);
}

void finish(load_result& out) {
  out.found.sort();
  if (out.ok()) return;
  out.scenario.reset();
  out.target.reset();
}

}  // namespace

std::optional<std::string> resolve_inside(const std::string& folder, const std::string& written,
                                          const source_mark& mark, std::string_view code,
                                          std::string_view what, diagnostics& found) {
  const fs::path path{written};
  const bool climbs =
      std::any_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
  if (path.is_absolute() || climbs || written.find('\0') != std::string::npos) {
    found.error("E151", mark, "`" + written + "` leads out of the project folder",
                "files lie beside this one or below");
    return std::nullopt;
  }
  std::error_code error;
  const fs::path full = fs::path{folder} / path;
  const fs::path root = fs::canonical(folder, error);
  const fs::path real = error ? fs::path{} : fs::canonical(full, error);
  if (error || !fs::is_regular_file(real, error)) {
    found.error(code, mark, "the " + std::string{what} + " `" + written + "` does not exist",
                "looked for " + full.lexically_normal().string());
    return std::nullopt;
  }
  const auto [root_end, ignored] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  if (root_end != root.end()) {
    found.error("E151", mark, "`" + written + "` is a link that leads out of the project folder",
                "files lie beside this one or below");
    return std::nullopt;
  }
  return full.lexically_normal().string();
}

std::string kind_of_file(const std::string& path) {
  source_set sources;
  diagnostics ignored;
  const auto tree = load_document(sources, path, on_command_line, ignored);
  const node* wanwu = tree && tree->is_map() ? tree->find("wanwu") : nullptr;
  return wanwu == nullptr ? std::string{} : wanwu->text;
}

load_result load_file(const std::string& path, const load_options& options) {
  load_result out;
  const auto tree = load_document(*out.sources, path, on_command_line, out.found);
  if (tree) loader{out, options}.load(*tree, path);
  finish(out);
  return out;
}

load_result load_text(const std::string& shown, std::string text, const load_options& options) {
  load_result out;
  const std::uint32_t file = out.sources->add(shown, std::move(text));
  const auto tree = parse_document(*out.sources, file, out.found);
  if (tree) loader{out, options}.load(*tree, shown);
  finish(out);
  return out;
}

std::shared_ptr<const target_file> embedded_target() {
  return embedded_target_at({}, {}, {});
}

std::shared_ptr<const target_file> embedded_target_at(const url& mqtt, const url& coap, const url& http,
                                                      int mqtt_version) {
  load_result loaded = load_text(std::string{builtin_name}, std::string{embedded_target_text});
  if (!loaded.target) return nullptr;
  auto out = std::make_shared<target_file>(*loaded.target);
  out->mqtt->version = mqtt_version;
  const bool any = mqtt.given() || coap.given() || http.given();
  out->mqtt->at = mqtt;
  out->coap->at = coap;
  out->http->at = http;
  if (any && !mqtt.given()) out->mqtt.reset();
  if (any && !coap.given()) out->coap.reset();
  if (any && !http.given()) out->http.reset();
  return out;
}

}  // namespace wanwu::lang
