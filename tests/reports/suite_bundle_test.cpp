// A suite's bundle: what was written is read back, whatever happened to the files meanwhile.
#include "reports/cases/suite_bundle.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "protocols/core/hex.hpp"
#include "reports/cases/case_lines.hpp"
#include "reports/cases/case_status.hpp"
#include "reports/cases/hex_rows.hpp"
#include "reports/cases/suite_summary.hpp"
#include "reports/cases/waiver_rules.hpp"
#include "tests/reports/sample_suite.hpp"

using namespace wanwu;
using namespace wanwu::report;
namespace fs = std::filesystem;

namespace {

class folder {
 public:
  folder() {
    std::string name = (fs::temp_directory_path() / "wanwu-suite-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() { fs::remove_all(path_); }
  std::string bundle() const { return path_ / "run"; }
  fs::path file(const char* name) const { return path_ / "run" / name; }

 private:
  fs::path path_;
};

/// Writes a bundle of the sample; without its end when `cut`.
suite_record written(const folder& in, bool cut = false, wire_choice wire = wire_choice::failures) {
  auto run = make_sample_suite();
  auto out = suite_bundle_writer::create(in.bundle(), run, wire);
  REQUIRE(out);
  for (const auto& one : run.cases) {
    if (!one.not_run) out->append(one);
  }
  if (cut) return run;
  out->append(log_entry{1.5, log_level::info, -1, "note", "the target died and was started again"});
  out->append(log_entry{3.5, log_level::info, -1, "end", "complete"});
  out->finish(to_summary_json(run, summarize(run)));
  REQUIRE(out->problem().empty());
  return run;
}

std::string text_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("A suite's bundle gives back every case, its steps, findings and wire log") {
  const folder in;
  const auto run = written(in);
  REQUIRE(holds_suite(in.bundle()));
  const auto got = read_suite_bundle(in.bundle());
  REQUIRE(got);
  REQUIRE(got->cases.size() == run.cases.size());
  for (std::size_t i = 0; i < run.cases.size(); ++i) {
    CAPTURE(run.cases[i].id);
    CHECK(to_case_line(got->cases[i], "") == to_case_line(run.cases[i], ""));
    if (status_of(run.cases[i]) != case_status::failed) continue;
    REQUIRE(got->cases[i].wire.size() == run.cases[i].wire.size());
    for (std::size_t k = 0; k < run.cases[i].wire.size(); ++k)
      CHECK(to_wire_line(got->cases[i].wire[k]) == to_wire_line(run.cases[i].wire[k]));
  }
  CHECK(got->end == ending::complete);
  CHECK(got->duration_s == 3.5);
  CHECK(got->suite.specs[0].clauses.size() == run.suite.specs[0].clauses.size());
  CHECK(got->suite.coverage[0].left_out == run.suite.coverage[0].left_out);
  CHECK(got->about.notes == std::vector<std::string>{"the target died and was started again"});
  CHECK(text_of(in.file("summary.json")).find("\"schema\": \"wanwu.report/v1\"") != std::string::npos);
}

TEST_CASE("A suite's run that was killed is read as far as it came, and says that it was cut") {
  const folder in;
  written(in, true);
  std::ofstream{in.file("cases.ndjson"), std::ios::app} << R"({"id":"LATER-01","verdict":"pa)";
  const auto got = read_suite_bundle(in.bundle());
  REQUIRE(got);
  CHECK(got->end == ending::running);
  CHECK(got->about.notes.empty());  // a torn last line is no damage
  const auto of = summarize(*got);
  CHECK(of.counts.of(case_status::not_run) == 1);
  CHECK(std::find(of.reasons.begin(), of.reasons.end(), "the run was cut: no end was written") !=
        of.reasons.end());
}

TEST_CASE(
    "Damaged lines of a suite's bundle are left out and counted, and names that lead elsewhere are none") {
  const folder in;
  written(in);
  {
    std::ofstream cases{in.file("cases.ndjson"), std::ios::app};
    cases << "garbage\n[]\n{\"id\":\"X\",\"verdict\":\"splendid\"}\n{\"verdict\":\"pass\"}\n"
          << R"({"id":"SPY-01","verdict":"fail","wire":"../../etc/passwd"})"
          << "\n";
    std::ofstream{in.file("wire/CONNECT-DUP-01~same-id.default.ndjson"), std::ios::app}
        << "{\"what\":\"sung\"}\n";
  }
  const auto got = read_suite_bundle(in.bundle());
  REQUIRE(got);
  CHECK(got->about.notes.size() == 3);
  CHECK(got->about.notes[0] == "cases.ndjson of the bundle has 4 damaged lines, left out here");
  CHECK(got->about.notes[1] == "wire of the bundle has 1 damaged lines, left out here");
  REQUIRE(got->cases.back().id == "SPY-01");
  CHECK(got->cases.back().wire.empty());
}

TEST_CASE("Wire logs are kept of what did not pass, of all, or of none") {
  const auto [choice, expected] = GENERATE(table<wire_choice, std::size_t>(
      {{wire_choice::failures, 2}, {wire_choice::all, 4}, {wire_choice::none, 0}}));
  const folder in;
  written(in, false, choice);
  std::size_t files = 0;
  if (fs::exists(in.file("wire")))
    files = static_cast<std::size_t>(std::distance(fs::directory_iterator{in.file("wire")}, {}));
  CHECK(files == expected);  // lines and a capture for each case
}

TEST_CASE("A folder takes one run, and a folder of something else is no suite's") {
  const folder in;
  const auto run = written(in);
  const auto again = suite_bundle_writer::create(in.bundle(), run, wire_choice::none);
  REQUIRE_FALSE(again);
  CHECK(again.error().text.find("already holds a run") != std::string::npos);
  CHECK_FALSE(holds_suite("/"));
  CHECK_FALSE(read_suite_bundle("/nowhere"));
}

TEST_CASE("A case judged in several configurations has the verdict that outweighs the others") {
  const auto judged = [](verdict v, const char* profile) {
    conform::case_result one;
    one.id = "A";
    one.outcome = v;
    one.profile = profile;
    return one;
  };
  using enum verdict;
  const auto [first, second, expected] =
      GENERATE(table<verdict, verdict, verdict>({{pass, fail, fail},
                                                 {error, fail, fail},
                                                 {inconclusive, error, error},
                                                 {inconclusive, pass, inconclusive},
                                                 {not_applicable, pass, pass}}));
  case_collection one_way{{"A"}}, other_way{{"A"}};
  one_way.add(judged(first, "x"));
  one_way.add(judged(second, "y"));
  other_way.add(judged(second, "y"));
  other_way.add(judged(first, "x"));
  REQUIRE(one_way.all().size() == 1);
  CHECK(one_way.all()[0].outcome == expected);
  CHECK(other_way.all()[0].outcome == expected);
  CHECK(one_way.all()[0].profile == (expected == first ? "x" : "y"));
}

TEST_CASE("A waiver holds until its day, and says when it is no longer needed") {
  const auto waiver = [](const char* id, const char* until) {
    return conform::waiver{id, "known", "ISSUE-1", until, {}};
  };
  auto run = make_sample_suite();
  auto& failed = run.cases[3];
  REQUIRE(failed.id == "CONNECT-DUP-01/same-id");
  SECTION("on its last day it holds, for every row of its case") {
    const waiver_rules rules{{waiver("CONNECT-DUP-01", "2026-11-26")}, "2026-11-26"};
    rules.apply(failed);
    CHECK(failed.waived == "known, ISSUE-1, until 2026-11-26");
    CHECK(status_of(failed) == case_status::waived);
    CHECK(rules.notes(run.cases).empty());
  }
  SECTION("a day later the case counts again") {
    const waiver_rules rules{{waiver("CONNECT-DUP-01", "2026-11-26")}, "2026-11-27"};
    rules.apply(failed);
    CHECK(status_of(failed) == case_status::failed);
    CHECK(rules.notes(run.cases).at(0).find("ended on 2026-11-26") != std::string::npos);
  }
  SECTION("of a case that passes it is to be removed") {
    const waiver_rules rules{{waiver("CONNECT-001", "2027-01-01"), waiver("NOWHERE", "2027-01-01")},
                             "2026-11-26"};
    rules.apply(run.cases[0]);
    CHECK(status_of(run.cases[0]) == case_status::passed);
    CHECK(rules.notes(run.cases) == std::vector<std::string>{"CONNECT-001 passes: remove the waiver"});
  }
}

TEST_CASE("Expected and received bytes stand below each other with the first difference marked") {
  const auto raw = [](std::size_t count, std::size_t odd) {
    bytes out(count, std::byte{0x11});
    if (odd < count) out[odd] = std::byte{0x99};
    return out;
  };
  const auto rows = align_hex(raw(20, 99), raw(19, 17));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].mark.empty());
  CHECK(rows[1].expected == "11 11 11 11");
  CHECK(rows[1].received == "11 99 11");
  CHECK(rows[1].mark == "   ^^");
  CHECK_FALSE(first_difference(raw(4, 9), raw(4, 9)));
  CHECK(first_difference(raw(4, 9), raw(6, 9)) == 4);
  const auto far = align_hex(raw(4096, 9999), raw(4096, 2000), 4);
  REQUIRE(far.size() == 4);
  CHECK(far[0].offset == 1984);
  CHECK_FALSE(far[1].mark.empty());
}
