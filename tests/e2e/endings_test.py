"""How runs end that are hurried, cut short of descriptors, or in each other's way."""
import json
import resource
import select
import signal
import struct
import subprocess
import time
import unittest

from harness import EXIT_BAD_INPUT, EXIT_INCONCLUSIVE, EXIT_PASS, WANWU, Case, broken_server, until

LOAD = ["-n", "5", "--every", "200ms", "--progress", "json"]


def packets(connection):
    """(first byte, body) of each MQTT packet that arrives."""
    connection.settimeout(30)
    stream = connection.makefile("rb")
    while first := stream.read(1):
        size = shift = 0
        while True:
            byte = stream.read(1)[0]
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        yield first[0], stream.read(size)


def never_acknowledges(connection):
    """A broker that lets everybody in, grants one subscription, and acknowledges no message."""
    for first, body in packets(connection):
        if first >> 4 == 1:
            connection.sendall(bytes.fromhex("2003000000"))
        elif first >> 4 == 8:
            connection.sendall(struct.pack("!BBHBB", 0x90, 4, struct.unpack("!H", body[:2])[0], 0, 1))


def never_answers(connection):
    for _ in packets(connection):
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

    def interrupt(self, behave, second, length, times, within):
        with broken_server(behave) as port:
            process = self.begin("load", f"mqtt://127.0.0.1:{port}", *LOAD, "--qos", "1", "--ramp", "1s", "--for", length,
                                 "--out", "run", "--no-witness")
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
        self.interrupt(never_answers, second=1, length="1min", times=1, within=25)

    def test_an_interrupt_while_the_end_waits_for_answers(self):
        self.interrupt(never_acknowledges, second=3, length="1s", times=1, within=25)

    def test_a_second_interrupt_ends_what_the_first_would_wait_for(self):
        self.interrupt(never_acknowledges, second=2, length="1min", times=2, within=8)

    def test_two_runs_at_once_into_one_folder(self):
        load = ["load", "-n", "5", "--every", "100ms", "--ramp", "1s", "--for", "1s", "-q", "--out", "run"]
        both = [self.begin(*load), self.begin(*load)]
        for process in both:
            process.wait(60)
        self.assertEqual([EXIT_PASS, EXIT_BAD_INPUT], sorted(process.returncode for process in both))
        self.assertEqual("pass", self.summary("run")["verdict"])

    def limited(self, descriptors, *arguments):
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        return self.wanwu("load", *arguments, "-n", "1000", "--every", "2s", "--ramp", "2s", "--for", "2s", "--out", "run", "-q",
                          preexec_fn=limit)

    def test_what_one_table_of_descriptors_cannot_hold_is_held_by_more_workers(self):
        done = self.limited(200)
        # Late on a busy machine is inconclusive; what counts here is that all were connected.
        self.assertIn(done.returncode, (EXIT_PASS, EXIT_INCONCLUSIVE), done.stdout + done.stderr)
        totals = self.summary("run")["totals"]
        self.assertEqual((1000, 0), (totals["connected_max"], totals["errors"]))

    def test_descriptors_that_no_number_of_workers_makes_enough(self):
        done = self.expect(EXIT_BAD_INPUT, self.limited(60))
        self.assertRegex(done.stderr, "workers.*\n.*descriptor limit")


if __name__ == "__main__":
    unittest.main(verbosity=2)
