# The rows of a million things: connections that stand, endpoints that speak, a world of all three protocols. Generator and
# embedded target share the machine, as threads and descriptors allow; nothing is pinned.
import json
import pathlib
import subprocess
import sys
import threading
import urllib.request

import million_worlds
from generators import BUILD, InTime, PINNED, WANWU, cpu_of, floor, private_bytes, program
from row import agree, effort, row
from targets import TARGET_CORE, Target, free_port, listens, wait_for


class Platform(Target):
    """`wanwu target` with as many shards as its connections need, on a core of its own or on whatever core is free."""

    def __init__(self, folder, connections, *options, pinned=False):
        super().__init__(folder)
        self.connections, self.options, self.core = connections, options, ["taskset", "-c", str(TARGET_CORE)] if pinned else []

    def start(self, ports=None):
        self.mqtt, self.coap, self.http = ports or (free_port(), free_port(), free_port())
        self.port = self.coap  # where the floor's requests go
        log = open(self.folder / "Platform.log", "ab")
        self.process = subprocess.Popen(
            [*self.core, str(WANWU), "target", "--quiet", "--mqtt", f"127.0.0.1:{self.mqtt}", "--coap", f"127.0.0.1:{self.coap}",
             "--http", f"127.0.0.1:{self.http}", "--connections", str(self.connections), *self.options], stdout=log, stderr=log)
        wait_for("wanwu target does not listen", lambda: listens(self.http))

    def stats(self):
        return json.load(urllib.request.urlopen(f"http://127.0.0.1:{self.http}/stats", timeout=60))


class Memory(threading.Thread):
    """The most memory of the machine that was in use beyond what was used at the start."""

    def __init__(self):
        super().__init__(daemon=True)
        self.most, self.done = used_memory(), threading.Event()

    def run(self):
        while not self.done.wait(1):
            self.most = max(self.most, used_memory())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()


