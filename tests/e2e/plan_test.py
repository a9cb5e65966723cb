"""What plan and doctor say before a run, held against the run and against this machine."""
import json
import statistics
import unittest

from harness import EXIT_BAD_INPUT, EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS, Case

WORLD = """wanwu: scenario/v1
name: three-ways
TARGET
things:
  meter:  { model: builtin/meter, count: 2000, every: 1 s, over: mqtt }
  lamp:   { model: builtin/streetlight, count: 1500, every: 2 s, over: coap }
  sensor: { model: builtin/air-station, count: 200, every: 1 s, over: http }
phases:
  - ramp: 4 s
  - hold: 16 s
"""


class Plan(Case):
    def world(self, target=""):
        return self.write("three.scenario.yaml", WORLD.replace("TARGET", target))

    def near(self, predicted, measured, what):
        self.assertTrue(0.8 * measured <= predicted <= 1.2 * measured, f"{what}: predicted {predicted}, measured {measured}")

    def test_what_is_predicted_is_what_a_run_takes(self):
        ports = self.target()
        world = self.world("target: { " + ", ".join(f'{via}: "{via}://{ports[via]}"' for via in ("mqtt", "coap", "http")) + " }")
        plan = json.loads(self.expect(EXIT_PASS, self.wanwu("plan", world, "--workers", "1", "--json")).stdout)
        done = self.wanwu("run", world, "--workers", "1", "--no-witness", "--out", "run")
        self.assertIn(done.returncode, (EXIT_PASS, EXIT_INCONCLUSIVE), done.stdout + done.stderr)  # a busy machine makes it late
        summary = self.summary("run")
        seconds = [json.loads(line) for line in (self.folder / "run/series.ndjson").read_text().splitlines()]
        last = seconds[-1]["now"]
        # Who is kept from running for a moment sends more in the next second: the largest of them says nothing.
        rates = [(after["now"]["due"] - before["now"]["due"]) / after["len"]
                 for before, after in zip(seconds, seconds[1:]) if after["phase"] == 1 and after["len"] > 0.5]
        self.near(plan["things"], summary["totals"]["connected_max"], "things")
        self.near(plan["sockets"], summary["generator"]["descriptors_max"], "sockets")
        self.assertEqual(1500, plan["endpoints"])
        self.assertEqual(plan["ports"], summary["generator"]["ports"])
        self.near(plan["duration_ms"], summary["run"]["duration_ms"], "duration")
        self.near(plan["messages_total"], summary["totals"]["sent"], "messages")
        self.near(plan["bytes_total"], sum(way[0] for way in last["wire"].values()), "bytes")
        self.near(plan["messages_per_s_max"], statistics.median(rates), "rate")
        self.near(plan["memory_bytes"], summary["generator"]["memory_max_bytes"], "memory")

    def test_memory_of_many_is_predicted_too(self):
        for over, count in (("mqtt", 15_000), ("coap", 200_000), ("http", 100_000)):
            with self.subTest(over=over):
                address = self.target("--connections", str(count + 100))[over]
                world = self.write(f"{over}.scenario.yaml", f"""wanwu: scenario/v1
target: {{ {over}: "{over}://{address}" }}
things: {{ meter: {{ model: builtin/meter, count: {count}, every: 60 s, over: {over} }} }}
phases: [ {{ ramp: 8 s }}, {{ hold: 2 s }} ]
""")
                plan = json.loads(self.expect(EXIT_PASS, self.wanwu("plan", world, "--workers", "1", "--json")).stdout)
                done = self.wanwu("run", world, "--workers", "1", "--no-witness", "--out", f"run-{over}")
                self.assertIn(done.returncode, (EXIT_PASS, EXIT_INCONCLUSIVE), done.stdout + done.stderr)  # late is no matter here
                itself = self.summary(f"run-{over}")["generator"]
                self.near(plan["memory_bytes"], itself["memory_max_bytes"], f"memory of {count} over {over}")

    def test_a_small_world_is_carried_and_the_first_limit_named(self):
        done = self.expect(EXIT_PASS, self.wanwu("doctor", self.world()))
        self.assertIn("Enough for three-ways", done.stdout)
        self.assertIn("the first limit it would meet is", done.stdout)
        told = json.loads(self.expect(EXIT_PASS, self.wanwu("doctor", self.world(), "--json")).stdout)
        self.assertIn(told["breaks_first"], [check["name"] for check in told["checks"]])
        self.assertTrue(0 < told["used"] < 1)

    def test_a_world_too_large_is_refused_with_what_breaks_first_and_its_cure(self):
        too_large = self.world()
        too_large.write_text(too_large.read_text().replace("count: 2000", "count: 8000000"))
        told = json.loads(self.expect(EXIT_FAIL, self.wanwu("doctor", too_large, "--json")).stdout)
        self.assertFalse(told["enough"])
        broken = next(check for check in told["checks"] if check["name"] == told["breaks_first"])
        self.assertEqual(("bad", told["used"]), (broken["state"], broken["used"]))
        self.assertTrue(broken["raise"])
        text = self.expect(EXIT_FAIL, self.wanwu("doctor", too_large)).stdout
        self.assertIn("Not enough for three-ways: the limit that breaks first is " + told["breaks_first"], text)

    def test_what_is_no_scenario_is_bad_input(self):
        self.expect(EXIT_BAD_INPUT, self.wanwu("doctor", self.world("target: { mqtt: nonsense }")))
        self.expect(EXIT_BAD_INPUT, self.wanwu("doctor", "absent.yaml"))
        self.expect(EXIT_BAD_INPUT, self.wanwu("doctor", self.world(), "-n", "5"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
