#include <algorithm>

#include <fmt/format.h>
#include <kainjow/mustache.hpp>

#include "reports/quantity.hpp"
#include "reports/writers/comparison_writers.hpp"
#include "reports/writers/safe_text.hpp"
#include "reports/writers/web_assets.hpp"

namespace wanwu::report {

namespace {

using kainjow::mustache::data;

data words(case_status status) {
  const auto& of = words_of(status);
  std::string word{of.name};
  std::replace(word.begin(), word.end(), '_', ' ');
  data out{data::type::object};
  out.set("status", std::string{of.name});
  out.set("sign", std::string{of.sign});
  out.set("word", word);
  return out;
}

/// Which of the page's three boxes shows it.
const char* agreement_of(const compared_case& of) {
  if (of.differs()) return "differs";
  const auto worst = of.worst();
  return is_finding(worst) && worst != case_status::deviated ? "trouble" : "agrees";
}

data targets_of(const suite_comparison& of) {
  data list{data::type::list};
  for (std::size_t i = 0; i < of.targets.size(); ++i) {
    data one{data::type::object}, numbers{data::type::list};
    for (std::size_t s = 0; s < case_status_count; ++s) {
      auto number = words(static_cast<case_status>(s));
      number.set("n", show_count(of.counts[i].of(static_cast<case_status>(s))));
      numbers << number;
    }
    one.set("name", page_safe(of.targets[i]));
    one.set("numbers", numbers);
    list << one;
  }
  return list;
}

data case_of(const compared_case& of) {
  data out{data::type::object}, verdicts{data::type::list}, clauses{data::type::list};
  for (const auto status : of.by_run) verdicts << words(status);
  for (const auto& clause : of.clauses) clauses << data{page_safe(clause)};
  out.set("id", page_safe(of.id));
  out.set("objective", page_safe(of.objective));
  out.set("level", page_safe(of.level));
  out.set("agreement", std::string{agreement_of(of)});
  out.set("verdicts", verdicts);
  out.set("clauses", clauses);
  return out;
}

}  // namespace

std::string write_comparison_html(const suite_comparison& of) {
  data page{data::type::object}, notes{data::type::list}, statuses{data::type::list}, cases{data::type::list};
  std::size_t differing = 0;
  // Where targets differ is what such a page is opened for; so that comes first.
  for (const bool first : {true, false}) {
    for (const auto& one : of.cases) {
      if (one.differs() != first) continue;
      differing += first ? 1 : 0;
      cases << case_of(one);
    }
  }
  for (const auto& note : of.notes) notes << data{page_safe(note)};
  for (std::size_t s = 0; s < case_status_count; ++s) statuses << words(static_cast<case_status>(s));
  page.set("title", page_safe(of.title.empty() ? of.suite : of.title));
  page.set("count", std::to_string(of.targets.size()));
  page.set("differing", fmt::format("{} of {} cases differ", differing, of.cases.size()));
  page.set("notes", notes);
  page.set("statuses", statuses);
  page.set("targets", targets_of(of));
  page.set("cases", cases);
  page.set("css", std::string{page_css()});
  page.set("cases_css", std::string{cases_css()});
  page.set("cases_js", std::string{cases_js()});
  kainjow::mustache::mustache sheet{std::string{comparison_html()}};
  return sheet.render(page);
}

}  // namespace wanwu::report
