"""MQTT over WebSocket in suites: the target of our own, Debian's mosquitto, and targets that name no address for it."""
import unittest

from harness import EXIT_BAD_INPUT, EXIT_FAIL, EXIT_PASS, ROOT, Case

GROUP = "group:mqtt/websocket"
# Mosquitto 2.0 looks at no frame's kind: MQTT-6.0.0-1 demands that it closes.
MOSQUITTO_FAILS = ["WS-TEXT-01/empty", "WS-TEXT-01/packet", "WS-TEXT-01/packet-in-utf-8", "WS-TEXT-01/part-in-utf-8",
                   "WS-TEXT-01/part-of-a-packet", "WS-TEXT-02"]
MOSQUITTO = ROOT / "examples/07-conformance/mosquitto.target.yaml"


class WebSocket(Case):
    def verdicts(self, bundle):
        return {one["id"]: one["verdict"] for one in self.summary(bundle)["cases"]}

    def test_the_embedded_target_keeps_every_clause_in_every_configuration(self):
        for suite, clauses in (("mqtt-3.1.1", "MQTT311"), ("mqtt-5.0", "MQTT5")):
            with self.subTest(suite=suite):
                done = self.expect(EXIT_PASS, self.wanwu("run", suite, "--only", GROUP, "--out", suite))
                found = self.verdicts(suite)
                self.assertGreater(len(found), 15)
                self.assertEqual({"pass"}, set(found.values()))
                covered = self.summary(suite)["coverage"][clauses]
                self.assertEqual([], [one for one in covered["uncovered"] if "6.0.0" in str(one)], done.stdout)

    def test_each_case_can_fail_and_leaves_the_target_its_choices(self):
        for suite in ("mqtt-3.1.1", "mqtt-5.0"):
            with self.subTest(suite=suite):
                self.assertIn("100 %", self.expect(EXIT_PASS, self.wanwu("prove", suite, "--only", GROUP)).stdout)

    def test_a_target_without_an_address_for_it_is_not_concerned(self):
        port = self.mosquitto()
        self.wanwu("run", "mqtt-5.0", "--only", GROUP, "--only", "CONNECT-FIRST-*", "--target", f"mqtt://127.0.0.1:{port}", "--out", "run")
        found = self.verdicts("run")
        self.assertEqual({"not_applicable"}, {verdict for name, verdict in found.items() if name.startswith("WS-")})

    def test_mosquitto_takes_text_frames_and_keeps_the_rest(self):
        done = self.expect(EXIT_FAIL, self.wanwu("run", "mqtt-3.1.1", "--only", GROUP, "--target", MOSQUITTO, "--hooks",
                                                 "--profile", "default", "--out", "run"))
        failed = sorted(name for name, verdict in self.verdicts("run").items() if verdict != "pass")
        self.assertEqual(MOSQUITTO_FAILS, failed, done.stdout)
        refused = self.expect(EXIT_BAD_INPUT, self.wanwu("replay", "run", failed[0], "--target", MOSQUITTO, "--hooks"))
        self.assertIn("went over WebSocket, which replay does not speak", refused.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
