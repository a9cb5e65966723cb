// Steps of a case.
#include "scenarios/conformance/step_reader.hpp"

#include <algorithm>

#include "scenarios/conformance/words.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::conform {
namespace {

using lang::member;
using lang::node;
using lang::node_kind;
using kind = step::kind;

std::optional<kind> kind_of(std::string_view word) {
  if (word == "open") return kind::open;
  if (word == "close") return kind::close;
  if (word == "stimulus") return kind::stimulus;
  if (word == "verify") return kind::verify;
  if (word == "probe") return kind::probe;
  if (word == "wait") return kind::wait;
  return std::nullopt;
}

}  // namespace

std::vector<step> step_reader::read(const node* list) {
  std::vector<step> out;
  if (list == nullptr || !list->is_list()) return out;
  for (const node& item : list->items) {
    if (!item.is_map()) continue;
    for (const member& m : item.members) {
      if (m.key.starts_with("x-")) continue;
      auto read = one(m.key, m.value);
      if (!read) continue;
      read->mark = item.mark;
      out.push_back(std::move(*read));
      break;
    }
  }
  return out;
}

std::optional<step> step_reader::one(const std::string& word, const node& what) {
  const auto known = kind_of(word);
  if (!known) return std::nullopt;
  step out;
  out.what = *known;
  out.text = step_words(word, what, scope_);
  if (out.what == kind::wait) {
    out.pause = scope_.span(what);
    return out.pause ? std::optional{std::move(out)} : std::nullopt;
  }
  if (!what.is_map()) return std::nullopt;
  const auto role = scope_.role(what);
  if (!role) return std::nullopt;
  out.role = *role;
  used_.insert(*role);
  if (out.what == kind::open) return open(what, out) ? std::optional{std::move(out)} : std::nullopt;
  need_open(*role, what.mark);
  switch (out.what) {
    case kind::close:
      out.how = lang::taken::text(what, "how") == "abrupt" ? closing_manner::abrupt : closing_manner::clean;
      return out;
    case kind::stimulus:
      return stimulus(what, out) ? std::optional{std::move(out)} : std::nullopt;
    case kind::probe:
      return probe(what, out) ? std::optional{std::move(out)} : std::nullopt;
    default:
      out.expect = read_condition(what, role, scope_);
      need_open(out.expect.get());
      return out.expect ? std::optional{std::move(out)} : std::nullopt;
  }
}

void step_reader::only_connects(const node& what, std::initializer_list<std::string_view> keys,
                                const std::string& hint) {
  for (const std::string_view key : keys) {
    if (const member* m = what.find_member(key)) {
      scope_.found().error("E194", m->key_mark,
                           "`" + m->key + "` is about CONNACK, but this link only connects", hint);
    }
  }
}

/// Over WebSocket a link opens with the request to upgrade; its answer is the packet UPGRADE.
bool step_reader::upgrade(const node& what, step& out) {
  only_connects(what, {"set", "where", "save", "within"}, "verify UPGRADE, then send CONNECT as a stimulus");
  const node* offered = what.find("subprotocol");
  auto text = offered == nullptr ? scope_.text(lang::make_text("mqtt"), reading::plain)
                                 : scope_.text(*offered, reading::plain);
  if (!text) return false;
  out.subprotocol = std::move(*text);
  return true;
}

/// `frame` and `split` of a stimulus.
void step_reader::framing(const node& what, step& out) {
  const role_spec& role = scope_.role_at(out.role);
  for (const std::string_view key : {"frame", "split"}) {
    const member* m = what.find_member(key);
    if (m != nullptr && role.over != link_carrier::websocket)
      scope_.found().error("E194", m->key_mark, "`" + role.name + "` does not speak over WebSocket",
                           "over: websocket, under roles");
  }
  static constexpr std::string_view words[] = {"binary", "text", "fragments", "ping", "close"};
  const std::string word = lang::taken::text(what, "frame");
  const auto found = std::find(std::begin(words), std::end(words), word);
  if (found != std::end(words)) out.framing.what = static_cast<framing_text::kind>(found - std::begin(words));
  out.framing.split = static_cast<std::uint32_t>(lang::taken::whole(what, "split").value_or(0));
  const bool one_frame =
      out.framing.what == framing_text::kind::ping || out.framing.what == framing_text::kind::close;
  if (out.framing.what == framing_text::kind::fragments && out.framing.split == 0)
    scope_.found().error("E194", what.find("frame")->mark, "fragments of what size?", "split: 1");
  if (one_frame && out.framing.split != 0)
    scope_.found().error("E194", what.find("split")->mark, "a " + word + " is one frame");
}

