"""The generator judges itself: what it measures of itself, and what it says when it was the limit."""
import os
import pathlib
import select
import signal
import subprocess
import sys
import unittest

from harness import EXIT_INCONCLUSIVE, EXIT_PASS, WANWU, Case, until

BURN = "import os, sys\nos.sched_setaffinity(0, {int(sys.argv[1])})\nwhile True: pass"


def threads(process):
    return sorted(int(task.name) for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir())


class Generator(Case):
    def begin(self, *arguments, **options):
        """A run of 400 meters against the embedded target as a process of its own."""
        url = "mqtt://" + self.target()["mqtt"]
        return self.start(WANWU, "load", url, "-n", "400", "--every", "1s", "--for", "8s", "--ramp", "1s", "--workers", "2",
                          "--no-witness", "--progress", "json", "--out", "run", *arguments, cwd=self.folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def reach_hold(self, process):
        def there():
            if select.select([process.stderr], [], [], 0)[0]:
                return '"hold"' in process.stderr.readline()
            self.assertIsNone(process.poll(), "ended too early")
            return False
        until(there, 30, "the phase hold")

    def burn_beside(self, core):
        for _ in range(2):
            self.start(sys.executable, "-c", BURN, core)

    def expect_own_limit(self, process):
        out, err = process.communicate(timeout=90)
        self.assertEqual(EXIT_INCONCLUSIVE, process.returncode, out + err)
        self.assertIn("the generator was the limit", out)
        summary = self.summary("run")
        self.assertEqual("inconclusive", summary["verdict"])
        self.assertTrue(any("the generator was the limit" in reason for reason in summary["reasons"]), summary["reasons"])
        self.assertTrue(all(limit["result"] == "inconclusive" for limit in summary["thresholds"]), summary["thresholds"])
        return summary["generator"]

    def test_a_process_that_is_stopped_again_and_again_was_the_limit(self):
        process = self.begin()
        self.addCleanup(lambda: process.poll() is None and process.send_signal(signal.SIGCONT))
        self.reach_hold(process)
        for _ in range(4):
            process.send_signal(signal.SIGSTOP)
            select.select([], [], [], 0.3)
            process.send_signal(signal.SIGCONT)
            select.select([], [], [], 0.3)
        itself = self.expect_own_limit(process)
        self.assertGreater(itself["late_ratio"], 0.01)
        self.assertGreater(itself["lateness"]["max_us"], 200_000)
        self.assertGreater(itself["drift_ratio"], 0.05)
        self.assertGreater(itself["drift_max_us"], 250_000)

    def test_a_processor_burnt_beside_the_generator_was_the_limit(self):
        core = min(os.sched_getaffinity(0))
        process = self.begin()
        self.reach_hold(process)
        for thread in threads(process)[1:]:
            os.sched_setaffinity(thread, {core})
            os.setpriority(os.PRIO_PROCESS, thread, 19)
        self.burn_beside(core)
        itself = self.expect_own_limit(process)
        self.assertGreater(itself["late_ratio"], 0.001)
        self.assertGreater(itself["cpu_wait_max"], 0.2)
        self.assertTrue(any("while others had the processor" in reason for reason in self.summary("run")["reasons"]))

    def test_one_worker_held_up_is_enough(self):
        core = min(os.sched_getaffinity(0))
        process = self.begin()
        self.reach_hold(process)
        worker = threads(process)[1]
        os.sched_setaffinity(worker, {core})
        os.setpriority(os.PRIO_PROCESS, worker, 19)
        self.burn_beside(core)
        itself = self.expect_own_limit(process)
        self.assertLess(itself["late_ratio"], 0.75, "the other worker was in time")

    def test_what_a_run_measured_of_itself_is_in_every_report(self):
        url = "mqtt://" + self.target()["mqtt"]
        done = self.wanwu("load", url, "-n", "300", "--every", "1s", "--for", "5s", "--ramp", "1s", "--workers", "1", "--out", "run",
                          "--to", "html=r.html")
        self.assertIn(done.returncode, (EXIT_PASS, EXIT_INCONCLUSIVE), done.stdout + done.stderr)
        itself = self.summary("run")["generator"]
        self.assertEqual(itself["planned"], itself["lateness"]["count"])
        self.assertLessEqual(itself["lateness"]["p50_us"], itself["lateness"]["max_us"])
        self.assertTrue(300 <= itself["descriptors_max"] <= 300 + 64, itself["descriptors_max"])
        self.assertGreaterEqual(itself["descriptor_limit"], 1000)
        self.assertGreaterEqual(itself["tcp_sockets_max"], 600, "both ends")
        self.assertGreater(itself["ports"], 1000)
        self.assertGreater(itself["links"]["samples"], 50)
        self.assertGreater(itself["links"]["segments"], 0)
        self.assertGreater(itself["links"]["round_trip_max_us"], 0)
        self.assertGreater(itself["tcp_segments"], 1000)
        self.assertGreater(itself["memory_max_bytes"], 5_000_000)
        self.assertLess(itself["clock_jump_max_us"], 1_000_000)
        self.assertIn("starts late by p50", done.stdout)
        page = (self.folder / "r.html").read_text()
        for label in ("How late starts were", "Loop late", "Waited for a processor, at most", "Descriptors of the fullest worker", "Largest jump of the wall clock"):
            self.assertIn(label, page)
        self.assertIn("starts late by p50", self.wanwu("report", "run").stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
