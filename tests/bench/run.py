# Runs the rows of the bench and prints one line a measurement. Started by run.sh, which has built everything.
import argparse
import json
import os
import pathlib
import resource
import signal
import statistics
import subprocess
import sys
import tempfile

from targets import GENERATOR_CORE, Embedded, Mosquitto, Nginx

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
FLOOR = BUILD / "tests/bench/bench_floor"
OURS = BUILD / "tests/bench/bench_driver"
RUNS = 3
MICROSECONDS = "CPU µs per operation"


def fields(line):
    return {key: float(value) for key, value in (part.split("=") for part in line.split() if "=" in part)}


def measured(program, row, target, counted=None, **options):
    """One run: CPU-seconds per million operations, and what the program and the target counted."""
    command = ["taskset", "-c", str(GENERATOR_CORE), str(program), row, "--port", str(target.port)]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    before = counted() if counted else 0
    done = subprocess.run(command, capture_output=True, text=True, timeout=80)
    if done.returncode != 0:
        raise RuntimeError(f"{program.name} {row}: {done.stderr.strip() or done.stdout.strip()}")
    seen = fields(done.stdout)
    seen["per_million"] = seen["cpu"] / seen["operations"] * 1e6
    if counted:
        seen["counted"] = counted() - before
        if seen["counted"] != seen["operations"]:
            print(f"  {row}: {program.name} says {seen['operations']:.0f}, the target {seen['counted']}", file=sys.stderr)
    return seen


def agrees(runs):
    return all(run.get("counted", run["operations"]) == run["operations"] for run in runs)


