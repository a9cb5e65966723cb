// Reads lines that may come from anybody: every field is looked at before it is believed.
#include <algorithm>
#include <array>

#include "reports/cases/case_lines.hpp"
#include "reports/line_fields.hpp"
#include "reports/record_lines.hpp"

namespace wanwu::report {

namespace {

constexpr double ms_max = 1e9;
constexpr std::size_t clauses_max = 20'000;
constexpr std::size_t specs_max = 100;
constexpr std::size_t name_bytes_max = 250;

conform::step_result read_step(const line_fields& of) {
  conform::step_result out;
  out.part = of.text("part");
  out.number = static_cast<std::uint32_t>(of.whole("n", 1'000'000));
  out.text = of.text("text");
  out.where = of.text("where");
  out.outcome = of.text("outcome");
  out.expected = of.text("expected");
  out.received = of.text("received");
  out.expected_bytes = of.raw("expected_hex");
  out.received_bytes = of.raw("received_hex");
  out.at_ms = of.real("at_ms", ms_max);
  out.took_ms = of.real("took_ms", ms_max);
  return out;
}

/// False for a word that is no verdict.
bool read_verdict(const std::string& word, conform::case_result& into) {
  into.not_run = word == "not_run";
  if (into.not_run) return true;
  for (const auto v :
       {verdict::not_applicable, verdict::pass, verdict::inconclusive, verdict::fail, verdict::error}) {
    if (name_of(v) != word) continue;
    into.outcome = v;
    return true;
  }
  return false;
}

/// A name that leads out of the folder is none.
std::string plain_name(std::string name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"._~-"}.find(c) != std::string_view::npos;
  });
  return plain && name.size() <= name_bytes_max && !name.starts_with('.') ? std::move(name) : "";
}

std::vector<spec_facts> read_specs(const line_fields& of) {
  std::vector<spec_facts> out;
  for (const auto& one : of.list("specs", specs_max)) {
    spec_facts spec{one.text("key"), one.text("title"), one.text("link"), {}};
    for (const auto& c : one.list("clauses", clauses_max)) {
      spec.clauses.push_back(
          {c.text("id"), c.text("section"), c.text("level"), c.text("text"), c.flag("testable")});
    }
    out.push_back(std::move(spec));
  }
  return out;
}

std::vector<conform::coverage_row> read_coverage(const line_fields& of) {
  std::vector<conform::coverage_row> out;
  for (const auto& one : of.list("coverage", specs_max)) {
    out.push_back({one.text("spec"), one.text("title"),
                   static_cast<std::uint32_t>(one.whole("testable", clauses_max)),
                   static_cast<std::uint32_t>(one.whole("covered", clauses_max)), one.texts("uncovered"),
                   one.pairs("left_out", clauses_max)});
  }
  return out;
}

}  // namespace

std::optional<case_line> read_case_line(std::string_view line) {
  const auto of = line_fields::parse(line);
  if (!of) return std::nullopt;
  case_line out;
  auto& one = out.result;
  one.id = of->text("id");
  if (one.id.empty() || !read_verdict(of->text("verdict"), one)) return std::nullopt;
  one.group = of->text("group");
  one.objective = of->text("objective");
  one.level = of->text("level");
  for (auto& [spec, clause] : of->pairs("clauses", clauses_max)) {
    one.specs.push_back(std::move(spec));
    one.clauses.push_back(std::move(clause));
  }
  one.file = of->text("file");
  one.line = static_cast<std::uint32_t>(of->whole("line", 100'000'000));
  one.profile = of->text("profile");
  one.deviation = of->flag("deviation");
  one.waived = of->text("waived");
  one.reason = of->text("reason");
  one.ms = of->real("ms", ms_max);
  one.tries = of->has("tries") ? static_cast<std::uint32_t>(of->whole("tries", 1'000)) : 1;
  for (const auto& step : of->list("steps", case_steps_max)) one.steps.push_back(read_step(step));
  for (const auto& found : of->list("findings", case_findings_max)) {
    one.findings.push_back(
        {found.text("clause"), found.text("text"), found.text("role"), found.real("at_ms", ms_max)});
  }
  out.wire_name = plain_name(of->text("wire"));
  return out;
}

std::optional<conform::wire_event> read_wire_line(std::string_view line) {
  static constexpr std::array<std::string_view, 6> words{
      "opened", "sent", "received", "closed_by_us", "closed_by_target", "failed"};
  const auto of = line_fields::parse(line);
  if (!of) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), of->text("what"));
  if (found == words.end()) return std::nullopt;
  conform::wire_event out;
  out.what = static_cast<conform::wire_event::kind>(found - words.begin());
  out.at_ms = of->real("at_ms", ms_max);
  out.role = of->text("role");
  out.raw = of->raw("hex");
  if (out.raw.size() > conform::wire_bytes_kept) return std::nullopt;
  out.size = std::max<std::size_t>(out.raw.size(), of->whole("size", 1'000'000'000));
  out.text = of->text("text");
  return out;
}

std::optional<suite_record> read_suite_manifest_json(std::string_view json) {
  auto about = read_about_json(json);
  const auto all = line_fields::parse(json);
  if (!about || !all || !all->has("suite")) return std::nullopt;
  const auto of = all->object("suite");
  suite_record out;
  out.about = std::move(*about);
  suite_facts& s = out.suite;
  s.id = of.text("id");
  s.title = of.text("title");
  s.status = of.text("status");
  s.again = of.text("again");
  s.strict = of.flag("strict");
  s.demands = {of.object("fail_on").flag("must"), of.object("fail_on").flag("inconclusive")};
  s.profiles = of.texts("profiles");
  s.cases_in_suite = of.whole("cases_in_suite", suite_cases_max);
  s.planned = of.texts("planned");
  s.planned.resize(std::min(s.planned.size(), suite_cases_max));
  s.specs = read_specs(of);
  s.coverage = read_coverage(of);
  return out;
}

}  // namespace wanwu::report
