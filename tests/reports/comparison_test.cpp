// Targets side by side: what differs, and what is no difference.
#include "reports/cases/comparison.hpp"

#include <algorithm>
#include <sstream>

#include <catch2/catch.hpp>

#include "reports/writers/comparison_writers.hpp"
#include "tests/reports/sample_suite.hpp"

using namespace wanwu;
using namespace wanwu::report;

TEST_CASE("Verdicts differ when targets that were judged came to different ones; a deviation is a pass") {
  using enum case_status;
  const auto [verdicts, differ] =
      GENERATE(table<std::vector<case_status>, bool>({{{passed, passed}, false},
                                                      {{passed, failed}, true},
                                                      {{passed, deviated}, false},
                                                      {{passed, not_applicable}, false},
                                                      {{not_run, failed}, false},
                                                      {{not_applicable, failed, passed}, true},
                                                      {{failed, waived}, true},
                                                      {{not_run, not_run}, false}}));
  CHECK(compared_case{"A", "", "", {}, verdicts}.differs() == differ);
}

TEST_CASE("Runs side by side have every case once, names told apart, and say when their files differ") {
  const auto runs = make_sample_comparison();
  const auto of = compare(runs);
  CHECK(of.targets == std::vector<std::string>{"broker", "platform", "broker (2)"});
  REQUIRE(of.cases.size() == runs[0].cases.size());
  std::vector<std::string> differing;
  for (const auto& one : of.cases) {
    if (one.differs()) differing.push_back(one.id);
  }
  CHECK(differing == std::vector<std::string>{"CONNECT-DUP-01/same-id", "KEEP-01"});
  REQUIRE(of.notes.size() == 1);
  CHECK(of.notes[0] == "third was made with other files of the suite than " + runs[0].about.id);
  CHECK(of.counts[1].of(case_status::passed) == of.counts[0].of(case_status::passed) + 2);
}

TEST_CASE("The terminal and Markdown list what differs, whatever the targets call themselves") {
  const auto plain = compare(make_sample_comparison());
  const auto text = write_comparison_terminal(plain);
  CHECK(text.find("2 of 10 cases differ") != std::string::npos);
  CHECK(text.find("  CONNECT-DUP-01/same-id  fail   ok     -\n") != std::string::npos);
  CHECK(write_comparison_markdown(plain).find(
            "| KEEP-01 | MQTT5 MQTT-3.1.2-22 | w waived | \u2713 pass | \u00b7 not_run |") !=
        std::string::npos);
  const auto nasty = compare(make_sample_comparison(true));
  const auto shown = write_comparison_terminal(nasty);
  CHECK(std::none_of(shown.begin(), shown.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; }));
  CHECK(write_comparison_markdown(nasty).find("<script") == std::string::npos);
}
