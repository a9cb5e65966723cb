// The bundle: what was written is what is read, also after kill -9, a full disk, or a second run in one
// directory.
#include "reports/bundle.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/collector.hpp"
#include "reports/summary.hpp"

using namespace wanwu;
using namespace wanwu::report;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const time_point t0{1000s};

/// A directory of its own, gone afterwards.
struct temporary {
  fs::path path;
  temporary() {
    std::string pattern = (fs::temp_directory_path() / "wanwu-bundle-XXXXXX").string();
    path = mkdtemp(pattern.data());
  }
  ~temporary() { fs::remove_all(path); }
  std::string run() const { return (path / "run").string(); }
};

run_record sample_run() {
  run_shape shape;
  shape.populations = {{"health", "wearable", protocol::mqtt, 100, {}},
                       {"city", "lamp, \"odd\"\n", protocol::coap, 50, {}}};
  shape.phases = {{"ramp", 0s, 3s}, {"steady", 3s, 60s}};
  shape.markers = {{"blackout", 4s, 6s}};
  limit one;
  one.text = "telemetry.latency p99 < 1 s";
  one.metric = "telemetry.latency";
  one.stat = statistic::percentile;
  one.percentile = 99;
  one.unit = measure::time_us;
  one.bound = 1e6;
  one.min_samples = 10;
  one.file = "a.scenario.yaml";
  one.line = 7;
  manifest about;
  about.name = "sample";
  about.id = "20261122T151102Z-sample-7f3a2c";
  about.seed = 7;
  about.started_unix_ms = 1'795'360'262'000;
  about.inputs = {{"dir/a.scenario.yaml", "wanwu: scenario/v1\n", ""}};
  return {about, shape, {one}};
}

void feed(collector& of, observation_sink& sink, int seconds) {
  for (int s = 0; s < seconds; ++s) {
    std::vector<observation> batch;
    for (int i = 0; i < 100; ++i) {
      observation o;
      o.intended_at = o.sent_at = t0 + std::chrono::seconds{s} + std::chrono::milliseconds{i};
      o.done_at = o.intended_at + std::chrono::microseconds{100 + i * i};
      o.population = static_cast<std::uint16_t>(i % 2);
      o.via = i % 2 == 0 ? protocol::mqtt : protocol::coap;
      o.op = operation::telemetry;
      o.result = i == 99 ? outcome::timed_out : i == 98 ? outcome::cut_off : outcome::ok;
      batch.push_back(o);
    }
    sink.record(batch);
    gauges now;
    now.things_target = now.things_connected = 150;
    now.due = static_cast<std::uint64_t>(s + 1) * 100;
    now.wire[0] = {1000, 500, 100, 100, 0, 0};
    of.second(t0 + std::chrono::seconds{s + 1}, now);
  }
}

collector collector_into(const temporary& at) {
  auto run = sample_run();
  auto out = bundle_writer::create(at.run(), run);
  REQUIRE(out);
  return collector{std::move(run), t0, std::move(*out)};
}

std::string read_file(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("A finished bundle gives the same summary as the run that wrote it") {
  const int seconds = GENERATE(1, 9, 10, 25);
  const temporary at;
  collector collecting = collector_into(at);
  auto& sink = collecting.add_worker();
  feed(collecting, sink, seconds);
  CHECK(collecting.run().series.size() == 1);  // the bundle has the others
  const auto& ended = collecting.finish(t0 + std::chrono::seconds{seconds} + 1ms, ending::complete);
  CHECK(ended.bundle_problem.empty());
  CHECK(ended.series.size() == static_cast<std::size_t>(seconds));

  const auto back = read_bundle(at.run());
  REQUIRE(back);
  CHECK(back->about.notes.empty());
  CHECK(back->end == ending::complete);
  const auto again = to_summary_json(*back, summarize(*back)),
             written = read_file(fs::path{at.run()} / "summary.json");
  const auto differs =
      std::mismatch(again.begin(), again.end(), written.begin(), written.end()).first - again.begin();
  INFO("first difference: " << again.substr(
           static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, differs - 200)), 400));
  CHECK((again == written));
  CHECK(read_file(fs::path{at.run()} / "inputs" / "01-a.scenario.yaml") == "wanwu: scenario/v1\n");
  CHECK(back->about.inputs.at(0).sha256 ==
        "02d018428751377e5512794d38d20f1120b6333e66dd727d19739177ac18abd5");
  CHECK_FALSE(fs::exists(fs::path{at.run()} / "latency.tail.hlog"));
}

TEST_CASE("Seconds beyond the plan are those of a run that is draining") {
  const temporary at;
  collector collecting = collector_into(at);
  auto& sink = collecting.add_worker();
  feed(collecting, sink, 60);
  CHECK_FALSE(collecting.progress().draining);
  feed(collecting, sink, 61);
  CHECK(collecting.progress().draining);
}

