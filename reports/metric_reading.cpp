// How each metric's name is computed from cells and gauges: one table.
#include <algorithm>
#include <array>

#include "reports/metrics.hpp"

namespace wanwu::report {

namespace {

using mask = std::uint32_t;

template <class... Outcomes>
constexpr mask any_of(Outcomes... of) noexcept {
  return (... | (mask{1} << static_cast<unsigned>(of)));
}

constexpr mask ok = any_of(outcome::ok);
constexpr mask answered_badly =
    any_of(outcome::refused, outcome::timed_out, outcome::broken_link, outcome::malformed_answer);
constexpr mask failed = answered_badly | any_of(outcome::unreachable);
constexpr mask told = ok | failed;  ///< About the target: what shares are of.
constexpr mask tried = told | any_of(outcome::cut_off);
constexpr mask asked_for = tried | any_of(outcome::not_started, outcome::local_error);
constexpr mask sent = ok | answered_badly | any_of(outcome::cut_off);
constexpr mask arrived = any_of(outcome::ok, outcome::reordered);
constexpr mask judged = arrived | any_of(outcome::lost);

/// A metric made of one operation's outcomes: how many of `counted` out of `attempts`, or the latency.
struct rule {
  std::string_view suffix;  ///< After "telemetry." etc.
  reading::kind what;
  mask counted, attempts;
};

/// The same for every operation that is sent and answered.
constexpr std::array operation_rules{
    rule{"sent", reading::kind::counter, sent, asked_for},
    rule{"acknowledged", reading::kind::counter, ok, told},
    rule{"errors", reading::kind::counter, failed, told},
    rule{"failed", reading::kind::counter, failed, told},
    rule{"not_started", reading::kind::counter, any_of(outcome::not_started), asked_for},
    rule{"tried", reading::kind::counter, tried, asked_for},
    rule{"heard", reading::kind::counter, tried, tried},
    rule{"latency", reading::kind::latency, ok, ok},
    rule{"time", reading::kind::latency, ok, ok},
};

/// What the witness says about telemetry.
constexpr std::array witness_rules{
    rule{"arrived", reading::kind::counter, arrived, judged},
    rule{"lost", reading::kind::counter, any_of(outcome::lost), judged},
    rule{"duplicates", reading::kind::counter, any_of(outcome::duplicate), judged},
    rule{"reordered", reading::kind::counter, any_of(outcome::reordered), judged},
    rule{"e2e", reading::kind::latency, arrived, arrived},
};

constexpr std::array operation_words{
    std::pair{std::string_view{"connect"}, operation::connect},
    std::pair{std::string_view{"reconnect"}, operation::reconnect},
    std::pair{std::string_view{"telemetry"}, operation::telemetry},
    std::pair{std::string_view{"event"}, operation::event},
    std::pair{std::string_view{"command"}, operation::command},
    std::pair{std::string_view{"ack"}, operation::ack},
    std::pair{std::string_view{"read"}, operation::read},
    std::pair{std::string_view{"register"}, operation::register_},
    std::pair{std::string_view{"subscribe"}, operation::subscribe},
    std::pair{std::string_view{"disconnect"}, operation::disconnect},
};

struct found_rule {
  rule how;
  operation op;
};

std::optional<found_rule> find_rule(std::string_view metric) {
  if (metric == "disconnects") {
    return found_rule{{"", reading::kind::counter, failed, ok | failed}, operation::disconnect};
  }
  const auto dot = metric.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto word = metric.substr(0, dot), suffix = metric.substr(dot + 1);
  const auto op = std::find_if(operation_words.begin(), operation_words.end(),
                               [&](const auto& w) { return w.first == word; });
  if (op == operation_words.end()) return std::nullopt;
  if (op->second == operation::telemetry) {
    for (const auto& how : witness_rules) {
      if (how.suffix == suffix) return found_rule{how, operation::arrived};
    }
  }
  for (const auto& how : operation_rules) {
    if (how.suffix == suffix) return found_rule{how, op->second};
  }
  return std::nullopt;
}

/// Metrics told by gauges.
enum class gauge_metric : std::uint8_t {
  connected,
  planned,
  late,
  openings,
  openings_late,
  lateness,
  drift,
  cpu,
  cpu_wait,
  lag,
  script_errors,
  bytes_out,
  bytes_in,
  retransmissions,
  wire_errors
};
struct gauge_rule {
  std::string_view name;
  gauge_metric which;
  int via;  ///< Protocol, -1 for none.
};
constexpr std::array gauge_rules{
    gauge_rule{"things.connected", gauge_metric::connected, -1},
    gauge_rule{"generator.planned", gauge_metric::planned, -1},
    gauge_rule{"generator.late", gauge_metric::late, -1},
    gauge_rule{"generator.openings", gauge_metric::openings, -1},
    gauge_rule{"generator.openings_late", gauge_metric::openings_late, -1},
    gauge_rule{"generator.lateness", gauge_metric::lateness, -1},
    gauge_rule{"generator.drift", gauge_metric::drift, -1},
    gauge_rule{"generator.cpu", gauge_metric::cpu, -1},
    gauge_rule{"generator.cpu_wait", gauge_metric::cpu_wait, -1},
    gauge_rule{"generator.lag", gauge_metric::lag, -1},
    gauge_rule{"script.errors", gauge_metric::script_errors, -1},
    gauge_rule{"mqtt.bytes_out", gauge_metric::bytes_out, 0},
    gauge_rule{"coap.bytes_out", gauge_metric::bytes_out, 1},
    gauge_rule{"http.bytes_out", gauge_metric::bytes_out, 2},
    gauge_rule{"mqtt.bytes_in", gauge_metric::bytes_in, 0},
    gauge_rule{"coap.bytes_in", gauge_metric::bytes_in, 1},
    gauge_rule{"http.bytes_in", gauge_metric::bytes_in, 2},
    gauge_rule{"coap.retransmissions", gauge_metric::retransmissions, 1},
    gauge_rule{"target.malformed", gauge_metric::wire_errors, -1},
};

const gauge_rule* find_gauge(std::string_view metric) {
  const auto found =
      std::find_if(gauge_rules.begin(), gauge_rules.end(), [&](const auto& g) { return g.name == metric; });
  return found == gauge_rules.end() ? nullptr : &*found;
}

/// What bystanders live through while others are in trouble, beside what is usual for them.
struct bystander_rule {
  std::string_view name, of;
  bool in_trouble;  ///< In the phases in which a fault acts, or in the others.
};
constexpr std::array bystander_rules{bystander_rule{"bystander.latency", "telemetry.latency", true},
                                     bystander_rule{"bystander.usual", "telemetry.latency", false},
                                     bystander_rule{"bystander.errors", "telemetry.errors", true}};

const bystander_rule* find_bystander(std::string_view metric) {
  const auto found = std::find_if(bystander_rules.begin(), bystander_rules.end(),
                                  [&](const auto& b) { return b.name == metric; });
  return found == bystander_rules.end() ? nullptr : &*found;
}

bool selects(tag_list tags, const population_tags& population, protocol via) {
  return std::all_of(tags.begin(), tags.end(), [&](const auto& tag) {
    if (tag.first == "sector") return population.sector == tag.second;
    if (tag.first == "kind") return population.kind == tag.second;
    if (tag.first == "conduct") return population.troubled == (tag.second == "troubled");
    if (tag.first == "protocol") return name_of(via) == tag.second;
    return std::find(population.tags.begin(), population.tags.end(), tag) != population.tags.end();
  });
}

std::uint64_t sum(const outcome_counts& of, mask which) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < outcome_count; ++i) {
    if ((which >> i) & 1U) total += of[i];
  }
  return total;
}

