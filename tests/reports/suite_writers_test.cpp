// Each format of a suite's run: what a reader of it relies on, with plain names and with hostile ones.
#include "reports/writers/suite_writers.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "tests/reports/report_text.hpp"
#include "tests/reports/sample_suite.hpp"

using namespace wanwu;
using namespace wanwu::report;
using nlohmann::json;

namespace {

struct sample {
  suite_record run;
  suite_summary of;
};

const sample& made(bool hostile) {
  static const auto make = [](bool is_hostile) {
    suite_record run = make_sample_suite({.hostile = is_hostile});
    suite_summary of = summarize(run);
    return sample{std::move(run), std::move(of)};
  };
  static const sample plain = make(false), nasty = make(true);
  return hostile ? nasty : plain;
}

const conform::case_result& failed_case(const suite_record& run) {
  return *std::find_if(run.cases.begin(), run.cases.end(),
                       [](const auto& one) { return status_of(one) == case_status::failed; });
}

}  // namespace

TEST_CASE("A run of cases is judged by its worst, and what --fail-on leaves out does not fail the process") {
  auto run = make_sample_suite();
  const auto judged = [&] { return summarize(run); };
  CHECK(judged().result == verdict::error);
  CHECK(judged().exit_code == 5);
  std::erase_if(run.cases, [](const auto& one) { return one.outcome == verdict::error; });
  CHECK(judged().result == verdict::fail);
  CHECK(judged().exit_code == 1);
  run.suite.demands.must = false;
  CHECK(judged().exit_code == 0);
  std::erase_if(run.cases, [](const auto& one) { return status_of(one) == case_status::failed; });
  CHECK(judged().exit_code == 3);
  run.suite.demands.inconclusive = false;
  CHECK(judged().result == verdict::inconclusive);
  CHECK(judged().exit_code == 0);
  std::erase_if(run.cases, [](const auto& one) { return one.outcome == verdict::inconclusive; });
  CHECK(judged().result == verdict::pass);
  run.end = ending::interrupted;
  CHECK(judged().exit_code == 130);
  run.end = ending::complete;
  std::erase_if(run.cases, [](const auto& one) { return one.outcome != verdict::not_applicable; });
  CHECK(judged().result == verdict::not_applicable);
}

TEST_CASE("A clause stands for the worst of its cases, and says when none covers it") {
  const auto& [run, of] = made(false);
  std::map<std::string, case_status> worst;
  for (const auto& row : of.clauses) worst[row.id] = row.worst;
  CHECK(worst["MQTT-3.1.0-1"] == case_status::passed);
  CHECK(worst["MQTT-3.1.0-2"] == case_status::failed);
  CHECK(worst["MQTT-4.12.0-1"] == case_status::error);
  CHECK(worst["MQTT-3.1.2-22"] == case_status::waived);
  CHECK(worst["MQTT-4.8.2-1"] == case_status::not_applicable);
  CHECK(worst["MQTT-6.0.0-1"] == case_status::not_run);
  CHECK(of.clauses.back().left_out == "WebSocket is not offered");
}

TEST_CASE("One line says how a case ended") {
  const auto& [run, of] = made(false);
  CHECK(write_case_line(run.cases[0], 1, 570, {}) == "ok      1/570 CONNECT-001  12.2 ms");
  CHECK(write_case_line(failed_case(run), 12, 570, {}).starts_with("fail   12/570 CONNECT-DUP-01/same-id"));
}

TEST_CASE(
    "A failure tells objective, clause with its text, the step's place, both sides aligned, and how to play "
    "it again") {
  const auto& [run, of] = made(false);
  const auto text = write_case_trouble(run, failed_case(run), {});
  for (const auto* part :
       {"The server does what CONNECT-DUP-01/same-id asks.",
        "MQTT5 MQTT-3.1.0-2 (must): What MQTT-3.1.0-2 says.",
        "1 of the body at 3.01-connect.suite.yaml:52:9: verify bytes", "expected  CONNACK reason=0x82",
        "expected  0000  20 03 00 82 00\n      received  0000  20 03 00 00 00\n                              "
        " ^^\n",
        "MQTT-3.2.2-1: reserved bits",
        "wanwu run mqtt-5.0 --target broker.target.yaml --profile default --only CONNECT-DUP-01/same-id"}) {
    CAPTURE(part, text);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE(
    "The end of a suite's run tells verdict, counts, coverage, what no case covers, and what to do next") {
  const auto& [run, of] = made(false);
  const auto lines = lines_of(write_suite_terminal(run, of, {}));
  CHECK(lines.at(0) == "ERROR  OASIS MQTT 5.0, server side");
  const auto has = [&](const char* part) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const auto& line) { return line.find(part) != std::string::npos; });
  };
  for (const auto* part :
       {"1 case failed", "3 passed, 1 passed with a deviation, 1 failed",
        "OASIS MQTT 5.0: 7/9 testable clauses covered", "left out  MQTT-6.0.0-1: WebSocket is not offered",
        "no case   MQTT-5.0.0-1", "waiv.  KEEP-01  rounds up to 60 s", "incl.  AUTH-01"}) {
    CAPTURE(part);
    CHECK(has(part));
  }
}

