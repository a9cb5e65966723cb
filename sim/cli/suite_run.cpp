#include "sim/cli/suite_run.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>
#include <iostream>
#include <mutex>
#include <random>

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reports/cases/case_status.hpp"
#include "reports/cases/suite_summary.hpp"
#include "reports/writers/suite_writers.hpp"
#include "sim/cli/stop_request.hpp"
#include "sim/cli/suite_display.hpp"
#include "sim/cli/suite_facts.hpp"

namespace wanwu::cli {

namespace {

namespace chrono = std::chrono;

constexpr int failed_fast = -1;  ///< A reason to stop that is no signal.
constexpr int connect_within_ms = 5'000;

/// "" when it takes connections.
std::string why_unreachable(const socket_address& target) {
  const int file = ::socket(target.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (file < 0) return std::strerror(errno);
  int error = ::connect(file, target.native(), target.native_size()) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd waiting{file, POLLOUT, 0};
    socklen_t size = sizeof error;
    if (::poll(&waiting, 1, connect_within_ms) != 1)
      error = ETIMEDOUT;
    else if (::getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
      error = errno;
  }
  ::close(file);
  return error == 0 ? "" : std::strerror(error);
}

class playing {
 public:
  playing(const opened_suite& what, const suite_wishes& wishes, report::suite_record& record,
          std::optional<report::suite_bundle_writer>& bundle, const global_options& global)
      : what_{what},
        wishes_{wishes},
        record_{record},
        bundle_{bundle},
        cases_{record.suite.planned},
        display_{record, what.selected.size() * what.target.configurations.size(), wishes.run, global},
        stop_{wishes.run.timeout},
        began_{chrono::steady_clock::now()} {
    for (const auto index : what.selected) cases_.add(unplayed(*what.suite, what.suite->cases[index]));
  }

  void play() {
    // Cases mostly wait, so configurations that do not share an address are played side by side.
    std::vector<const suite_configuration*> apart;
    for (const auto& one : what_.target.configurations) {
      if (one.apart)
        apart.push_back(&one);
      else
        play_side_by_side({&one});
    }
    play_side_by_side(apart);
    display_.finish();
    finish();
  }

 private:
  double seconds() const { return chrono::duration<double>(chrono::steady_clock::now() - began_).count(); }

  void log(report::log_level level, const char* event, const std::string& text) {
    record_.log.push_back({seconds(), level, -1, event, text});
    if (bundle_) bundle_->append(record_.log.back());
  }

  void note(const std::string& text) {
    record_.about.notes.push_back(text);
    log(report::log_level::info, "note", text);
  }

  void trouble(const suite_configuration& where, const std::string& why) {
    const bool several = what_.target.configurations.size() > 1;
    const auto text = several ? "configuration " + where.name + ": " + why : why;
    log(report::log_level::error, "trouble", text);
    display_.said(text);
  }

  struct started {
    const suite_configuration* where;
    conform::target_access access;
  };

  void play_side_by_side(const std::vector<const suite_configuration*>& configurations) {
    std::vector<started> up;
    for (const auto* one : configurations) {
      if (stop_.reason() != 0) break;
      if (auto access = start(*one)) up.push_back({one, std::move(*access)});
    }
    std::vector<std::future<std::vector<std::string>>> running;
    for (const auto& one : up) {
      running.push_back(
          std::async(std::launch::async, [this, &one] { return play_in(*one.where, one.access); }));
    }
    for (std::size_t i = 0; i < up.size(); ++i) {
      for (const auto& text : running[i].get())
        note(what_.target.configurations.size() > 1 ? up[i].where->name + ": " + text : text);
    }
  }

  std::optional<conform::target_access> start(const suite_configuration& where) {
    auto access = where.start(bundle_ ? bundle_->path() + "/target.log" : "");
    if (!access) {
      trouble(where, access.error());
      return std::nullopt;
    }
    const auto why = why_unreachable(access->mqtt);
    if (why.empty()) return std::move(*access);
    where.stop();
    trouble(where, "cannot reach mqtt://" + access->mqtt.text() + ": " + why +
                       (where.hint.empty() ? "" : "; " + where.hint));
    return std::nullopt;
  }

  /// What is to be said of the run as a whole.
  std::vector<std::string> play_in(const suite_configuration& where, const conform::target_access& access) {
    conform::suite_run_options options;
    std::vector<std::string> notes;
    options.selected = what_.selected;
    options.jobs = wishes_.jobs;
    options.strict = wishes_.strict;
    options.seed = record_.about.seed;
    options.stop = &stop_.reason();
    options.ended = [this](const conform::case_result& one) { ended(one); };
    options.restart = where.restart;
    options.notes = &notes;
    conform::run_cases(*what_.suite, access, options);
    where.stop();
    return notes;
  }

  /// Called from the thread of each configuration.
  void ended(conform::case_result one) {
    if (one.not_run) return;
    const std::lock_guard only_one{mutex_};
    what_.waivers.apply(one);
    what_.base.apply(one);
    const auto status = report::status_of(one);
    if (bundle_) bundle_->append(one);
    if (!report::is_finding(status)) one.wire.clear();
    const bool news = cases_.would_decide(one);
    display_.ended(one, news);
    cases_.add(std::move(one));
    if (wishes_.run.fail_fast && status == report::case_status::failed) stop_.set(failed_fast);
  }

  void finish() {
    record_.cases = cases_.take();
    for (const auto& text : what_.waivers.notes(record_.cases)) note(text);
    for (const auto& text : what_.base.notes(record_.cases)) note(text);
    for (const auto& id : what_.base.regressions(record_.cases))
      log(report::log_level::error, "regression", id);
    for (const auto& one : record_.cases) {
      if (one.not_run && bundle_) bundle_->append(one);
    }
    switch (stop_.reason()) {
      case 0:
        record_.end = report::ending::complete;
        break;
      case SIGINT:
        record_.end = report::ending::interrupted;
        break;
      case SIGTERM:
        record_.end = report::ending::terminated;
        break;
      default:
        record_.end = report::ending::aborted;
    }
    log(report::log_level::info, "end", std::string{report::name_of(record_.end)});
    // Not a moment earlier: a report made again from the bundle has no other.
    record_.duration_s = record_.log.back().at_s;
  }

  const opened_suite& what_;
  const suite_wishes& wishes_;
  report::suite_record& record_;
  std::optional<report::suite_bundle_writer>& bundle_;
  std::mutex mutex_;  ///< Of bundle, cases and display while cases end.
  report::case_collection cases_;
  suite_display display_;
  stop_request stop_;
  chrono::steady_clock::time_point began_;
};

int write_results(report::suite_record& record, std::optional<report::suite_bundle_writer>& bundle,
                  const suite_wishes& wishes, const global_options& global) {
  const auto of = report::summarize(record);
  if (bundle) {
    bundle->finish(report::to_summary_json(record, of));
    record.bundle_problem = bundle->problem();
  }
  std::cout << report::write_suite_terminal(record, of, {use_colour(global, STDOUT_FILENO), true})
            << std::flush;
  bool all_written = true;
  for (const auto& [format, path] : wishes.run.to) {
    const auto problem = report::write_suite_report(format, path, record, of);
    std::cerr << (problem.empty() ? "wrote " + path : "wanwu: " + problem) << '\n';
    all_written = all_written && problem.empty();
  }
  return of.exit_code == exit_pass && !all_written ? exit_inconclusive : of.exit_code;
}

}  // namespace

int run_suite(const opened_suite& what, const suite_wishes& wishes, const global_options& global) {
  const auto now =
      chrono::duration_cast<chrono::milliseconds>(chrono::system_clock::now().time_since_epoch()).count();
  // A target may remember the names of the run before; so they differ unless the user wants them again.
  std::random_device chance;
  const auto seed = wishes.seed.value_or(chance());
  auto record = record_of(what, wishes, seed, now);
  std::optional<report::suite_bundle_writer> bundle;
  if (!wishes.run.no_bundle) {
    const auto folder = wishes.run.out.empty() ? "runs/" + record.about.id : wishes.run.out;
    auto made = report::suite_bundle_writer::create(folder, record, wishes.wire);
    if (!made) {
      std::cerr << "wanwu: " << made.error().text << '\n';
      return exit_bad_input;
    }
    bundle.emplace(std::move(*made));
    record.bundle_path = folder;
  }
  playing{what, wishes, record, bundle, global}.play();
  return write_results(record, bundle, wishes, global);
}

}  // namespace wanwu::cli
