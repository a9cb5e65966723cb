// wanwu prove: can each case of a suite fail, and does it leave the target its choices?
#include <algorithm>
#include <chrono>
#include <fstream>
#include <future>
#include <iostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scenarios/conformance/case_selection.hpp"
#include "scenarios/conformance/load_suite.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"
#include "sim/cli/embedded_profiles.hpp"
#include "sim/cli/input.hpp"
#include "sim/cli/stop_request.hpp"
#include "sim/cli/table_text.hpp"
#include "sim/conformance/proof.hpp"

namespace wanwu::cli {

namespace {

using conform::edit_proof;

constexpr std::string_view name_of(edit_proof::outcome what) {
  switch (what) {
    case edit_proof::outcome::proven:
      return "proven";
    case edit_proof::outcome::unnoticed:
      return "unnoticed";
    case edit_proof::outcome::wrong_place:
      return "wrong place";
    case edit_proof::outcome::never_took_place:
      return "never took place";
    case edit_proof::outcome::refused_choice:
      return "refused choice";
  }
  return "";
}

std::string percent(const conform::clause_score& score) {
  if (score.mutants == 0) return "-";
  return fmt::format("{} %", std::uint64_t{100} * score.proven / score.mutants);  // 100 means all of them
}

void print_edit(const edit_proof& one) {
  std::cout << fmt::format("  {} {}{}\n    {} {}\n    {}\n", one.benign ? "benign" : "mutant",
                           name_of(one.what), one.profile.empty() ? "" : " [" + one.profile + "]", one.text,
                           one.where, one.reason.empty() ? "the case passed" : one.reason);
}

void print_failures(const conform::suite& all, const conform::proof& found) {
  for (const auto& one : found.cases()) {
    if (one.holds()) continue;
    const auto& what = all.cases[one.test_case];
    std::cout << what.id << (one.profile.empty() ? "" : " [" + one.profile + "]") << '\n';
    if (one.profile.empty()) std::cout << "  applies in no profile: " << what.applies_text << '\n';
    if (!one.profile.empty() && one.clean != verdict::pass)
      std::cout << "  clean: " << wanwu::name_of(one.clean) << ": " << one.clean_reason << '\n';
    for (const auto& edit : one.edits) {
      if (one.clean == verdict::pass && edit.what != edit_proof::outcome::proven) print_edit(edit);
    }
  }
}

/// What was proven, but not at the first try: the case or the target does not always do the same.
void print_wavering(const conform::suite& all, const conform::proof& found) {
  for (const auto& one : found.cases()) {
    const bool edits =
        std::any_of(one.edits.begin(), one.edits.end(), [](const auto& e) { return e.tries > 1; });
    if (!one.holds() || (one.clean_tries == 1 && !edits)) continue;
    std::cout << all.cases[one.test_case].id << ": proven, but not at the first try\n";
  }
}

void print_scores(const conform::proof& found, double seconds) {
  std::vector<std::vector<std::string>> rows{{"CLAUSE", "MUTANTS", "NOTICED", "SCORE"}};
  const auto add = [&](const std::string& name, const conform::clause_score& score) {
    rows.push_back({name, std::to_string(score.mutants), std::to_string(score.proven), percent(score)});
  };
  for (const auto& score : found.by_clause()) add(score.spec + " " + score.clause, score);
  const auto total = found.total();
  add("total", total);
  std::cout << table_text(rows);
  std::size_t benign = 0, unproven = 0;
  for (const auto& one : found.cases()) {
    benign += static_cast<std::size_t>(
        std::count_if(one.edits.begin(), one.edits.end(), [](const edit_proof& e) { return e.benign; }));
    unproven += one.holds() ? 0U : 1U;
  }
  std::cout << fmt::format("{} cases, {} mutants, {} benign edits in {:.1f} s: mutation score {}, {}\n",
                           found.cases().size(), total.mutants, benign, seconds, percent(total),
                           unproven == 0 ? "every case proven" : fmt::format("{} cases unproven", unproven));
}

void print_interrupted(const conform::proof& found, double seconds) {
  const auto proven = std::count_if(found.cases().begin(), found.cases().end(),
                                    [](const conform::case_proof& one) { return one.holds(); });
  std::cout << fmt::format("interrupted after {:.1f} s: {} of {} cases were proven until then\n", seconds,
                           proven, found.cases().size());
}

bool write_json(const std::string& path, const conform::suite& all, const conform::proof& found,
                double seconds) {
  const auto score_of = [](const conform::clause_score& score) {
    return nlohmann::json{{"spec", score.spec},
                          {"clause", score.clause},
                          {"mutants", score.mutants},
                          {"noticed", score.proven}};
  };
  nlohmann::json out{{"suite", all.id}, {"seconds", seconds}, {"proven", found.holds()}};
  out["total"] = {{"mutants", found.total().mutants}, {"noticed", found.total().proven}};
  for (const auto& score : found.by_clause()) out["clauses"].push_back(score_of(score));
  for (const auto& one : found.cases()) {
    nlohmann::json row{
        {"id", all.cases[one.test_case].id}, {"profile", one.profile}, {"clean", wanwu::name_of(one.clean)},
        {"reason", one.clean_reason},        {"proven", one.holds()},  {"edits", nlohmann::json::array()}};
    for (const auto& edit : one.edits) {
      row["edits"].push_back({{"edit", edit.text},
                              {"benign", edit.benign},
                              {"where", edit.where},
                              {"profile", edit.profile},
                              {"outcome", name_of(edit.what)},
                              {"tries", edit.tries},
                              {"reason", edit.reason}});
    }
    out["cases"].push_back(std::move(row));
  }
  std::ofstream file{path};
  // Reasons quote what a target sent: bytes that are no UTF-8 are replaced, not refused.
  file << out.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  return file.good();
}

/// Cases mostly wait, so all configurations of the embedded target are gone through side by side.
tl::expected<conform::proof, std::string> prove_everywhere(const conform::proof& unplayed,
                                                           const conform::suite_run_options& options) {
  struct place {
    embedded_configuration target;
    conform::proof found;
    std::vector<std::string> notes;
  };
  std::vector<place> places;
  for (const auto& profile : embedded_profiles()) {
    auto target = embedded_configuration::start(profile);
    if (!target) return tl::unexpected{target.error()};
    places.push_back({std::move(*target), unplayed, {}});
  }
  std::vector<std::future<void>> running;
  for (place& one : places) {
    running.push_back(std::async(std::launch::async, [&one, with = options]() mutable {
      with.restart = [&one] { return one.target.restart(); };
      with.notes = &one.notes;
      one.found.run(one.target.access(), with);
    }));
  }
  for (auto& one : running) one.get();
  conform::proof out = unplayed;
  for (const place& one : places) {
    out.add(one.found);
    for (const auto& note : one.notes)
      std::cerr << "wanwu prove: " << one.target.access().profile << ": " << note << '\n';
  }
  return out;
}

}  // namespace

int prove_command(std::span<const std::string> arguments, const global_options& global) {
  argument_parser app{"prove", "Plays each case of a suite as it is and with each of its edits"};
  std::string name, json;
  std::vector<std::string> only;
  std::uint32_t jobs = 320;
  app.add_option("SUITE", name, "A shipped suite, a file, or a folder that holds suite.yaml").required();
  app.add_option("--json", json, "Write all of it to FILE too").type_name("FILE");
  app.add_option("--only", only, "Only these cases, selected as in wanwu run (repeatable)")
      .type_name("SELECTOR")
      .take_all();
  app.add_option("--jobs", jobs, "Cases side by side").range(1, 1024).show_default();
  if (const auto code = app.parse(arguments)) return *code;

  const auto loaded = conform::load_suite(name, embedded_capability_names());
  if (!report(loaded.found, *loaded.sources, global) || !loaded.loaded) return exit_bad_input;
  const auto& all = *loaded.loaded;
  auto selected = conform::select_cases(all, only, {});
  if (!selected) return usage_error("prove", selected.error());

  const auto began = std::chrono::steady_clock::now();
  const stop_request stop{std::nullopt};
  conform::suite_run_options options;
  options.jobs = jobs;
  options.stop = &stop.reason();
  options.seed = static_cast<std::uint64_t>(began.time_since_epoch().count());
  const auto proven = prove_everywhere({all, *selected}, options);
  if (!proven) {
    std::cerr << "wanwu prove: " << proven.error() << '\n';
    return exit_inconclusive;
  }
  const auto& found = *proven;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (const int signal = stop.reason(); signal != 0) {
    print_interrupted(found, seconds);
    return 128 + signal;
  }
  print_failures(all, found);
  print_wavering(all, found);
  print_scores(found, seconds);
  if (!json.empty() && !write_json(json, all, found, seconds)) {
    std::cerr << "wanwu prove: cannot write " << json << '\n';
    return exit_bad_input;
  }
  return found.holds() ? exit_pass : exit_fail;
}

}  // namespace wanwu::cli
