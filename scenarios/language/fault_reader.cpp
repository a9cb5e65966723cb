// Reading faults, and the check that each can act on those it is about.
#include <algorithm>
#include <array>

#include "scenarios/language/readers.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::lang {
namespace {

/// A key, and why it cannot act on some protocols; "" where it can.
struct fault_key {
  std::string_view name;
  std::array<std::string_view, 3> why_not;  ///< By protocol.
};
constexpr std::string_view tcp_twice = "TCP drops what comes twice before anybody sees it";
constexpr std::string_view tcp_order =
    "TCP puts what comes out of order back into it: that is a delay, as `jitter` makes it";
constexpr std::string_view no_connection = "CoAP has no connection";
constexpr std::string_view no_keep_alive = "only MQTT keeps a connection alive by messages";
constexpr std::string_view no_client_id = "only MQTT has client identifiers that another can take";
constexpr std::array<fault_key, 16> keys{{{"delay", {}},
                                          {"jitter", {}},
                                          {"loss", {}},
                                          {"duplicate", {tcp_twice, "", tcp_twice}},
                                          {"reorder", {tcp_order, "", tcp_order}},
                                          {"rate", {}},
                                          {"black_hole", {}},
                                          {"reset", {"", no_connection, ""}},
                                          {"half_open", {"", no_connection, ""}},
                                          {"flapping", {"", no_connection, ""}},
                                          {"takeover", {"", no_client_id, no_client_id}},
                                          {"slow_reader", {"", no_connection, ""}},
                                          {"keep_alive_miss", {"", no_keep_alive, no_keep_alive}},
                                          {"garbage", {}},
                                          {"oversized", {}},
                                          {"duplicate_ids",
                                           {"", "there it is `duplicate`: a message id that comes twice",
                                            "HTTP's messages have no identifiers"}}}};

/// What befalls connections again and again: its key, its word for people, and the mean time until then.
struct stroke {
  std::string_view key, word;
  duration fault::*after;
};
constexpr std::array<stroke, 7> strokes{{{"reset", "reset", &fault::reset},
                                         {"half_open", "half-open", &fault::half_open},
                                         {"flapping", "flapping", &fault::flapping},
                                         {"takeover", "takeover", &fault::takeover},
                                         {"keep_alive_miss", "keep-alive miss", &fault::keep_alive_miss},
                                         {"garbage", "garbage", &fault::garbage},
                                         {"oversized", "oversized", &fault::oversized}}};

class fault_checker {
 public:
  fault_checker(const scenario& s, fault& f, diagnostics& found) : s_{s}, fault_{f}, found_{found} {}

  void check() {
    if (!find_kinds()) return;
    const bool acts = std::any_of(keys.begin(), keys.end(), [&](const fault_key& k) { return has(k.name); });
    if (!acts)
      found_.error("E102", fault_.mark, "the fault `" + fault_.name + "` does nothing",
                   "say what, as in `delay: 50 ms`, `loss: 2 %` or `garbage: 10 s`");
    const bool used = std::any_of(s_.phases.begin(), s_.phases.end(), [&](const phase& p) {
      return std::any_of(p.faults.begin(), p.faults.end(),
                         [&](std::size_t i) { return &s_.faults[i] == &fault_; });
    });
    if (!used)
      found_.error("E140", fault_.mark, "no phase has the fault `" + fault_.name + "`, so it never acts",
                   "- { hold: 1 min, faults: [ " + fault_.name + " ] }");
    delays();
    for (const stroke& s : strokes) {
      if (has(s.key) && fault_.*s.after == duration{})
        found_.error("E110", *mark_of(s.key), "`" + std::string{s.key} + "` must be longer than nothing");
    }
    for (const std::size_t kind : fault_.kinds) ways_of(s_.populations[kind]);
  }

 private:
  bool has(std::string_view key) const { return mark_of(key) != nullptr; }
  const source_mark* mark_of(std::string_view key) const {
    const auto at = std::find_if(fault_.keys.begin(), fault_.keys.end(),
                                 [&](const auto& written) { return written.first == key; });
    return at == fault_.keys.end() ? nullptr : &at->second;
  }

  /// The names of `who` are the same for all things of a kind: the way is chosen before the run.
  slot_table names_for(const population& p) const {
    slot_table names{false};
    names.add_constant("sector", p.sector);
    names.add_constant("kind", p.name);
    names.add_constant("protocol", name_of(p.over));
    for (const auto& [key, text] : p.tags) names.add_constant("tags." + key, text);
    // A tag of other kinds is a text here too, an empty one.
    for (const population& other : s_.populations) {
      for (const auto& tag : other.tags) {
        const bool own = std::any_of(p.tags.begin(), p.tags.end(),
                                     [&](const auto& mine) { return mine.first == tag.first; });
        if (!own) names.add_constant("tags." + tag.first, "");
      }
    }
    return names;
  }

