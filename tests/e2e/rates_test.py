"""Searching the highest rate a target holds, against targets of a known capacity and with a generator that is held up."""
import select
import signal
import subprocess
import unittest

from harness import EXIT_BAD_INPUT, EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS, WANWU, Case, until
from paced_server import Coap, Http, Mqtt, paced_server

FIND = ("-n", "100", "--find-rate", "p99 < 50 ms", "--step", "1s")


class Rates(Case):
    def begin(self, url, *arguments):
        return self.start(WANWU, "load", url, *FIND, "--out", "run", "--progress", "plain", *arguments, cwd=self.folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def read_until(self, process, word, between=None):
        """Reads progress until a line has `word`; calls `between` again and again meanwhile."""
        seen = []

        def there():
            if between:
                between()
            if select.select([process.stderr], [], [], 0)[0]:
                seen.append(process.stderr.readline())
                return word in seen[-1]
            self.assertIsNone(process.poll(), f"ended too early: {seen}")
            return False
        until(there, 60, word)

    def find(self, speaks, scheme, per_s, first):
        with paced_server(speaks, per_s) as port:
            done = self.on_time(EXIT_PASS, "load", f"{scheme}://127.0.0.1:{port}", *FIND, "--rate", first,
                                "--to", "html=r.html", "--to", "md=r.md", out="run", seconds=240)
        found = self.summary("run")["rate_search"]
        self.assertAlmostEqual(per_s, found["held_per_s"], delta=per_s * 0.2, msg=done.stdout)
        self.assertLessEqual(found["held_per_s"], found["not_held_per_s"])
        self.assertEqual(("target", True), (found["limit"], found["complete"]))
        self.assertIn("the target held", done.stdout)
        self.assertIn("rates tried", done.stdout)
        metrics = self.summary("run")["metrics"]
        if scheme != "coap":  # endpoints are not connected
            self.assertEqual(100, metrics["connect.tried"][0]["count"])
        self.assertEqual([], [row for row in metrics.get("reconnect.tried", []) if row["count"]], "connections stand from step to step")
        return found

    def test_the_capacity_of_an_http_server_is_found(self):
        found = self.find(Http(), "http", 800, "150/s")
        self.assertIn("the target held", self.expect(EXIT_PASS, self.wanwu("report", "run")).stdout)
        self.expect(EXIT_PASS, self.wanwu("report", "run", "--to", "json=again.json"))
        self.assertIn(f'"held_per_s": {found["held_per_s"]}', (self.folder / "again.json").read_text())
        for page in ("r.html", "r.md"):
            self.assertIn("Rates tried", (self.folder / page).read_text())

    def test_the_capacity_of_an_mqtt_server_is_found(self):
        self.find(Mqtt(), "mqtt", 1500, "400/s")

    def test_the_capacity_of_a_coap_server_is_found_from_above(self):
        self.find(Coap(), "coap", 600, "2k/s")

    def test_a_target_that_holds_nothing_fails(self):
        with paced_server(Http(), 2) as port:
            done = self.expect(EXIT_FAIL, self.wanwu("load", f"http://127.0.0.1:{port}", "-n", "20", "--find-rate",
                                                     "p99 < 5 ms", "--step", "1s", "--for", "40s", "--rate", "150/s", "--out", "run"))
        self.assertIn("no rate was held", done.stdout)

    def test_ctrl_c_gives_the_best_so_far(self):
        with paced_server(Http(), 5000) as port:
            process = self.begin(f"http://127.0.0.1:{port}")
            self.read_until(process, ": held")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        self.assertEqual(130, process.returncode, out + err)
        self.assertIn("the target held", out)
        self.assertGreater(self.summary("run")["rate_search"]["held_per_s"], 0)

    def test_a_generator_that_is_held_up_says_that_it_was_the_limit(self):
        ports = self.target()
        process = self.begin(f"mqtt://{ports['mqtt']}", "--for", "20s")
        self.addCleanup(process.send_signal, signal.SIGCONT)

        def hold_up():
            process.send_signal(signal.SIGSTOP)
            select.select([], [], [], 0.12)
            process.send_signal(signal.SIGCONT)
            select.select([], [], [], 0.12)
        self.read_until(process, "not held", hold_up)
        self.read_until(process, "not held", hold_up)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
        self.assertIn("the generator was the limit", out + err)
        search = self.summary("run")["rate_search"]
        self.assertEqual("generator", search["limit"])

    def test_what_is_no_limit_of_latency_is_refused(self):
        for limit in ("fast", "p99 > 50 ms", "telemetry.lost ratio < 1 %", "p99 < 0 ms", "p99 < 5", "p99 < 5 ms in hold"):
            self.assertIn("--find-rate", self.expect(EXIT_BAD_INPUT, self.wanwu("load", "--find-rate", limit)).stderr)
        for more in (("--flood", "3"), ("--print-scenario",), ("--step", "0s")):
            self.expect(EXIT_BAD_INPUT, self.wanwu("load", "--find-rate", "p99 < 5 ms", *more))
        self.expect(EXIT_BAD_INPUT, self.wanwu("load", "--step", "2s"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
