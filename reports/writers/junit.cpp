// JUnit XML. GitLab drops test cases of the same name and shows classname, not the suite; Jenkins' schema
// wants properties first and skipped, error, failure before system-out.
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "reports/quantity.hpp"
#include "reports/writers/safe_text.hpp"
#include "reports/writers/writers.hpp"

namespace wanwu::report {

namespace {

void set(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name) = xml_safe(value).c_str();
}

void property(pugi::xml_node properties, const char* name, std::string_view value) {
  auto one = properties.append_child("property");
  set(one, "name", name);
  set(one, "value", value);
}

struct tally {
  int tests{}, failures{}, errors{}, skipped{};
};

std::string seconds_text(double s) {
  return fmt::format("{:.3f}", s);
}

void write_case(pugi::xml_node suite, const run_record& run, std::size_t i, const summary& of,
                std::map<std::string, int>& names) {
  const auto& one = run.limits[i];
  const auto& got = of.judged.limits[i];
  auto test = suite.append_child("testcase");
  std::string name = one.text;
  const int before = names[name]++;
  if (before != 0) name += fmt::format(" #{}", before + 1);
  set(test, "name", name);
  set(test, "classname", (run.about.name.empty() ? "wanwu" : run.about.name) + ".thresholds");
  set(test, "time", seconds_text(run.duration_s));
  if (!one.file.empty()) {
    set(test, "file", one.file);
    set(test, "line", std::to_string(one.line));
  }
  const std::string measured =
      fmt::format("{}\nmeasured: {}\nlimit: {} {}\nsamples: {}\nphase: {}\n{}", one.text,
                  got.value ? show_measure(*got.value, one.unit) : "nothing", show_comparison(one.op),
                  show_measure(one.bound, one.unit), got.samples, one.phase.empty() ? "whole run" : one.phase,
                  one.file.empty() ? "" : fmt::format("at {}:{}:{}\n", one.file, one.line, one.column));
  if (got.found == finding::crossed && one.should) {
    set(test.append_child("skipped"), "message", "advice, not met: " + measured);
  } else if (got.found == finding::crossed) {
    auto failure = test.append_child("failure");
    set(failure, "type", "crossed");
    set(failure, "message",
        fmt::format("{} is {}", one.text, got.value ? show_measure(*got.value, one.unit) : "unknown"));
    failure.append_child(pugi::node_pcdata).set_value(xml_safe(measured).c_str());
  } else if (got.found == finding::inconclusive) {
    auto error = test.append_child("error");
    set(error, "type", "inconclusive");
    set(error, "message", got.reason);
    error.append_child(pugi::node_pcdata).set_value(xml_safe(measured + got.reason).c_str());
  }
}

/// The run itself is a case, so that a verdict that no threshold explains is seen.
void write_run_case(pugi::xml_node suite, const run_record& run, const summary& of) {
  auto test = suite.append_child("testcase");
  set(test, "name", "the run: everything was measured");
  set(test, "classname", (run.about.name.empty() ? "wanwu" : run.about.name) + ".run");
  set(test, "time", seconds_text(run.duration_s));
  std::string reasons;
  for (const auto& reason : of.judged.reasons) reasons += reason + "\n";
  if (of.judged.result == verdict::inconclusive || of.judged.result == verdict::error) {
    auto error = test.append_child("error");
    set(error, "type", name_of(of.judged.result));
    set(error, "message", of.judged.reasons.empty() ? "" : of.judged.reasons.front());
    error.append_child(pugi::node_pcdata).set_value(xml_safe(reasons).c_str());
  }
  if (of.judged.result == verdict::fail && run.goal) {
    auto failure = test.append_child("failure");
    set(failure, "type", "rate");
    set(failure, "message", of.judged.reasons.empty() ? "" : of.judged.reasons.front());
    failure.append_child(pugi::node_pcdata).set_value(xml_safe(reasons).c_str());
  }
  test.append_child("system-out")
      .append_child(pugi::node_pcdata)
      .set_value(xml_safe(write_terminal(run, of, {false, true})).c_str());
}

tally count(pugi::xml_node suite) {
  tally out;
  for (const auto test : suite.children("testcase")) {
    ++out.tests;
    if (test.child("failure")) ++out.failures;
    if (test.child("error")) ++out.errors;
    if (test.child("skipped")) ++out.skipped;
  }
  return out;
}

void set_tally(pugi::xml_node node, const tally& of) {
  set(node, "tests", std::to_string(of.tests));
  set(node, "failures", std::to_string(of.failures));
  set(node, "errors", std::to_string(of.errors));
}

}  // namespace

std::string write_junit(const run_record& run, const summary& of) {
  pugi::xml_document document;
  auto root = document.append_child("testsuites");
  auto suite = root.append_child("testsuite");
  set(suite, "name", run.about.name.empty() ? "wanwu" : run.about.name);
  set(suite, "timestamp", show_instant(run.about.started_unix_ms).substr(0, 19));
  set(suite, "hostname", run.about.host.empty() ? "localhost" : run.about.host);
  set(suite, "time", seconds_text(run.duration_s));
  auto properties = suite.append_child("properties");
  property(properties, "verdict", name_of(of.judged.result));
  property(properties, "seed", std::to_string(run.about.seed));
  property(properties, "bundle", run.bundle_path);
  property(properties, "target", run.about.target_name);
  property(properties, "command", run.about.command_line);
  std::map<std::string, int> names;
  for (std::size_t i = 0; i < run.limits.size(); ++i) write_case(suite, run, i, of, names);
  write_run_case(suite, run, of);
  const tally all = count(suite);
  set_tally(suite, all);
  set(suite, "skipped", std::to_string(all.skipped));
  set_tally(root, all);
  std::ostringstream text;
  document.save(text, "  ", pugi::format_default, pugi::encoding_utf8);
  return text.str();
}

}  // namespace wanwu::report
