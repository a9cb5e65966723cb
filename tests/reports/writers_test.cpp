// Each format: what a reader of it relies on, with plain names and with hostile ones.
#include "reports/writers/writers.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "reports/quantity.hpp"
#include "tests/reports/report_text.hpp"
#include "tests/reports/sample_run.hpp"

using namespace wanwu;
using namespace wanwu::report;

namespace {

struct sample {
  run_record run;
  summary of;
};

/// A minute is enough for every part of a report to have something in it.
const sample& made(bool hostile) {
  static const auto make = [](bool is_hostile) {
    sample_options options;
    options.seconds = 60;
    options.hostile = is_hostile;
    run_record run = make_sample_run("", options);
    summary of = summarize(run);
    return sample{std::move(run), std::move(of)};
  };
  static const sample plain = make(false), nasty = make(true);
  return hostile ? nasty : plain;
}

}  // namespace

TEST_CASE(
    "The terminal tells the verdict first, then why, then thresholds with their place, then what to do "
    "next") {
  const auto& [run, of] = made(false);
  const auto lines = lines_of(write_terminal(run, of, {}));
  CHECK(lines.at(0) == "FAIL  A town of ten sectors, one evening with a blackout");
  CHECK(lines.at(1).find("crossed") != std::string::npos);
  const auto has = [&](const char* part) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const auto& line) { return line.find(part) != std::string::npos; });
  };
  for (const auto* part : {"at town.scenario.yaml:41:5", "no samples", "latency     p50", "sent        ",
                           "timed out", "generator   late 0 %"}) {
    CAPTURE(part);
    CHECK(has(part));
  }
}

TEST_CASE("The terminal uses escape sequences only for colour, and never the target's") {
  const bool color = GENERATE(false, true);
  const auto& [run, of] = made(true);
  const auto text = write_terminal(run, of, {color, true});
  CHECK((text.find('\x1b') != std::string::npos) == color);
  CHECK(is_printable(text, color ? "\n\x1b" : "\n"));
  CHECK(text.find("\x1b[31m\xff") == std::string::npos);
}

TEST_CASE("A closed loop is called one wherever latency is shown, and an open one too") {
  sample_options options;
  options.seconds = 10;
  run_record run = make_sample_run("", options);
  const bool closed = GENERATE(false, true);
  run.about.closed_loop = closed;
  const summary of = summarize(run);
  const auto parsed = nlohmann::json::parse(to_summary_json(run, of));
  CHECK(parsed["run"]["loop"] == (closed ? "closed" : "open"));
  const std::string said =
      closed ? "ervice time, from the send, closed loop" : "esponse time, from the intended start";
  CHECK(parsed["run"]["latency"].get<std::string>().find(said) == 1);
  CHECK(write_html(run, of).find(said) != std::string::npos);
  const std::string from = said.substr(said.find(", ") + 2);
  for (const std::string& text : {write_terminal(run, of, {}), write_markdown(run, of)}) {
    CHECK(text.find(from) != std::string::npos);
    CHECK((text.find("no schedule") != std::string::npos) == closed);
  }
}

