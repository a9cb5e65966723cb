// The page of a suite's run: verdict, the cases to look at with their steps and wire logs, all cases, all
// clauses.
#include <algorithm>
#include <array>
#include <set>
#include <string>

#include <fmt/format.h>
#include <kainjow/mustache.hpp>

#include "protocols/core/hex.hpp"
#include "reports/cases/hex_rows.hpp"
#include "reports/quantity.hpp"
#include "reports/writers/safe_text.hpp"
#include "reports/writers/suite_writers.hpp"
#include "reports/writers/web_assets.hpp"

namespace wanwu::report {

namespace {

using kainjow::mustache::data;

constexpr std::size_t troubles_max = 300, wire_rows_max = 200, wire_bytes_shown = 256, dots_max = 40;

struct row {
  data values{data::type::object};
  row& put(const char* key, std::string_view value) {
    values.set(key, page_safe(value));
    return *this;
  }
  /// Absent instead of empty, so that a section around it is left out.
  row& put_some(const char* key, std::string_view value) { return value.empty() ? *this : put(key, value); }
  /// False instead of empty, where an outer value of that name would show through.
  row& put_or_hide(const char* key, std::string_view value) {
    if (value.empty()) values.set(key, data{false});
    return put_some(key, value);
  }
  row& put_list(const char* name, const char* flag, data list) {
    if (flag != nullptr) values.set(flag, data{list.is_non_empty_list()});
    values.set(name, std::move(list));
    return *this;
  }
  row& put_status(case_status status) {
    const auto& words = words_of(status);
    std::string word{words.name};
    std::replace(word.begin(), word.end(), '_', ' ');
    return put("status", words.name).put("sign", words.sign).put("word", word);
  }
};

std::string show_ms(double ms) {
  return show_time_us(ms * 1000);
}

std::string at_text(double ms) {
  return fmt::format("{:.1f} ms", ms);
}

class case_page {
 public:
  case_page(const suite_record& run, const suite_summary& of) : run_{run}, of_{of} {
    trouble_numbers_.resize(run.cases.size());
    for (std::size_t i = 0; i < std::min(troubles_max, of.findings.size()); ++i)
      trouble_numbers_[of.findings[i]] = i + 1;
  }

  data fill() {
    put_verdict();
    put_tiles();
    put_troubles();
    put_cases();
    put_specs();
    put_facts();
    return std::move(page_.values);
  }

 private:
  std::string trouble_of(std::size_t number) const {
    return trouble_numbers_[number] == 0 ? "" : std::to_string(trouble_numbers_[number]);
  }

  void put_verdict() {
    static constexpr std::array<std::string_view, 5> words{"Not applicable", "Pass", "Inconclusive", "Fail",
                                                           "Error"};
    static constexpr std::array<std::string_view, 5> signs{"\u2013", "\u2713", "?", "\u2717", "!"};
    const auto v = static_cast<std::size_t>(of_.result);
    const manifest& m = run_.about;
    page_.put("verdict", name_of(of_.result)).put("verdict_word", words[v]).put("sign", signs[v]);
    page_.put("title", run_.suite.title.empty() ? run_.suite.id : run_.suite.title);
    page_.put("started", show_instant(m.started_unix_ms))
        .put("duration", show_time_us(run_.duration_s * 1e6));
    page_.put("target", m.target_name.empty() ? "unknown" : m.target_name)
        .put("seed", std::to_string(m.seed));
    std::string profiles;
    for (const auto& one : run_.suite.profiles) profiles += (profiles.empty() ? "" : ", ") + one;
    if (run_.suite.profiles.size() > 1) page_.put("profiles", profiles);
    if (run_.suite.strict) page_.put("strict", "yes");
    if (run_.end != ending::complete)
      page_.put("ended", run_.end == ending::running ? "cut: no end was written" : name_of(run_.end));
    page_.put_some("command", m.command_line).put("tool", m.tool_version).put("id", m.id);
    data reasons{data::type::list}, notes{data::type::list};
    for (const auto& one : of_.reasons) reasons << data{page_safe(one)};
    for (const auto& one : m.notes) notes << data{page_safe(one)};
    if (!run_.bundle_problem.empty()) notes << data{page_safe(run_.bundle_problem)};
    page_.put_list("reasons", nullptr, reasons).put_list("notes", nullptr, notes);
  }

  void put_tiles() {
    data tiles{data::type::list}, statuses{data::type::list};
    for (std::size_t i = 0; i < case_status_count; ++i) {
      const auto status = static_cast<case_status>(i);
      const auto n = of_.counts.of(status);
      if (n == 0 && status != case_status::passed && status != case_status::failed) continue;
      row one;
      one.put_status(status).put("value", show_count(n)).put("count", show_count(n));
      std::string word{words_of(status).name};
      std::replace(word.begin(), word.end(), '_', ' ');
      one.put("label", word);
      tiles << one.values;
      statuses << one.values;
    }
    for (const auto& one : run_.suite.coverage) {
      row tile;
      tile.put("value", fmt::format("{}/{}", one.covered, one.testable));
      tile.put("label", "clauses covered").put("more", one.title.empty() ? one.spec : one.title);
      tiles << tile.values;
    }
    page_.put_list("tiles", nullptr, tiles).put_list("statuses", nullptr, statuses);
  }

