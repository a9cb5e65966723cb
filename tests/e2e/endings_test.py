"""How runs end that are hurried, cut short of descriptors, or in each other's way."""
import json
import pathlib
import resource
import select
import shutil
import signal
import struct
import subprocess
import time
import unittest

from harness import EXIT_BAD_INPUT, EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS, WANWU, Case, broken_datagram_server, broken_server, mqtt_packets, until

LOAD = ["-n", "5", "--every", "200ms", "--progress", "json"]

# On a busy machine the generator is late too; what counts here is what is said of connections.
CROWD = """wanwu: scenario/v1
name: crowd
target: { mqtt: "mqtt://127.0.0.1:PORT" }
things:
  meter: { model: builtin/meter, count: 300, every: 500 ms }
phases:
  - { name: ramp, ramp: 1 s }
  - { name: calm, hold: 2 s }
  - { name: dark, hold: 4 s, storm: blackout }
storms:
  blackout: { share: 100 %, drop: abrupt, dark: 1 s, return: { within: 1 s, backoff: none } }
thresholds:
  - things.connected max >= 99 % in calm
  - generator.late ratio <= 100 %
"""


def few_descriptors(count):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


def never_acknowledges(connection):
    """A broker that lets everybody in, grants one subscription, and acknowledges no message."""
    for first, body in mqtt_packets(connection):
        if first >> 4 == 1:
            connection.sendall(bytes.fromhex("2003000000"))
        elif first >> 4 == 8:
            connection.sendall(struct.pack("!BBHBB", 0x90, 4, struct.unpack("!H", body[:2])[0], 0, 1))


def never_answers(connection):
    for _ in mqtt_packets(connection):
        pass


def listens(connection):
    while connection.recv(1 << 16):
        pass


