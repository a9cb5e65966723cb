"""Suites on the command line: what is listed, described and refused. Nothing is sent."""
import json
import shutil
import unittest

from harness import EXIT_BAD_INPUT, EXIT_PASS, ROOT, Case

VECTORS = ROOT / "tests/vectors/suites"


class Suites(Case):
    def said(self, *arguments):
        return self.expect(EXIT_PASS, self.wanwu(*arguments)).stdout

    def test_suites_that_ship_are_listed_with_their_cases(self):
        listed = self.said("list", "suites")
        for name in ("mqtt-3.1.1", "mqtt-5.0"):
            self.assertIn(name, listed)
            self.assertEqual(self.said("validate", name), f"{name}: suite/v1, no errors\n")
            cases = self.said("list", "cases", "--suite", name).splitlines()
            self.assertGreater(len(cases), 300)
            self.assertEqual(len(cases), len({line.split()[0] for line in cases}), "ids stand once")

    def test_clauses_are_counted_against_the_denominators(self):
        self.assertIn("MQTT311: 132 testable, ", self.said("list", "clauses", "--suite", "mqtt-3.1.1"))
        listed = self.said("list", "clauses", "--suite", "mqtt-5.0", "--uncovered")
        self.assertIn("MQTT5: 238 testable, ", listed)
        self.assertIn("MQTT5U: 63 testable, 63 with a case, 0 left out, 0 without", listed)

    def test_a_folder_is_a_suite_too_and_what_it_leaves_out_is_listed(self):
        (self.folder / "mine").mkdir()
        self.write("mine/suite.yaml", """wanwu: suite/v1
id: mine
title: Mine
specs: { RIP: { title: Region IoT Profile, requirements: rip.csv } }
roles: { c: { link: mqtt } }
cases:
  - { id: A, group: x, objective: The IUT answers., clause: RIP 1.1, body: [ open: { as: c } ] }
""")
        self.write("mine/rip.csv", "id,level,text\n1.1,must,It answers\n1.2,may,It sings\n1.3,should,It waits\n")
        self.write("mine/uncovered.csv", "id,reason\n1.3,No clock is at hand to measure it by\n")
        listed = self.said("list", "clauses", "mine", "--uncovered")
        self.assertIn("1.2 ", listed)
        self.assertNotIn("1.1 ", listed)
        self.assertNotIn("1.3 ", listed)
        self.assertIn("RIP: 3 testable, 1 with a case, 1 left out, 1 without", listed)

    def test_a_case_is_described_in_words_with_its_clauses(self):
        text = self.said("describe", "TP_MQTT_CONNECT_002/other-id", "--suite", VECTORS / "region-mqtt.suite.yaml")
        for words in ("region-mqtt.suite.yaml:", "treats a second CONNECT", "MQTT5 3.1.0-2", "preamble\n  1  tester opens its link",
                      "tester sends CONNECT client_id=t-003 clean_start=true", "one of: the target closes the connection"):
            self.assertIn(words, text)
        clause = self.said("describe", "MQTT-3.1.0-2", "--suite", "mqtt-5.0")
        self.assertIn("MQTT5 MQTT-3.1.0-2  ", clause)
        self.assertGreater(len(clause.splitlines()), 1, "with the cases that cite it")

    def test_fields_are_listed_by_packet(self):
        fields = self.said("list", "fields", "PUBLISH")
        self.assertRegex(fields, r"PUBLISH +topic_alias +number")
        self.assertNotIn("keep_alive", fields)
        self.assertRegex(self.said("list", "fields"), r"corrupt +body_cut +number")

    def test_a_broken_suite_is_refused_with_all_its_errors(self):
        shutil.copytree(VECTORS, self.folder / "suites")
        done = self.expect(EXIT_BAD_INPUT, self.wanwu("validate", "suites/fields.suite.yaml"))
        self.assertIn("fields.suite.yaml:13:41", done.stdout)
        self.assertIn("did you mean `PUBLISH`?", done.stdout)
        self.assertGreater(done.stdout.count("error["), 20)
        self.expect(EXIT_BAD_INPUT, self.wanwu("list", "cases", "suites/fields.suite.yaml"))

    def test_names_that_are_not_there_are_answered_with_the_likely_one(self):
        for arguments, near in ((("list", "cases", "--suite", "mqtt-5"), "did you mean `mqtt-5.0`?"),
                                (("list", "claues"), "did you mean `clauses`?"),
                                (("list", "fields", "PUBLSH"), "did you mean `PUBLISH`?"),
                                (("describe", "TP_MQTT_CONNECT_01", "--suite", VECTORS / "region-mqtt.suite.yaml"),
                                 "did you mean 'TP_MQTT_CONNECT_001'?")):
            self.assertIn(near, self.expect(EXIT_BAD_INPUT, self.wanwu(*arguments)).stderr)

    def test_schemas_of_suites_and_waivers_are_printed(self):
        for kind in ("suite", "waivers"):
            schema = json.loads(self.said("schema", kind))
            self.assertTrue(schema["$id"].endswith(f"/{kind}.json"))
            self.assertIn(f"{kind}/v1", json.dumps(schema["properties"]["wanwu"]))


if __name__ == "__main__":
    unittest.main()