TEST_CASE("No text of a target reaches the terminal as more than text") {
  const auto& [run, of] = made(true);
  CHECK(is_printable(write_suite_terminal(run, of, {}), "\n"));
  CHECK(is_printable(write_case_trouble(run, failed_case(run), {}), "\n"));
  CHECK(is_printable(write_case_line(failed_case(run), 1, 1, {}), ""));
}

TEST_CASE(
    "JUnit has a suite for each group, every case once, with file, line, clauses and its verdict's element") {
  const auto& [run, of] = made(false);
  pugi::xml_document document;
  REQUIRE(document.load_string(write_suite_junit(run, of).c_str()));
  std::map<std::string, pugi::xml_node> tests;
  std::size_t said = 0;
  for (const auto suite : document.child("testsuites").children("testsuite")) {
    for (const auto test : suite.children("testcase")) {
      const std::string name = test.attribute("name").value();
      CHECK(tests.emplace(name.substr(0, name.find(':')), test).second);
    }
    said += suite.attribute("tests").as_uint();
  }
  CHECK(tests.size() == run.cases.size());
  CHECK(said == run.cases.size());
  CHECK(document.child("testsuites").attribute("failures").as_int() == 1);
  CHECK(document.child("testsuites").attribute("errors").as_int() == 2);
  const auto failed = tests["CONNECT-DUP-01/same-id"];
  CHECK(std::string{failed.attribute("classname").value()} == "mqtt-5.0.mqtt.connect");
  CHECK(std::string{failed.attribute("file").value()} == "3.01-connect.suite.yaml");
  CHECK(failed.attribute("line").as_int() == 40);
  CHECK(std::string{failed.child("failure").text().get()}.find("^^") != std::string::npos);
  std::set<std::string> properties;
  for (const auto one : failed.child("properties").children())
    properties.insert(std::string{one.attribute("name").value()} + "=" + one.attribute("value").value());
  for (const auto* one : {"clause=MQTT5 MQTT-3.1.0-2", "level=must", "verdict=fail"})
    CHECK(properties.contains(one));
  CHECK(std::string{tests["AUTH-01"].child("error").attribute("type").value()} == "inconclusive");
  CHECK(std::string{tests["BROKEN-01"].child("error").attribute("type").value()} == "error");
  CHECK(std::string{tests["SHARED-01"].child("skipped").attribute("message").value()}.starts_with(
      "not applicable"));
  CHECK(std::string{tests["KEEP-01"].child("skipped").attribute("message").value()}.starts_with(
      "waived (fail)"));
  CHECK(tests["LATER-01"].child("skipped"));
  CHECK_FALSE(tests["CONNECT-001"].child("skipped"));
}

TEST_CASE("JUnit stays well-formed whatever the target calls itself") {
  const auto& [run, of] = made(true);
  pugi::xml_document document;
  const auto text = write_suite_junit(run, of);
  CHECK(document.load_string(text.c_str()));
  CHECK(is_printable(text, "\n\t"));
}

TEST_CASE("summary.json has per case id, clause, level, verdict and ms, and coverage per specification") {
  const bool hostile = GENERATE(false, true);
  const auto& [run, of] = made(hostile);
  const auto got = json::parse(to_summary_json(run, of));
  CHECK(got["schema"] == "wanwu.report/v1");
  CHECK(got["verdict"] == "error");
  REQUIRE(got["cases"].size() == run.cases.size());
  for (const auto& one : got["cases"]) {
    for (const auto* key : {"id", "clause", "level", "verdict", "ms"}) CHECK(one.contains(key));
  }
  CHECK(got["cases"][0]["clause"][0] == "MQTT5 MQTT-3.1.0-1");
  CHECK(got["case_counts"]["pass"] == 4);
  CHECK(got["case_counts"]["waived"] == 1);
  CHECK(got["coverage"]["MQTT5"]["testable"] == 9);
  CHECK(got["coverage"]["MQTT5"]["covered"] == 7);
  CHECK(got["coverage"]["MQTT5"]["uncovered"] == json::array({"MQTT-5.0.0-1"}));
}

