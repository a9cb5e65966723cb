"""What the end-to-end tests share: the program, servers that others wrote, servers that are broken on purpose.

Nothing here waits a fixed time: every wait is for a condition, with a deadline.
"""
import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

WANWU = os.environ.get("WANWU", str(pathlib.Path(__file__).parents[2] / "build/release/wanwu"))
ROOT = pathlib.Path(__file__).parents[2]
EXIT_PASS, EXIT_FAIL, EXIT_BAD_INPUT, EXIT_INCONCLUSIVE, EXIT_BUG = 0, 1, 2, 3, 5


def free_port(kind=socket.SOCK_STREAM):
    """A port that was free a moment ago, outside the ephemeral range so that no client takes it meanwhile."""
    for port in range(20000 + os.getpid() % 5000, 32000):
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

    def expect(self, code, done):
        self.assertEqual(code, done.returncode, f"{done.args}\n--- stdout\n{done.stdout}\n--- stderr\n{done.stderr}")
        return done

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def summary(self, bundle):
        return json.loads((self.folder / bundle / "summary.json").read_text())

    def mosquitto(self, settings=""):
        port = free_port()
        config = self.write(f"mosquitto-{port}.conf",
                            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n"
                            f"sys_interval 1\n{settings}\n")
        self.start("/usr/sbin/mosquitto", "-c", config, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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


@contextlib.contextmanager
def broken_server(behave):
    """A TCP server on a thread-free loop in a child process; `behave(connection)` does the damage to each client."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", free_port()))
    listener.listen(1000)
    child = os.fork()
    if child == 0:
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
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
