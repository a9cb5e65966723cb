// Common Test Report Format: one JSON object that dashboards and chat actions read.
#include <cmath>

#include <nlohmann/json.hpp>

#include "reports/writers/suite_writers.hpp"

namespace wanwu::report {

namespace {

using json = nlohmann::ordered_json;

json test_json(const suite_record& run, const conform::case_result& of) {
  const auto& words = words_of(status_of(of));
  json clauses = json::array();
  for (std::size_t i = 0; i < of.clauses.size(); ++i) clauses.push_back(clause_name(of, i));
  json out{{"name", of.objective.empty() ? of.id : of.id + ": " + of.objective},
           {"status", words.ctrf},
           {"duration", std::llround(of.ms)},
           {"rawStatus", words.name},
           {"suite", json::array({run.suite.id, of.group.empty() ? run.suite.id : of.group})},
           {"tags", clauses}};
  const auto& why = of.waived.empty() ? of.reason : of.waived;
  if (!why.empty()) out["message"] = why;
  if (!of.file.empty()) {
    out["filePath"] = of.file;
    out["line"] = of.line;
  }
  if (of.tries > 1) out["retries"] = of.tries - 1;
  if (is_finding(status_of(of))) out["trace"] = write_case_trouble(run, of, {false, true});
  return out;
}

}  // namespace

std::string write_suite_ctrf(const suite_record& run, const suite_summary& of) {
  const auto& c = of.counts;
  json tests = json::array();
  for (const auto& one : run.cases) tests.push_back(test_json(run, one));
  const auto started = run.about.started_unix_ms;
  const json out{
      {"reportFormat", "CTRF"},
      {"specVersion", "0.0.0"},
      {"results",
       {{"tool", {{"name", "wanwu"}, {"version", run.about.tool_version}}},
        {"summary",
         {{"tests", c.total()},
          {"passed", c.of(case_status::passed) + c.of(case_status::deviated)},
          {"failed", c.of(case_status::failed)},
          {"pending", c.of(case_status::not_run)},
          {"skipped", c.of(case_status::not_applicable)},
          {"other", c.of(case_status::inconclusive) + c.of(case_status::error) + c.of(case_status::waived)},
          {"start", started},
          {"stop", started + std::llround(run.duration_s * 1000)}}},
        {"environment", {{"reportName", run.suite.id}, {"testEnvironment", run.about.target_name}}},
        {"tests", tests}}}};
  return out.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace wanwu::report
