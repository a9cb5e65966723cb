# Runs the rows of the bench and prints one line a measurement. Started by run.sh, which has built everything.
import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import generators
import million
import scale
import worlds
from generators import BUILD, floor, mosquitto_pub, npm_mqtt, peer_cpu, program, wanwu
from ratios import ratios
from row import A_MESSAGE, agree, beside_floor, effort, load, npm, peer_figures, row, shown, write_markdown
from targets import Embedded, Mosquitto, Nginx

def mqtt_qos0(folder):
    with Mosquitto(folder) as target:
        yield beside_floor("mqtt-qos0", A_MESSAGE, target, 1.25,
                           lambda: load(folder, target, "mqtt", 1_000, "--qos", 0, "--flood", 1),
                           lambda: floor("mqtt-qos0", target, operations=effort.of(500_000)),
                           [npm("mqtt-qos0", target, operations=200_000),
                            ("mosquitto_pub", lambda: mosquitto_pub(target, folder, 0, 200_000))])


def mqtt_qos0_paced(folder):
    with Mosquitto(folder) as target:
        for rate in (50_000, 10_000):
            yield beside_floor("mqtt-qos0-paced", f"{A_MESSAGE} at {rate:,}/s", target, 1.25,
                               lambda: load(folder, target, "mqtt", 1_000, "--qos", 0, "--rate", f"{rate}/s"),
                               lambda: floor("mqtt-qos0-paced", target, operations=effort.of(3 * rate), rate=rate),
                               [npm("mqtt-qos0-paced", target, operations=3 * rate, rate=rate)], must_be_in_time=True)


def mqtt_qos1(folder):
    with Mosquitto(folder) as target:
        yield beside_floor("mqtt-qos1", A_MESSAGE, target, 1.25,
                           lambda: load(folder, target, "mqtt", 1_000, "--qos", 1, "--flood", 1),
                           lambda: floor("mqtt-qos1", target, operations=effort.of(200_000)),
                           [npm("mqtt-qos1", target, operations=50_000),
                            ("mosquitto_pub", lambda: mosquitto_pub(target, folder, 1, 50_000))])


def mqtt_e2e(folder):
    work = {"connections": 200, "operations": effort.of(200_000)}
    with Mosquitto(folder) as target:
        ours = generators.with_options([BUILD / "tests/bench/bench_end_to_end", "mqtt-e2e", "--port", target.port], work)
        yield beside_floor("mqtt-e2e", "CPU µs a message delivered", target, 1.3, lambda: program(*ours),
                           lambda: floor("mqtt-e2e", target, **work),
                           [npm("mqtt-e2e", target, connections=200, operations=50_000)])


def idle_things(folder, target, things):
    """`wanwu run` of things that connect and say nothing yet, looked at when all stand and the target has counted them."""
    seen = wanwu(folder, ["run", worlds.idle_mqtt(folder, target.port, things)], things, target.connections)
    seen["agrees"] = agree("connections", things, seen["counted_connections"])
    return seen


def per_connection(few, many, figure, bare):
    """What each further connection costs: the difference between many and few, so that the program itself is not in it."""
    ours, floors, is_sound = [], [], True
    for _, target in fresh_brokers(effort.repeats):
        floors.append(bare(target))
    for folder, target in fresh_brokers(effort.repeats):
        small = idle_things(folder, target, few)
        with Mosquitto(folder) as other:
            large = idle_things(folder, other, many)
        is_sound &= small["agrees"] and large["agrees"]
        ours.append((large[figure] - small[figure]) / (many - few))
    return ours, statistics.median(floors), is_sound


def fresh_brokers(count):
    """A new broker each time: the last run's connections are still being taken down."""
    for _ in range(count):
        with tempfile.TemporaryDirectory(prefix="wanwu-bench-") as folder:
            os.chmod(folder, 0o755)
            with Mosquitto(folder) as target:
                yield folder, target


def mqtt_idle_bytes(_folder):
    few, many = (500, 4_000) if effort.quick else (1_000, 15_000)  # fewer would be lost among the pages that a run happens to hold
    ours, bare, is_sound = per_connection(few, many, "bytes", lambda target: bytes_each(
        floor("mqtt-idle-bytes", target, connections=many)))
    peers = []
    for _, target in fresh_brokers(1):
        peers = peer_figures(("npm mqtt", lambda: bytes_each(npm_mqtt("mqtt-idle-bytes", target, connections=2_000))))
    yield row("mqtt-idle-bytes", "user-space bytes a connection", ours, bare, peers, 400, "400 B", sound=is_sound)


def bytes_each(seen):
    return seen["bytes"] / seen["operations"]