void add_cells(reading& out, const phase_cells& phase, const found_rule& rule,
               std::span<const population_tags> populations, tag_list tags) {
  for (const auto index : phase.touched) {
    const auto key = cell_key::from_index(index);
    if (!selects(tags, populations[key.population], key.via)) continue;
    const cell& at = phase.cells[index];
    if (key.op == rule.op) {
      out.count += sum(at.outcomes, rule.how.counted);
      out.attempts += sum(at.outcomes, rule.how.attempts);
      if (rule.how.what == reading::kind::latency && !tags.empty()) out.latency.merge(at.latency);
    } else if (rule.op == operation::arrived && key.op == operation::telemetry) {
      // A driver or the engine may report a loss on the telemetry itself.
      out.count += sum(at.outcomes, rule.how.counted & any_of(outcome::lost));
      out.attempts += sum(at.outcomes, rule.how.attempts & any_of(outcome::lost));
    }
  }
  if (rule.how.what == reading::kind::latency && tags.empty()) {
    out.latency.merge(phase.headline[static_cast<std::size_t>(rule.op)]);
  }
}

void add_wire(reading& out, const wire_totals& wire, gauge_metric which) {
  const std::uint64_t messages = wire.messages_out;
  switch (which) {
    case gauge_metric::bytes_out:
      out.count += wire.bytes_out;
      break;
    case gauge_metric::bytes_in:
      out.count += wire.bytes_in;
      break;
    case gauge_metric::retransmissions:
      out.count += wire.retransmissions;
      break;
    default:
      out.count += wire.wire_errors;
      break;
  }
  out.attempts += which == gauge_metric::bytes_in || which == gauge_metric::wire_errors
                      ? wire.messages_in + wire.messages_out
                      : messages;
}

