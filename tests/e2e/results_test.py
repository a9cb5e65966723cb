"""What a run leaves behind, however it ends."""
import json
import os
import select
import signal
import subprocess
import unittest
import xml.etree.ElementTree

from harness import (EXIT_BAD_INPUT, EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS, WANWU, Case, until)

SCENARIO = """wanwu: scenario/v1
name: phases
target: { mqtt: "mqtt://127.0.0.1:PORT" }
things:
  meter: { model: builtin/meter, count: 50, every: 500 ms }
phases:
  - { name: up,    ramp: 1 s }
  - { name: calm,  hold: 2 s }
  - { name: dark,  hold: 3 s, storm: blackout }
  - { name: after, hold: 2 s }
storms:
  blackout: { share: 50 %, drop: abrupt, dark: 1 s, return: { within: 1 s, backoff: none } }
thresholds:
  - LIMIT
"""


class Results(Case):
    def scenario(self, limit="{ check: telemetry.latency p99 < 5 s, min_samples: 100 }"):
        port = self.mosquitto()
        return self.write("phases.scenario.yaml", SCENARIO.replace("PORT", str(port)).replace("LIMIT", limit))

    def begin(self, *arguments):
        return self.start(WANWU, "run", *arguments, "--progress", "plain", cwd=self.folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def reach(self, process, phase):
        """Reads progress until the run says that it is in `phase`."""
        seen = []
        def there():
            if select.select([process.stderr], [], [], 0)[0]:
                line = process.stderr.readline()
                seen.append(line)
                return f"phase={phase}" in line
            self.assertIsNone(process.poll(), f"ended too early: {seen}")
            return False
        until(there, 30, f"phase {phase}")

    def test_interrupts_in_every_phase_drain_and_leave_a_whole_bundle(self):
        scenario = self.scenario()
        for phase in ("up", "calm", "dark", "after"):
            with self.subTest(phase=phase):
                process = self.begin(scenario, "--out", f"run-{phase}")
                self.reach(process, phase)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=30)
                self.assertEqual(130, process.returncode, out + err)
                summary = self.summary(f"run-{phase}")
                self.assertEqual(130, summary["exit_code"])
                self.assertTrue((self.folder / f"run-{phase}/series.ndjson").read_text())

    def test_sigterm_drains_too(self):
        process = self.begin(self.scenario(), "--out", "run")
        self.reach(process, "calm")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        self.assertEqual(143, process.returncode)
        self.assertTrue(self.summary("run"))

    def test_a_killed_run_can_still_be_reported(self):
        process = self.begin(self.scenario(), "--out", "run")
        self.reach(process, "dark")
        process.kill()
        process.wait()
        series = [json.loads(line) for line in (self.folder / "run/series.ndjson").read_text().splitlines()]
        self.assertTrue(series)
        self.expect(EXIT_PASS, self.wanwu("report", "run", "--to", "html=out.html"))
        self.assertIn("the run was cut", self.expect(EXIT_PASS, self.wanwu("report", "run")).stdout)
        self.assertIn("<html", (self.folder / "out.html").read_text())

    def test_a_run_that_holds_its_limits_passes_with_every_report(self):
        done = self.on_time(EXIT_PASS, "run", self.scenario(), "--to", "html=r.html", "--to", "junit=r.xml", "--to", "json=r.json",
                            "--to", "md=r.md", "--to", "csv=r.csv", out="run")
        self.assertIn("pass", done.stdout.lower())
        suites = xml.etree.ElementTree.parse(self.folder / "r.xml").getroot()
        self.assertEqual("testsuites", suites.tag)
        summary = self.summary("run")
        self.assertEqual(("wanwu.report/v1", "pass", 0), (summary["schema"], summary["verdict"], summary["exit_code"]))
        self.assertGreater(summary["thresholds"][0]["samples"], 100)
        for name in ("r.html", "r.json", "r.md", "r.csv"):
            self.assertTrue((self.folder / name).stat().st_size > 100, name)
        last = json.loads((self.folder / "run/series.ndjson").read_text().splitlines()[-1])
        self.assertEqual([0, 0, 0], [last["now"][level] for level in ("target", "connected", "reconnecting")], "things that left are not awaited")

    def test_a_crossed_threshold_fails_and_says_where_it_is_written(self):
        done = self.on_time(EXIT_FAIL, "run", self.scenario("telemetry.latency p50 < 1 us"), out="run")
        self.assertIn("phases.scenario.yaml:14", done.stdout)
        self.assertEqual("fail", self.summary("run")["verdict"])

    def test_a_threshold_over_no_samples_is_inconclusive(self):
        done = self.expect(EXIT_INCONCLUSIVE, self.wanwu("run", self.scenario("event.latency p99 < 1 s"), "--out", "run"))
        self.assertIn("no", done.stdout.lower())

    def test_two_runs_never_share_a_folder(self):
        scenario = self.scenario()
        self.on_time(EXIT_PASS, "run", scenario, out="run")
        before = (self.folder / "run/summary.json").read_text()
        done = self.expect(EXIT_BAD_INPUT, self.wanwu("run", scenario, "--out", "run"))
        self.assertIn("run", done.stderr)
        self.assertEqual(before, (self.folder / "run/summary.json").read_text())

    def test_a_full_disk_is_told_and_the_verdict_still_comes(self):
        # A limit on the size of files stands in for a full disk: writes past it fail in the same way.
        done = subprocess.run(["bash", "-c", f"trap '' XFSZ; ulimit -f 4; exec {WANWU} run {self.scenario()} --out run"],
                              capture_output=True, text=True, cwd=self.folder, timeout=90)
        self.assertIn(done.returncode, (EXIT_INCONCLUSIVE, EXIT_PASS), done.stdout + done.stderr)
        self.assertRegex((done.stdout + done.stderr).lower(), "file too large|no space|could not be written|cannot write")

    def test_a_folder_that_cannot_be_written_is_bad_input(self):
        self.expect(EXIT_BAD_INPUT, self.wanwu("run", self.scenario(), "--out", "/proc/wanwu"))

    def test_few_descriptors_are_told_with_the_cure(self):
        scenario = self.scenario()
        text = scenario.read_text().replace("count: 50", "count: 3000")
        scenario.write_text(text)
        done = subprocess.run(["bash", "-c", f"ulimit -n 256; exec {WANWU} run {scenario} --out run --workers 1"],
                              capture_output=True, text=True, cwd=self.folder, timeout=90)
        self.assertIn(done.returncode, (EXIT_BAD_INPUT, EXIT_INCONCLUSIVE), done.stdout + done.stderr)
        self.assertRegex((done.stdout + done.stderr).lower(), "descriptor|ulimit")


if __name__ == "__main__":
    unittest.main(verbosity=2)
