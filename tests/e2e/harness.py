"""What the end-to-end tests share: the program, servers that others wrote, servers that are broken on purpose.

Nothing here waits a fixed time: every wait is for a condition, with a deadline.
"""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

WANWU = os.environ.get("WANWU", str(pathlib.Path(__file__).parents[2] / "build/release/wanwu"))
ROOT = pathlib.Path(__file__).parents[2]
EXIT_PASS, EXIT_FAIL, EXIT_BAD_INPUT, EXIT_INCONCLUSIVE, EXIT_BUG = 0, 1, 2, 3, 5


def free_port(kind=socket.SOCK_STREAM):
    """A port that was free a moment ago, outside the ephemeral range so that no client takes it meanwhile. Processes
    that run side by side look from places far apart: until a server listens its port is free to all of them."""
    for port in range(20000 + os.getpid() * 37 % 11000, 32000):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def until(condition, seconds, what):
    """Polls `condition` until it is true; a failure says what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        select.select([], [], [], 0.02)


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Case(unittest.TestCase):
    """One test with a folder of its own and processes that are ended with it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wanwu-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, *command, **options):
        process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()

    def wanwu(self, *arguments, seconds=90, **options):
        """Runs the program to its end in the test's folder. A hang is a failure that shows what was printed."""
        command = [WANWU, *map(str, arguments)]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=self.folder,
                                  timeout=seconds, **options)
        except subprocess.TimeoutExpired as hung:
            self.fail(f"still running after {seconds} s: {command}\n{hung.stdout}\n{hung.stderr}")
        if done.returncode < 0 or "Sanitizer" in done.stderr:
            self.fail(f"crashed ({done.returncode}): {command}\n{done.stdout}\n{done.stderr}")
        return done

    def measured(self, *arguments, seconds=90):
        """As wanwu(), and the kernel's own count of the memory it held at most, in bytes."""
        command = [WANWU, *map(str, arguments)]
        with (self.folder / "stdout").open("w") as out, (self.folder / "stderr").open("w") as err:
            # The address checker would keep what is freed.
            checker = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=self.folder,
                                       env={**os.environ, "ASAN_OPTIONS": checker})
        said = lambda: ((self.folder / "stdout").read_text(), (self.folder / "stderr").read_text())

        def ended():
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            return (status, used) if pid else None
        try:
            status, used = until(ended, seconds, f"{command} ends")
        except AssertionError:
            process.kill()
            process.wait()
            self.fail(f"still running after {seconds} s: {command}\n{said()}")
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode < 0 or "Sanitizer" in said()[1]:
            self.fail(f"crashed ({process.returncode}): {command}\n{said()}")
        return subprocess.CompletedProcess(command, process.returncode, *said()), used.ru_maxrss * 1024

    def expect(self, code, done):
        self.assertEqual(code, done.returncode, f"{done.args}\n--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}")
        return done

    def on_time(self, code, *arguments, out, **options):
        """Runs the program into the bundle `out` and expects `code`. A machine that is not ours alone may keep the generator
        from a core, which it then says instead of its verdict: such a run is made again. Eight of them are a failure, and
        so is any other reason."""
        for attempt in range(8):
            shutil.rmtree(self.folder / out, ignore_errors=True)
            done = self.wanwu(*arguments, "--out", out, **options)
            if done.returncode != EXIT_INCONCLUSIVE or code == EXIT_INCONCLUSIVE:
                break
            reasons = self.summary(out)["reasons"]
            self.assertTrue(reasons and all("the generator" in why for why in reasons), done.stdout)
        return self.expect(code, done)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def summary(self, bundle):
        return json.loads((self.folder / bundle / "summary.json").read_text())

    def mosquitto(self, settings="", **options):
        port = free_port()
        config = self.write(f"mosquitto-{port}.conf",
                            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n"
                            f"sys_interval 1\n{settings}\n")
        self.start("/usr/sbin/mosquitto", "-c", config, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        until(lambda: accepts(port), 10, "mosquitto listens")
        return port

    def target(self, *arguments):
        """The embedded target as a program of its own; returns its ports by protocol."""
        read_end, write_end = os.pipe()
        self.start(WANWU, "target", "--mqtt", "127.0.0.1:0", "--coap", "127.0.0.1:0", "--http", "127.0.0.1:0",
                   "--ready-fd", write_end, *arguments, pass_fds=[write_end], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
        os.close(write_end)
        with os.fdopen(read_end) as ready:
            self.assertTrue(select.select([ready], [], [], 20)[0], "the target says where it listens")
            return json.loads(ready.readline())


def mqtt_packets(connection):
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


def reset(connection):
    """Closes by RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Faulty(Case):
    """A short load against a target of `scheme` that is broken on purpose, and what must come of it whatever it does."""
    scheme = "mqtt"
    memory_max = 250 << 20  # less than a hostile server sends on one connection
    # On a busy machine the generator is late too; what counts here is what is said of the target.
    scenario = """wanwu: scenario/v1
name: faults
target: { SCHEME: "SCHEME://127.0.0.1:PORT" }
things:
  meter: { model: builtin/meter, count: 10, every: 200 ms, over: SCHEME }
phases:
  - ramp: 1 s
  - hold: 3 s
thresholds:
  - telemetry.errors ratio < 1 %
  - generator.late ratio <= 100 %
"""

    def load(self, port, *more):
        path = self.write("faults.scenario.yaml", self.scenario.replace("SCHEME", self.scheme).replace("PORT", str(port)))
        done, peak = self.measured("run", path, "--progress", "plain", "--out", "run", *more, seconds=60)
        self.assertTrue((self.folder / "run/summary.json").exists(), f"a bundle with its summary is written\n{done.stderr}")
        self.assertEqual(done.returncode, self.summary("run")["exit_code"])
        self.assertLess(peak, self.memory_max, "memory stays bounded")
        return done

    def probe(self, port, code):
        return self.expect(code, self.wanwu("probe", f"{self.scheme}://127.0.0.1:{port}", "--within", "1s"))

    def ends(self, port, code, *words):
        """With `code`; one of `words` names the cause."""
        done = self.expect(code, self.load(port))
        said = (done.stdout + done.stderr).lower()
        self.assertTrue(any(word in said for word in words), f"the cause is named, one of {words}:\n{said}")
        return done


def by_chance(low, high):
    """Another number in each process, and told, so that what failed can be repeated."""
    number = random.Random(os.getpid()).randint(low, high)
    print(f"by chance: {number}", file=sys.stderr, flush=True)
    return number


@contextlib.contextmanager
def child(work):
    """A process of its own that does `work()` until it is ended."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@contextlib.contextmanager
def broken_datagram_server(behave):
    """A UDP server in a child process; `behave(socket, datagram, peer)` does the damage to whoever sends one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        heard.bind(("127.0.0.1", free_port(socket.SOCK_DGRAM)))

        def serve():
            while True:
                try:
                    behave(heard, *heard.recvfrom(65536))
                except ConnectionRefusedError:  # of a client that left meanwhile
                    pass
        with child(serve):
            yield heard.getsockname()[1]


@contextlib.contextmanager
def broken_server(behave):
    """A TCP server on a thread-free loop in a child process; `behave(connection)` does the damage to each client."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", free_port()))
    listener.listen(1000)

    def serve():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                try:
                    behave(connection)
                finally:
                    os._exit(0)
            connection.close()
    with listener, child(serve):
        yield listener.getsockname()[1]


def run_side_by_side(jobs=6):
    """unittest.main() for tests that mostly wait: each in a process of its own, some at a time."""
    if len(sys.argv) > 1:
        return unittest.main(verbosity=2)
    loaded = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    names = [".".join(test.id().split(".")[1:]) for case in loaded for test in case]
    one = lambda name: subprocess.run([sys.executable, sys.argv[0], name], capture_output=True, text=True)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        failed = 0
        for name, done in zip(names, pool.map(one, names)):
            print(name, "ok" if done.returncode == 0 else f"FAILED\n{done.stdout}{done.stderr}", flush=True)
            failed += done.returncode != 0
    print(f"{len(names)} tests, {failed} failed")
    sys.exit(1 if failed or not names else 0)