void add_connected(reading& out, const phase_gauges& of, std::span<const population_tags> populations,
                   tag_list tags) {
  if (tags.empty()) {
    out.values.merge(of.connected);
    out.ratios.merge(of.connected_ratio);
    return;
  }
  // Levels of several populations add up; their extremes need not fall together, so this is a bound.
  level total;
  double expected = 0;
  for (std::size_t i = 0; i < of.connected_by_population.size() && i < populations.size(); ++i) {
    const auto& one = of.connected_by_population[i];
    if (!selects(tags, populations[i], populations[i].via) || one.samples == 0) continue;
    total.samples = std::max(total.samples, one.samples);
    total.min += one.min;
    total.max += one.max;
    total.sum += one.sum;
    total.last += one.last;
    expected += static_cast<double>(populations[i].count);
  }
  out.values.merge(total);
  if (expected > 0) {
    total.min /= expected, total.max /= expected, total.sum /= expected, total.last /= expected;
    out.ratios.merge(total);
  }
}

void add_gauge(reading& out, const phase_gauges& of, const gauge_rule& rule,
               std::span<const population_tags> populations, tag_list tags) {
  switch (rule.which) {
    case gauge_metric::connected:
      add_connected(out, of, populations, tags);
      break;
    case gauge_metric::planned:
      out.count += of.due;
      out.attempts += of.due;
      break;
    case gauge_metric::late:
      out.count += of.late;
      out.attempts += of.due;
      break;
    case gauge_metric::openings:
      out.count += of.openings;
      out.attempts += of.openings;
      break;
    case gauge_metric::openings_late:
      out.count += of.openings_late;
      out.attempts += of.openings;
      break;
    case gauge_metric::lateness:
      out.latency.merge(of.lateness);
      break;
    case gauge_metric::drift:
      out.values.merge(of.drift);
      break;
    case gauge_metric::cpu:
      out.values.merge(of.cpu);
      break;
    case gauge_metric::cpu_wait:
      out.values.merge(of.cpu_wait);
      break;
    case gauge_metric::lag:
      break;  // a histogram, merged by the caller
    case gauge_metric::script_errors:
      out.count += of.script_errors;
      out.attempts += of.due;
      break;
    case gauge_metric::wire_errors:
      for (const auto& wire : of.wire) add_wire(out, wire, rule.which);
      break;
    default:
      add_wire(out, of.wire[static_cast<std::size_t>(rule.via)], rule.which);
      break;
  }
}

reading::kind kind_of(gauge_metric which) {
  if (which == gauge_metric::lag || which == gauge_metric::lateness) return reading::kind::latency;
  const bool is_level = which == gauge_metric::connected || which == gauge_metric::cpu ||
                        which == gauge_metric::cpu_wait || which == gauge_metric::drift;
  return is_level ? reading::kind::level : reading::kind::counter;
}

}  // namespace

std::uint64_t sent_of(const outcome_counts& of) noexcept {
  return sum(of, sent);
}
std::uint64_t errors_of(const outcome_counts& of) noexcept {
  return sum(of, failed);
}

