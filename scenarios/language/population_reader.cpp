// Reading kinds of things.
#include <algorithm>

#include "scenarios/language/readers.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::lang {
namespace {

constexpr std::uint64_t things_max = 4'000'000'000;  // thing_id has 32 bits

value_type type_of(const node& scalar) {
  switch (scalar.kind) {
    case node_kind::boolean:
      return value_type::boolean;
    case node_kind::integer:
    case node_kind::number:
      return value_type::number;
    case node_kind::text:
      return value_type::text;
    default:
      return value_type::any;
  }
}

void read_assignments(const node* map, std::vector<assignment>& out, diagnostics& found) {
  if (map == nullptr) return;
  for (const member& m : map->members) {
    if (m.key.starts_with("x-")) continue;
    if (!m.value.is_scalar()) {
      found.error("E103", m.value.mark, "a column holds one value, not a list or a map");
      continue;
    }
    assignment a;
    a.name = m.key;
    a.mark = m.value.mark;
    a.written = m.value;
    a.type = type_of(m.value);
    const std::string& text = m.value.text;
    if (m.value.kind == node_kind::text && text.find("${") != std::string::npos) {
      a.is_expression = true;
      if (text.starts_with("${") && text.ends_with("}") && text.find("${", 2) == std::string::npos) {
        a.source = text.substr(2, text.size() - 3);
        a.source_mark_ = inside(m.value.text_mark, 2, a.source.size());
        a.type = value_type::any;
      } else {
        found.error("E110", m.value.mark, "a column is a plain value or one ${expression} alone",
                    "\"${a + b}\"");
        continue;
      }
    }
    out.push_back(std::move(a));
  }
}

void read_payload(const node& tree, population& out) {
  const node* payload = tree.find("payload");
  if (payload == nullptr) return;
  if (payload->text == "senml-json") out.payload = payload_kind::senml_json;
  if (payload->text == "senml-cbor") out.payload = payload_kind::senml_cbor;
  if (!payload->is_map() || payload->find("body") == nullptr) return;
  out.payload = payload_kind::body;
  out.payload_body = taken::shared(payload->find("body"));
  out.payload_content = taken::text(*payload, "content");
}

void read_tags(const node& tree, population& out, diagnostics& found) {
  const node* tags = taken::map_at(&tree, "tags");
  if (tags == nullptr) return;
  for (const member& m : tags->members) {
    if (m.key.starts_with("x-")) continue;
    if (m.value.is_scalar())
      out.tags.emplace_back(m.key, m.value.text);
    else
      found.error("E103", m.value.mark, "a tag is one word");
  }
}

population read_population(const member& m, std::string_view sector, diagnostics& found) {
  const node& tree = m.value;
  population out;
  out.name = m.key;
  out.sector = sector;
  out.full_name = out.sector + "." + out.name;
  out.mark = m.key_mark;
  out.over_mark = m.key_mark;
  out.model = taken::text(tree, "model");
  if (const node* model = tree.find("model")) out.model_mark = model->mark;
  if (const node* count = tree.find("count")) out.count_written = taken::count_of(*count).value_or(0);
  out.count = out.count_written;
  if (const node* over = taken::text_at(tree, "over")) {
    out.over_mark = over->mark;
    for (const protocol p : {protocol::mqtt, protocol::coap, protocol::http}) {
      if (over->text == name_of(p)) out.over = p;
    }
  }
  out.every = taken::length(tree, "every").value_or(duration{});
  if (tree.find("every") != nullptr && taken::length(tree, "every") == duration{}) {
    found.error("E110", tree.find("every")->mark, "`every` must be longer than nothing");
  }
  out.jitter = taken::percent(tree, "jitter").value_or(0);
  out.place = taken::text(tree, "place");
  if (const node* place = tree.find("place")) out.place_mark = place->mark;
  read_assignments(taken::map_at(&tree, "state"), out.state, found);
  read_assignments(taken::map_at(&tree, "update"), out.update, found);
  out.script = taken::text(tree, "script");
  if (const node* script = tree.find("script")) out.script_mark = script->mark;
  read_payload(tree, out);
  if (taken::text(tree, "driver") == "stock") out.driver = driver_choice::stock;
  out.gateway = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(taken::whole(tree, "gateway").value_or(0), 0, 1'000'000'000));
  out.collect = taken::length(tree, "collect").value_or(duration{});
  if (const node* collect = tree.find("collect")) out.collect_mark = collect->mark;
  read_tags(tree, out, found);
  return out;
}

}  // namespace

void read_populations(const node& tree, std::string_view sector, scenario& out, diagnostics& found) {
  std::uint64_t things = 0;
  for (const population& p : out.populations) things += p.count_written;
  for (const member& m : tree.members) {
    if (m.key.starts_with("x-") || !m.value.is_map()) continue;
    population p = read_population(m, sector, found);
    things += std::min(p.count_written, things_max);
    if (things >= things_max) {
      found.error("E110", m.key_mark, "more than 4,000,000,000 things in one scenario");
      return;
    }
    const auto twin = std::find_if(out.populations.begin(), out.populations.end(),
                                   [&](const population& other) { return other.full_name == p.full_name; });
    if (twin != out.populations.end()) {
      found
          .error("E141", p.mark,
                 "the kind " + p.full_name + " stands twice, as `things` are of the sector other")
          .notes.push_back({"the first is here", twin->mark});
      continue;
    }
    out.populations.push_back(std::move(p));
  }
}

}  // namespace wanwu::lang
