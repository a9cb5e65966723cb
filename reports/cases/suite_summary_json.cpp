// summary.json of a suite's run, schema wanwu.report/v1: additive only, integers with their unit in the name.
#include <cmath>

#include <nlohmann/json.hpp>

#include "reports/cases/suite_summary.hpp"
#include "reports/quantity.hpp"

namespace wanwu::report {

namespace {

using json = nlohmann::ordered_json;

json case_json(const conform::case_result& of) {
  json clauses = json::array();
  for (std::size_t i = 0; i < of.clauses.size(); ++i) clauses.push_back(clause_name(of, i));
  json out{{"id", of.id},
           {"clause", clauses},
           {"level", of.level},
           {"verdict", of.not_run ? "not_run" : name_of(of.outcome)},
           {"ms", std::llround(of.ms)}};
  if (of.deviation) out["deviation"] = true;
  if (!of.waived.empty()) out["waived"] = of.waived;
  if (!of.reason.empty()) out["reason"] = of.reason;
  if (!of.profile.empty()) out["profile"] = of.profile;
  return out;
}

json counts_json(const case_counts& c) {
  return {{"pass", c.of(case_status::passed) + c.of(case_status::deviated)},
          {"fail", c.of(case_status::failed)},
          {"inconclusive", c.of(case_status::inconclusive)},
          {"error", c.of(case_status::error)},
          {"not_applicable", c.of(case_status::not_applicable)},
          {"waived", c.of(case_status::waived)},
          {"not_run", c.of(case_status::not_run)},
          {"deviations", c.of(case_status::deviated)}};
}

json coverage_json(const suite_record& run) {
  json out = json::object();
  for (const auto& one : run.suite.coverage) {
    json left_out = json::object();
    for (const auto& [id, reason] : one.left_out) left_out[id] = reason;
    out[one.spec] = {{"title", one.title},
                     {"testable", one.testable},
                     {"covered", one.covered},
                     {"uncovered", one.uncovered},
                     {"left_out", left_out}};
  }
  return out;
}

json run_json(const suite_record& run) {
  const manifest& m = run.about;
  json inputs = json::array();
  for (const auto& one : m.inputs) inputs.push_back({{"path", one.path}, {"sha256", one.sha256}});
  return {{"id", m.id},
          {"name", m.name},
          {"tool", m.tool_version},
          {"command", m.command_line},
          {"seed", m.seed},
          {"started_at", show_instant(m.started_unix_ms)},
          {"duration_ms", std::llround(run.duration_s * 1000)},
          {"ended", name_of(run.end)},
          {"machine",
           {{"host", m.host},
            {"kernel", m.kernel},
            {"cpu", m.cpu},
            {"cores", m.cores},
            {"memory_bytes", m.memory_bytes}}},
          {"inputs", inputs}};
}

}  // namespace

std::string to_summary_json(const suite_record& run, const suite_summary& of) {
  json cases = json::array(), capabilities = json::object();
  for (const auto& one : run.cases) cases.push_back(case_json(one));
  for (const auto& [key, value] : run.about.capabilities) {
    const auto parsed = json::parse(value, nullptr, false);
    capabilities[key] = parsed.is_discarded() ? json(value) : parsed;
  }
  const json out{{"schema", "wanwu.report/v1"},
                 {"verdict", name_of(of.result)},
                 {"exit_code", of.exit_code},
                 {"sentence", of.sentence},
                 {"reasons", of.reasons},
                 {"run", run_json(run)},
                 {"suite",
                  {{"id", run.suite.id},
                   {"title", run.suite.title},
                   {"status", run.suite.status},
                   {"strict", run.suite.strict},
                   {"profiles", run.suite.profiles},
                   {"cases_in_suite", run.suite.cases_in_suite}}},
                 {"target", {{"name", run.about.target_name}, {"capabilities", capabilities}}},
                 {"case_counts", counts_json(of.counts)},
                 {"coverage", coverage_json(run)},
                 {"cases", cases},
                 {"notes", run.about.notes}};
  return out.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace wanwu::report
