#include "reports/cases/baseline.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "reports/cases/suite_bundle.hpp"
#include "reports/line_fields.hpp"

namespace wanwu::report {

namespace {

constexpr std::uintmax_t summary_bytes_max = 200'000'000;

bool is_known_trouble(verdict v) {
  return v == verdict::fail || v == verdict::inconclusive;
}

}  // namespace

bundle_result<baseline> baseline::read(const std::string& path) {
  baseline out;
  if (holds_suite(path)) {
    auto run = read_suite_bundle(path);
    if (!run) return tl::unexpected{run.error()};
    out.run_ = run->about.id;
    for (const auto& one : run->cases) {
      if (!one.not_run) out.verdicts_.emplace(one.id, one.outcome);
    }
    return out;
  }
  std::error_code problem;
  const auto size = std::filesystem::file_size(path, problem);
  std::ostringstream text;
  if (!problem && size <= summary_bytes_max) text << std::ifstream{path, std::ios::binary}.rdbuf();
  const auto json = text.str();
  const auto summary = line_fields::parse(json);
  if (!summary || !summary->has("suite") || summary->text("schema") != "wanwu.report/v1")
    return tl::unexpected{bundle_error{path + ": neither a suite's bundle nor the summary.json of one"}};
  out.run_ = summary->object("run").text("id");
  for (const auto& one : summary->list("cases", suite_cases_max)) {
    for (const auto v : {verdict::pass, verdict::inconclusive, verdict::fail, verdict::error}) {
      if (one.text("verdict") == name_of(v)) out.verdicts_.emplace(one.text("id"), v);
    }
  }
  return out;
}

void baseline::apply(conform::case_result& to) const {
  const auto known = verdicts_.find(to.id);
  if (known != verdicts_.end() && is_known_trouble(known->second) && to.waived.empty())
    to.waived = fmt::format("{} in the baseline {}", name_of(known->second), run_);
}

std::vector<std::string> baseline::regressions(const std::vector<conform::case_result>& cases) const {
  std::vector<std::string> out;
  for (const auto& one : cases) {
    const auto known = verdicts_.find(one.id);
    const bool fails = !one.not_run && one.outcome == verdict::fail && one.waived.empty();
    if (fails && known != verdicts_.end() && known->second == verdict::pass) out.push_back(one.id);
  }
  return out;
}

std::vector<std::string> baseline::notes(const std::vector<conform::case_result>& cases) const {
  std::vector<std::string> out;
  for (const auto& one : cases) {
    const auto known = verdicts_.find(one.id);
    if (one.not_run || one.outcome != verdict::pass || known == verdicts_.end()) continue;
    if (is_known_trouble(known->second))
      out.push_back(fmt::format("{} passes, the baseline {} is out of date", one.id, run_));
  }
  return out;
}

}  // namespace wanwu::report
