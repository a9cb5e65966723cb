// JUnit XML of a suite's run: a testsuite for each group, since GitLab and Jenkins show the class name, and
// GitLab drops test cases of the same name.
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "reports/quantity.hpp"
#include "reports/writers/safe_text.hpp"
#include "reports/writers/suite_writers.hpp"

namespace wanwu::report {

namespace {

/// GitLab reads at most 30 MB.
constexpr std::size_t detail_bytes_max = 20'000'000, detail_of_case_max = 20'000;

void set(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name) = xml_safe(value).c_str();
}

void set_text(pugi::xml_node node, std::string_view text) {
  node.append_child(pugi::node_pcdata).set_value(xml_safe(text).c_str());
}

void property(pugi::xml_node properties, const char* name, std::string_view value) {
  auto one = properties.append_child("property");
  set(one, "name", name);
  set(one, "value", value);
}

std::string seconds_text(double s) {
  return fmt::format("{:.3f}", s);
}

struct tally {
  int tests{}, failures{}, errors{}, skipped{};
  double seconds{};

  void add(const tally& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
    seconds += other.seconds;
  }
};

class sheet {
 public:
  sheet(const suite_record& run, const suite_summary& of) : run_{run}, of_{of} {}

  std::string write() {
    pugi::xml_document document;
    auto root = document.append_child("testsuites");
    std::map<std::string, pugi::xml_node> suites;
    std::map<std::string, tally> tallies;
    for (const auto& one : run_.cases) {
      const auto& group = one.group.empty() ? run_.suite.id : one.group;
      auto& suite = suites[group];
      if (!suite) suite = begin_suite(root, group);
      tallies[group].add(add_case(suite, one));
    }
    tally all;
    for (auto& [group, suite] : suites) {
      set_tally(suite, tallies[group]);
      set(suite, "skipped", std::to_string(tallies[group].skipped));
      all.add(tallies[group]);
    }
    set(root, "name", run_.suite.id);
    set_tally(root, all);
    std::ostringstream text;
    document.save(text, "  ", pugi::format_default, pugi::encoding_utf8);
    return text.str();
  }

 private:
  static void set_tally(pugi::xml_node node, const tally& of) {
    set(node, "tests", std::to_string(of.tests));
    set(node, "failures", std::to_string(of.failures));
    set(node, "errors", std::to_string(of.errors));
    set(node, "time", seconds_text(of.seconds));
  }

  pugi::xml_node begin_suite(pugi::xml_node root, const std::string& group) const {
    auto suite = root.append_child("testsuite");
    set(suite, "name", run_.suite.id + "." + group);
    set(suite, "timestamp", show_instant(run_.about.started_unix_ms).substr(0, 19));
    set(suite, "hostname", run_.about.host.empty() ? "localhost" : run_.about.host);
    auto properties = suite.append_child("properties");
    property(properties, "verdict", name_of(of_.result));
    property(properties, "seed", std::to_string(run_.about.seed));
    property(properties, "target", run_.about.target_name);
    property(properties, "bundle", run_.bundle_path);
    property(properties, "command", run_.about.command_line);
    return suite;
  }

  static void add_properties(pugi::xml_node test, const conform::case_result& of) {
    auto properties = test.append_child("properties");
    for (std::size_t i = 0; i < of.clauses.size(); ++i) property(properties, "clause", clause_name(of, i));
    property(properties, "level", of.level);
    property(properties, "verdict", words_of(status_of(of)).name);
    if (!of.profile.empty()) property(properties, "profile", of.profile);
  }

  std::string detail_of(const conform::case_result& of) {
    auto text = write_case_trouble(run_, of, {false, true});
    if (text.size() > detail_of_case_max) text.resize(detail_of_case_max);
    if (detail_bytes_ + text.size() > detail_bytes_max) return "The bundle has the details.";
    detail_bytes_ += text.size();
    return text;
  }

  void put_outcome(pugi::xml_node test, const conform::case_result& of, tally& into) {
    const auto status = status_of(of);
    const auto message = of.reason.empty() ? std::string{words_of(status).name} : of.reason;
    const auto trouble = [&](const char* element, std::string_view type) {
      auto node = test.append_child(element);
      set(node, "type", type);
      set(node, "message", message);
      set_text(node, detail_of(of));
    };
    const auto skip = [&](const std::string& why) {
      set(test.append_child("skipped"), "message", why);
      ++into.skipped;
    };
    switch (status) {
      case case_status::failed:
        ++into.failures;
        return trouble("failure", "fail");
      case case_status::inconclusive:
      case case_status::error:
        ++into.errors;
        return trouble("error", words_of(status).name);
      case case_status::not_applicable:
        return skip("not applicable: " + (of.reason.empty() ? "the target does not offer this" : of.reason));
      case case_status::not_run:
        return skip("not run");
      case case_status::waived:
        return skip(fmt::format("waived ({}): {}", name_of(of.outcome), of.waived));
      case case_status::passed:
        return;
      case case_status::deviated:
        set_text(test.append_child("system-out"), detail_of(of));
    }
  }

  tally add_case(pugi::xml_node suite, const conform::case_result& of) {
    auto test = suite.append_child("testcase");
    set(test, "name", of.objective.empty() ? of.id : of.id + ": " + of.objective);
    std::string path = run_.suite.id + (of.group.empty() ? "" : "." + of.group);
    for (char& c : path) c = c == '/' ? '.' : c;
    set(test, "classname", path);
    set(test, "time", seconds_text(of.ms / 1000));
    if (!of.file.empty()) {
      set(test, "file", of.file);
      set(test, "line", std::to_string(of.line));
    }
    tally out{1, 0, 0, 0, of.ms / 1000};
    add_properties(test, of);
    put_outcome(test, of, out);
    return out;
  }

  const suite_record& run_;
  const suite_summary& of_;
  std::size_t detail_bytes_ = 0;
};

}  // namespace

std::string write_suite_junit(const suite_record& run, const suite_summary& of) {
  return sheet{run, of}.write();
}

}  // namespace wanwu::report