bool is_measured(std::string_view metric) noexcept {
  return find_bystander(metric) || find_gauge(metric) || find_rule(metric);
}

std::uint64_t reading::samples() const noexcept {
  switch (what) {
    case kind::counter:
      return attempts;
    case kind::latency:
      return latency.count();
    case kind::level:
      return values.samples;
  }
  return 0;
}

std::optional<double> reading::value(statistic stat, double percent, measure unit) const noexcept {
  if (samples() == 0) return std::nullopt;
  const level& levels = unit == measure::ratio && ratios.samples != 0 ? ratios : values;
  const bool timed = what == kind::latency;
  switch (stat) {
    case statistic::count:
      return static_cast<double>(what == kind::counter ? count : samples());
    case statistic::rate:
      if (seconds <= 0 || what == kind::level) return std::nullopt;
      return static_cast<double>(what == kind::counter ? count : samples()) / seconds;
    case statistic::ratio:
      if (what == kind::level && ratios.samples == 0) return levels.last;
      if (what == kind::level) return ratios.last;
      return timed ? std::optional<double>{} : static_cast<double>(count) / static_cast<double>(attempts);
    case statistic::min:
      if (what == kind::counter) return std::nullopt;
      return timed ? static_cast<double>(latency.min()) : levels.min;
    case statistic::max:
      if (what == kind::counter) return std::nullopt;
      return timed ? static_cast<double>(latency.max()) : levels.max;
    case statistic::mean:
      if (what == kind::counter) return std::nullopt;
      return timed ? latency.mean() : levels.mean();
    case statistic::percentile:
      return timed ? std::optional<double>{static_cast<double>(latency.percentile(percent))} : std::nullopt;
  }
  return std::nullopt;
}

std::optional<reading> metric_store::read(std::string_view metric, tag_list tags,
                                          std::string_view phase) const {
  if (!is_measured(metric)) return std::nullopt;
  if (!phase.empty() && std::find(phase_names_.begin(), phase_names_.end(), phase) == phase_names_.end())
    return std::nullopt;
  const bystander_rule* bystanders = find_bystander(metric);
  std::vector<bool> wanted(phases_.size());
  for (std::size_t i = 0; i < phases_.size(); ++i) {
    wanted[i] = (phase.empty() || phase_names_[i] == phase) &&
                (bystanders == nullptr || phase_troubled_[i] == bystanders->in_trouble);
  }
  if (bystanders == nullptr) return read_selected(metric, tags, wanted);
  std::vector<std::pair<std::string, std::string>> own{tags.begin(), tags.end()};
  own.emplace_back("conduct", "orderly");
  return read_selected(bystanders->of, own, wanted);
}

reading metric_store::read_selected(std::string_view metric, tag_list tags,
                                    const std::vector<bool>& phases) const {
  const auto rule = find_rule(metric);
  const gauge_rule* gauge = find_gauge(metric);
  reading out;
  out.what = gauge ? kind_of(gauge->which) : rule->how.what;
  const bool is_lag = gauge && gauge->which == gauge_metric::lag;
  out.latency = histogram{tags.empty() && gauge == nullptr ? 3 : 2};
  for (std::size_t i = 0; i < phases_.size(); ++i) {
    if (!phases_[i] || !phases[i]) continue;
    out.seconds += phases_[i]->seconds;
    if (is_lag) {
      out.latency.merge(phases_[i]->lag);
    } else if (gauge) {
      add_gauge(out, phases_[i]->levels, *gauge, populations_, tags);
    } else {
      add_cells(out, *phases_[i], *rule, populations_, tags);
    }
  }
  return out;
}

std::uint64_t metric_store::total(operation op, outcome result) const noexcept {
  return total(op, result, protocol::mqtt) + total(op, result, protocol::coap) +
         total(op, result, protocol::http);
}

std::uint64_t metric_store::total(operation op, outcome result, protocol via) const noexcept {
  std::uint64_t sum_of = 0;
  for (const auto& phase : phases_) {
    if (!phase) continue;
    for (const auto index : phase->touched) {
      const auto key = cell_key::from_index(index);
      if (key.op == op && key.via == via) sum_of += phase->cells[index].of(result);
    }
  }
  return sum_of;
}

}  // namespace wanwu::report
