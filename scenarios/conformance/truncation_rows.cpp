// Rows for every length at which a packet of the case cannot be whole.
#include <algorithm>
#include <array>

#include "protocols/mqtt/draft.hpp"
#include "scenarios/conformance/case_reader.hpp"
#include "scenarios/conformance/message_reader.hpp"
#include "scenarios/conformance/step_reader.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::conform {
namespace {

using lang::node;
namespace taken = lang::taken;

/// The first stimulus that sends this packet cut short.
const node* find_step(const node& tree, const std::string& packet) {
  for (const std::string_view part : {"body", "preamble"}) {
    const node* list = tree.find(part);
    if (list == nullptr || !list->is_list()) continue;
    for (const node& item : list->items) {
      const node* sent = item.is_map() ? item.find("stimulus") : nullptr;
      if (sent == nullptr || !sent->is_map() || taken::text(*sent, "packet") != packet) continue;
      const node* corrupt = taken::map_at(sent, "corrupt");
      if (corrupt != nullptr && corrupt->find("body_cut") != nullptr) return sent;
    }
  }
  return nullptr;
}

/// Gives fields values of the length that they will have: that of a number is the same for any, that of a
/// text must follow from fixed ones and `unique`.
class sizing {
 public:
  explicit sizing(const lang::slot_table& names) : slots_(names.size()) {
    lang::resolved_name name;
    if (names.resolve("unique", name)) unique_ = name.slot;
    slots_[unique_] = lang::value::of(std::string_view{stand_in()});
    context_.slots = slots_;
  }
  static const std::string& stand_in() {
    static const std::string text(unique_size, 'x');
    return text;
  }

  std::optional<mqtt::field_value> value_of(const setting_value& value) {
    if (const auto* number = std::get_if<std::uint64_t>(&value)) return *number;
    if (std::holds_alternative<lang::expression>(value)) return std::uint64_t{1};
    byte_writer out;
    context_.scratch_used = 0;
    if (const auto* text = std::get_if<lang::text_template>(&value)) {
      for (std::uint16_t slot = 0; slot < slots_.size(); ++slot) {
        if (slot != unique_ && text->uses(slot)) return std::nullopt;
      }
      if (!text->render(context_, out)) return std::nullopt;
    } else if (const auto* raw = std::get_if<byte_pattern>(&value)) {
      if (!raw->render(context_, out)) return std::nullopt;
    } else {
      return std::nullopt;
    }
    return std::string{as_text(out.view())};
  }

 private:
  std::vector<lang::value> slots_;
  std::uint16_t unique_ = 0;
  lang::eval_context context_;
};

bool gives(const std::vector<setting>& settings, std::string_view name) {
  return std::any_of(settings.begin(), settings.end(), [&](const setting& s) { return s.name == name; });
}

/// The packet as it goes out, with a stand-in of the right length for `unique`.
std::optional<bytes> sized_packet(const std::string& packet, const std::vector<setting>& settings,
                                  const role_spec& role, const case_names& scope) {
  sizing values{*scope.names()};
  const auto type = mqtt::find_packet_type(packet);
  if (!type) return std::nullopt;
  mqtt::draft out{*type, static_cast<mqtt::version>(role.version)};
  if (packet == "CONNECT" && !gives(settings, "client_id"))
    out.set("client_id", sizing::stand_in() + "-" + role.name);
  for (const setting& s : settings) {
    if (std::holds_alternative<std::monostate>(s.value)) continue;
    const auto value = values.value_of(s.value);
    if (!value || out.set(s.name, *value) != mqtt::set_result::done) return std::nullopt;
  }
  const auto qos = mqtt::field_of(out.view(), "qos");
  const bool numbered = packet == "SUBSCRIBE" || packet == "UNSUBSCRIBE" ||
                        (packet == "PUBLISH" && qos && std::get<std::uint64_t>(*qos) != 0);
  if (numbered && !gives(settings, "packet_id")) out.set("packet_id", std::uint64_t{1});
  byte_writer raw;
  out.encode_to(raw);
  return bytes{raw.view().begin(), raw.view().end()};
}

}  // namespace

std::vector<case_row> truncation_rows(const node& tree, const case_reading& with) {
  const node& generate = *taken::map_at(&tree, "generate");
  const node* packet = taken::text_at(generate, "packet");
  if (packet == nullptr) return {};
  const node* sent = find_step(tree, packet->text);
  if (sent == nullptr) {
    with.found.error("E195", packet->mark,
                     "no step sends `" + packet->text + "` with corrupt: { body_cut: \"${cut}\" }");
    return {};
  }
  lang::diagnostics ignored;  // the case itself says what is wrong with the step
  case_row none;
  none.values.push_back({"cut", lang::make_integer(0)});
  case_names scope{with.whole, with.file, with.common, none, ignored};
  step_reader steps{scope};  // for the names that they save
  steps.read(tree.find("preamble"));
  steps.read(tree.find("body"));
  ignored = {};
  const auto role = scope.role(*sent);
  const std::string name = scope.packet(*packet);
  if (!role || name.empty()) return {none};
  const role_spec& link = scope.role_at(*role);
  const auto settings = read_settings(sent->find("set"), name, link.version, reading::plain, scope);
  const auto raw = ignored.has_errors() ? std::nullopt : sized_packet(name, settings, link, scope);
  if (!raw) {
    with.found.error("E195", sent->mark, "the length of this packet is not known before the run",
                     "texts of fixed values and ${unique} only");
    return {};
  }
  std::vector<case_row> out;
  for (const std::uint32_t cut : incomplete_lengths(*raw, link.version))
    out.push_back({std::to_string(cut), {{"cut", lang::make_integer(cut)}}});
  if (out.size() > rows_max) {
    with.found.error("E195", generate.mark, "more than 4096 rows", "a shorter packet");
    out.resize(rows_max);
  }
  return out;
}

}  // namespace wanwu::conform