TEST_CASE("summary.json has the schema's fields, and p99 of what was measured") {
  const auto hostile = GENERATE(false, true);
  const auto& [run, of] = made(hostile);
  const auto parsed = nlohmann::json::parse(to_summary_json(run, of));
  CHECK(parsed["schema"] == "wanwu.report/v1");
  CHECK(parsed["verdict"] == "fail");
  CHECK(parsed["exit_code"] == 1);
  CHECK(parsed["thresholds"].size() == run.limits.size());
  CHECK(parsed["thresholds"][1]["result"] == "crossed");
  CHECK(parsed["thresholds"][1]["limit_us"] == 100'000);
  CHECK(parsed["thresholds"][1]["value_us"] > 100'000);
  CHECK(parsed["thresholds"][1]["where"] == "town.scenario.yaml:41:5");
  CHECK(parsed["thresholds"][4]["samples"] == 0);
  CHECK(parsed["metrics"]["telemetry.latency"][0]["tags"].empty());
  CHECK(parsed["metrics"]["telemetry.latency"][0]["p99.9_us"].is_number_integer());
  CHECK(parsed["generator"]["late_ratio"] == 0.0);
  CHECK(parsed["run"]["shards"]["expected"] == 1);
}

TEST_CASE("JUnit is well formed, in Jenkins' order, and GitLab finds no name twice") {
  const auto hostile = GENERATE(false, true);
  const auto& [run, of] = made(hostile);
  const auto text = write_junit(run, of);
  pugi::xml_document document;
  REQUIRE(document.load_buffer(text.data(), text.size(), pugi::parse_full));
  CHECK(is_printable(text, "\t\n\r"));
  const auto suite = document.child("testsuites").child("testsuite");
  REQUIRE(suite);
  std::set<std::string> names;
  int tests = 0, failures = 0, errors = 0;
  for (const auto test : suite.children("testcase")) {
    ++tests;
    CHECK(
        names.insert(std::string{test.attribute("classname").value()} + "." + test.attribute("name").value())
            .second);
    CHECK(test.attribute("time"));
    failures += test.child("failure") ? 1 : 0;
    errors += test.child("error") ? 1 : 0;
    // jenkins-junit.xsd: (skipped | error | failure)* then system-out.
    bool out_seen = false;
    for (const auto child : test.children()) {
      if (std::string_view{child.name()} == "system-out")
        out_seen = true;
      else
        CHECK_FALSE(out_seen);
    }
  }
  CHECK(std::string_view{suite.first_child().name()} == "properties");
  CHECK(suite.attribute("tests").as_int() == tests);
  CHECK(suite.attribute("failures").as_int() == failures);
  CHECK(suite.attribute("errors").as_int() == errors);
  CHECK(failures >= 1);
  CHECK(errors == 1);  // the threshold without samples
  const auto crossed =
      suite.find_child_by_attribute("testcase", "name", "telemetry.latency{sector=health} p99 < 100 ms");
  REQUIRE(crossed);
  CHECK(std::string_view{crossed.attribute("file").value()} == "town.scenario.yaml");
  CHECK(crossed.attribute("line").as_int() == 41);
}

TEST_CASE(
    "What the run's own storms cut off is told where there is some, beside the errors and not among them") {
  sample_options options;
  options.seconds = 30;
  options.cuts = GENERATE(false, true);
  const run_record run = make_sample_run("", options);
  const summary of = summarize(run);
  const headline& t = of.totals;
  CHECK((t.cut_off != 0) == options.cuts);
  const auto unreachable = run.store.total(operation::telemetry, outcome::unreachable);
  CHECK(t.sent == t.acknowledged + t.errors - unreachable + t.cut_off);
  const auto parsed = nlohmann::json::parse(to_summary_json(run, of));
  CHECK(parsed["totals"]["cut_off"] == t.cut_off);
  const std::string told = ", " + show_count(t.cut_off) + " cut off by the run";
  for (const auto& text : {write_terminal(run, of, {}), write_markdown(run, of), write_html(run, of)}) {
    CHECK((text.find("cut off") != std::string::npos) == options.cuts);
    CHECK((text.find(told) != std::string::npos) == options.cuts);
  }
  std::uint64_t sent = 0, answered = 0, errors = 0, cut_off = 0;
  for (const auto& line : lines_of(write_csv(run, of))) {
    if (line.starts_with("at_s")) continue;
    std::vector<std::string> fields;
    std::istringstream row{line};
    for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
    sent += std::stoull(fields.at(8));
    answered += std::stoull(fields.at(9));
    errors += std::stoull(fields.at(10));
    cut_off += std::stoull(fields.back());
  }
  CHECK(cut_off == t.cut_off);
  CHECK(sent == answered + errors + cut_off);
}

TEST_CASE("Two thresholds of the same text stay two JUnit cases") {
  run_record run{{}, {}, {}};
  limit one;
  one.text = "telemetry.errors count == 0";
  one.metric = "telemetry.errors";
  run_record twice{{}, {}, {one, one}};
  const auto text = write_junit(twice, summarize(twice));
  CHECK(text.find("telemetry.errors count == 0 #2") != std::string::npos);
}

TEST_CASE("Markdown keeps to its tables, whatever the names are") {
  const auto& [run, of] = made(true);
  const auto text = write_markdown(run, of);
  CHECK(text.find("<script>") == std::string::npos);
  CHECK(text.find("<img") == std::string::npos);
  std::size_t columns = 0;
  for (const auto& line : lines_of(text)) {
    const bool row = line.starts_with("| ");
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i)
      bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1U : 0U;
    if (!row)
      columns = line.starts_with("|-") ? bars : 0;
    else if (columns != 0)
      CHECK(bars == columns);
  }
}

TEST_CASE("CSV has one row a second and as many fields in each") {
  const auto& [run, of] = made(true);
  const auto lines = lines_of(write_csv(run, of));
  CHECK(lines.size() == run.series.size() + 1);
  for (const auto& line : lines) {
    CHECK(line.back() == '\r');
    bool quoted = false;
    std::size_t fields = 1;
    for (const char c : line) {
      if (c == '"') quoted = !quoted;
      fields += c == ',' && !quoted ? 1U : 0U;
    }
    CHECK(fields == 25);
  }
  CHECK(write_csv(run, of).find("\"=x") == std::string::npos);  // no formula
}

TEST_CASE("The page loads nothing, closes no script early, and is one file") {
  const auto hostile = GENERATE(false, true);
  const auto& [run, of] = made(hostile);
  const auto text = write_html(run, of);
  CHECK(text.find("default-src 'none'") != std::string::npos);
  CHECK(text.find("src=\"http") == std::string::npos);
  CHECK(text.find("href=\"http") == std::string::npos);
  CHECK(text.find("<script>window.owned") == std::string::npos);
  CHECK(text.find("<img") == std::string::npos);
  std::size_t scripts = 0, ends = 0;
  for (std::size_t at = 0; (at = text.find("<script", at)) != std::string::npos; ++at) ++scripts;
  for (std::size_t at = 0; (at = text.find("</script", at)) != std::string::npos; ++at) ++ends;
  CHECK(scripts == 3);
  CHECK(ends == 3);
}

TEST_CASE("A report that cannot be written says where and why") {
  const auto& [run, of] = made(false);
  CHECK(write_report("md", "/dev/full", run, of).find("No space left on device") != std::string::npos);
  CHECK(write_report("md", "/nowhere/at/all.md", run, of).find("/nowhere/at/all.md") != std::string::npos);
  CHECK(write_report("pdf", "x.pdf", run, of).find("no report format") != std::string::npos);
}

TEST_CASE("Quantities read as people write them") {
  CHECK(show_time_us(12) == "12 us");
  CHECK(show_time_us(184'320) == "184 ms");
  CHECK(show_time_us(1'310'000) == "1.31 s");
  CHECK(show_time_us(125e6) == "2 min 5 s");
  CHECK(show_count(35'918) == "35 918");
  CHECK(show_bytes(5'200'000'000) == "5.2 GB");
  CHECK(show_ratio(0.0001) == "0.01 %");
  CHECK(show_ratio(0) == "0 %");
  CHECK(show_clock(2592) == "00:43:12");
}