  data steps_of(const conform::case_result& of) const {
    data list{data::type::list};
    for (const auto& step : of.steps) {
      row one;
      one.put("at", at_text(step.at_ms)).put("part", step.part).put("number", std::to_string(step.number));
      one.put("text", step.text).put("outcome", step.outcome).put("took", at_text(step.took_ms));
      list << one.values;
    }
    return list;
  }

  /// The steps that were not met, with both sides.
  data wrong_of(const conform::case_result& of) const {
    data list{data::type::list};
    for (const auto& step : of.steps) {
      if (step.outcome != "unmet" && step.outcome != "deviation") continue;
      row one;
      one.put("number", std::to_string(step.number)).put("part", step.part);
      one.put_or_hide("text", step.text == step.expected ? "" : step.text);
      one.put_some("where", step.where).put("expected", step.expected);
      one.put("received", step.received.empty() ? "nothing" : step.received);
      const bool both = !step.expected_bytes.empty() && !step.received_bytes.empty();
      data rows{data::type::list};
      for (const auto& hex : align_hex(step.expected_bytes, step.received_bytes)) {
        row bytes;
        bytes.put("offset", fmt::format("{:04x}", hex.offset));
        bytes.put_or_hide("expected", hex.expected).put_or_hide("received", hex.received);
        bytes.put_or_hide("mark", both ? hex.mark : "");
        rows << bytes.values;
      }
      one.put_list("rows", "has_rows", rows);
      list << one.values;
    }
    return list;
  }

  data wire_of(const conform::case_result& of) const {
    static constexpr std::array<std::string_view, 6> names{
        "opened", "sent", "received", "closed_by_us", "closed_by_target", "failed"};
    static constexpr std::array<std::string_view, 6> directions{
        "opened", "\u2192 sent", "\u2190 received", "closed by us", "closed by the target", "failed"};
    data list{data::type::list};
    for (std::size_t i = 0; i < std::min(wire_rows_max, of.wire.size()); ++i) {
      const auto& event = of.wire[i];
      const auto what = static_cast<std::size_t>(event.what);
      row one;
      one.put("at", at_text(event.at_ms)).put("role", event.role).put("what", names[what]);
      one.put("direction", directions[what]).put("text", event.text);
      const auto shown = std::min(wire_bytes_shown, event.raw.size());
      auto hex = to_hex(bytes_view{event.raw}.first(shown));
      if (event.size > shown) hex += fmt::format(" \u2026 {} bytes in all", event.size);
      one.put("hex", hex);
      list << one.values;
    }
    return list;
  }

  data clauses_of(const conform::case_result& of) const {
    data list{data::type::list};
    for (std::size_t i = 0; i < of.clauses.size(); ++i) {
      const auto* clause = i < of.specs.size() ? find_clause(run_, of.specs[i], of.clauses[i]) : nullptr;
      list << row{}.put("name", clause_name(of, i)).put("text", clause != nullptr ? clause->text : "").values;
    }
    return list;
  }

  void put_troubles() {
    data list{data::type::list};
    std::set<std::string> families;
    for (std::size_t i = 0; i < std::min(troubles_max, of_.findings.size()); ++i) {
      const auto& of = run_.cases[of_.findings[i]];
      row one;
      one.put_status(status_of(of)).put("number", std::to_string(i + 1)).put("id", of.id);
      one.put("status_word", words_of(status_of(of)).name).put("level", of.level).put("time", show_ms(of.ms));
      one.put_or_hide("tries", of.tries > 1 ? std::to_string(of.tries) : "")
          .put_or_hide("profile", of.profile);
      one.put("objective", of.objective).put_some("waived", of.waived);
      auto wrong = wrong_of(of);
      if (!wrong.is_non_empty_list()) one.put_some("reason", of.reason);  // else the step says the same
      // Rows of one case mostly fail for one reason: only the first is unfolded.
      one.values.set("open", data{families.insert(of.id.substr(0, of.id.find('/'))).second});
      data findings{data::type::list};
      for (const auto& found : of.findings) {
        findings << row{}
                        .put("clause", found.clause)
                        .put("text", found.text)
                        .put("role", found.role)
                        .put("at", at_text(found.at_ms))
                        .values;
      }
      one.put_list("clauses", nullptr, clauses_of(of)).put_list("findings", "has_findings", findings);
      one.put_list("wrong", nullptr, std::move(wrong)).put_list("steps", nullptr, steps_of(of));
      one.put_list("wire", "has_wire", wire_of(of)).put("again", again_command(run_, of));
      if (of.wire.size() > wire_rows_max)
        one.put("wire_more",
                fmt::format("{} more events are in the bundle.", of.wire.size() - wire_rows_max));
      list << one.values;
    }
    page_.put_list("troubles", "has_troubles", list);
    if (of_.findings.size() > troubles_max) {
      page_.put("more_troubles", fmt::format("{} more are in the table below and in the bundle.",
                                             of_.findings.size() - troubles_max));
    }
  }

