#include "tests/reports/sample_suite.hpp"

#include <fmt/format.h>

#include "protocols/core/hex.hpp"
#include "tests/reports/sample_run.hpp"

namespace wanwu::report {

namespace {

using conform::case_result;
using conform::wire_event;

bytes raw(std::string_view hex) {
  return parse_hex(hex).value();
}

std::vector<wire_event> conversation(const std::string& said) {
  using kind = wire_event::kind;
  return {{kind::opened, 0.2, "tester", {}, 0, ""},
          {kind::sent, 0.4, "tester", raw("10 0f 0004 'MQTT' 05 02 0000 00 0002 'me'"), 17,
           "CONNECT client_id=me"},
          {kind::received, 1.1, "tester", raw("20 03 00 00 00"), 5, said},
          {kind::sent, 1.4, "tester", raw("30 05 0001 't' 00 'x'"), 7, "PUBLISH topic=t"},
          {kind::closed_by_target, 3.25, "tester", {}, 0, ""}};
}

case_result plain(const std::string& id, const std::string& group, std::vector<std::string> clauses) {
  case_result out;
  out.id = id;
  out.group = group;
  out.level = "must";
  out.objective = "The server does what " + id + " asks.";
  out.specs.assign(clauses.size(), "MQTT5");
  out.clauses = std::move(clauses);
  out.file = "3.01-connect.suite.yaml";
  out.line = 40;
  out.profile = "default";
  out.outcome = verdict::pass;
  out.ms = 12.25;
  out.steps = {{"body",
                1,
                "verify closed by the target",
                "3.01-connect.suite.yaml:52:9",
                "met",
                "",
                "",
                {},
                {},
                1,
                2}};
  return out;
}

case_result failing() {
  auto out = plain("CONNECT-DUP-01/same-id", "mqtt/connect", {"MQTT-3.1.0-2", "MQTT-4.13.1-1"});
  out.outcome = verdict::fail;
  out.reason = "received CONNACK reason=0x00, expected the target to close the connection";
  out.steps.insert(
      out.steps.begin(),
      {"preamble", 1, "open tester", "3.01-connect.suite.yaml:44:9", "met", "", "", {}, {}, 0, 1});
  out.steps[1] = {"body",
                  1,
                  "verify bytes 20 03 00 82 00",
                  "3.01-connect.suite.yaml:52:9",
                  "unmet",
                  "CONNACK reason=0x82",
                  "CONNACK reason=0x00",
                  raw("20 03 00 82 00"),
                  raw("20 03 00 00 00"),
                  1,
                  2000};
  out.findings = {{"MQTT-3.2.2-1", "reserved bits of CONNACK's flags are set", "tester", 1.1}};
  out.wire = conversation("CONNACK session_present=false reason=0x00");
  return out;
}

void make_hostile(suite_record& run) {
  const auto text = hostile_text();
  run.suite.title = run.about.title = run.about.target_name = run.about.command_line = text;
  run.suite.again = text;
  run.about.notes = {text};
  run.suite.specs[0].title = text;
  run.suite.specs[0].clauses[0].text = text;
  run.suite.coverage[0].left_out[0].second = text;
  for (auto& one : run.cases) {
    if (one.not_run) continue;
    one.group = one.objective = one.file = one.profile = text;
    if (!one.reason.empty()) one.reason = text;
    if (!one.waived.empty()) one.waived = text;
    for (auto& step : one.steps) step.text = step.where = step.expected = step.received = text;
    for (auto& found : one.findings) found.clause = found.text = found.role = text;
    for (auto& event : one.wire) event.role = event.text = text;
  }
}

void add_cases(suite_record& run, const sample_suite_options& options) {
  for (std::size_t i = 0; i < options.passing; ++i)
    run.cases.push_back(plain(fmt::format("CONNECT-{:03}", i + 1), "mqtt/connect", {"MQTT-3.1.0-1"}));
  if (!run.cases.empty()) run.cases[0].wire = conversation("CONNACK session_present=false reason=0x00");
  run.cases.push_back(failing());
  auto should = plain("CONNECT-CODE-01", "mqtt/connect", {"MQTT-3.1.4-2"});
  should.level = "should";
  should.deviation = true;
  should.reason = "closed without a CONNACK";
  should.steps[0].outcome = "deviation";
  auto unclear = plain("AUTH-01", "mqtt/auth", {"MQTT-4.12.0-1"});
  unclear.outcome = verdict::inconclusive;
  unclear.reason = "the preamble's CONNACK did not come";
  auto absent = plain("SHARED-01", "mqtt/shared", {"MQTT-4.8.2-1"});
  absent.outcome = verdict::not_applicable;
  absent.reason = "applies: shared_subscription_available";
  auto forgiven = plain("KEEP-01", "mqtt/connect", {"MQTT-3.1.2-22"});
  forgiven.outcome = verdict::fail;
  forgiven.waived = "rounds up to 60 s, https://tracker.example.org/812, until 2027-01-31";
  forgiven.reason = "the connection stayed open";
  auto ours = plain("BROKEN-01", "mqtt/auth", {"MQTT-4.12.0-1"});
  ours.outcome = verdict::error;
  ours.reason = "an expression could not be evaluated";
  case_result later;
  later.id = "LATER-01";
  later.not_run = true;
  for (auto& one : {should, unclear, absent, forgiven, ours, later}) run.cases.push_back(one);
}

}  // namespace

suite_record make_sample_suite(const sample_suite_options& options) {
  suite_record run;
  run.about.id = "20261126T181500Z-mqtt-5-0-7f3a2c";
  run.about.name = "mqtt-5.0";
  run.about.title = "OASIS MQTT 5.0, server side";
  run.about.tool_version = "0.2.0";
  run.about.command_line = "wanwu run mqtt-5.0 --target broker.target.yaml";
  run.about.target_name = "broker";
  run.about.seed = 7;
  run.about.started_unix_ms = 1'795'716'900'000;
  run.about.inputs = {{"suite.yaml", "wanwu: suite/v1\n", ""}};
  run.suite.id = "mqtt-5.0";
  run.suite.title = run.about.title;
  run.suite.again = "wanwu run mqtt-5.0 --target broker.target.yaml";
  run.suite.profiles = {"default", "retain-off"};
  run.suite.cases_in_suite = 570;
  run.suite.specs = {{"MQTT5", "OASIS MQTT 5.0", "https://docs.example.org/mqtt", {}}};
  for (const char* id : {"MQTT-3.1.0-1", "MQTT-3.1.0-2", "MQTT-3.1.2-22", "MQTT-3.1.4-2", "MQTT-4.8.2-1",
                         "MQTT-4.12.0-1", "MQTT-4.13.1-1", "MQTT-5.0.0-1", "MQTT-6.0.0-1"})
    run.suite.specs[0].clauses.push_back({id, "3.1", "must", std::string{"What "} + id + " says.", true});
  run.suite.coverage = {
      {"MQTT5", "OASIS MQTT 5.0", 9, 7, {"MQTT-5.0.0-1"}, {{"MQTT-6.0.0-1", "WebSocket is not offered"}}}};
  add_cases(run, options);
  for (const auto& one : run.cases) run.suite.planned.push_back(one.id);
  run.end = ending::complete;
  run.duration_s = 3.5;
  hash_inputs(run.about);
  if (options.hostile) make_hostile(run);
  return run;
}

std::vector<suite_record> make_sample_comparison(bool hostile) {
  std::vector<suite_record> runs(3, make_sample_suite({.hostile = hostile}));
  for (auto& one : runs[1].cases) {
    if (one.outcome == verdict::fail) one.outcome = verdict::pass, one.waived.clear();
  }
  runs[1].about.target_name = hostile ? hostile_text() : "platform";
  runs[1].about.id = "second";
  runs[2].about.target_name = "broker";
  runs[2].about.id = "third";
  runs[2].about.inputs[0].sha256 = "other";
  runs[2].cases.resize(2);
  return runs;
}

}  // namespace wanwu::report
