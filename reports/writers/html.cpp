// The page as tables: everything a reader needs is in it before any script runs.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include <fmt/format.h>
#include <kainjow/mustache.hpp>

#include "reports/quantity.hpp"
#include "reports/writers/html_charts.hpp"
#include "reports/writers/safe_text.hpp"
#include "reports/writers/web_assets.hpp"
#include "reports/writers/writers.hpp"

namespace wanwu::report {

namespace {

using kainjow::mustache::data;

constexpr std::size_t error_rows_max = 200;
constexpr std::size_t event_rows_max = 500;

/// A number and its unit stay on one line.
std::string solid(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == ' ' ? "\u00a0" : std::string(1, c);
  return out;
}

std::string time(std::uint64_t us) {
  return solid(show_time_us(static_cast<double>(us)));
}

struct row {
  data values{data::type::object};
  row& put(const char* key, std::string_view value) {
    values.set(key, page_safe(value));
    return *this;
  }
};

void set_list(data& page, const char* name, const char* flag, data list) {
  if (flag) page.set(flag, data{list.is_non_empty_list()});
  page.set(name, std::move(list));
}

std::string_view sign_of(finding found) {
  static constexpr std::array<std::string_view, 3> signs{"\u2713", "\u2717", "?"};
  return signs[static_cast<std::size_t>(found)];
}

void put_verdict(data& page, const run_record& run, const summary& of) {
  static constexpr std::array<std::string_view, 5> words{"Not applicable", "Pass", "Inconclusive", "Fail",
                                                         "Error"};
  static constexpr std::array<std::string_view, 5> signs{"\u2013", "\u2713", "?", "\u2717", "!"};
  const auto v = static_cast<std::size_t>(of.judged.result);
  const manifest& m = run.about;
  const auto put = [&](const char* key, std::string_view value) { page.set(key, page_safe(value)); };
  put("verdict", name_of(of.judged.result));
  put("verdict_word", words[v]);
  put("sign", signs[v]);
  put("title", m.title.empty() ? (m.name.empty() ? "A run of wanwu" : m.name) : m.title);
  put("started", show_instant(m.started_unix_ms));
  put("duration", show_clock(run.duration_s));
  put("target", m.target_name.empty() ? "unknown" : m.target_name);
  put("seed", std::to_string(m.seed));
  if (m.scale != 1) put("scaled", show_ratio(m.scale));
  if (run.end != ending::complete)
    put("ended", run.end == ending::running ? "cut: no end was written" : name_of(run.end));
  if (!m.command_line.empty()) put("command", m.command_line);
  put("tool", m.tool_version);
  put("id", m.id);
  data reasons{data::type::list};
  for (const auto& one : of.judged.reasons) reasons << data{page_safe(one)};
  page.set("reasons", reasons);
  data notes{data::type::list};
  for (const auto& one : m.notes) notes << data{page_safe(one)};
  if (!run.bundle_problem.empty()) notes << data{page_safe(run.bundle_problem)};
  page.set("notes", notes);
}

void put_tiles(data& page, const run_record& run, const summary& of) {
  const headline& t = of.totals;
  data tiles{data::type::list};
  const auto tile = [&](const std::string& value, const char* label, const std::string& more) {
    row one;
    one.put("value", value).put("label", label);
    if (!more.empty()) one.put("more", more);
    tiles << one.values;
  };
  tile(show_count(t.connected_max), "things connected at most", "of " + show_count(t.things) + " planned");
  tile(show_count(t.sent), "messages sent",
       fmt::format("{} per s, at most {}{}", solid(show_count(static_cast<std::uint64_t>(t.sent_per_s))),
                   solid(show_count(static_cast<std::uint64_t>(t.sent_per_s_max))), cut_off_words(t)));
  tile(t.latency_count != 0 ? time(t.p99_us) : "\u2013", "telemetry p99",
       t.latency_count != 0 ? "p50 " + time(t.p50_us) + ", max " + time(t.max_us)
                            : "nothing was acknowledged");
  tile(show_count(t.errors), "errors",
       t.sent != 0
           ? show_ratio(static_cast<double>(t.errors) / static_cast<double>(t.sent)) + " of what was sent"
           : "");
  if (t.arrival_measured) {
    tile(show_count(t.lost), "lost",
         fmt::format("{} seen to arrive; {} twice, {} out of order", show_count(t.arrived),
                     show_count(t.duplicates), show_count(t.reordered)));
  }
  if (t.bystanders.count != 0) {
    tile(time(t.bystanders.p99_us), "bystanders p99 during faults",
         fmt::format("{} otherwise; {} errors", time(t.bystanders_usual.p99_us),
                     show_count(t.bystander_errors)));
  }
  tile(show_ratio(of.generator.late_ratio), "generator late",
       fmt::format("cpu at most {:.0f} %", of.generator.cpu_max * 100));
  page.set("tiles", tiles);
  page.set("about_throughput", fmt::format("{} sent in {}", show_count(t.sent), show_clock(run.duration_s)));
  page.set("about_latency", t.latency_count != 0 ? fmt::format("p50 {}, p99 {}, max {}", time(t.p50_us),
                                                               time(t.p99_us), time(t.max_us))
                                                 : "nothing measured");
  page.set("about_things",
           fmt::format("at most {} of {} connected", show_count(t.connected_max), show_count(t.things)));
}

/// How much of an upper limit was used, in percent; nothing where that has no meaning.
std::string used_share(const limit& of, const limit_result& got) {
  const bool upper = of.op == comparison::less || of.op == comparison::at_most;
  if (!upper || !got.value || of.bound <= 0 || *got.value < 0) return "";
  const double used = std::min(999.0, *got.value / of.bound * 100);
  return used >= 0.001 && used < 10 ? fmt::format("{:.2g}", used) : fmt::format("{:.0f}", used);
}

void put_limits(data& page, const run_record& run, const summary& of) {
  data list{data::type::list};
  for (std::size_t i = 0; i < run.limits.size(); ++i) {
    const auto& one = run.limits[i];
    const auto& got = of.judged.limits[i];
    row r;
    r.put("found", name_of(got.found)).put("sign", sign_of(got.found)).put("text", one.text);
    r.put("value", got.value ? show_measure(*got.value, one.unit) : "\u2013");
    r.put("bound", show_comparison(one.op) + " " + show_measure(one.bound, one.unit))
        .put("samples", show_count(got.samples));
    r.put("where", one.file.empty() ? "" : fmt::format("{}:{}:{}", one.file, one.line, one.column));
    if (!got.reason.empty()) r.put("reason", got.reason);
    if (!one.why.empty()) r.put("why", one.why);
    if (got.first_crossed_s >= 0) r.put("crossed_at", show_clock(got.first_crossed_s));
    if (const auto used = used_share(one, got); !used.empty()) r.put("used", used);
    list << r.values;
  }
  set_list(page, "limits", "has_limits", list);
}

void put_rates(data& page, const run_record& run, const summary& of) {
  if (!of.rates || !run.goal) return;
  data list{data::type::list};
  for (const rate_step& step : of.rates->steps) {
    const finding found = finding_of(step.found);
    row r;
    r.put("found", name_of(found)).put("sign", sign_of(found));
    r.put("result", step.found == rate_finding::held ? "held" : "not held")
        .put("rate", show_rate(step.wanted_per_s));
    r.put("value", step.value ? show_measure(*step.value, run.goal->bound.unit) : "\u2013");
    r.put("answered", show_rate(step.answered_per_s)).put("late", show_ratio(step.late_ratio));
    r.put("cpu", fmt::format("{:.0f} %", step.cpu * 100)).put("phase", step.phase);
    if (!step.reason.empty()) r.put("reason", step.reason);
    list << r.values;
  }
  page.set("bound", page_safe(run.goal->bound.text));
  set_list(page, "rates", "has_rates", list);
}

void put_phases(data& page, const run_record& run) {
  data list{data::type::list};
  for (std::size_t i = 0; i < run.shape.phases.size(); ++i) {
    const phase_cells* measured = run.store.find_phase(i);
    const auto& phase = run.shape.phases[i];
    if (!measured && std::chrono::duration<double>(phase.start).count() > run.duration_s) continue;
    row r;
    r.put("name", phase.name).put("from", show_clock(std::chrono::duration<double>(phase.start).count()));
    const double seconds = measured ? measured->seconds : 0;
    const auto sent = run.store.read("telemetry.sent", {}, phase.name),
               errors = run.store.read("telemetry.errors", {}, phase.name);
    r.put("seconds", fmt::format("{:.0f}", seconds)).put("sent", show_count(sent ? sent->count : 0));
    r.put("rate", seconds > 0 && sent
                      ? show_count(static_cast<std::uint64_t>(static_cast<double>(sent->count) / seconds))
                      : "\u2013");
    r.put("errors", show_count(errors ? errors->count : 0));
    const auto latency = run.store.read("telemetry.latency", {}, phase.name);
    if (latency && latency->samples() != 0) {
      const auto l = summarize_latency(latency->latency);
      r.put("p50", time(l.p50_us))
          .put("p99", time(l.p99_us))
          .put("p999", time(l.p999_us))
          .put("max", time(l.max_us));
    }
    list << r.values;
  }
  page.set("phases", list);
  page.set("point_s", std::to_string(seconds_per_point(run)));
  page.set("has_markers", data{!run.shape.markers.empty()});
}

/// Sector x kind x protocol x operation over the whole run.
void put_groups(data& page, const run_record& run) {
  data list{data::type::list};
  std::vector<cell> sums(run.shape.populations.size() * operation_count * protocol_count);
  for (std::size_t i = 0; i < run.store.phase_count(); ++i) {
    const phase_cells* phase = run.store.find_phase(i);
    if (!phase) continue;
    for (const auto index : phase->touched) sums[index].merge(phase->cells[index]);
  }
  for (std::size_t index = 0; index < sums.size(); ++index) {
    const cell& at = sums[index];
    std::uint64_t all = 0;
    for (const auto n : at.outcomes) all += n;
    if (all == 0) continue;
    const auto key = cell_key::from_index(index);
    const auto& population = run.shape.populations[key.population];
    const auto good = at.of(outcome::ok) + at.of(outcome::reordered);
    row r;
    r.put("sector", population.sector)
        .put("kind", population.kind)
        .put("protocol", name_of(key.via))
        .put("operation", name_of(key.op));
    r.put("sent", show_count(all - at.of(outcome::not_started)))
        .put("good", show_count(good))
        .put("errors", show_count(all - good - at.of(outcome::not_started) - at.of(outcome::cut_off)));
    if (at.latency.count() != 0)
      r.put("p50", time(at.latency.percentile(50)))
          .put("p99", time(at.latency.percentile(99)))
          .put("max", time(at.latency.max()));
    list << r.values;
  }
  page.set("groups", list);
}

void put_errors(data& page, const run_record& run, const summary& of) {
  data list{data::type::list};
  for (std::size_t i = 0; i < std::min(error_rows_max, of.errors.size()); ++i) {
    const auto& one = of.errors[i];
    row r;
    r.put("count", show_count(one.count)).put("what", one.what).put("who", one.who);
    r.put("first", show_clock(one.first_s)).put("last", show_clock(one.last_s));
    list << r.values;
  }
  set_list(page, "errors", "has_errors", list);
  const auto rest = of.errors.size() > error_rows_max ? of.errors.size() - error_rows_max : 0;
  if (rest + of.errors_uncounted != 0)
    page.set("more_errors",
             fmt::format("{} more kinds, {} errors not told apart", rest, show_count(of.errors_uncounted)));
  data events{data::type::list};
  static constexpr std::array levels{"info", "warning", "error"};
  for (std::size_t i = 0; i < std::min(event_rows_max, run.log.size()); ++i) {
    const auto& one = run.log[i];
    row r;
    r.put("at", show_clock(one.at_s))
        .put("event", one.event)
        .put("text", one.text)
        .put("level", levels[static_cast<std::size_t>(one.level)]);
    events << r.values;
  }
  set_list(page, "events", "has_events", events);
}

std::string lateness_text(const generator_health& g) {
  if (g.lateness.count == 0) return "\u2013";
  return fmt::format("p50 {}, p99 {}, max {}", time(g.lateness.p50_us), time(g.lateness.p99_us),
                     time(g.lateness.max_us));
}

/// "812 of 20 000"; without a bound only the first.
std::string out_of(std::uint64_t used, std::uint64_t bound) {
  return bound == 0 ? show_count(used) : show_count(used) + " of " + show_count(bound);
}

void put_facts(data& page, const run_record& run, const summary& of) {
  const manifest& m = run.about;
  const generator_health& g = of.generator;
  const auto facts = [](std::initializer_list<std::pair<const char*, std::string>> from) {
    data list{data::type::list};
    for (const auto& [label, value] : from) list << row{}.put("label", label).put("value", value).values;
    return list;
  };
  page.set(
      "health",
      facts({{"Starts planned", show_count(g.due)},
             {"of which late", m.closed_loop ? "does not apply: no schedule"
                                             : show_count(g.late) + " (" + show_ratio(g.late_ratio) + ")"},
             {"How late starts were", lateness_text(g)},
             {"Connections begun", show_count(g.openings)},
             {"of which the generator began late", show_count(g.openings_late)},
             {"Loop late", show_ratio(g.drift_ratio) + " of the time, at most " + time(g.drift_us_max)},
             {"Processor, at most", fmt::format("{:.0f} %", g.cpu_max * 100)},
             {"Waited for a processor, at most", fmt::format("{:.0f} %", g.cpu_wait_max * 100)},
             {"Memory, at most", show_bytes(g.memory_bytes_max)},
             {"Descriptors of the fullest worker, at most", out_of(g.worst.descriptors, m.descriptor_limit)},
             {"TCP sockets of this machine, at most", show_count(g.worst.tcp_sockets) + ", " +
                                                          show_count(g.worst.tcp_time_wait) +
                                                          " more in TIME_WAIT"},
             {"Ports to connect from", m.ports == 0 ? "\u2013" : show_count(m.ports)},
             {"Sent again, of sampled connections",
              out_of(g.worst.link_sent_again, g.worst.link_sent) + " segments"},
             {"Sent again, TCP of this machine",
              out_of(g.worst.tcp_sent_again, g.worst.tcp_sent) + " segments"},
             {"of which probes for a loss", show_count(g.worst.tcp_loss_probes)},
             {"Datagrams dropped by full buffers of this machine", show_count(g.worst.udp_drops)},
             {"Packets dropped by its queue of arrivals", show_count(g.worst.queue_drops)},
             {"Largest jump of the wall clock", time(g.worst.clock_jump_us)},
             {"Not started for lack of descriptors, ports or memory", show_count(g.local_errors)},
             {"Script errors", show_count(g.script_errors)}}));
  page.set(
      "facts",
      facts({{"Machine",
              fmt::format("{}, {} \u00d7 {}, {}", m.host, m.cores, m.cpu, show_bytes(m.memory_bytes))},
             {"System", m.kernel},
             {"Loop", std::string{latency_meaning_of(m).loop}},
             {"Clock", m.virtual_time ? "virtual" : "real time"},
             {"Shard", fmt::format("{} of {}", m.shard + 1, std::max(1U, m.shards))},
             {"Error of percentiles", "below 0.1 % over everything, below 1 % by sector, kind or protocol"},
             {"Bundle", run.bundle_path.empty() ? "none was written" : m.id}}));
  std::string latency = fmt::format("{}, {}", latency_meaning_of(m).name, latency_meaning_of(m).from);
  latency[0] = static_cast<char>(latency[0] - 'a' + 'A');
  page.set("latency_name", latency);
  data inputs{data::type::list};
  for (const auto& one : m.inputs) inputs << row{}.put("path", one.path).put("sha256", one.sha256).values;
  set_list(page, "inputs", "has_inputs", inputs);
}

}  // namespace

std::string write_html(const run_record& run, const summary& of) {
  data page{data::type::object};
  put_verdict(page, run, of);
  put_tiles(page, run, of);
  put_limits(page, run, of);
  put_rates(page, run, of);
  put_phases(page, run);
  put_groups(page, run);
  put_errors(page, run, of);
  put_facts(page, run, of);
  page.set("json", chart_json(run, of));
  page.set("css", std::string{page_css()});
  page.set("js", std::string{page_js()});
  page.set("chart_css", std::string{chart_css()});
  page.set("chart_js", std::string{chart_js()});
  kainjow::mustache::mustache sheet{std::string{page_html()}};
  return sheet.render(page);
}

}  // namespace wanwu::report