  bool find_kinds() {
    for (std::size_t i = 0; i < s_.populations.size(); ++i) {
      if (fault_.who.empty()) {
        fault_.kinds.push_back(i);
        continue;
      }
      const slot_table names = names_for(s_.populations[i]);
      const auto compiled = compile_expression(fault_.who, names, value_type::boolean);
      if (!compiled) {
        const auto& wrong = compiled.error();
        const bool name = wrong.message.starts_with("there is no `");
        found_.error(name ? "E121" : "E120", inside(fault_.who_mark, wrong.offset, wrong.length),
                     wrong.message, wrong.hint);
        return false;
      }
      eval_context context{};
      if (compiled->evaluate(context).truth()) fault_.kinds.push_back(i);
    }
    if (fault_.kinds.empty() && !s_.populations.empty())
      found_.error("E140", fault_.who_mark, "no kind of thing is meant by this", "e.g. protocol == \"coap\"");
    return !fault_.kinds.empty();
  }

  void delays() {
    for (const std::string_view key : {"jitter", "reorder"}) {
      if (has(key) && !has("delay"))
        found_.error("E103", *mark_of(key), "`" + std::string{key} + "` needs a `delay`",
                     "e.g. delay: 50 ms");
    }
    if (has("delay") && fault_.jitter > fault_.delay)
      found_.error("E110", *mark_of("jitter"), "`jitter` is more than the `delay` it is part of");
  }

  void ways_of(const population& p) {
    if (p.driver == driver_choice::stock)
      found_.error("E103", fault_.mark,
                   p.full_name + " has `driver: stock`, which opens its own sockets: no fault reaches them",
                   "say who it is about, or leave `driver` out");
    for (const fault_key& key : keys) {
      const std::string_view why_not = key.why_not[static_cast<std::size_t>(p.over)];
      if (why_not.empty() || !has(key.name)) continue;
      found_.error("E103", *mark_of(key.name),
                   "`" + std::string{key.name} + "` cannot act on " + p.full_name + ", which speaks " +
                       std::string{name_of(p.over)} + ": " + std::string{why_not},
                   "`who` says whom it is about");
    }
  }

  const scenario& s_;
  fault& fault_;
  diagnostics& found_;
};

}  // namespace

bool is_troubled(const scenario& s, std::size_t population_index) {
  return std::any_of(s.faults.begin(), s.faults.end(), [&](const fault& f) {
    return std::find(f.kinds.begin(), f.kinds.end(), population_index) != f.kinds.end();
  });
}

std::string fault_text(const fault& f) {
  std::string out;
  const auto add = [&](std::string_view word, const std::string& how) {
    out += (out.empty() ? "" : ", ") + std::string{word} + " " + how;
  };
  const auto percent = [](double share) { return quantity_text(share, limit_unit::share); };
  if (f.delay.count() > 0)
    add("delay", format_duration(f.delay) + (f.jitter.count() > 0 ? " ± " + format_duration(f.jitter) : ""));
  if (f.loss > 0) add("loss", percent(f.loss));
  if (f.duplicate > 0) add("duplicate", percent(f.duplicate));
  if (f.reorder > 0) add("reorder", percent(f.reorder));
  if (f.bytes_per_s > 0) add("rate", format_bandwidth(f.bytes_per_s));
  if (f.black_hole) add("black hole:", "nothing passes");
  if (f.read_bytes_per_s > 0) add("slow reader at", format_bandwidth(f.read_bytes_per_s));
  for (const stroke& s : strokes) {
    if ((f.*s.after).count() > 0) add(s.word, "after about " + format_duration(f.*s.after));
  }
  if (f.duplicate_ids > 0) add("duplicate ids", percent(f.duplicate_ids));
  return out;
}

void read_faults(const node& tree, scenario& out) {
  const node* faults = taken::map_at(&tree, "faults");
  if (faults == nullptr) return;
  for (const member& m : faults->members) {
    if (m.key.starts_with("x-") || !m.value.is_map()) continue;
    fault f;
    f.name = m.key;
    f.mark = f.who_mark = m.key_mark;
    if (const node* who = taken::text_at(m.value, "who")) {
      f.who = who->text;
      f.who_mark = who->text_mark;
    }
    f.share = taken::percent(m.value, "share").value_or(1);
    f.delay = taken::length(m.value, "delay").value_or(duration{});
    f.jitter = taken::length(m.value, "jitter").value_or(duration{});
    f.loss = taken::percent(m.value, "loss").value_or(0);
    f.duplicate = taken::percent(m.value, "duplicate").value_or(0);
    f.reorder = taken::percent(m.value, "reorder").value_or(0);
    f.bytes_per_s = parse_bandwidth(taken::text(m.value, "rate")).value_or(0);
    f.black_hole = taken::truth(m.value, "black_hole", false);
    f.read_bytes_per_s = parse_bandwidth(taken::text(m.value, "slow_reader")).value_or(0);
    f.duplicate_ids = taken::percent(m.value, "duplicate_ids").value_or(0);
    for (const stroke& s : strokes) f.*s.after = taken::length(m.value, s.key).value_or(duration{});
    for (const member& written : m.value.members) f.keys.emplace_back(written.key, written.key_mark);
    out.faults.push_back(std::move(f));
  }
}

void check_faults(scenario& s, diagnostics& found) {
  for (fault& f : s.faults) fault_checker{s, f, found}.check();
}

}  // namespace wanwu::lang
