"""Suites played from the command line: selection, verdicts, waivers, what is printed, what is left behind, however it ends."""
import json
import select
import signal
import subprocess
import unittest
import xml.etree.ElementTree

from harness import (EXIT_BAD_INPUT, EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS, ROOT, WANWU, Case, broken_server, until)

SUITE = """wanwu: suite/v1
id: small
title: A small suite
specs: { MQTT5: { title: MQTT 5.0 } }
timers: { T_answer: 500 ms }
roles:
  tester: { link: mqtt-raw }
cases:
  - id: PING-01
    group: mqtt/ping
    objective: The IUT answers PINGREQ with PINGRESP.
    clause: MQTT5 MQTT-3.12.4-1
    preamble:
      - open: { as: tester, set: {} }
    body:
      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PINGRESP } }
  - id: SECOND-01
    group: mqtt/connect
    objective: The IUT closes the connection of a client that sends CONNECT twice.
    clause: MQTT5 MQTT-3.1.0-2
    params: { same: { given: a }, other: { given: b } }
    preamble:
      - open: { as: tester, set: {} }
    body:
      - stimulus: { as: tester, packet: CONNECT, set: { client_id: "${unique}-${given}" } }
      - verify: { as: tester, closed: by-iut, codes: any }
"""
WAITING = """  - id: WAIT-01
    group: mqtt/time
    objective: The IUT keeps a connection that is used.
    clause: MQTT5 MQTT-3.1.2-22
    params: { ROWS }
    preamble:
      - open: { as: tester, set: {} }
    body:
      - wait: 300 ms
      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PINGRESP } }
"""


def careless(connection):
    """A broker that answers CONNECT and everything after it, and never closes."""
    data = connection.recv(1000)
    connection.sendall(b"\x20\x03\x00\x00\x00")
    while data:
        data = connection.recv(1000)
        if data[:1] == b"\x10":
            connection.sendall(b"\x20\x03\x00\x00\x00")
        elif data[:1] == b"\xc0":
            connection.sendall(b"\xd0\x00")
        elif data[:1] == b"\xe0":
            return


