# Rows about size: how much one machine carries, and what it costs as it grows.
import statistics
import sys

import generators
import worlds
from generators import BUILD, floor, wanwu
from row import A_MESSAGE, agree, beside_floor, effort, load, row
from targets import Embedded, Sink

RATE = 20_000  # messages a second of all things together, whatever their number


def sent_together(many):
    """What `--flood` does with so many in flight on a connection: they leave with one send(). So does the floor."""
    return f"{A_MESSAGE}, {many} a send" if many > 1 else f"{A_MESSAGE}, one a send"


def mqtt_sink(folder):
    """Saturated, into a sink that only receives, so that the generator is what is measured. Floor and ours make the same
    number of send() calls of the same bytes. One message a send() costs a system call each, which alone is more than
    400,000/s leave; three are the fewest with which the floor is well above that."""
    things = 100 if effort.quick else 1_000
    with Sink(folder, BUILD / "tests/bench/bench_sink") as target:
        for many in (1, 3):
            made = beside_floor("mqtt-sink", sent_together(many), target, 1.2,
                                lambda: load(folder, target, "mqtt", things, "--qos", 0, "--flood", many),
                                lambda: floor("mqtt-qos0", target, connections=things, batch=many,
                                              operations=effort.of(1_000_000) * many))
            yield made
        rates = [1e6 / made["ours"][which] for which in ("min", "median", "max")]
        yield row("mqtt-sink", f"messages a CPU second, {many} a send", rates, 1e6 / made["floor"], None, 400_000,
                  "at least 400,000/s", at_least=True, sound=made["counters_agree"])


def gateway_1m(folder):
    """A gateway passes on once in a while what its things have reported since, with one send(): a hundred messages."""
    things, each, beat, hold = (20_000, 100, 1, "3 s") if effort.quick else (1_000_000, 1_000, 5, "16 s")
    rate = 2_000 if effort.quick else RATE
    connections, every = things // each, f"{things // rate} s"
    together = beat * rate // connections  # what the things of a gateway report in a beat
    scenario_of = lambda target: worlds.gateways(folder, target.port, things, each, every, "1 s", hold, collect=f"{beat} s")
    with Embedded(folder, generators.WANWU, "mqtt") as target:
        yield beside_floor(
            "gateway-1m", f"{A_MESSAGE}, {together} a send, {things:,} things, {connections:,} gateways", target, None,
            lambda: wanwu(folder, ["run", scenario_of(target)], things),
            lambda: floor("mqtt-qos0-paced", target, connections=connections, rate=rate, operations=3 * rate, batch=together),
            limit=1.0, must_be_in_time=True)


def virtual_10m(folder):
    """The program itself, its sink in place of a target: all that is sent is rendered, counted and digested. The second
    run has three workers and must give the same digest; only the first is measured."""
    things = 100_000 if effort.quick else 10_000_000
    scenario = worlds.mixed(folder, things, "10 min", "1 min", "59 min")
    runs = [generators.invented(scenario, workers) for workers in (1, 3)]
    print(f"  virtual-10m: digest {runs[0]['digest']} of {runs[0]['operations']:,} messages", file=sys.stderr)
    same = runs[0]["digest"] == runs[1]["digest"] and agree("messages", runs[0]["operations"], runs[1]["operations"])
    first = runs[0]
    yield row("virtual-10m", f"messages a CPU second, {things:,} things", [first["operations"] / first["cpu"]],
              limit=2_000_000, rule="at least 2 million/s", at_least=True, sound=same, digest=first["digest"])
    yield row("virtual-10m", f"MB of memory, {things:,} things", [first["bytes"] / 1e6], limit=1_500, rule="1.5 GB", sound=same)


def scaling(folder):
    """One rate for all sizes, so that only their number differs. What a message of 1,000 things costs is the floor."""
    sizes = (1_000, 4_000) if effort.quick else (1_000, 10_000, 100_000, 1_000_000)
    rate = 2_000 if effort.quick else RATE
    hold = "4 s" if effort.quick else "5 s"

    def through_gateways(target, things):
        each = max(1, things // 1_000)
        return worlds.gateways(folder, target.port, things, each, f"{things * 1000 // rate} ms", "2 s", hold)

    def by_themselves(target, things):
        return worlds.coap_requests(folder, target.port, things, f"{things * 1000 // rate} ms", hold)

    for service, how, scenario_of in (("mqtt", "MQTT, 1,000 gateways", through_gateways), ("coap", "CoAP endpoints", by_themselves)):
        with Embedded(folder, generators.WANWU, service) as target:
            least = None
            for things in sizes:
                runs, is_sound, late = [], True, 0
                for _ in range(effort.repeats):
                    had = target.count()
                    seen = wanwu(folder, ["run", scenario_of(target, things)], things)
                    is_sound &= agree("scaling", seen["operations"], target.count() - had) and not seen["errors"]
                    late = max(late, seen["late"])
                    runs.append(seen["per_million"])
                least = least or statistics.median(runs)
                yield row("scaling", f"{A_MESSAGE}, {things:,} {how}", runs, least, None, 1.3 * least, "1.3 x that of 1,000",
                          sound=is_sound, late=late)
