// One test from its plan to its exit code.
#include "sim/cli/test_run.hpp"

#include <algorithm>
#include <iostream>
#include <type_traits>

#include <fmt/format.h>
#include <malloc.h>
#include <signal.h>
#include <time.h>

#include "reports/collector.hpp"
#include "reports/summary.hpp"
#include "reports/writers/writers.hpp"
#include "scenarios/language/units.hpp"
#include "sim/cli/embedded_process.hpp"
#include "sim/cli/observation_file.hpp"
#include "sim/cli/progress_printer.hpp"
#include "sim/cli/run_facts.hpp"
#include "sim/engine.hpp"
#include "sim/limits.hpp"
#include "sim/virtual_network.hpp"
#include "sim/virtual_sink.hpp"
#include "sim/witness.hpp"

namespace wanwu::cli {

namespace {

namespace chrono = std::chrono;

constexpr duration start_allowance = chrono::milliseconds{100};
constexpr duration start_allowance_per_thing = chrono::microseconds{1};

std::int64_t unix_ms() {
  return chrono::duration_cast<chrono::milliseconds>(chrono::system_clock::now().time_since_epoch()).count();
}

/// By itself the allocator raises these bounds with whatever large is freed, and from then on keeps what a
/// burst has taken. Held here, a large array is mapped on its own and goes back when it is freed.
void let_memory_go_back() {
  constexpr int bound = 128 * 1024;
  ::mallopt(M_MMAP_THRESHOLD, bound);
  ::mallopt(M_TRIM_THRESHOLD, bound);
}

/// SIGINT and SIGTERM as values. Blocked from construction on, also for threads made later.
class signal_watch {
 public:
  signal_watch() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  /// The signal that came within `wait`, 0 for none.
  int next(duration wait) {
    const auto whole = chrono::duration_cast<chrono::seconds>(std::max(wait, duration{}));
    const timespec pause{whole.count(), (std::max(wait, duration{}) - whole).count()};
    const int got = sigtimedwait(&set_, nullptr, &pause);
    return got > 0 ? got : 0;
  }

 private:
  sigset_t set_{};
};

/// How a run ended, beside what was measured.
struct run_end {
  report::ending how = report::ending::complete;
  int signal = 0;
  std::string trouble;        ///< A sentence for stderr.
  std::string remark;         ///< A line after the results.
  bool is_unwritten = false;  ///< A file that was asked for is not there, or not whole.
};

class live_run {
 public:
  /// `finder` may be null.
  live_run(const sim::world_plan& plan, const run_wishes& wishes, const global_options& global,
           signal_watch& signals, rate_finder* finder)
      : plan_{plan}, wishes_{wishes}, signals_{signals}, finder_{finder}, printer_{wishes, global} {}

  run_end steady(report::collector& run, sim::engine& engine, sim::witness* witness, time_point started) {
    const duration limit = wishes_.timeout.value_or(plan_.when.end * 3 / 2 + chrono::minutes{1});
    time_point next = started + chrono::seconds{1};
    run_end end;
    while (true) {
      const int signal = signals_.next(next - chrono::steady_clock::now());
      const time_point now = chrono::steady_clock::now();
      if (signal != 0 && on_signal(signal, run, engine, end, now)) break;
      if (now >= next) {
        next = std::max(next + chrono::seconds{1}, now);
        second(run, engine, end, started, now);
      }
      if (engine.finished()) break;
      if (now > started + limit) {
        end.trouble =
            "the run was still going after " + lang::format_duration(limit) + " (--timeout) and was ended";
        end.how = report::ending::aborted;
        engine.end_now();
        break;
      }
    }
    while (!engine.finished()) signals_.next(chrono::milliseconds{20});
    if (witness != nullptr) witness->finish();
    printer_.show(run, run.second(chrono::steady_clock::now(), gauges_.read(engine.levels())), true);
    return end;
  }

