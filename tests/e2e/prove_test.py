"""Every case of the shipped suites can fail, and leaves the target the choices that the standard leaves it."""
import json
import unittest

from harness import EXIT_BAD_INPUT, EXIT_FAIL, EXIT_PASS, Case

BLIND = """wanwu: suite/v1
id: blind
title: A case that sees nothing
roles:
  tester: { link: mqtt-raw }
cases:
  - id: BLIND-01
    group: blind
    objective: The IUT answers PINGREQ.
    preamble:
      - open: { as: tester, set: {} }
    body:
      - stimulus: { as: tester, packet: PINGREQ, expect: { packet: PINGRESP } }
    mutants:
      - { as: tester, drop: { packet: PINGRESP } }
      - { as: tester, inject: { packet: PINGRESP }, after: { packet: PINGRESP } }
"""


class Prove(Case):
    def proven(self, suite):
        path = self.folder / f"{suite}.json"
        done = self.wanwu("prove", suite, "--json", path, seconds=400)
        if done.returncode != EXIT_PASS:
            self.fail(done.stdout[:4000] + done.stderr[:1000])
        found = json.loads(path.read_text())
        self.assertTrue(found["proven"])
        self.assertEqual(found["total"]["mutants"], found["total"]["noticed"])
        self.assertGreater(found["total"]["mutants"], len(found["cases"]))
        self.assertTrue(all(row["clean"] == "pass" for row in found["cases"]))

    def test_mqtt_311(self):
        self.proven("mqtt-3.1.1")

    def test_mqtt_5(self):
        self.proven("mqtt-5.0")

    def test_a_blind_case_is_found_out(self):
        path = self.write("blind.suite.yaml", BLIND)
        done = self.expect(EXIT_FAIL, self.wanwu("prove", path))
        self.assertIn("BLIND-01", done.stdout)
        self.assertIn("mutant unnoticed", done.stdout)
        self.assertIn("blind.suite.yaml:16", done.stdout)
        self.assertIn("mutation score 50 %", done.stdout)

    def test_one_case_alone(self):
        done = self.expect(EXIT_PASS, self.wanwu("prove", "mqtt-5.0", "--only", "clause:3.12.4-1", "--jobs", "1"))
        self.assertIn("100 %", done.stdout)
        self.expect(EXIT_BAD_INPUT, self.wanwu("prove", "mqtt-5.0", "--only", "NO-SUCH-CASE"))


if __name__ == "__main__":
    unittest.main()