def peer_cpu(operations, command, **more):
    """CPU-seconds per million of a peer's whole process; `operations` may read its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["taskset", "-c", str(GENERATOR_CORE), *command], capture_output=True, text=True, timeout=80, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    count = operations(done.stdout) if callable(operations) else operations
    if done.returncode != 0 or not count:
        return None
    return ((after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)) / count * 1e6


def row(name, unit, ours, floor=None, peer=None, peer_name="", limit=None, rule="", at_least=False, sound=True):
    values = [round(v, 3) for v in ours]
    median = statistics.median(values)
    holds = sound and limit is not None and (median >= limit if at_least else median <= limit)
    return {"name": name, "unit": unit, "ours": {"min": min(values), "median": median, "max": max(values)},
            "floor": None if floor is None else round(floor, 3), "peer": None if peer is None else round(peer, 3),
            "limit": None if limit is None else round(limit, 3), "holds": bool(holds), "peer_name": peer_name,
            "limit_rule": rule, "counters_agree": sound}


def against_floor(name, unit, target, factor, counted, peer=None, peer_name="", runs=RUNS, bench_row=None, **options):
    """Ours and floor in turn, so that both see the same machine."""
    ours, floors = [], []
    for _ in range(runs):
        floors.append(measured(FLOOR, bench_row or name, target, counted, **options))
        ours.append(measured(OURS, bench_row or name, target, counted, **options))
    floor = statistics.median(f["per_million"] for f in floors)
    made = row(name, unit, [o["per_million"] for o in ours], floor, peer, peer_name, factor * floor, f"{factor} x floor",
               sound=agrees(ours + floors))
    late = [o["late_ms"] for o in ours if "late_ms" in o]
    if late:
        made["late_ms"] = round(max(late), 3)
    return made


def mosquitto_pub(target, folder, qos, count):
    lines = pathlib.Path(folder) / "lines"
    lines.write_text(("x" * 100 + "\n") * count)
    with open(lines) as text:
        return peer_cpu(count, ["mosquitto_pub", "-p", str(target.port), "-t", "bench/peer", "-q", str(qos), "-l"], stdin=text)


def mqtt_qos0(folder):
    with Mosquitto(folder) as target:
        peer = mosquitto_pub(target, folder, 0, 200_000)
        yield against_floor("mqtt-qos0", MICROSECONDS, target, 1.25, target.count, peer, "mosquitto_pub", operations=500_000)


def mqtt_qos0_paced(folder):
    with Mosquitto(folder) as target:
        yield against_floor("mqtt-qos0-paced", MICROSECONDS + " at 50,000/s", target, 1.25, target.count,
                            operations=250_000, rate=50_000)
        yield against_floor("mqtt-qos0-paced", MICROSECONDS + " at 10,000/s", target, 1.25, target.count, runs=1,
                            operations=50_000, rate=10_000)


def mqtt_qos1(folder):
    with Mosquitto(folder) as target:
        peer = mosquitto_pub(target, folder, 1, 50_000)
        yield against_floor("mqtt-qos1", MICROSECONDS, target, 1.25, target.count, peer, "mosquitto_pub", operations=300_000)


def mqtt_e2e(folder):
    with Mosquitto(folder) as target:
        yield against_floor("mqtt-e2e", MICROSECONDS + " delivered", target, 1.3, target.count, connections=200,
                            operations=300_000)


def mqtt_idle_bytes(folder):
    with Mosquitto(folder) as target:
        runs = [measured(OURS, "mqtt-idle-bytes", target, connections=15_000) for _ in range(RUNS)]
        yield row("mqtt-idle-bytes", "user-space bytes per connection", [r["bytes"] / r["operations"] for r in runs], 24,
                  limit=400, rule="400 B")


def mqtt_connect(folder):
    ours, floors = [], []
    for _ in range(RUNS):  # a new broker each time: the last run's connections are still being taken down
        with Mosquitto(folder) as target:
            floors.append(measured(FLOOR, "mqtt-connect", target, operations=5_000)["per_million"])
        with Mosquitto(folder) as target:
            ours.append(measured(OURS, "mqtt-connect", target, connections=10_000)["per_million"])
    yield row("mqtt-connect", "CPU µs per connection", ours, statistics.median(floors), limit=40, rule="40 µs")


def requests_in(text):
    found = [line.split()[0] for line in text.splitlines() if "requests in" in line]
    return int(found[0]) if found else 0


def http_post(folder):
    script = pathlib.Path(folder) / "post.lua"
    script.write_text('wrk.method = "POST"\nwrk.body = string.rep("x", 100)\n'
                      'wrk.headers["Content-Type"] = "application/json"\n')
    body = pathlib.Path(folder) / "body"
    body.write_text("x" * 100)
    with Nginx(folder) as target:
        url = f"http://127.0.0.1:{target.port}/things/100001"
        ours, floors, wrk = [], [], []
        for _ in range(RUNS):
            floors.append(measured(FLOOR, "http-post", target, target.count, operations=300_000))
            ours.append(measured(OURS, "http-post", target, target.count, operations=300_000))
            wrk.append(peer_cpu(requests_in, ["wrk", "-t1", "-c1000", "-d4s", "-s", str(script), url]))
        h2load = peer_cpu(100_000, ["h2load", "--h1", "-t1", "-c1000", "-n100000", "-d", str(body), url])
        floor = statistics.median(f["per_million"] for f in floors)
        peer = statistics.median(w for w in wrk if w)
        made = row("http-post", MICROSECONDS, [o["per_million"] for o in ours], floor, peer, "wrk", peer, "1.0 x wrk",
                   sound=agrees(ours + floors))
        made["h2load"] = h2load and round(h2load, 3)
        yield made


def coap_con(folder):
    with Embedded(folder, BUILD / "wanwu") as target:
        yield against_floor("coap-con", MICROSECONDS + ", 1,000 endpoints", target, 1.5, target.count,
                            connections=1_000, operations=256_000)
        yield against_floor("coap-con", MICROSECONDS + ", 1,000,000 endpoints", target, 1.5, target.count, runs=1,
                            connections=1_000_000, operations=1_024_000)


def virtual_time(_folder):
    runs = []
    for _ in range(RUNS):
        done = subprocess.run(["taskset", "-c", str(GENERATOR_CORE), str(BUILD / "tests/bench/bench_virtual_time")],
                              capture_output=True, text=True, timeout=80, check=True)
        runs.append(fields(done.stdout))
    rates = [r["operations"] / r["cpu"] for r in runs]
    made = row("virtual-time", "events per CPU second", rates, limit=2_000_000, rule="at least 2 million/s, 64 B a thing",
               at_least=True, sound=all(r["bytes_a_thing"] <= 64 for r in runs))
    made["bytes_a_thing"] = runs[0]["bytes_a_thing"]
    yield made


ROWS = {"mqtt-qos0": mqtt_qos0, "mqtt-qos0-paced": mqtt_qos0_paced, "mqtt-qos1": mqtt_qos1, "mqtt-e2e": mqtt_e2e,
        "mqtt-idle-bytes": mqtt_idle_bytes, "mqtt-connect": mqtt_connect, "http-post": http_post, "coap-con": coap_con,
        "virtual-time": virtual_time}


def shown(value):
    return "-" if value is None else f"{value:,.2f}" if value < 10_000 else f"{value:,.0f}"


def print_row(made):
    ours = made["ours"]
    peer = shown(made["peer"]) + (f" {made['peer_name']}" if made["peer_name"] else "")
    print(f"{made['name']:<16} {made['unit']:<48} {shown(ours['min']):>10} {shown(ours['median']):>10} {shown(ours['max']):>10} "
          f"{shown(made['floor']):>8} {peer:>22} {shown(made['limit']):>10} {'holds' if made['holds'] else 'DOES NOT HOLD'}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description="Speed and memory beside a floor and the peers.")
    parser.add_argument("--only", nargs="+", choices=ROWS, metavar="NAME", default=list(ROWS), help=", ".join(ROWS))
    parser.add_argument("--json", metavar="FILE", help="write the rows as an array of objects as well")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that targets are ended on the way out
    print(f"{'name':<16} {'unit':<48} {'ours min':>10} {'median':>10} {'max':>10} {'floor':>8} {'peer':>22} {'limit':>10}")
    rows, broken = [], []
    for name in dict.fromkeys(options.only):
        with tempfile.TemporaryDirectory(prefix="wanwu-bench-") as folder:
            os.chmod(folder, 0o755)
            try:
                for made in ROWS[name](folder):
                    rows.append(made)
                    print_row(made)
            except (RuntimeError, OSError, ValueError, KeyError, subprocess.SubprocessError) as why:
                broken.append(name)
                print(f"{name:<16} could not be measured: {why}", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    sys.exit(2 if broken else 0 if all(made["holds"] for made in rows) else 1)


if __name__ == "__main__":
    main()