  /// `World`: a virtual_network or a virtual_sink.
  template <class World>
  run_end invented(report::collector& run, World& world) {
    run_end end;
    time_point shown;
    world.run([&](time_point now) {
      const report::tick seen = run.second(now, gauges_of(world.levels()));
      const time_point real = chrono::steady_clock::now();
      if (real - shown > chrono::milliseconds{500}) {
        shown = real;
        printer_.show(run, seen, false);
      }
      if (const int signal = signals_.next({}); signal != 0) {
        end.how = signal == SIGTERM ? report::ending::terminated : report::ending::interrupted;
        end.signal = signal;
        return false;
      }
      if (!seen.must_stop && !(wishes_.fail_fast && !seen.newly_crossed.empty())) return true;
      end.how = report::ending::aborted;
      return false;
    });
    printer_.show(run, {}, true);
    return end;
  }

 private:
  /// True when nothing more is to be waited for.
  bool on_signal(int signal, report::collector& run, sim::engine& engine, run_end& end, time_point now) {
    if (end.signal != 0) {
      engine.end_now();
      return true;
    }
    end.how = signal == SIGTERM ? report::ending::terminated : report::ending::interrupted;
    end.signal = signal;
    run.log(now, report::log_level::warning, "signal", "interrupted: waiting for answers, then leaving");
    if (!wishes_.quiet) std::cerr << "\nwanwu: ending the run; once more ends it at once\n";
    engine.end_soon();
    return false;
  }

  void second(report::collector& run, sim::engine& engine, run_end& end, time_point started, time_point now) {
    const sim::engine_levels levels = engine.levels();
    const report::tick seen = run.second(now, gauges_.read(levels));
    printer_.show(run, seen, false);
    if (end.how != report::ending::complete) return;
    if (finder_ != nullptr) {
      if (finder_->second(run, levels, now, started)) engine.end_soon();
      printer_.say(finder_->said());
    }
    const bool crossed = seen.must_stop || (wishes_.fail_fast && !seen.newly_crossed.empty());
    const bool hopeless = levels.all.connects_ok == 0 && levels.all.connections_up == 0 &&
                          levels.all.connects_failed > 0 && now - started > sim::limits::unreachable_after;
    if (!crossed && !hopeless) return;
    end.how = report::ending::aborted;
    if (hopeless) {
      run.log(now, report::log_level::error, "target_unreachable", connection_trouble(plan_, levels.all));
    }
    engine.end_soon();
  }