def used_memory():
    facts = dict(line.split(":") for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
    return (int(facts["MemTotal"].split()[0]) - int(facts["MemAvailable"].split()[0])) * 1024


def follow(folder, scenario, things, *options, pinned=False):
    """`wanwu run`, told by its own progress lines: when all things stood, what it cost between two lines of a phase."""
    summary = pathlib.Path(folder) / "summary.json"
    process = subprocess.Popen(
        [*(PINNED if pinned else []), str(WANWU), "run", str(scenario), "--no-witness", "--no-bundle", "--progress", "json", "--to", f"json={summary}", *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    seen = {"stood_after": None, "bytes": 0, "phases": {}, "said": ""}
    try:
        for line in process.stderr:
            if not line.startswith("{"):
                seen["said"] += line
                continue
            now = json.loads(line)
            if now["t_s"] > now["total_s"]:
                continue
            point = {"t": now["t_s"], "cpu": cpu_of(process.pid), "sent": now["sent"], "connected": now["things"]["connected"]}
            seen["phases"].setdefault(now["phase"], []).append(point)
            seen["bytes"] = max(seen["bytes"], private_bytes(process.pid))
            if seen["stood_after"] is None and point["connected"] == things:
                seen["stood_after"] = point["t"]
        code = process.wait(60)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stderr.close()
    if code not in (0, 1, 3):
        raise RuntimeError(f"wanwu run: exit code {code}, {seen['said'].strip()}")
    seen["summary"] = json.loads(summary.read_text())
    return seen


def late_in(seen, phase):
    """Share of its starts that the generator was late with in a phase; None when nothing was planned in it."""
    for one in seen["summary"]["thresholds"]:
        if one["text"].startswith("generator.late ratio") and one["phase"] == phase:
            return one.get("value_ratio")
    raise RuntimeError(f"no threshold on generator.late in {phase}")


def cost(points):
    """CPU µs of the generator for each message between the first and the last of these progress lines."""
    first, last = points[0], points[-1]
    if last["sent"] == first["sent"]:
        raise RuntimeError("nothing was sent")
    return (last["cpu"] - first["cpu"]) / (last["sent"] - first["sent"]) * 1e6


def things_of(many):
    return many // effort.share


def mqtt_1m(folder):
    """All connect, each publishes once a minute for three minutes, a fifth is cut off and returns."""
    things = things_of(1_000_000)
    ramp, minutes = (4, 6) if effort.quick else (80, 180)
    bare = program(BUILD / "tests/bench/bench_floor_million", "connect", "--connections", things, pinned=False)
    with Platform(folder, things, "--no-coap") as target, Memory() as machine:
        before = used_memory()
        scenario = million_worlds.standing_mqtt(folder, target.mqtt, things, ramp, minutes)
        with InTime(things // 60) as bare_loop:
            seen = follow(folder, scenario, things)
        counted = target.stats()
        total = seen["summary"]["totals"]
        # What the storm cut off on its way may have arrived or not.
        lost = max(0, total["acknowledged"] - counted["mqtt_publishes_in"])
        back = seen["phases"]["return"][-1]["connected"] == things
        within = min(max(counted["mqtt_publishes_in"], total["sent"] - total["cut_off"]), total["sent"])
        sound = agree("mqtt-1m", within, counted["mqtt_publishes_in"]) and back and not total["errors"]
        if not back:
            print("  mqtt-1m: not all that were cut off came back", file=sys.stderr)
        if total["errors"]:
            print(f"  mqtt-1m: {total['errors']} operations failed", file=sys.stderr)
    name = "mqtt-1m"
    stood = seen["stood_after"] or float("inf")
    yield row(name, f"s until {things:,} stood", [min(stood, 1e9)], bare["wall"], limit=max(90, 5 * bare["wall"]),
              rule="90 s, or 5 x bare TCP where that is more", sound=sound, lost=lost)
    yield row(name, "user-space bytes a connection", [seen["bytes"] / things], limit=400, rule="400 B", sound=sound)
    planned, late = seen["summary"]["generator"]["planned"], seen["summary"]["generator"]["late"]
    in_time = None if bare_loop.late_ratio is None else 1e6 * (1 - bare_loop.late_ratio)
    if bare_loop.longest_ms is not None:
        print(f"  {name}: a processor stood still for up to {bare_loop.longest_ms:.1f} ms", file=sys.stderr)
    yield row(name, "of a million starts in time after the ramp", [1e6 * (planned - late) / planned], in_time, limit=1e6, rule="all",
              at_least=True, sound=sound, late=late)
    yield row(name, "GB of the machine in use, at most", [machine.most / 1e9], floor_is=before / 1e9, limit=20 * 1.073741824,
              rule="20 GiB", sound=sound)


def coap_1m(folder):
    """Each endpoint with a source address of its own, a CON POST once a minute, Observe on one in a hundred."""
    endpoints = things_of(1_000_000)
    hold = "5s" if effort.quick else "30s"
    with Platform(folder, 100, "--no-mqtt", pinned=True) as target:
        scenario = million_worlds.observing_coap(folder, target.coap, endpoints, hold)
        ours, floors, most, sound = [], [], 0, True
        for _ in range(effort.repeats):
            floors.append(floor("coap-con", target, connections=endpoints, rate=max(endpoints // 60, 128),
                                operations=effort.of(384_000))["per_million"])
            had = target.stats()
            seen = follow(folder, scenario, endpoints, "--workers", "1", pinned=True)
            has = target.stats()
            ours.append(cost(seen["phases"]["hold"]))
            most = max(most, seen["bytes"])
            posts = has["telemetry"] - had["telemetry"]
            sound &= agree("coap-1m", seen["summary"]["totals"]["sent"], posts) and not seen["summary"]["totals"]["errors"]
    bare = sorted(floors)[len(floors) // 2]
    yield row("coap-1m", f"CPU µs an exchange, {endpoints:,} endpoints", ours, bare, limit=1.5 * bare, rule="1.5 x floor", sound=sound)
    yield row("coap-1m", "MB of user memory", [most / 1e6], limit=150, rule="150 MB", sound=sound)


def world_1m(folder):
    """The mixed world: a ramp, then its rate in five steps; the highest at which nothing was late is the result."""
    share = things_of(1_000_000) / 1_000_000
    ramp, step = (6, 3) if effort.quick else (270, 60)
    with Platform(folder, int(620_000 * share) + 2_000) as target, Memory() as machine:
        scenario, things = million_worlds.region(folder, target, share, ramp, step)
        seen = follow(folder, scenario, things)
        sound = not seen["summary"]["totals"]["errors"]
    name, rates = "world-1m", []
    for phase in million_worlds.REGION_STEPS:
        points = seen["phases"].get(phase, [])
        if len(points) > 1 and late_in(seen, phase) == 0:
            rates.append((points[-1]["sent"] - points[0]["sent"]) / (points[-1]["t"] - points[0]["t"]))
    stood = seen["stood_after"] or float("inf")
    yield row(name, f"s until {things:,} stood", [min(stood, 1e9)], limit=300, rule="5 min", sound=sound)
    yield row(name, "messages/s with nothing late", [max(rates, default=0)], limit=16_000 * share, rule="16,000/s to 36,000/s",
              at_least=True, sound=sound)
    yield row(name, "user-space bytes a thing", [seen["bytes"] / things], limit=400, rule="400 B", sound=sound)
    yield row(name, "GB of the machine in use, at most", [machine.most / 1e9], limit=20 * 1.073741824, rule="20 GiB", sound=sound)
