// The live views: their width, what stays when there is little room, and that nothing escapes into a log.
#include "reports/progress.hpp"

#include <algorithm>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace wanwu::report;

namespace {

progress_snapshot region() {
  progress_snapshot now;
  now.name = "region-1m";
  now.phase = "steady";
  now.phase_number = 2;
  now.phase_count = 7;
  now.at_s = 2592;
  now.total_s = 5100;
  now.unix_ms = 1'795'360'262'000;
  now.seed = 20261122;
  now.things_target = 1'000'000;
  now.things_connected = 999'412;
  now.things_dark = 12;
  now.things_reconnecting = 576;
  now.connections_up = 998'000;
  now.out_per_s = 35'918;
  now.arrived_per_s = 35'917;
  now.arrival_measured = true;
  now.latency_count = 1;
  now.p50_us = 11'000;
  now.p99_us = 184'000;
  now.p999_us = 402'000;
  now.max_us = 1'200'000;
  now.cpu = 0.61;
  now.memory_bytes = 5'200'000'000;
  now.limits = {
      {"telemetry.lost ratio < 0.01 %", "0 %", "a.yaml:3", true, false},
      {"telemetry.latency{sector=health} p99.9 < 1 s", "1.31 s", "region-1m.scenario.yaml:112", true, true}};
  return now;
}

std::size_t width(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(
      line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

}  // namespace

TEST_CASE("The live view fits its terminal and drops the least important lines first") {
  const int columns = GENERATE(20, 40, 80), lines = GENERATE(1, 2, 4, 8);
  CAPTURE(columns, lines);
  const auto seen = lines_of(progress_view(region(), {columns, lines, false, true}));
  CHECK(seen.size() <= static_cast<std::size_t>(lines));
  CHECK(seen.at(0).starts_with("region-1m"));
  for (const auto& line : seen) CHECK(width(line) <= static_cast<std::size_t>(columns));
}

TEST_CASE("The live view at 80 columns") {
  const auto seen = lines_of(progress_view(region(), {}));
  REQUIRE(seen.size() == 6);
  CHECK(seen[1] == " things    999 412 / 1 000 000 connected \u00b7 12 dark \u00b7 576 reconnecting");
  CHECK(seen[2] ==
        " traffic   35 918 msg/s out \u00b7 35 917 arrived \u00b7 0 lost \u00b7 0 errors \u00b7 late 0 %");
  CHECK(seen[3] == " latency   p50 11 ms \u00b7 p99 184 ms \u00b7 p99.9 402 ms \u00b7 max 1.2 s");
  CHECK(seen[4].starts_with(" limits    1 of 2 hold   \u2717 telemetry.latency{sector=health}"));
  CHECK(seen[5] == " self      cpu 61 % \u00b7 5.2 GB \u00b7 998 000 links");
}

TEST_CASE("Without UTF-8 the view is plain ASCII, and only colour brings escapes") {
  const auto plain = progress_view(region(), {80, 8, false, false});
  CHECK(std::all_of(plain.begin(), plain.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  CHECK(plain.find('\x1b') == std::string::npos);
  CHECK(progress_view(region(), {80, 8, true, true}).find("\x1b[31m") != std::string::npos);
}

TEST_CASE("Beyond its end a run is draining, and its clock stands") {
  auto now = region();
  now.at_s = now.total_s + 4;
  now.draining = true;
  CHECK(progress_line(now).starts_with("15:11:02 phase=draining t=01:25:00/01:25:00 things="));
  CHECK(progress_view(now, {}).find("100 %  01:25:00 / 01:25:00") != std::string::npos);
  CHECK(nlohmann::json::parse(progress_json(now)).at("t_s") == now.at_s);
}

TEST_CASE("A log line is key=value, at most 200 columns, without control characters") {
  auto now = region();
  CHECK(progress_line(now) ==
        "15:11:02 phase=steady t=00:43:12/01:25:00 things=999412/1000000 out/s=35918 lost=0 errors=0 "
        "p99=184ms late=0.00% limits=1/2");
  now.phase = std::string(500, 'x') + "\n\x1b[31m";
  now.problem = "no\nspace\tleft";
  for (const auto& line : {progress_line(now), limit_crossed_line(now, {std::string(400, 'y') + "\r\n", "1 s",
                                                                        "a:1", true, true})}) {
    CHECK(width(line) <= 200);
    CHECK(
        std::all_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20; }));
  }
}

TEST_CASE("The JSON view is one line") {
  CHECK(progress_json(region()).find('\n') == std::string::npos);
}

TEST_CASE("Which view and whether colour follow the flag, the terminal and the environment") {
  CHECK(progress_mode_of("auto", true, "xterm") == progress_mode::tty);
  CHECK(progress_mode_of("auto", true, "dumb") == progress_mode::plain);
  CHECK(progress_mode_of("auto", false, "xterm") == progress_mode::plain);
  CHECK(progress_mode_of("none", true, "xterm") == progress_mode::none);
  CHECK(progress_mode_of("json", true, "xterm") == progress_mode::json);
  CHECK(wants_color("auto", true, "", "xterm"));
  CHECK_FALSE(wants_color("auto", true, "1", "xterm"));
  CHECK_FALSE(wants_color("auto", true, "", "dumb"));
  CHECK_FALSE(wants_color("auto", false, "", "xterm"));
  CHECK(wants_color("always", false, "1", "dumb"));
}