TEST_CASE("A run killed with SIGKILL leaves everything up to its last second") {
  const temporary at;
  const int seconds = GENERATE(4, 13);
  int told[2];
  REQUIRE(pipe(told) == 0);
  const pid_t child = fork();
  if (child == 0) {
    auto run = sample_run();
    auto out = bundle_writer::create(at.run(), run);
    collector collecting{std::move(run), t0, std::move(*out)};
    feed(collecting, collecting.add_worker(), seconds);
    if (write(told[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char byte{};
  REQUIRE(read(told[0], &byte, 1) == 1);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(told[0]);
  close(told[1]);

  const auto back = read_bundle(at.run());
  REQUIRE(back);
  CHECK(back->end == ending::running);
  CHECK(back->duration_s == seconds);
  CHECK(back->store.read("telemetry.sent", {}, "")->count == static_cast<std::uint64_t>(seconds) * 100);
  CHECK(back->store.read("telemetry.latency", {}, "")->latency.count() ==
        static_cast<std::uint64_t>(seconds) * 98);
  const auto judged = summarize(*back).judged;
  CHECK(judged.result == verdict::inconclusive);
  CHECK(judged.limits[0].found == finding::holds);
}

TEST_CASE("A torn last line is left out and the rest is read") {
  const temporary at;
  auto run = sample_run();
  auto out = bundle_writer::create(at.run(), run);
  collector collecting{std::move(run), t0, std::move(*out)};
  feed(collecting, collecting.add_worker(), 3);
  for (const auto* name : {"series.ndjson", "latency.tail.hlog", "log.ndjson"}) {
    const auto path = fs::path{at.run()} / name;
    fs::resize_file(path, fs::file_size(path) - 5);
  }
  const auto back = read_bundle(at.run());
  REQUIRE(back);
  CHECK(back->series.size() == 2);
  CHECK(back->about.notes.empty());
}

TEST_CASE("Two runs in one directory are refused, running or ended") {
  const temporary at;
  auto run = sample_run();
  {
    auto first = bundle_writer::create(at.run(), run);
    REQUIRE(first);
    const auto second = bundle_writer::create(at.run(), run);
    REQUIRE_FALSE(second);
    CHECK(second.error().text.find("still going on") != std::string::npos);
  }
  const auto third = bundle_writer::create(at.run(), run);
  REQUIRE_FALSE(third);
  CHECK(third.error().text.find("already holds a run") != std::string::npos);
}

TEST_CASE("A directory that cannot be made or written is an error with its path") {
  const temporary at;
  std::ofstream{at.path / "file"} << "x";
  for (const std::string& where : {(at.path / "file" / "run").string(), std::string{"/proc/wanwu/run"}}) {
    const auto got = bundle_writer::create(where, sample_run());
    REQUIRE_FALSE(got);
    CHECK(got.error().text.find(where) != std::string::npos);
  }
}

TEST_CASE("A full disk is told once, and the run goes on in memory") {
  const temporary at;
  collector collecting = collector_into(at);
  auto& sink = collecting.add_worker();
  feed(collecting, sink, 1);

  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{fs::file_size(fs::path{at.run()} / "series.ndjson") + 10, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  feed(collecting, sink, 5);
  setrlimit(RLIMIT_FSIZE, &before);

  const auto& ended = collecting.finish(t0 + 6s, ending::complete);
  CHECK(ended.bundle_problem.find("series.ndjson") != std::string::npos);
  CHECK(ended.bundle_problem.find("File too large") != std::string::npos);
  CHECK(ended.store.read("telemetry.sent", {}, "")->count == 600);
  REQUIRE(ended.series.size() == 6);
  for (std::size_t s = 1; s < 6; ++s) CHECK(ended.series[s].at_s == static_cast<double>(s));
  const auto back = read_bundle(at.run());
  REQUIRE(back);
  CHECK(back->series.size() == 1);
}

TEST_CASE("A folder that is no bundle is refused with a sentence") {
  const temporary at;
  CHECK(read_bundle((at.path / "nothing").string()).error().text.find("no such directory") !=
        std::string::npos);
  CHECK(read_bundle(at.path.string()).error().text.find("no manifest.json") != std::string::npos);
  std::ofstream{at.path / "manifest.json"} << "{\"schema\": 5}";
  CHECK(read_bundle(at.path.string()).error().text.find("damaged") != std::string::npos);
}

TEST_CASE("A run's id says when and what, and is a safe file name") {
  CHECK(make_run_id("Region 1M/../x", 1'795'360'262'000, 0x7f3a2c) == "20261122T151102Z-region-1m-x-7f3a2c");
  CHECK(make_run_id("", 0, 0x1000001) == "19700101T000000Z-run-000001");
}
