# The targets that the generators are measured against, pinned to a core of their own, and what they counted.
import json
import os
import pathlib
import re
import socket
import subprocess
import time
import urllib.request

GENERATOR_CORE, TARGET_CORE = (sorted(os.sched_getaffinity(0)) * 2)[:2]


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise RuntimeError(f"{what} in {seconds} s")


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Target:
    """A process on the target's core, ended by its pid when the block ends."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.process = None

    def spawn(self, *command, **more):
        log = open(self.folder / f"{type(self).__name__}.log", "ab")
        self.process = subprocess.Popen(["taskset", "-c", str(TARGET_CORE), *command], stdout=log, stderr=log, **more)

    def __enter__(self):
        try:
            self.start()
        except BaseException:  # also Ctrl-C while it starts
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Mosquitto(Target):
    def start(self):
        self.port = free_port()
        config = self.folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nsys_interval 1\nset_tcp_nodelay true\n"
            "max_inflight_messages 0\nmax_queued_messages 0\nmax_queued_bytes 0\nlog_type error\nuser root\n")
        self.spawn("mosquitto" if not os.path.exists("/usr/sbin/mosquitto") else "/usr/sbin/mosquitto", "-c", str(config))
        wait_for("mosquitto does not listen", lambda: listens(self.port))
        self.monitor = Monitor(self.port)

    def count(self):
        """PUBLISH packets received, once the number has stood still for more than one of its intervals."""
        return self.monitor.settled("$SYS/broker/publish/messages/received")

    def connections(self, expected):
        """Clients connected, the monitor not among them: as soon as it is what is expected, else what it is in the end."""
        return self.monitor.awaited("$SYS/broker/clients/connected", expected + 1) - 1


class Monitor:
    """A subscriber to $SYS in fifty lines, so that the broker's own numbers need no library."""

    def __init__(self, port):
        self.values, self.held = {}, b""
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(bytes([0x10, 19]) + b"\0\4MQTT\4\2\0\0\0\7monitor")
        for topic in (b"$SYS/broker/publish/messages/received", b"$SYS/broker/clients/connected"):
            self.socket.sendall(bytes([0x82, 5 + len(topic), 0, 1, 0, len(topic)]) + topic + b"\0")

    def read(self, seconds):
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                return
            if not data:
                raise RuntimeError("mosquitto closed the monitor's connection")
            self.held += data
            while self.take_packet():
                pass

    def take_packet(self):
        if len(self.held) < 2 or len(self.held) < 2 + self.held[1]:
            return False
        packet, self.held = self.held[:2 + self.held[1]], self.held[2 + self.held[1]:]
        if packet[0] >> 4 == 3:
            size = int.from_bytes(packet[2:4], "big")
            self.values[packet[4:4 + size].decode()] = int(packet[4 + size:])
        return True

    def settled(self, topic, seconds=20):
        # Mosquitto publishes a number that has changed once a second or two (it counts whole ones).
        last, deadline = self.values.get(topic), time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.read(2.6)
            if self.values.get(topic) == last:
                return last or 0
            last = self.values.get(topic)
        return last or 0

    def awaited(self, topic, expected, seconds=30):
        deadline = time.monotonic() + seconds
        while self.values.get(topic) != expected and time.monotonic() < deadline:
            self.read(0.2)
        return self.values.get(topic, 0)


class Nginx(Target):
    def start(self):
        self.port = free_port()
        self.asked = 0
        temp = "\n".join(f"{name}_temp_path {self.folder}/{name};" for name in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.folder / "nginx.conf"
        config.write_text(
            f"daemon off; worker_processes 1; pid {self.folder}/nginx.pid; error_log {self.folder}/nginx.err;\n"
            "worker_rlimit_nofile 20000; events { worker_connections 8000; }\n"
            f"http {{ access_log off; keepalive_requests 1000000000; {temp}\n"
            f"server {{ listen 127.0.0.1:{self.port} backlog=4096; location / {{ return 204; }} "
            "location = /stub { stub_status; } } }\n")
        self.spawn("/usr/sbin/nginx", "-c", str(config), "-p", str(self.folder))
        wait_for("nginx does not listen", lambda: listens(self.port))

    def count(self):
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/stub").read().decode()
        self.asked += 1
        return int(re.search(r"(\d+) (\d+) (\d+)", text).group(3)) - self.asked


class Embedded(Target):
    """`wanwu target`, one shard, speaking `service`: mqtt or coap. What it stores is not asked for."""

    COUNTS = {"mqtt": "mqtt_publishes_in", "coap": "coap_requests"}

    def __init__(self, folder, program, service="coap"):
        super().__init__(folder)
        self.program, self.service = program, service

    def start(self):
        self.port = free_port(socket.SOCK_DGRAM if self.service == "coap" else socket.SOCK_STREAM)
        self.http = free_port()
        other = "--no-mqtt" if self.service == "coap" else "--no-coap"
        self.spawn(self.program, "target", other, f"--{self.service}", f"127.0.0.1:{self.port}", "--http",
                   f"127.0.0.1:{self.http}", "--shards", "1", "--quiet")
        wait_for("wanwu target does not listen", lambda: listens(self.http))

    def stats(self):
        return json.load(urllib.request.urlopen(f"http://127.0.0.1:{self.http}/stats"))

    def count(self):
        return self.stats()[self.COUNTS[self.service]]


class Sink(Target):
    """The bench's own: accepts, receives, counts and discards."""

    def __init__(self, folder, program):
        super().__init__(folder)
        self.program = program

    def start(self):
        self.port = free_port()
        self.spawn(self.program, "mqtt-sink", "--port", str(self.port))
        wait_for("the sink does not listen", lambda: listens(self.port))

    def ask(self):
        with socket.create_connection(("127.0.0.1", self.port)) as link:
            link.sendall(b"c")
            return {key: int(value) for key, value in (part.split("=") for part in link.recv(200).decode().split())}

    def count(self):
        """PUBLISH packets received, once all that sent them have gone and their last bytes are read."""
        wait_for("connections to the sink stay open", lambda: self.ask()["open"] == 0, 20)
        return self.ask()["messages"]
