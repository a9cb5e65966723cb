#!/usr/bin/env python3
"""Endurance: connections that stand for an hour, a storm every five minutes, and a target that dies half-way and returns.

    tests/bench/endurance.py [--things 100000] [--minutes 60] [--storm-every 5] [--memory-spread 0.02] [--json FILE] [--csv FILE]

Prints the curve (once a storm: things, memory, descriptors, lateness), then what was demanded and whether it held:
memory after the target's return, after each storm and at the end at most 2 % (--memory-spread) and what each phase measured
above that after the first storm, no descriptor more, the loop in time, all things back after each storm and after the target
was killed, nothing counted twice. Exit code 0: all held; 1: something did not.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

from generators import WANWU
from million import Platform

DRIFT_MAX = 0.01
RESULTS_OF_A_PHASE = 150_000  # each storm is a phase of its own, and what was measured in it is kept


class Mortal(Platform):
    """The embedded target, which can be killed and come back at the same ports."""

    def __init__(self, folder, connections):
        super().__init__(folder, connections, "--no-coap")
        self.counted_before = 0
        self.ports = None

    def start(self):
        super().start(self.ports)
        self.ports = self.mqtt, self.coap, self.http

    def die_and_return(self):
        """What it had counted is asked for just before: what comes in between is nobody's."""
        self.counted_before += self.stats()["mqtt_publishes_in"]
        self.process.kill()
        self.process.wait()
        self.start()

    def counted(self):
        return self.counted_before + self.stats()["mqtt_publishes_in"]