TEST_CASE("TAP counts every case and marks what was left out, waived or unclear") {
  const auto& [run, of] = made(false);
  const auto lines = lines_of(write_suite_tap(run, of));
  CHECK(lines.at(0) == "TAP version 14");
  CHECK(lines.at(1) == "1.." + std::to_string(run.cases.size()));
  std::map<std::string, int> seen;
  for (const auto& line : lines) {
    if (line.starts_with("ok ") || line.starts_with("not ok "))
      ++seen[(line.starts_with("ok ") ? "ok" : "not ok") +
             (line.find(" # ") == std::string::npos ? "" : line.substr(line.find(" # ")))];
  }
  CHECK(seen == std::map<std::string, int>{{"ok", 4},
                                           {"not ok", 3},
                                           {"ok # SKIP not applicable", 1},
                                           {"ok # SKIP not run", 1},
                                           {"not ok # TO"
                                            "DO waived",
                                            1}});
  const auto nasty = write_suite_tap(made(true).run, made(true).of);
  CHECK(lines_of(nasty).size() > run.cases.size());
  CHECK(is_printable(nasty, "\n"));
}

TEST_CASE("CTRF counts by its five words and keeps ours beside them") {
  const auto& [run, of] = made(GENERATE(false, true));
  const auto got = json::parse(write_suite_ctrf(run, of))["results"];
  CHECK(got["tests"].size() == run.cases.size());
  const auto& counts = got["summary"];
  CHECK(counts["tests"] == run.cases.size());
  CHECK(counts["passed"].get<int>() + counts["failed"].get<int>() + counts["pending"].get<int>() +
            counts["skipped"].get<int>() + counts["other"].get<int>() ==
        static_cast<int>(run.cases.size()));
  std::map<std::string, int> words;
  for (const auto& one : got["tests"]) ++words[one["status"].get<std::string>()];
  CHECK(words == std::map<std::string, int>{
                     {"passed", 4}, {"failed", 1}, {"other", 3}, {"pending", 1}, {"skipped", 1}});
}

TEST_CASE("EARL has one assertion for each case, with the real outcome of a waived one") {
  const auto& [run, of] = made(GENERATE(false, true));
  const auto got = json::parse(write_suite_earl(run, of));
  std::map<std::string, std::string> outcomes;
  for (const auto& one : got["@graph"]) {
    if (one["@type"] != "earl:Assertion") continue;
    const std::string iri = one["test"]["@id"];
    CHECK(iri.find_first_of(" <>\"{}|\\^`") == std::string::npos);
    outcomes[one["test"]["title"]] = one["result"]["outcome"];
  }
  CHECK(outcomes.size() == run.cases.size());
  CHECK(outcomes["CONNECT-001"] == "earl:passed");
  CHECK(outcomes["KEEP-01"] == "earl:failed");
  CHECK(outcomes["AUTH-01"] == "earl:cantTell");
  CHECK(outcomes["SHARED-01"] == "earl:inapplicable");
  CHECK(outcomes["LATER-01"] == "earl:untested");
}

TEST_CASE(
    "Markdown of a suite has a row for each clause and finding, no HTML of others, and fits a job summary") {
  const auto text = write_suite_markdown(made(false).run, made(false).of);
  CHECK(text.starts_with("## \u274c error: OASIS MQTT 5.0, server side"));
  CHECK(text.find("| \u2717 | MQTT5 MQTT-3.1.0-2 | must | \u2717 CONNECT-DUP-01/same-id |") !=
        std::string::npos);
  CHECK(text.find("left out: WebSocket is not offered") != std::string::npos);
  const auto nasty = write_suite_markdown(made(true).run, made(true).of);
  for (const auto& line : lines_of(nasty)) {
    if (line.starts_with("    ")) continue;  // a code block shows its text as it is
    CAPTURE(line);
    CHECK(line.find("<script") == std::string::npos);
    CHECK(line.find("<img") == std::string::npos);
  }
  const auto big = make_sample_suite({.hostile = false, .passing = 30'000});
  CHECK(write_suite_markdown(big, summarize(big)).size() <= 900'000);
}

TEST_CASE("Asking for a format that suites do not have says which there are") {
  const auto problem = write_suite_report("csv", "/nowhere/x", made(false).run, made(false).of);
  CHECK(problem ==
        "there is no report format 'csv' for suites; there are html, json, junit, md, tap, ctrf and earl");
  CHECK(write_suite_report("tap", "/nowhere/x", made(false).run, made(false).of)
            .starts_with("cannot write /nowhere/x"));
}