  const sim::world_plan& plan_;
  const run_wishes& wishes_;
  signal_watch& signals_;
  rate_finder* finder_;
  gauge_reader gauges_;
  progress_printer printer_;
};

bool closed_whole(observation_file& file, const run_wishes& wishes) {
  const bool whole = file.close();
  if (!whole) std::cerr << "wanwu: " << wishes.observations << " could not be written whole\n";
  return whole;
}

int write_results(const report::run_record& run, const run_wishes& wishes, const run_end& end,
                  const global_options& global) {
  const report::summary of = report::summarize(run);
  std::cout << report::write_terminal(run, of, {use_colour(global, STDOUT_FILENO), true}) << std::flush;
  if (!end.remark.empty()) std::cout << end.remark << std::endl;
  bool all_written = !end.is_unwritten;
  for (const auto& [format, path] : wishes.to) {
    const std::string problem = report::write_report(format, path, run, of);
    std::cerr << (problem.empty() ? "wrote " + path : "wanwu: " + problem) << '\n';
    all_written = all_written && problem.empty();
  }
  if (!end.trouble.empty()) std::cerr << "wanwu: " << end.trouble << '\n';
  const int code = report::exit_code_of(run.end, of.judged.result);
  return code == exit_pass && !all_written ? exit_inconclusive : code;
}

std::optional<report::bundle_writer> make_bundle(report::run_record& record, const run_wishes& wishes,
                                                 bool& refused) {
  if (wishes.no_bundle) return std::nullopt;
  const std::string folder = wishes.out.empty() ? "runs/" + record.about.id : wishes.out;
  auto made = report::bundle_writer::create(folder, record);
  if (made) {
    record.bundle_path = folder;
    return std::move(*made);
  }
  std::cerr << "wanwu: " << made.error().text << '\n';
  record.bundle_problem = made.error().text;
  refused = true;
  return std::nullopt;
}

int drive_steady(const sim::world_plan& plan, report::run_record record,
                 std::optional<report::bundle_writer> bundle, const run_wishes& wishes,
                 const global_options& global, signal_watch& signals) {
  let_memory_go_back();
  const time_point started =
      chrono::steady_clock::now() + start_allowance + start_allowance_per_thing * plan.thing_count();
  report::collector run{std::move(record), started, std::move(bundle)};
  std::optional<observation_file> file;
  if (!wishes.observations.empty()) file.emplace(wishes.observations, started);
  std::vector<std::unique_ptr<observation_tee>> tees;
  std::vector<observation_sink*> sinks;
  for (std::uint32_t i = 0; i < plan.workers; ++i) {
    tees.push_back(std::make_unique<observation_tee>(run.add_worker(), file ? &*file : nullptr));
    sinks.push_back(tees.back().get());
  }
  const auto until_start = started - time_point{chrono::steady_clock::now()};
  std::optional<rate_finder> finder;
  if (run.run().goal) finder.emplace(plan, *run.run().goal);
  sim::engine_options options{
      .given = finder ? &finder->given() : nullptr,
      .flood_window = wishes.flood_window,
      .taps = {},
      .epoch_ms = plan.source->clock.start_ns
                      ? plan.frame.start_ms
                      : unix_ms() + chrono::duration_cast<chrono::milliseconds>(until_start).count()};
  std::unique_ptr<sim::witness> witness;
  if (wishes.witness && wishes.flood_window == 0) {
    witness = sim::witness::make(plan, run.add_worker());
    if (witness) options.taps = witness->taps();
  }
  sim::engine engine{plan, sinks, sim::socket_drivers(), options};
  if (const std::string why = engine.start(started); !why.empty()) {
    std::cerr << "wanwu: " << why << '\n';
    return exit_inconclusive;
  }
  live_run live{plan, wishes, global, signals, finder ? &*finder : nullptr};
  run_end end = live.steady(run, engine, witness.get(), started);
  const sim::worker_numbers last = engine.levels().all;
  if (end.trouble.empty() && last.connects_ok == 0 && last.connections_up == 0)
    end.trouble = connection_trouble(plan, last);
  if (end.trouble.empty()) end.trouble = engine.script_problem();
  if (const std::string slow = backlog_trouble(last); !slow.empty()) {
    run.log(chrono::steady_clock::now(), report::log_level::warning, "listen_backlog", slow);
    std::cerr << "wanwu: " << slow << '\n';
  }
  if (witness) {
    const std::string said = witness->problem();
    if (!said.empty()) run.log(chrono::steady_clock::now(), report::log_level::warning, "witness", said);
  }
  end.is_unwritten = file && !closed_whole(*file, wishes);
  return write_results(run.finish(chrono::steady_clock::now(), end.how), wishes, end, global);
}

/// The same for the same seed and scenario, on any number of workers.
std::string digest_text(const sim::sink_totals& taken) {
  return fmt::format("nothing was spoken: digest {:016x} of {} messages, {} bytes", taken.digest,
                     taken.messages, taken.bytes);
}

/// In invented time. `World`: a virtual_network, or a virtual_sink, which speaks to nobody.
template <class World, class Settings>
int drive_virtual(const sim::world_plan& plan, report::run_record record,
                  std::optional<report::bundle_writer> bundle, const run_wishes& wishes,
                  const global_options& global, signal_watch& signals, const Settings& settings) {
  const time_point started = sim::virtual_network::start_instant(), over = started + plan.when.end;
  report::collector run{std::move(record), started, std::move(bundle)};
  std::optional<observation_file> file;
  if (!wishes.observations.empty()) file.emplace(wishes.observations, started);
  observation_tee tee{run.add_worker(), file ? &*file : nullptr};
  World world{plan, tee, settings};
  live_run live{plan, wishes, global, signals, nullptr};
  run_end end = live.invented(run, world);
  end.trouble = world.script_problem();
  if constexpr (std::is_same_v<World, sim::virtual_sink>) {
    end.remark = "sink        " + digest_text(world.taken());
    run.log(over, report::log_level::info, "sink", digest_text(world.taken()));
  } else if (const std::string said = world.witness_problem(); !said.empty()) {
    run.log(over, report::log_level::warning, "witness", said);
  }
  end.is_unwritten = file && !closed_whole(*file, wishes);
  return write_results(run.finish(over, end.how), wishes, end, global);
}

}  // namespace

void print_problems(const std::vector<sim::plan_problem>& problems, const lang::source_set* sources,
                    const global_options& global) {
  lang::diagnostics found;
  for (const sim::plan_problem& p : problems) {
    if (p.mark && sources != nullptr && p.mark->file != lang::source_mark::no_file) {
      found.error("E190", *p.mark, p.text, p.hint);
    } else {
      std::cerr << "error: " << p.text << '\n';
      if (!p.hint.empty()) std::cerr << "  " << p.hint << '\n';
    }
  }
  if (found.has_errors()) {
    std::cerr << lang::format_diagnostics(found, *sources, lang::diagnostic_format::human,
                                          use_colour(global, STDERR_FILENO));
  }
}

int print_plan(const lang::load_result& loaded, const run_wishes& wishes, bool as_json,
               const global_options& global) {
  sim::plan_options options = wishes.plan;
  // The embedded target has no address before it runs.
  if (!loaded.scenario->target_named) options.no_addresses = true;
  const auto plan = sim::make_plan(loaded.scenario, loaded.scenario->target, options);
  if (!plan) {
    print_problems(plan.error(), loaded.sources.get(), global);
    return exit_bad_input;
  }
  std::cout << (as_json ? sim::plan_json(**plan) : sim::plan_text(**plan));
  return exit_pass;
}

int run_test(const lang::load_result& loaded, const run_wishes& wishes, const global_options& global) {
  signal_watch signals;
  std::shared_ptr<const lang::target_file> target = loaded.scenario->target;
  std::optional<embedded_process> embedded;
  if (!loaded.scenario->target_named && !wishes.plan.virtual_time) {
    std::uint64_t connections = 64;
    for (const lang::population& p : loaded.scenario->populations) connections += p.count;
    auto made = embedded_process::start(connections);
    if (!made) {
      std::cerr << "wanwu: " << made.error() << '\n';
      return exit_inconclusive;
    }
    embedded.emplace(std::move(*made));
    target = target_of(*embedded, target->mqtt ? target->mqtt->version : 5);
  }
  auto plan = sim::make_plan(loaded.scenario, target, wishes.plan);
  if (!plan) {
    print_problems(plan.error(), loaded.sources.get(), global);
    return exit_bad_input;
  }
  if (wishes.find) lay_out_steps(**plan, wishes.find->step);
  if (wishes.verbose) std::cerr << sim::plan_text(**plan);
  report::run_record record = record_of(**plan, wishes, unix_ms());
  if (wishes.find) record.goal = goal_of(*wishes.find);
  bool refused = false;
  auto bundle = make_bundle(record, wishes, refused);
  if (refused) return exit_bad_input;
  const std::int64_t epoch_ms = (*plan)->frame.start_ms;
  if (wishes.sink)
    return drive_virtual<sim::virtual_sink>(**plan, std::move(record), std::move(bundle), wishes, global,
                                            signals, sim::virtual_sink::settings{.epoch_ms = epoch_ms});
  if (wishes.plan.virtual_time)
    return drive_virtual<sim::virtual_network>(
        **plan, std::move(record), std::move(bundle), wishes, global, signals,
        sim::virtual_options{.epoch_ms = epoch_ms, .witness = wishes.witness});
  return drive_steady(**plan, std::move(record), std::move(bundle), wishes, global, signals);
}

}  // namespace wanwu::cli
