#include "reports/cases/waiver_rules.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reports/quantity.hpp"

namespace wanwu::report {

namespace {

/// A waiver for a case with rows holds for each of them.
bool is_about(const conform::waiver& waiver, const std::string& id) {
  return id == waiver.case_id || id.starts_with(waiver.case_id + "/");
}

std::string spoken(const conform::waiver& of) {
  std::string out = of.because;
  if (!of.issue.empty()) out += (out.empty() ? "" : ", ") + of.issue;
  if (!of.until.empty()) out += fmt::format("{}until {}", out.empty() ? "" : ", ", of.until);
  return out.empty() ? "no reason is given" : out;
}

}  // namespace

waiver_rules::waiver_rules(std::vector<conform::waiver> waivers, std::string today)
    : waivers_{std::move(waivers)}, today_{std::move(today)} {}

void waiver_rules::apply(conform::case_result& to) const {
  for (const auto& one : waivers_) {
    if (is_about(one, to.id) && holds(one)) to.waived = spoken(one);
  }
}

std::vector<std::string> waiver_rules::notes(const std::vector<conform::case_result>& cases) const {
  std::vector<std::string> out;
  for (const auto& one : waivers_) {
    bool known = false, ran = false, needed = false;
    for (const auto& of : cases) {
      if (!is_about(one, of.id)) continue;
      known = true;
      ran = ran || !of.not_run;
      needed =
          needed || (!of.not_run && of.outcome != verdict::pass && of.outcome != verdict::not_applicable);
    }
    if (!known) continue;  // selected out, or of another suite: nothing was learnt
    if (needed && !holds(one))
      out.push_back(
          fmt::format("the waiver of {} ended on {}: the case counts again", one.case_id, one.until));
    if (ran && !needed) out.push_back(fmt::format("{} passes: remove the waiver", one.case_id));
  }
  return out;
}

std::string day_of(std::int64_t unix_ms) {
  return show_instant(unix_ms).substr(0, 10);
}

}  // namespace wanwu::report