class Conformance(Case):
    def suite(self, rows=0):
        waits = ", ".join(f"r{i}: {{}}" for i in range(rows))
        return self.write("small.suite.yaml", SUITE + (WAITING.replace("ROWS", waits) if rows else ""))

    def play(self, port, *arguments, out="run", **options):
        return self.wanwu("run", "small.suite.yaml", "--target", f"mqtt://127.0.0.1:{port}", "--out", out, *arguments, **options)

    def verdicts(self, bundle="run"):
        return {one["id"]: one["verdict"] for one in self.summary(bundle)["cases"]}

    def test_a_shipped_suite_runs_by_name_in_every_configuration_and_tells_each_case(self):
        done = self.expect(EXIT_PASS, self.wanwu("run", "mqtt-5.0", "--only", "CONNECT-*", "--only", "clause:MQTT5 3.12.*", "--skip", "timing",
                                                 "--out", "run"))
        summary = self.summary("run")
        self.assertEqual(("wanwu.report/v1", "pass", 0), (summary["schema"], summary["verdict"], summary["exit_code"]))
        self.assertEqual(6, len(summary["suite"]["profiles"]))
        self.assertGreater(len(summary["cases"]), 100)
        for one in summary["cases"]:
            self.assertLessEqual({"id", "clause", "level", "verdict", "ms"}, set(one))
            self.assertIn(f" {one['id']}", done.stdout)
        self.assertLess(0, summary["coverage"]["MQTT5"]["covered"])
        self.assertRegex(done.stdout, r"OASIS MQTT 5.0: \d+/238 testable clauses covered")

    def test_the_program_is_not_fooled_by_a_broker_that_never_closes(self):
        self.suite()
        with broken_server(careless) as port:
            done = self.expect(EXIT_FAIL, self.play(port, "--to", "junit=r.xml"))
        self.assertEqual({"PING-01": "pass", "SECOND-01/same": "fail", "SECOND-01/other": "fail"}, self.verdicts())
        for part in ("closes the connection of a client that sends CONNECT twice", "MQTT5 MQTT-3.1.0-2 (must)", "2 of the body at small.suite.yaml:26:9",
                     "received  CONNACK", "0000  20 03 00 00 00", "--only SECOND-01/", "2 cases failed"):
            self.assertIn(part, done.stdout)
        failures = xml.etree.ElementTree.parse(self.folder / "r.xml").getroot().findall(".//failure")
        self.assertEqual(2, len(failures))

    def test_one_case_is_played_again_by_the_command_that_the_report_gives(self):
        self.suite()
        with broken_server(careless) as port:
            done = self.play(port)
            command = next(line.split("again", 1)[1].split() for line in done.stdout.splitlines() if " again " in line)
            self.assertEqual(["wanwu", "run"], command[:2])
            again = self.expect(EXIT_FAIL, self.wanwu(*command[1:], "--out", "again"))
        self.assertIn("1 failed", again.stdout)
        self.assertEqual(1, len(self.verdicts("again")))

    def test_what_fails_the_process_is_the_users_choice(self):
        self.suite()
        with broken_server(careless) as port:
            self.expect(EXIT_PASS, self.play(port, "--fail-on", "inconclusive"))
            self.assertEqual("fail", self.summary("run")["verdict"])
            self.expect(EXIT_BAD_INPUT, self.play(port, "--fail-on", "sometimes", out="none"))

    def test_a_target_that_is_not_there_is_inconclusive_and_said_at_once(self):
        self.suite()
        done = self.expect(EXIT_INCONCLUSIVE, self.play(9, seconds=10))
        self.assertIn("cannot reach mqtt://127.0.0.1:9: Connection refused", done.stderr)
        self.assertEqual({"not_run"}, set(self.verdicts().values()))

    def test_a_waiver_holds_until_its_day_and_is_to_go_when_the_case_passes(self):
        self.suite()
        waivers = "wanwu: waivers/v1\nwaivers:\n  - { case: SECOND-01, because: known, issue: B-7, until: DAY }\n"
        with broken_server(careless) as port:
            self.write("waivers.yaml", waivers.replace("DAY", "2999-01-31"))  # found by its name
            done = self.expect(EXIT_PASS, self.play(port))
            self.assertIn("known, B-7, until 2999-01-31", done.stdout)
            self.assertEqual(2, self.summary("run")["case_counts"]["waived"])
            (self.folder / "waivers.yaml").unlink()
            self.write("old.yaml", waivers.replace("DAY", "2020-01-31"))
            done = self.expect(EXIT_FAIL, self.play(port, "--waivers", "old.yaml", out="run2"))
            self.assertIn("the waiver of SECOND-01 ended on 2020-01-31", done.stdout)
        self.write("idle.yaml", waivers.replace("DAY", "2999-01-31"))
        done = self.expect(EXIT_PASS, self.wanwu("run", "small.suite.yaml", "--profile", "default", "--waivers", "idle.yaml", "--out", "run3"))
        self.assertIn("SECOND-01 passes: remove the waiver", done.stdout)

    def test_against_a_baseline_only_what_is_new_fails_and_a_regression_has_a_code_of_its_own(self):
        self.suite()
        with broken_server(careless) as port:
            self.play(port, out="bad")
        self.expect(EXIT_PASS, self.wanwu("run", "small.suite.yaml", "--profile", "default", "--out", "good"))
        with broken_server(careless) as port:
            done = self.expect(EXIT_PASS, self.play(port, "--baseline", "bad"))
            self.assertIn("fail in the baseline", done.stdout)
            done = self.expect(4, self.play(port, "--baseline", "good/summary.json", out="run2"))
            self.assertIn("2 cases that passed in the baseline fail", done.stdout)
        self.assertEqual(4, self.summary("run2")["exit_code"])
        self.wanwu("report", "run2", "--to", "json=again.json")
        self.assertEqual(4, json.loads((self.folder / "again.json").read_text())["exit_code"])
        done = self.expect(EXIT_PASS, self.wanwu("run", "small.suite.yaml", "--profile", "default", "--baseline", "bad", "--out", "run3"))
        self.assertIn("SECOND-01/same passes, the baseline", done.stdout)
        self.expect(EXIT_BAD_INPUT, self.play(9, "--baseline", "small.suite.yaml", out="run4"))

    def begin(self, out):
        return self.start(WANWU, "run", "small.suite.yaml", "--profile", "default", "--jobs", "1", "--out", out,
                          cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def reach(self, process, count):
        """Reads until so many waiting cases have ended."""
        seen = []

        def there():
            if select.select([process.stdout], [], [], 0)[0]:
                seen.append(process.stdout.readline())
            self.assertIsNone(process.poll(), f"ended too early: {seen}")
            return sum("WAIT-01" in line for line in seen) >= count
        until(there, 30, f"{count} cases")

    def test_interrupted_runs_end_what_runs_and_leave_a_whole_bundle(self):
        self.suite(rows=60)
        for name, expected in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(signal=name):
                process = self.begin(f"run-{expected}")
                self.reach(process, 2)
                process.send_signal(name)
                out, err = process.communicate(timeout=30)
                self.assertEqual(expected, process.returncode, out + err)
                summary = self.summary(f"run-{expected}")
                self.assertEqual(expected, summary["exit_code"])
                self.assertGreater(summary["case_counts"]["not_run"], 30)
                self.assertGreaterEqual(summary["case_counts"]["pass"], 2)

    def test_a_killed_run_can_still_be_reported(self):
        self.suite(rows=60)
        process = self.begin("run")
        self.reach(process, 3)
        process.kill()
        process.wait()
        self.assertFalse((self.folder / "run/summary.json").exists())
        done = self.expect(EXIT_PASS, self.wanwu("report", "run", "--to", "json=r.json", "--to", "html=r.html"))
        summary = json.loads((self.folder / "r.json").read_text())
        self.assertEqual("inconclusive", summary["verdict"])
        self.assertIn("the run was cut: no end was written", summary["reasons"])
        self.assertGreaterEqual(summary["case_counts"]["pass"], 3)
        self.assertEqual(63, len(summary["cases"]))
        self.assertIn("INCONCLUSIVE", self.wanwu("report", "run").stdout, done.stderr)

    def test_a_run_ends_when_its_time_is_over_or_at_the_first_failure(self):
        self.suite(rows=60)
        done = self.wanwu("run", "small.suite.yaml", "--profile", "default", "--jobs", "1", "--timeout", "1 s", "--out", "run")
        self.expect(EXIT_INCONCLUSIVE, done)
        self.assertIn("the run was ended before all cases had run", done.stdout)
        with broken_server(careless) as port:
            self.expect(EXIT_FAIL, self.play(port, "--jobs", "1", "--fail-fast", out="run2"))
        self.assertIn("not_run", self.verdicts("run2").values())

    def test_every_report_can_be_made_again_from_the_bundle(self):
        self.suite()
        formats = ("html", "json", "junit", "md", "tap", "ctrf", "earl")
        wanted = [word for one in formats for word in ("--to", f"{one}=first.{one}")]
        with broken_server(careless) as port:
            self.play(port, *wanted)
        self.expect(EXIT_PASS, self.wanwu("report", "run", *[word.replace("first", "second") for word in wanted]))
        for one in formats:
            with self.subTest(format=one):
                first, second = ((self.folder / f"{name}.{one}").read_text() for name in ("first", "second"))
                self.assertEqual(first, second)

    def test_a_failed_case_can_be_sent_again_and_opened_in_wireshark(self):
        self.suite()
        with broken_server(careless) as port:
            self.play(port)
            done = self.expect(EXIT_PASS, self.wanwu("replay", "run", "SECOND-01/same"))
        self.assertIn(f"against mqtt://127.0.0.1:{port}", done.stdout)
        self.assertEqual(2, done.stdout.count("received         CONNACK"))
        self.assertEqual(2, done.stdout.count("sent             CONNECT"))
        self.assertIn("no wire log", self.expect(EXIT_BAD_INPUT, self.wanwu("replay", "run", "PING-01")).stderr)
        self.expect(EXIT_BAD_INPUT, self.wanwu("replay", "run", "NONE-01"))
        capture = self.folder / "run/wire/SECOND-01~same.pcapng"
        read = subprocess.run(["tshark", "-n", "-r", capture, "-o", "tcp.check_checksum:TRUE", "-T", "fields", "-e", "_ws.col.Info", "-e",
                               "tcp.checksum.status", "-Y", "mqtt"], capture_output=True, text=True, timeout=60)
        self.assertEqual(["Connect Command\t1", "Connect Ack\t1"] * 2, read.stdout.splitlines()[:4], read.stderr)

    def test_nothing_is_sent_when_the_command_line_is_wrong(self):
        self.suite()
        scenario = ROOT / "examples/01-quick-load/quick.scenario.yaml"
        for arguments, said in (
                (["amqp"], "one of: mqtt-3.1.1 mqtt-5.0"),
                (["small.suite.yaml", "--only", "PNG-01"], "did you mean 'PING-01'?"),
                (["small.suite.yaml", "--only", "level:most"], "there is no level 'most'"),
                (["small.suite.yaml", "--skip", "*"], "no case of small is left to play"),
                (["small.suite.yaml", "--profile", "odd"], "it has default, max-qos-0, retain-off"),
                (["small.suite.yaml", "--target", "mqtt://192.0.2.7:1883"], "limits.allow"),
                (["small.suite.yaml", "--target", "mqtts://127.0.0.1"], "is no URL"),
                (["small.suite.yaml", "--target", "none.target.yaml"], "cannot be read"),
                (["small.suite.yaml", "--to", "csv=x"], "no report format 'csv' for suites"),
                ([scenario, "--only", "x"], "--only is for suites"),
                ([scenario, "--to", "tap=x"], "no report format 'tap' for loads")):
            with self.subTest(arguments=arguments):
                done = self.expect(EXIT_BAD_INPUT, self.wanwu("run", *arguments))
                self.assertIn(said, done.stderr)
                self.assertFalse((self.folder / "runs").exists())

    def test_a_dry_run_lists_and_sends_nothing(self):
        self.suite()
        done = self.expect(EXIT_PASS, self.wanwu("run", "small.suite.yaml", "--target", "mqtt://127.0.0.1:9", "--only", "SECOND-01", "--dry-run"))
        self.assertIn("2 of 3 cases against mqtt://127.0.0.1:9 (default)", done.stdout)
        self.assertFalse((self.folder / "runs").exists())

    def test_progress_is_lines_for_programs_or_nothing_when_so_wished(self):
        self.suite()
        done = self.expect(EXIT_PASS, self.wanwu("run", "small.suite.yaml", "--profile", "default", "--no-bundle", "--progress", "json"))
        told = [json.loads(line) for line in done.stderr.splitlines()]
        self.assertEqual({"PING-01", "SECOND-01/same", "SECOND-01/other"}, {one["id"] for one in told})
        quiet = self.expect(EXIT_PASS, self.wanwu("run", "small.suite.yaml", "--profile", "default", "--no-bundle", "--quiet"))
        self.assertTrue(quiet.stdout.startswith("PASS"), quiet.stdout)
        self.assertEqual("", quiet.stderr)

    def test_a_folder_is_a_suite_and_wire_logs_are_kept_as_wished(self):
        (self.folder / "ours").mkdir()
        self.write("ours/suite.yaml", SUITE)
        for wish, count in (("all", 6), ("none", 0), ("failures", 0)):
            with self.subTest(wire=wish):
                self.expect(EXIT_PASS, self.wanwu("run", "ours", "--profile", "default", "--wire", wish, "--out", f"run-{wish}"))
                self.assertEqual(count, len(list((self.folder / f"run-{wish}").glob("wire/*"))))

    def test_a_target_file_runs_programs_only_when_told_to(self):
        self.suite()
        target = ROOT / "examples/07-conformance/embedded.target.yaml"
        refused = self.expect(EXIT_BAD_INPUT, self.wanwu("run", "small.suite.yaml", "--target", target))
        self.assertIn("say --hooks", refused.stderr)
        self.expect(EXIT_PASS, self.wanwu("run", "small.suite.yaml", "--target", target, "--hooks", "--out", "run"))
        self.assertEqual(6, len(self.summary("run")["suite"]["profiles"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
