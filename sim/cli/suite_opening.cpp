#include "sim/cli/suite_opening.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>

#include "scenarios/conformance/case_selection.hpp"
#include "scenarios/conformance/load_suite.hpp"
#include "scenarios/conformance/words.hpp"
#include "sim/cli/input.hpp"
#include "sim/cli/table_text.hpp"

namespace wanwu::cli {

namespace {

namespace fs = std::filesystem;

void keep_inputs(const lang::source_set& from, std::vector<report::input_file>& into) {
  for (std::uint32_t i = 0; i < from.size(); ++i) into.push_back({from.path(i), from.text(i), ""});
}

std::nullopt_t complain(const std::string& what) {
  std::cerr << "wanwu: " << what << '\n';
  return std::nullopt;
}

std::optional<suite_target> find_target(const suite_wishes& wishes, std::vector<report::input_file>& inputs,
                                        const global_options& global) {
  if (wishes.target.empty()) return embedded_suite_target();
  if (wishes.target.find("://") != std::string::npos) {
    auto made = suite_target_at(wishes.target);
    return made ? std::optional{std::move(*made)} : complain(made.error());
  }
  const auto loaded = lang::load_file(wishes.target);
  if (!report(loaded, global)) return std::nullopt;
  if (!loaded.target || loaded.scenario)
    return complain(wishes.target + " is a " + loaded.kind + ", not a target file");
  keep_inputs(*loaded.sources, inputs);
  auto made = suite_target_of(loaded.target, wishes.hooks);
  return made ? std::optional{std::move(*made)} : complain(made.error());
}

std::optional<suite_target> chosen_target(const suite_wishes& wishes, std::vector<report::input_file>& inputs,
                                          const global_options& global) {
  auto target = find_target(wishes, inputs, global);
  if (!target) return std::nullopt;
  if (const auto chosen = choose_configurations(*target, wishes.profiles); !chosen)
    return complain(chosen.error());
  return target;
}

/// waivers.yaml beside a suite of the user's own, in the current folder for one that ships.
std::string waivers_path(const std::string& suite_path, bool shipped) {
  const fs::path suite{suite_path};
  const auto folder = shipped ? fs::path{} : (fs::is_directory(suite) ? suite : suite.parent_path());
  const auto path = folder / "waivers.yaml";
  std::error_code none;
  return fs::is_regular_file(path, none) ? path.string() : "";
}

/// False after an explanation on stderr.
bool read_waivers(const std::string& path, opened_suite& into, const global_options& global) {
  if (path.empty()) return true;
  auto loaded = conform::load_waivers(path);
  if (!report(loaded.found, *loaded.sources, global)) return false;
  keep_inputs(*loaded.sources, into.inputs);
  namespace chrono = std::chrono;
  const auto now =
      chrono::duration_cast<chrono::milliseconds>(chrono::system_clock::now().time_since_epoch());
  into.waivers = report::waiver_rules{std::move(loaded.waivers), report::day_of(now.count())};
  return true;
}

}  // namespace

bool is_suite_name(const std::string& word) {
  const auto shipped = conform::shipped_suites();
  std::error_code none;
  if (std::find(shipped.begin(), shipped.end(), word) != shipped.end() || fs::is_directory(word, none))
    return true;
  return !fs::exists(word, none) && word.find('/') == std::string::npos &&
         word.find(".yaml") == std::string::npos;
}

std::optional<suite_target> open_suite_target(const suite_wishes& wishes, const global_options& global) {
  std::vector<report::input_file> inputs;
  return chosen_target(wishes, inputs, global);
}

std::optional<opened_suite> open_suite_run(const std::string& path, const suite_wishes& wishes,
                                           const global_options& global) {
  opened_suite out;
  out.path = path;
  auto target = chosen_target(wishes, out.inputs, global);
  if (!target) return std::nullopt;
  out.target = std::move(*target);
  const auto loaded = conform::load_suite(path, out.target.names);
  if (!report(loaded.found, *loaded.sources, global) || !loaded.loaded) return std::nullopt;
  out.suite = loaded.loaded;
  keep_inputs(*loaded.sources, out.inputs);
  auto selected = conform::select_cases(*out.suite, wishes.only, wishes.skip);
  if (!selected) return complain(selected.error());
  out.selected = std::move(*selected);
  const auto waivers = wishes.waivers.empty() ? waivers_path(path, out.suite->shipped) : wishes.waivers;
  if (!read_waivers(waivers, out, global)) return std::nullopt;
  if (!wishes.baseline.empty()) {
    auto base = report::baseline::read(wishes.baseline);
    if (!base) return complain(base.error().text);
    out.base = std::move(*base);
  }
  return out;
}

void print_planned(const opened_suite& of) {
  std::vector<std::vector<std::string>> rows{{"CASE", "LEVEL", "GROUP", "CLAUSE"}};
  for (const auto index : of.selected) {
    const auto& one = of.suite->cases[index];
    rows.push_back({one.id, std::string{conform::name_of(one.force)}, one.group,
                    one.clauses.empty() ? "" : one.clause_specs[0] + " " + one.clauses[0]});
  }
  std::string configurations;
  for (const auto& one : of.target.configurations)
    configurations += (configurations.empty() ? "" : ", ") + one.name;
  std::cout << table_text(rows) << of.selected.size() << " of " << of.suite->cases.size() << " cases against "
            << of.target.name << " (" << configurations << ")\n";
}

}  // namespace wanwu::cli