def world(folder, port, things, minutes, storm_every):
    """Meters that report once a minute (at most a tenth of the whole); each storm takes a fifth of them away without a word."""
    every = min(60, minutes * 6)
    ramp = max(3, things // 5_000)
    storms = max(2, int(minutes // storm_every) - 1)
    dark, back = (10, 30) if storm_every >= 2 else (3, 5)
    length = int(minutes * 60 / (storms + 1))
    phases = [f"  - {{ name: ramp, ramp: {ramp} s }}", f"  - {{ name: calm, hold: {length} s }}"]
    phases += [f"  - {{ name: storm-{n + 1}, hold: {length} s, storm: gust }}" for n in range(storms)]
    listed = "\n".join(phases)
    place = pathlib.Path(folder)
    (place / "endurance.target.yaml").write_text(f"""wanwu: target/v1
name: endurance
endpoints:
  mqtt: {{ url: "mqtt://127.0.0.1:{port}", version: "5.0", client_id: "${{thing.id}}", keep_alive: 60 s, clean_start: true }}
operations:
  telemetry:
    mqtt: {{ publish: "things/${{thing.id}}/telemetry", qos: 1 }}
limits: {{ allow: [ 127.0.0.0/8 ] }}
""")
    path = place / "endurance.scenario.yaml"
    path.write_text(f"""wanwu: scenario/v1
name: endurance
target: endurance.target.yaml
things:
  meter: {{ model: builtin/meter, count: {things}, over: mqtt, every: {every} s }}
phases:
{listed}
storms:
  gust: {{ share: 20 %, drop: abrupt, dark: {dark} s, return: {{ within: {back} s, backoff: exponential }} }}
""")
    return path, ramp + length, length, storms


def play(folder, things, minutes, storm_every):
    """The run's summary, its seconds, what the target counted, and when it was killed (seconds after the start)."""
    with Mortal(folder, things + 1_000) as target:
        scenario, first_storm, length, storms = world(folder, target.mqtt, things, minutes, storm_every)
        bundle = pathlib.Path(folder) / "run"
        process = subprocess.Popen(
            [str(WANWU), "run", str(scenario), "--no-witness", "--progress", "json", "--out", str(bundle)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # Half-way, and half-way between two storms: then nobody is away by the storm's doing.
        kill_at = first_storm + length * (storms // 2) + length / 2
        killed = None
        try:
            for line in process.stderr:
                at = json.loads(line)["t_s"] if line.startswith("{") else 0
                if killed is None and at >= kill_at:
                    target.die_and_return()
                    killed = at
            said = process.stdout.read()
            if process.wait(60) not in (0, 1, 3):
                raise RuntimeError(f"wanwu run: exit code {process.returncode}, {said}")
            counted = target.counted()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()
            process.stderr.close()
    seconds = [json.loads(line) for line in (bundle / "series.ndjson").read_text().splitlines()]
    return json.loads((bundle / "summary.json").read_text()), seconds, counted, killed, first_storm, length, storms


def curve(seconds, first_storm, length, storms):
    """The last second of each phase in which all stand: of the ramp's calm, and before each storm begins and the last ends."""
    points = []
    for n in range(storms + 1):
        end = first_storm + n * length - 2
        at = max((s for s in seconds if s["t"] <= end), key=lambda s: s["t"])
        now = at["now"]
        points.append({"t_s": round(at["t"]), "storms": n, "connected": now["connected"], "memory_bytes": now["memory_bytes"],
                       "descriptors": now["self"]["descriptors"], "due": now["due"], "late": now["late"]})
    return points


def grown(first, later):
    """By how much of its memory the generator is larger than before, what it has measured since then left out."""
    results = RESULTS_OF_A_PHASE * (later["storms"] - first["storms"])
    return (later["memory_bytes"] - results) / first["memory_bytes"] - 1


def shown(first, later):
    return f"{first['memory_bytes'] / 1e6:.2f} MB, after {later['storms']} storms {later['memory_bytes'] / 1e6:.2f} MB"


def demands(things, summary, points, counted, killed, spread):
    total, itself = summary["totals"], summary["generator"]
    most_of_a_kill = things / 10  # what was sent between its last answer and its end
    after_first = points[1]
    returned = next((p for p in points if killed is not None and p["t_s"] > killed), points[-1])
    worst = max(points[2:], key=lambda p: grown(after_first, p))
    return [
        ("the target was killed and came back", killed is not None, f"at {killed} s"),
        ("all things stand before and after each storm", all(p["connected"] == things for p in points),
         f"{min(p['connected'] for p in points)} of {things}"),
        (f"memory after the target's return at most {spread:.0%} above that after the first storm, 150 kB of results a phase aside",
         grown(after_first, returned) <= spread, shown(after_first, returned)),
        ("memory after each storm and at the end as well", grown(after_first, worst) <= spread,
         shown(after_first, worst)),
        ("no descriptor more", all(p["descriptors"] == after_first["descriptors"] for p in points[2:]),
         ", ".join(str(p["descriptors"]) for p in points[1:])),
        ("the loop in time for 99 %", itself["drift_ratio"] <= DRIFT_MAX, f"late for {itself['drift_ratio']:.4%}"),
        ("nothing counted twice", counted <= total["sent"] and total["acknowledged"] <= counted + most_of_a_kill,
         f"sent {total['sent']}, acknowledged {total['acknowledged']}, the target counted {counted}")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--things", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--storm-every", type=float, default=5, metavar="MINUTES")
    parser.add_argument("--memory-spread", type=float, default=0.02, metavar="SHARE")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--csv", metavar="FILE")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wanwu-endurance-") as folder:
        summary, seconds, counted, killed, first_storm, length, storms = play(folder, wish.things, wish.minutes, wish.storm_every)
    points = curve(seconds, first_storm, length, storms)
    print(f"{'t s':>7} {'storms':>6} {'connected':>10} {'memory MB':>10} {'descriptors':>11} {'late':>10}")
    for p in points:
        print(f"{p['t_s']:>7} {p['storms']:>6} {p['connected']:>10} {p['memory_bytes'] / 1e6:>10.2f} {p['descriptors']:>11} "
              f"{p['late']:>10}")
    held = demands(wish.things, summary, points, counted, killed, wish.memory_spread)
    for what, holds, value in held:
        print(f"{'holds' if holds else 'FAILS'}  {what}: {value}")
    if wish.json:
        pathlib.Path(wish.json).write_text(json.dumps({
            "points": points, "totals": summary["totals"], "counted": counted, "killed_at_s": killed,
            "demands": [{"what": what, "holds": bool(holds), "value": value} for what, holds, value in held]}, indent=1))
    if wish.csv:
        with open(wish.csv, "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["t_s", "connected", "memory_bytes", "descriptors", "due", "late"])
            for s in seconds:
                now = s["now"]
                rows.writerow([round(s["t"], 1), now["connected"], now["memory_bytes"], now["self"]["descriptors"], now["due"],
                               now["late"]])
    return 0 if all(holds for _, holds, _ in held) else 1


if __name__ == "__main__":
    sys.exit(main())
