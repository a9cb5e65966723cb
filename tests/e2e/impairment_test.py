"""Faults of the way, as a scenario asks for them, between things and targets that others wrote too."""
import json
import unittest

from harness import EXIT_PASS, Case

# On a busy machine the generator is late; what counts here is what the faults do.
PATIENT = "  - generator.late ratio <= 100 %\n"


class Impairment(Case):
    def run_world(self, text, *arguments):
        path = self.write("rough.scenario.yaml", "wanwu: scenario/v1\nname: rough\nseed: 5\n" + text + PATIENT)
        self.expect(EXIT_PASS, self.wanwu("run", path, *arguments))

    def test_delay_and_loss_reach_their_kind_and_no_other_against_mosquitto(self):
        port = self.mosquitto()
        self.run_world(f"""
target: {{ mqtt: "mqtt://127.0.0.1:{port}" }}
things:
  near: {{ model: builtin/meter, count: 50, every: 500 ms, jitter: 20 % }}
  far: {{ model: builtin/meter, count: 50, every: 500 ms, jitter: 20 % }}
phases:
  - {{ name: fine, ramp: 1 s }}
  - {{ name: rough, hold: 5 s, faults: [ lte ] }}
faults:
  lte: {{ who: 'kind == "far"', delay: 100 ms, jitter: 20 ms, loss: 5 % }}
thresholds:
  - telemetry.latency{{kind=far}} min > 150 ms in rough
  - {{ check: "telemetry.latency{{kind=far}} p90 > 350 ms in rough", min_samples: 100 }}
  - {{ check: "telemetry.latency{{kind=near}} p50 < 100 ms in rough", min_samples: 100 }}
  - telemetry.errors count == 0
""", "--out", "run")
        self.assertGreater(self.summary("run")["totals"]["sent"], 800)

    def test_a_lossy_way_makes_coap_send_again_and_nothing_is_lost_in_virtual_time(self):
        world = """
things:
  probe: { model: builtin/soil-probe, count: 60, over: coap, every: 5 s, jitter: 20 % }
phases:
  - { ramp: 1 s }
  - { hold: 1 min, faults: [ radio ] }
  - { hold: 30 s }
faults:
  radio: { delay: 40 ms, loss: 10 %, duplicate: 5 %, reorder: 10 % }
thresholds:
  - telemetry.errors ratio < 1 %
  - telemetry.lost count == 0
  - coap.retransmissions count > 100
"""
        logs = []
        for workers in (1, 3):
            self.run_world(world, "--virtual", "--workers", str(workers), "--no-bundle", "--observations", "log.txt")
            logs.append((self.folder / "log.txt").read_bytes())
        self.assertEqual(logs[0], logs[1])

    def test_a_storm_over_answers_that_a_slow_target_owes_is_not_its_error(self):
        # An answer takes 200 ms, so that 70 % of the things take a fifth of what they send in a second with them.
        self.run_world("""
things:
  meter: { model: builtin/meter, count: 60, every: 500 ms, jitter: 20 % }
  lamp: { model: builtin/streetlight, count: 60, over: coap, every: 500 ms, jitter: 20 % }
  page: { model: builtin/meter, count: 60, over: http, every: 500 ms, jitter: 20 % }
phases:
  - { name: ramp, ramp: 1 s, faults: [ far ] }
  - { name: calm, hold: 6 s, faults: [ far ] }
  - { name: blackout, hold: 4 s, storm: cut, faults: [ far ] }
storms:
  cut: { share: 70 %, drop: abrupt, dark: 1 s, return: { within: 1 s, backoff: none } }
faults:
  far: { delay: 100 ms }
thresholds:
  - telemetry.errors count == 0
  - telemetry.errors ratio < 0.01 %
  - telemetry.acknowledged ratio >= 100 %
  - telemetry.lost count == 0
  - disconnects count == 0
""", "--out", "run", "--to", "md=run.md")
        totals = self.summary("run")["totals"]
        self.assertGreater(totals["cut_off"], 5)
        self.assertEqual(totals["sent"], totals["acknowledged"] + totals["cut_off"])
        self.assertIn(f"0 errors, {totals['cut_off']} cut off by the run's own storms and ramps",
                      (self.folder / "run.md").read_text())
        again = self.expect(EXIT_PASS, self.wanwu("report", "run")).stdout
        self.assertIn(f"{totals['cut_off']} cut off by the run's own storms and ramps", again)
        self.assertNotIn("\nerrors\n", again)

    def test_who_breaks_the_rules_is_thrown_out_by_mosquitto_and_the_others_do_not_notice(self):
        port = self.mosquitto("max_keepalive 60")
        self.run_world(f"""
target: {{ mqtt: "mqtt://127.0.0.1:{port}" }}
things:
  good: {{ model: builtin/meter, count: 50, every: 500 ms, jitter: 20 % }}
  rude: {{ model: builtin/meter, count: 20, every: 500 ms, jitter: 20 % }}
  gone: {{ model: builtin/meter, count: 20, every: 500 ms, jitter: 20 % }}
  restless: {{ model: builtin/meter, count: 20, every: 500 ms, jitter: 20 % }}
  twice: {{ model: builtin/meter, count: 20, every: 500 ms, jitter: 20 % }}
phases:
  - {{ name: fine, ramp: 1 s }}
  - {{ name: rough, hold: 6 s, faults: [ words, links, doors, rivals ] }}
faults:
  words: {{ who: 'kind == "rude"', garbage: 1 s, oversized: 4 s, duplicate_ids: 10 % }}
  links: {{ who: 'kind == "gone"', share: 50 %, reset: 2 s, half_open: 5 s, slow_reader: 1 kB/s }}
  doors: {{ who: 'kind == "restless"', flapping: 2 s }}
  rivals: {{ who: 'kind == "twice"', takeover: 2 s }}
thresholds:
  - disconnects{{kind=rude}} count > 20
  - disconnects{{kind=gone}} count > 5
  - disconnects{{kind=restless}} count > 10
  - disconnects{{kind=twice}} count > 10
  - disconnects{{conduct=orderly}} count == 0
  - bystander.errors count == 0
  - {{ check: bystander.latency p50 < 100 ms, min_samples: 300 }}
""", "--out", "run")
        report = self.wanwu("report", "run").stdout
        # What the broker said when it threw them out is its reason, not an error of a socket.
        self.assertRegex(report, "disconnect over mqtt: broken link, reason 0x(81|82|8d|95)")
        self.assertNotRegex(report, "Unknown error|Key was rejected")
        bystanders = self.summary("run")["totals"]["bystanders"]
        self.assertGreater(bystanders["count"], 400)
        self.assertEqual(0, bystanders["errors"])

    def test_bad_conduct_gives_the_same_log_on_any_number_of_workers_in_virtual_time(self):
        world = """
things:
  good: { model: builtin/meter, count: 40, every: 1 s, jitter: 20 % }
  rude: { model: builtin/meter, count: 40, every: 1 s, jitter: 20 % }
  restless: { model: builtin/meter, count: 40, every: 1 s, jitter: 20 % }
  page: { model: builtin/meter, count: 20, over: http, every: 1 s, jitter: 20 % }
  probe: { model: builtin/soil-probe, count: 20, over: coap, every: 2 s, jitter: 20 % }
phases:
  - { ramp: 2 s }
  - { hold: 20 s, faults: [ words, links, doors, dark ] }
  - { hold: 10 s }
faults:
  words: { who: 'kind != "good"', share: 60 %, garbage: 5 s, oversized: 15 s }
  links: { who: 'protocol != "coap" && kind != "good" && kind != "restless"', reset: 15 s, half_open: 30 s, flapping: 20 s, slow_reader: 10 kB/s, delay: 5 ms, jitter: 2 ms }
  doors: { who: 'kind == "restless"', share: 50 %, flapping: 8 s, takeover: 12 s }
  dark: { who: 'kind == "probe"', share: 20 %, black_hole: true }
thresholds:
  - bystander.errors count == 0
  - "telemetry.errors{conduct=troubled} count > 10"
"""
        logs = []
        for workers in (1, 3):
            self.run_world(world, "--virtual", "--workers", str(workers), "--no-bundle", "--observations", "log.txt")
            logs.append((self.folder / "log.txt").read_bytes())
        self.assertEqual(logs[0], logs[1])

    def test_plan_and_describe_say_what_goes_wrong_when(self):
        path = self.write("rough.scenario.yaml", """wanwu: scenario/v1
things: { probe: { model: builtin/soil-probe, count: 10, over: coap } }
phases:
  - { name: fine, hold: 1 s }
  - { name: rough, hold: 2 s, faults: [ radio ] }
  - { name: rougher, hold: 2 s, faults: [ radio ] }
faults:
  radio: { share: 50 %, delay: 40 ms, jitter: 10 ms, loss: 5 %, rate: 64 kbit/s }
""")
        does = "delay 40 ms ± 10 ms, loss 5 %, rate 64 kbit/s"
        said = self.expect(EXIT_PASS, self.wanwu("plan", path)).stdout
        self.assertIn(f"radio          50 % of all: {does}", said)
        self.assertIn("100 % online, fault radio", said)
        plan = json.loads(self.expect(EXIT_PASS, self.wanwu("plan", path, "--json")).stdout)
        self.assertEqual([{"name": "radio", "does": does, "start_ms": 1000, "end_ms": 5000}], plan["faults"])
        self.assertIn(does, self.expect(EXIT_PASS, self.wanwu("describe", "radio", path)).stdout)
        self.assertIn(does, self.expect(EXIT_PASS, self.wanwu("list", "faults", path)).stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