def mqtt_connect(_folder):
    few, many = (100, 400) if effort.quick else (1_000, 10_000)
    ours, bare, is_sound = per_connection(few, many, "cpu_standing", lambda target: floor(
        "mqtt-connect", target, operations=many // 2)["per_million"])
    peers = []
    for _, target in fresh_brokers(1):
        peers = peer_figures(npm("mqtt-connect", target, connections=2_000))
    yield row("mqtt-connect", "CPU µs a connection", [1e6 * each for each in ours], bare, peers, 40, "40 µs", sound=is_sound)


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
        url = f"http://127.0.0.1:{target.port}/things/meter-000001/telemetry"
        yield beside_floor("http-post", "CPU µs a request", target, 1.0,
                           lambda: load(folder, target, "http", 1_000, "--flood", 1),
                           lambda: floor("http-post", target, operations=effort.of(200_000)),
                           [("h2load", lambda: peer_cpu(100_000, [
                               "h2load", "--h1", "-t1", "-c1000", "-n100000", "-d", str(body), url]))],
                           rival=("wrk", lambda: peer_cpu(requests_in, [
                               "wrk", "-t1", "-c1000", "-d3s", "-s", str(script), url])))


def coap_con(folder):
    with Embedded(folder, generators.WANWU) as target:
        yield beside_floor("coap-con", "CPU µs a request, 1,000 endpoints", target, 1.5,
                           lambda: load(folder, target, "coap", 1_000, "--flood", 1),
                           lambda: floor("coap-con", target, connections=1_000, operations=effort.of(256_000)))
        many = 10_000 if effort.quick else 1_000_000  # a tenth of them each second
        scenario = worlds.coap_requests(folder, target.port, many, "10 s", "5 s")
        yield beside_floor("coap-con", f"CPU µs a request, {many:,} endpoints", target, 1.5,
                           lambda: wanwu(folder, ["run", scenario], many),
                           lambda: floor("coap-con", target, connections=many, rate=many // 10, operations=effort.of(384_000)))


def virtual_time(_folder):
    runs = [program(BUILD / "tests/bench/bench_virtual_time") for _ in range(effort.repeats)]
    size = max(run["bytes_a_thing"] for run in runs)
    yield row("virtual-time", "events a CPU second", [run["operations"] / run["cpu"] for run in runs], limit=2_000_000,
              rule="at least 2 million/s, 64 B a thing", at_least=True, sound=size <= 64, bytes_a_thing=size)


def ratios_of_rows(_folder):
    """Of rows measured in this run: those asked for, and else those that it needs itself."""
    return ratios(lambda name: measured[name] if name in measured else list(measure(name)))


ROWS = {"mqtt-qos0": mqtt_qos0, "mqtt-qos0-paced": mqtt_qos0_paced, "mqtt-qos1": mqtt_qos1, "mqtt-e2e": mqtt_e2e,
        "mqtt-idle-bytes": mqtt_idle_bytes, "mqtt-connect": mqtt_connect, "http-post": http_post, "coap-con": coap_con,
        "virtual-time": virtual_time, "mqtt-1m": million.mqtt_1m, "coap-1m": million.coap_1m, "gateway-1m": scale.gateway_1m,
        "world-1m": million.world_1m, "virtual-10m": scale.virtual_10m,
        "mqtt-sink": scale.mqtt_sink, "ratios": ratios_of_rows, "scaling": scale.scaling}


def print_row(made):
    ours = made["ours"]
    peers = ", ".join(f"{name} {shown(value)}" for name, value in made["peers"].items()) or "-"
    print(f"{made['name']:<16} {made['unit']:<52} {shown(ours['min']):>10} {shown(ours['median']):>10} {shown(ours['max']):>10} "
          f"{shown(made['floor']):>7} {shown(made['limit']):>10} {'holds' if made['holds'] else 'DOES NOT HOLD':<13} {peers}",
          flush=True)


INTERRUPTED = "interrupted"
LET_GO_S = 90
LEFT_OVER = 20_000  # sockets
measured = {}  # rows by name


def sockets_in_time_wait():
    for line in pathlib.Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            return int(line.split(" tw ")[1].split()[0])
    return 0


def let_go(name):
    """Waits until what the row before had is given back: a hundred thousand ended connections hold ports for a minute, and
    while a kernel frees what a million took, messages of the next row are late."""
    until = time.monotonic() + LET_GO_S
    while (left := sockets_in_time_wait()) > LEFT_OVER:
        if time.monotonic() > until:
            print(f"  {name}: begun with {left:,} sockets in TIME_WAIT", file=sys.stderr)
            return
        time.sleep(1)


def measure(name):
    if not effort.quick:
        let_go(name)
    with tempfile.TemporaryDirectory(prefix="wanwu-bench-") as folder:
        os.chmod(folder, 0o755)  # brokers give up root
        rows = []
        for made in ROWS[name](folder):
            rows.append(made)
            yield made
        measured[name] = rows


def measure_all(names):
    rows, broken = [], []
    for name in names:
        try:
            for made in measure(name):
                rows.append(made)
                print_row(made)
        except KeyboardInterrupt:  # what was measured is written all the same
            print(f"{name:<16} interrupted", flush=True)
            return rows, [*broken, INTERRUPTED]
        except (RuntimeError, OSError, ValueError, KeyError, subprocess.SubprocessError) as why:
            broken.append(name)
            print(f"{name:<16} could not be measured: {why}", flush=True)
    return rows, broken


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description="Speed and memory beside a floor and the peers.")
    parser.add_argument("--only", nargs="+", choices=ROWS, metavar="NAME", default=list(ROWS), help=", ".join(ROWS))
    parser.add_argument("--json", metavar="FILE", help="write the rows as an array of objects as well")
    parser.add_argument("--markdown", metavar="FILE",
                        help="write them as a Markdown table as well, into FILE or between the two marks it has")
    parser.add_argument("--quick", action="store_true", help="once and small, without peers: shows that a row works")
    options = parser.parse_args()
    if options.quick:
        effort.be_quick()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that targets are ended on the way out
    print(f"{'name':<16} {'unit':<52} {'ours min':>10} {'median':>10} {'max':>10} {'floor':>7} {'limit':>10} {'':<13} peers")
    rows, broken = measure_all(dict.fromkeys(options.only))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    if options.markdown:
        write_markdown(rows, pathlib.Path(options.markdown))
    sys.exit(130 if INTERRUPTED in broken else 2 if broken else 0 if all(made["holds"] for made in rows) else 1)


if __name__ == "__main__":
    main()
