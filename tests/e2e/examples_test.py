"""Every numbered example runs as its page says, and the commands of the README do what it shows."""
import json
import unittest

from harness import EXIT_PASS, ROOT, Case

SCENARIOS = sorted(ROOT.glob("examples/[0-9]*/*.scenario.yaml"))


class Examples(Case):
    def test_there_is_an_example_for_each_thing_a_newcomer_asks(self):
        folders = [path.name for path in sorted(ROOT.glob("examples/[0-9]*"))]
        self.assertEqual(["01-quick-load", "02-three-protocols", "03-ten-sectors", "04-storm", "05-own-broker",
                          "06-lua-behaviour", "07-conformance", "08-bad-ways"], folders)

    def test_every_example_validates_and_plans(self):
        self.assertTrue(SCENARIOS)
        for scenario in SCENARIOS:
            with self.subTest(scenario=scenario.parent.name):
                self.expect(EXIT_PASS, self.wanwu("validate", scenario))
                self.assertIn("things", self.expect(EXIT_PASS, self.wanwu("plan", scenario)).stdout)

    def test_every_example_runs_and_passes(self):
        for scenario in SCENARIOS:
            with self.subTest(scenario=scenario.parent.name):
                environment = None
                if scenario.parent.name == "05-own-broker":
                    environment = {"BROKER": f"127.0.0.1:{self.mosquitto()}", "PATH": "/usr/bin:/bin"}
                self.on_time(EXIT_PASS, "run", scenario, "--to", "html=page.html", out=scenario.parent.name, seconds=120,
                             env=environment)
                self.assertEqual("pass", self.summary(scenario.parent.name)["verdict"])

    def test_every_example_passes_in_virtual_time_with_the_same_log_on_any_number_of_workers(self):
        for scenario in SCENARIOS:
            with self.subTest(scenario=scenario.parent.name):
                logs = []
                for workers in (1, 3):
                    self.expect(EXIT_PASS, self.wanwu("run", scenario, "--virtual", "--workers", workers, "--no-bundle", "-q",
                                                      "--observations", "log.txt"))
                    logs.append((self.folder / "log.txt").read_bytes())
                self.assertIn(b" arrived ", logs[0])
                self.assertEqual(logs[0], logs[1])

    def test_a_week_of_invented_time(self):
        self.write("week.scenario.yaml", """wanwu: scenario/v1
things:
  meter: { model: builtin/meter, count: 3, over: mqtt, every: 15 min, jitter: 10 % }
  lamp: { model: builtin/streetlight, count: 2, over: coap, every: 1 h }
phases:
  - { name: up, ramp: 1 min }
  - { name: week, hold: 7 d }
thresholds:
  - { check: telemetry.latency p99 < 100 ms, min_samples: 2000 }
  - telemetry.lost ratio < 0.01 %
  - things.connected min >= 100 % in week
""")
        self.expect(EXIT_PASS, self.wanwu("run", "week.scenario.yaml", "--virtual", "--no-bundle", "-q", "--to", "json=week.json"))
        summary = json.loads((self.folder / "week.json").read_text())
        self.assertGreaterEqual(summary["run"]["duration_ms"], 7 * 86_400_000)
        self.assertAlmostEqual(3 * 4 * 168 + 2 * 168, summary["totals"]["sent"], delta=20)
        self.assertGreater(summary["totals"]["arrived"], 2300)

    def test_the_suite_of_ones_own_passes_and_is_proven(self):
        folder = ROOT / "examples/07-conformance"
        done = self.expect(EXIT_PASS, self.wanwu("run", folder / "house.suite.yaml", "--out", "run"))
        self.assertIn("House rules: 3/4 testable clauses covered", done.stdout)
        self.expect(EXIT_PASS, self.wanwu("prove", folder / "house.suite.yaml"))

    def test_every_target_file_is_valid(self):
        names = sorted(path.name for path in ROOT.glob("examples/07-conformance/*.target.yaml"))
        self.assertEqual(["aedes", "embedded", "mosquitto", "rabbitmq"], [name.split(".")[0] for name in names])
        for name in names:
            self.expect(EXIT_PASS, self.wanwu("validate", ROOT / "examples/07-conformance" / name))

    def test_the_target_files_start_every_configuration(self):
        for name, cases in (("embedded", 2), ("mosquitto", 2)):
            with self.subTest(target=name):
                target = ROOT / f"examples/07-conformance/{name}.target.yaml"
                self.expect(EXIT_PASS, self.wanwu("validate", target))
                self.expect(EXIT_PASS, self.wanwu("run", "mqtt-5.0", "--target", target, "--hooks", "--only", "CONNECT-CREDENTIALS-01",
                                                  "--out", name))
                summary = self.summary(name)
                self.assertEqual(["default", "max-qos-0", "retain-off", "deny-list", "authentication", "small-limits"],
                                 summary["suite"]["profiles"])
                self.assertEqual({("pass", "authentication")}, {(one["verdict"], one["profile"]) for one in summary["cases"]})
                self.assertEqual(cases, len(summary["cases"]))

    def test_the_quick_load_needs_no_file_and_no_target(self):
        self.on_time(EXIT_PASS, "load", "-n", "100", "--every", "500ms", "--ramp", "1s", "--for", "3s", out="run")
        printed = self.expect(EXIT_PASS, self.wanwu("load", "mqtt://127.0.0.1:1883", "-n", "10k", "--print-scenario")).stdout
        self.write("printed.scenario.yaml", printed)
        self.expect(EXIT_PASS, self.wanwu("validate", "printed.scenario.yaml"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