/// Opening, and for what speaks at once: CONNECT and the CONNACK it awaits.
bool step_reader::open(const node& what, step& out) {
  opened_.insert(out.role);
  const role_spec& role = scope_.role_at(out.role);
  if (role.over == link_carrier::websocket) return upgrade(what, out);
  if (const member* m = what.find_member("subprotocol"))
    scope_.found().error("E194", m->key_mark, "`" + role.name + "` does not speak over WebSocket",
                         "over: websocket, under roles");
  out.connects = role.link == link_kind::mqtt || what.find("set") != nullptr;
  if (!out.connects) {
    only_connects(what, {"where", "save", "within"}, "set: {} sends CONNECT");
    return true;
  }
  out.message.packet = "CONNECT";
  out.message.set = read_settings(what.find("set"), "CONNECT", role.version, reading::plain, scope_);
  condition answer;
  answer.what = condition::kind::packet;
  answer.role = out.role;
  answer.mark = what.mark;
  node accepted = lang::make_map();
  lang::put(accepted, "packet", lang::make_text("CONNACK"));
  const node* where = what.find("where");
  lang::put(accepted, "where", where == nullptr ? lang::make_text("reason == 0") : *where);
  answer.pattern = read_pattern(accepted, scope_);
  answer.text = condition_words(accepted, scope_);
  if (const node* within = what.find("within")) answer.within = scope_.span(*within);
  answer.save = scope_.save(what.find("save"));
  out.expect = std::make_shared<const condition>(std::move(answer));
  return true;
}

bool step_reader::stimulus(const node& what, step& out) {
  const role_spec& role = scope_.role_at(out.role);
  const node* times = what.find("times");
  if (times != nullptr && times->is_scalar()) {
    node count = *times;
    if (count.kind == node_kind::integer) count.kind = node_kind::text;
    out.times = is_single(count.text) ? scope_.single(count, lang::value_type::number, reading::plain)
                                      : scope_.expression(count, lang::value_type::number, reading::plain);
  }
  out.message = read_message(what, role.version, reading::plain, scope_);
  if (out.message.packet.empty() && !out.message.raw) return false;
  framing(what, out);
  out.save_sent = scope_.save(what.find("save"));
  if (const node* expect = what.find("expect"); expect != nullptr && expect->is_map()) {
    out.expect = read_condition(*expect, out.role, scope_);
    need_open(out.expect.get());
  }
  return true;
}

bool step_reader::probe(const node& what, step& out) {
  const role_spec& role = scope_.role_at(out.role);
  const bool own = what.find("packet") != nullptr || what.find("bytes") != nullptr;
  const member* expect = what.find_member("expect");
  if (what.find("packet") != nullptr && what.find("bytes") != nullptr)
    scope_.found().error("E103", what.find_member("bytes")->key_mark,
                         "only one of `packet` or `bytes` may stand here");
  if (own != (expect != nullptr)) {
    scope_.found().error("E194", expect == nullptr ? what.mark : expect->key_mark,
                         "what is sent and what must come go together in a probe",
                         "packet or bytes, and expect; or neither, for PINGREQ and PINGRESP");
    return false;
  }
  out.message = read_message(what, role.version, reading::plain, scope_);
  if (expect == nullptr) return true;
  const node* within = what.find("within");
  if (expect->value.is_map()) {
    out.expect = read_condition(expect->value, out.role, scope_);
    return out.expect != nullptr;
  }
  condition answer;
  answer.what = condition::kind::bytes;
  answer.role = out.role;
  answer.mark = expect->value.mark;
  answer.bytes = scope_.bytes(expect->value, true, reading::plain);
  answer.text = "bytes " + expect->value.text;
  if (within != nullptr) answer.within = scope_.span(*within);
  out.expect = std::make_shared<const condition>(std::move(answer));
  return true;
}

void step_reader::need_open(const condition* demand) {
  if (demand == nullptr) return;
  used_.insert(demand->role);
  need_open(demand->role, demand->mark);
  for (const auto& option : demand->options) need_open(option.get());
  need_open(demand->then.get());
}

void step_reader::need_open(std::uint16_t role, const lang::source_mark& at) {
  if (opened_.contains(role)) return;
  opened_.insert(role);  // said once
  scope_.found().error("E194", at,
                       "no step before this one opens the link of `" + scope_.role_at(role).name + "`",
                       "- open: { as: " + scope_.role_at(role).name + " }");
}

}  // namespace wanwu::conform
