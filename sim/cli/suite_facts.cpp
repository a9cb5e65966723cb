#include "sim/cli/suite_facts.hpp"

#include <random>

#include "reports/bundle.hpp"
#include "scenarios/conformance/coverage.hpp"
#include "scenarios/conformance/words.hpp"

namespace wanwu::cli {

namespace {

report::spec_facts facts_of(const conform::spec_entry& spec) {
  report::spec_facts out{spec.key, spec.title, spec.link, {}};
  for (const auto& one : spec.clauses) {
    out.clauses.push_back(
        {one.id, one.section, std::string{conform::name_of(one.force)}, one.text, one.testable});
  }
  return out;
}

/// What plays cases of this run again, up to --only.
std::string again_text(const opened_suite& what, const suite_wishes& wishes) {
  std::string out = "wanwu run " + report::shell_quoted(what.path);
  if (!wishes.target.empty()) out += " --target " + report::shell_quoted(wishes.target);
  if (wishes.hooks) out += " --hooks";
  if (wishes.strict) out += " --strict";
  if (wishes.profiles.size() == 1) out += " --profile " + report::shell_quoted(wishes.profiles[0]);
  return out;
}

}  // namespace

report::suite_record record_of(const opened_suite& what, const suite_wishes& wishes, std::uint64_t seed,
                               std::int64_t started_unix_ms) {
  const conform::suite& suite = *what.suite;
  report::suite_record out;
  report::manifest& about = out.about;
  about.id = report::make_run_id(suite.id, started_unix_ms, std::random_device{}());
  about.name = suite.id;
  about.title = suite.title;
  about.tool_version = WANWU_VERSION;
  about.command_line = wishes.run.command_line;
  about.target_name = what.target.name;
  about.capabilities = what.target.capabilities;
  about.seed = seed;
  about.started_unix_ms = started_unix_ms;
  about.inputs = what.inputs;
  report::describe_machine(about);
  report::hash_inputs(about);
  report::suite_facts& facts = out.suite;
  facts.id = suite.id;
  facts.title = suite.title;
  facts.status = suite.status;
  facts.again = again_text(what, wishes);
  for (const auto& spec : suite.specs) facts.specs.push_back(facts_of(spec));
  facts.coverage = conform::coverage_of(suite);
  for (const auto& one : what.target.configurations) facts.profiles.push_back(one.name);
  for (const auto index : what.selected) facts.planned.push_back(suite.cases[index].id);
  facts.cases_in_suite = suite.cases.size();
  facts.demands = wishes.demands;
  facts.strict = wishes.strict;
  return out;
}

conform::case_result unplayed(const conform::suite& of, const conform::test_case& one) {
  conform::case_result out;
  out.id = one.id;
  out.group = one.group;
  out.objective = one.objective;
  out.level = std::string{conform::name_of(one.force)};
  out.clauses = one.clauses;
  out.specs = one.clause_specs;
  if (of.sources && one.mark.file != lang::source_mark::no_file) {
    out.file = of.sources->path(one.mark.file);
    out.line = one.mark.line;
  }
  out.not_run = true;
  return out;
}

}  // namespace wanwu::cli