  void put_cases() {
    data list{data::type::list};
    for (std::size_t i = 0; i < run_.cases.size(); ++i) {
      const auto& of = run_.cases[i];
      row one;
      one.put_status(status_of(of)).put("id", of.id).put("group", of.group).put("objective", of.objective);
      one.put("level", of.level).put("time", of.not_run ? "" : show_ms(of.ms));
      one.put_some("reason", of.waived.empty() ? of.reason : of.waived).put_some("trouble", trouble_of(i));
      data clauses{data::type::list};
      for (std::size_t k = 0; k < of.clauses.size(); ++k) clauses << data{page_safe(clause_name(of, k))};
      one.put_list("clauses", nullptr, clauses);
      list << one.values;
    }
    page_.put_list("cases", nullptr, list);
  }

  row clause_line(const clause_row& of) const {
    row one;
    one.put_status(of.worst).put("id", of.id).put("level", of.level).put("text", of.text);
    if (of.cases.empty())
      one.put("word", !of.testable ? "not testable" : (of.left_out.empty() ? "no case" : "left out"))
          .put("sign", "");
    data dots{data::type::list};
    for (std::size_t i = 0; i < std::min(dots_max, of.cases.size()); ++i) {
      const auto number = of.cases[i];
      row dot;
      dot.put_status(status_of(run_.cases[number])).put("id", run_.cases[number].id);
      dot.put_or_hide("trouble", trouble_of(number));
      dots << dot.values;
    }
    one.put_list("dots", nullptr, dots);
    const auto more =
        of.cases.size() > dots_max ? fmt::format("and {} more", of.cases.size() - dots_max) : "";
    one.put_or_hide("more", more);
    return one;
  }

  void put_specs() {
    data list{data::type::list};
    for (const auto& spec : run_.suite.specs) {
      row one;
      one.put("title", spec.title.empty() ? spec.key : spec.title);
      const bool is_link = spec.link.starts_with("https://") || spec.link.starts_with("http://");
      one.put_or_hide("link", is_link ? spec.link.substr(0, spec.link.find('$')) : "");
      data rows{data::type::list}, uncovered{data::type::list};
      for (const auto& clause : of_.clauses) {
        if (clause.spec == spec.key) rows << clause_line(clause).values;
      }
      for (const auto& coverage : run_.suite.coverage) {
        if (coverage.spec != spec.key) continue;
        one.put("coverage", show_coverage(coverage));
        for (const auto& id : coverage.uncovered)
          uncovered << row{}.put("id", id).put("reason", "no case").values;
        for (const auto& [id, reason] : coverage.left_out)
          uncovered << row{}.put("id", id).put("reason", "left out: " + reason).values;
      }
      one.put_list("rows", nullptr, rows).put_list("uncovered", "has_uncovered", uncovered);
      list << one.values;
    }
    page_.put_list("specs", nullptr, list);
  }

  void put_facts() {
    const manifest& m = run_.about;
    data facts{data::type::list}, inputs{data::type::list};
    const auto fact = [&](const char* label, const std::string& value) {
      facts << row{}.put("label", label).put("value", value).values;
    };
    fact("Cases in the suite", show_count(run_.suite.cases_in_suite));
    fact("of which selected", show_count(run_.suite.planned.size()));
    fact("Machine", fmt::format("{}, {} \u00d7 {}, {}", m.host, m.cores, m.cpu, show_bytes(m.memory_bytes)));
    fact("System", m.kernel);
    fact("Bundle", run_.bundle_path.empty() ? "none was written" : m.id);
    for (const auto& one : m.inputs) inputs << row{}.put("path", one.path).put("sha256", one.sha256).values;
    page_.put_list("facts", nullptr, facts).put_list("inputs", "has_inputs", inputs);
  }

  const suite_record& run_;
  const suite_summary& of_;
  std::vector<std::size_t> trouble_numbers_;  ///< For each case: number of its section, 0 = it has none.
  row page_;
};

}  // namespace

std::string write_suite_html(const suite_record& run, const suite_summary& of) {
  auto page = case_page{run, of}.fill();
  page.set("css", std::string{page_css()});
  page.set("cases_css", std::string{cases_css()});
  page.set("cases_js", std::string{cases_js()});
  kainjow::mustache::mustache sheet{std::string{cases_html()}};
  return sheet.render(page);
}

}  // namespace wanwu::report