class Endings(Case):
    def begin(self, *arguments, **options):
        return self.start(WANWU, *arguments, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          **options)

    def reach(self, process, second):
        """Reads progress until the run is `second` seconds old."""
        def there():
            if not select.select([process.stderr], [], [], 0)[0]:
                self.assertIsNone(process.poll(), "ended too early")
                return False
            line = process.stderr.readline()
            return line.startswith("{") and json.loads(line)["t_s"] >= second
        until(there, 30, f"second {second} of the run")

    def interrupt(self, server, second, length, times, within, scheme="mqtt"):
        with server as port:
            process = self.begin("load", f"{scheme}://127.0.0.1:{port}", *LOAD, "--ramp", "1s", "--for", length, "--out", "run",
                                 "--no-witness")
            self.reach(process, second)
            asked = time.monotonic()
            for _ in range(times):
                process.send_signal(signal.SIGINT)
                until(lambda: process.poll() is not None or "once more" in process.stderr.readline(), 20, "it is heard")
            out, err = process.communicate(timeout=30)
            self.assertLess(time.monotonic() - asked, within, out + err)
            self.assertEqual(130, process.returncode, out + err)
            self.assertEqual(130, self.summary("run")["exit_code"])

    def test_an_interrupt_before_anything_is_connected(self):
        self.interrupt(broken_server(never_answers), second=1, length="1min", times=1, within=25)

    def test_an_interrupt_while_the_end_waits_for_answers(self):
        self.interrupt(broken_server(never_acknowledges), second=3, length="1s", times=1, within=25)

    def test_a_second_interrupt_ends_what_the_first_would_wait_for(self):
        self.interrupt(broken_server(never_acknowledges), second=2, length="1min", times=2, within=8)

    def test_an_interrupt_while_a_server_owes_answers_over_coap_and_http(self):
        for scheme, server in (("coap", broken_datagram_server(lambda *_: None)), ("http", broken_server(listens))):
            with self.subTest(scheme=scheme):
                self.interrupt(server, second=2, length="1min", times=1, within=25, scheme=scheme)
                shutil.rmtree(self.folder / "run")

    def test_an_interrupt_before_the_first_connection(self):
        process = self.begin("load", "-n", "1000", "--ramp", "1min", "--out", "run", "--progress", "none")
        until((self.folder / "run/manifest.json").exists, 20, "the bundle is begun")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        self.assertEqual(130, process.returncode, out + err)
        self.assertEqual(130, self.summary("run")["exit_code"])

    def test_an_interrupt_before_anything_is_begun(self):
        process = self.begin("load", "--out", "run")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        # Before the program listens for signals, the system ends it.
        self.assertIn(process.returncode, (-signal.SIGINT, 130), out + err)
        self.assertNotIn("internal error", err)

    def test_an_interrupt_of_a_proof(self):
        process = self.begin("prove", "mqtt-5.0", "--jobs", "2")
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        target = until(children.read_text, 20, "the target is started").split()[0]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(130, process.returncode, out + err)
        self.assertRegex(out, r"^interrupted after .* cases were proven until then\n$")
        self.assertFalse(pathlib.Path(f"/proc/{target}").exists(), "the target is ended too")

    def test_two_runs_at_once_into_one_folder(self):
        load = ["load", "-n", "5", "--every", "100ms", "--ramp", "1s", "--for", "1s", "-q", "--out", "run"]
        both = [self.begin(*load), self.begin(*load)]
        for process in both:
            process.wait(60)
        codes = sorted(process.returncode for process in both)
        # Whoever came first runs to its end; on a busy machine it may have been late.
        self.assertIn(codes, ([EXIT_PASS, EXIT_BAD_INPUT], [EXIT_BAD_INPUT, EXIT_INCONCLUSIVE]))
        self.assertEqual(0, self.summary("run")["totals"]["errors"])
        self.assertEqual(sum(codes) - EXIT_BAD_INPUT, self.summary("run")["exit_code"])

    def limited(self, descriptors, *arguments):
        return self.wanwu("load", *arguments, "-n", "1000", "--every", "2s", "--ramp", "2s", "--for", "2s", "--out", "run", "-q",
                          preexec_fn=few_descriptors(descriptors))

    def test_what_one_table_of_descriptors_cannot_hold_is_held_by_more_workers(self):
        done = self.limited(200)
        # Late on a busy machine is inconclusive; what counts here is that all were connected.
        self.assertIn(done.returncode, (EXIT_PASS, EXIT_INCONCLUSIVE), done.stdout + done.stderr)
        totals = self.summary("run")["totals"]
        self.assertEqual((1000, 0), (totals["connected_max"], totals["errors"]))

    def test_descriptors_that_run_out_in_the_middle_of_a_run(self):
        process = self.begin("run", self.write("crowd.scenario.yaml", CROWD.replace("PORT", str(self.mosquitto()))), "--out", "run",
                             "--progress", "json")
        self.reach(process, 2)
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (100, 100))
        out, err = process.communicate(timeout=60)
        self.assertEqual(EXIT_INCONCLUSIVE, process.returncode, out + err)
        self.assertRegex(out, "this machine could not start .* operations .descriptors, ports or memory; see wanwu doctor")
        self.assertRegex(out, "reconnect over mqtt: local error, Too many open files")
        self.assertEqual(300, self.summary("run")["totals"]["connected_max"])

    def test_a_target_that_runs_out_of_descriptors(self):
        crowd = CROWD.replace("PORT", str(self.mosquitto(preexec_fn=few_descriptors(100))))
        done = self.expect(EXIT_FAIL, self.wanwu("run", self.write("crowd.scenario.yaml", crowd), "--out", "run"))
        self.assertIn("things.connected max >= 99 % in calm is", done.stdout)
        self.assertIn("connect over mqtt: broken link", done.stdout)

    def test_descriptors_that_no_number_of_workers_makes_enough(self):
        done = self.expect(EXIT_BAD_INPUT, self.limited(60))
        self.assertRegex(done.stderr, "workers.*\n.*descriptor limit")


if __name__ == "__main__":
    unittest.main(verbosity=2)
