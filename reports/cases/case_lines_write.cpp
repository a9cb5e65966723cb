#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "protocols/core/hex.hpp"
#include "reports/cases/case_lines.hpp"
#include "reports/cases/case_status.hpp"
#include "reports/record_lines.hpp"

namespace wanwu::report {

namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t text_bytes_max = 16'000;

std::string one_line(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string cut(std::string_view text) {
  return std::string{text.substr(0, text_bytes_max)};
}

std::string cut_hex(bytes_view raw) {
  return to_hex(raw.first(std::min(raw.size(), conform::wire_bytes_kept)));
}

/// Microseconds are enough, and keep lines short.
double rounded(double ms) {
  return std::isfinite(ms) ? std::round(ms * 1000) / 1000 : 0;
}

json step_json(const conform::step_result& of) {
  json out{{"part", of.part}, {"n", of.number}, {"text", cut(of.text)}, {"outcome", of.outcome}};
  if (!of.where.empty()) out["where"] = of.where;
  if (!of.expected.empty()) out["expected"] = cut(of.expected);
  if (!of.received.empty()) out["received"] = cut(of.received);
  if (!of.expected_bytes.empty()) out["expected_hex"] = cut_hex(of.expected_bytes);
  if (!of.received_bytes.empty()) out["received_hex"] = cut_hex(of.received_bytes);
  out["at_ms"] = rounded(of.at_ms);
  out["took_ms"] = rounded(of.took_ms);
  return out;
}

json clauses_json(const conform::case_result& of) {
  json out = json::array();
  for (std::size_t i = 0; i < of.clauses.size(); ++i)
    out.push_back({i < of.specs.size() ? of.specs[i] : "", of.clauses[i]});
  return out;
}

json specs_json(const std::vector<spec_facts>& specs) {
  json out = json::array();
  for (const auto& one : specs) {
    json clauses = json::array();
    for (const auto& c : one.clauses) {
      clauses.push_back({{"id", c.id},
                         {"section", c.section},
                         {"level", c.level},
                         {"testable", c.testable},
                         {"text", cut(c.text)}});
    }
    out.push_back({{"key", one.key}, {"title", one.title}, {"link", one.link}, {"clauses", clauses}});
  }
  return out;
}

json coverage_json(const std::vector<conform::coverage_row>& rows) {
  json out = json::array();
  for (const auto& one : rows) {
    json left_out = json::array();
    for (const auto& [id, reason] : one.left_out) left_out.push_back({id, reason});
    out.push_back({{"spec", one.spec},
                   {"title", one.title},
                   {"testable", one.testable},
                   {"covered", one.covered},
                   {"uncovered", one.uncovered},
                   {"left_out", left_out}});
  }
  return out;
}

std::string_view word_of(conform::wire_event::kind what) {
  static constexpr std::array<std::string_view, 6> words{
      "opened", "sent", "received", "closed_by_us", "closed_by_target", "failed"};
  return words[static_cast<std::size_t>(what)];
}

}  // namespace

std::string to_case_line(const conform::case_result& of, std::string_view wire_name) {
  json out{{"id", of.id},
           {"verdict", of.not_run ? "not_run" : name_of(of.outcome)},
           {"ms", rounded(of.ms)},
           {"group", of.group},
           {"objective", cut(of.objective)},
           {"level", of.level},
           {"clauses", clauses_json(of)},
           {"file", of.file},
           {"line", of.line},
           {"profile", of.profile}};
  if (of.deviation) out["deviation"] = true;
  if (!of.waived.empty()) out["waived"] = cut(of.waived);
  if (!of.reason.empty()) out["reason"] = cut(of.reason);
  if (of.tries != 1) out["tries"] = of.tries;
  for (std::size_t i = 0; i < std::min(of.steps.size(), case_steps_max); ++i)
    out["steps"].push_back(step_json(of.steps[i]));
  for (std::size_t i = 0; i < std::min(of.findings.size(), case_findings_max); ++i) {
    const auto& one = of.findings[i];
    out["findings"].push_back(
        {{"clause", one.clause}, {"text", cut(one.text)}, {"role", one.role}, {"at_ms", rounded(one.at_ms)}});
  }
  if (!wire_name.empty()) out["wire"] = wire_name;
  return one_line(out);
}

std::string to_wire_line(const conform::wire_event& of) {
  json out{{"at_ms", rounded(of.at_ms)}, {"what", word_of(of.what)}, {"role", of.role}};
  if (!of.raw.empty()) out["hex"] = cut_hex(of.raw);
  if (of.size > of.raw.size()) out["size"] = of.size;
  if (!of.text.empty()) out["text"] = cut(of.text);
  return one_line(out);
}

std::string to_suite_manifest_json(const suite_record& of) {
  json out = json::parse(about_json(of.about));
  const suite_facts& s = of.suite;
  out["suite"] = {{"id", s.id},
                  {"title", s.title},
                  {"status", s.status},
                  {"again", s.again},
                  {"strict", s.strict},
                  {"fail_on", {{"must", s.demands.must}, {"inconclusive", s.demands.inconclusive}}},
                  {"profiles", s.profiles},
                  {"cases_in_suite", s.cases_in_suite},
                  {"planned", s.planned},
                  {"specs", specs_json(s.specs)},
                  {"coverage", coverage_json(s.coverage)}};
  return out.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace wanwu::report
