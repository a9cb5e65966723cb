"""The bench's own rows, small and once: that they work and that program and target count alike, not how fast it is."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

from harness import ROOT, WANWU, Case

KEYS = {"name", "unit", "ours", "floor", "peer", "limit", "holds"}


class Bench(Case):
    def rows(self, *names):
        out = self.folder / "rows.json"
        done = subprocess.run(
            ["/usr/bin/python3", str(ROOT / "tests/bench/run.py"), "--quick", "--only", *names, "--json", str(out),
             "--markdown", str(self.folder / "rows.md")],
            env={**os.environ, "WANWU_BUILD": str(pathlib.Path(WANWU).parent)}, capture_output=True, text=True, timeout=200)
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)  # 1: a limit does not hold, which is not asked here
        rows = json.loads(out.read_text())
        table = (self.folder / "rows.md").read_text().splitlines()
        self.assertEqual([f"| `{row['name']}` |" for row in rows], [line[:len(row["name"]) + 6] for row, line in zip(rows, table[2:])])
        self.assertEqual({8}, {line.count("|") for line in table})
        return rows, done

    def check(self, row, done):
        self.assertLessEqual(KEYS, row.keys())
        self.assertEqual({"min", "median", "max"}, row["ours"].keys())
        self.assertTrue(0 < row["ours"]["min"] <= row["ours"]["median"] <= row["ours"]["max"], row)
        self.assertTrue(row["counters_agree"], f"{row}\n{done.stderr}")

    def test_a_row_of_each_protocol_counts_what_its_target_counts(self):
        rows, done = self.rows("mqtt-qos0", "http-post", "coap-con", "ratios")
        self.assertEqual(["mqtt-qos0", "http-post", "coap-con", "coap-con", "ratios"], [row["name"] for row in rows])
        for row in rows:
            self.check(row, done)
        for row in rows[:-1]:
            self.assertGreater(row["floor"], 0)
        floors = rows[0]["ours"]["median"] / rows[0]["floor"]
        self.assertAlmostEqual(15.2 / 2.3 / floors, rows[-1]["ours"]["median"], delta=0.1)  # of the row measured here
        self.assertEqual(round(1.25 * rows[0]["floor"], 1), round(rows[0]["limit"], 1))

    def test_a_table_stands_between_the_marks_of_a_page_and_leaves_the_rest_alone(self):
        sys.path.insert(0, str(ROOT / "tests/bench"))
        self.addCleanup(sys.path.remove, str(ROOT / "tests/bench"))
        from row import MARKS, row, write_markdown
        page = self.folder / "page.md"
        page.write_text(f"# Title\n\n{MARKS[0]}\nstale\n{MARKS[1]}\n\nThe rest.\n")
        for name in ("first", "second"):
            write_markdown([row(name, "B", [1.0], limit=2)], page)
            text = page.read_text()
            self.assertTrue(text.startswith(f"# Title\n\n{MARKS[0]}\n| row "), text)
            self.assertTrue(text.endswith(f"{MARKS[1]}\n\nThe rest.\n"), text)
            self.assertIn(f"| `{name}` | B | 1.00 |", text)
        self.assertNotIn("first", text)
        self.assertNotIn("stale", text)

    def test_connections_are_counted_by_the_broker(self):
        rows, done = self.rows("mqtt-idle-bytes")
        self.check(rows[0], done)
        self.assertEqual(400, rows[0]["limit"])

    def test_rows_of_size_count_what_their_targets_count(self):
        rows, done = self.rows("gateway-1m", "mqtt-sink", "scaling")
        self.assertEqual(["gateway-1m"] + ["mqtt-sink"] * 3 + ["scaling"] * 4, [row["name"] for row in rows])
        for row in rows:
            self.check(row, done)
        self.assertEqual(1.0, rows[0]["limit"])
        self.assertEqual(400_000, rows[3]["limit"])
        self.assertEqual(rows[4]["ours"]["median"], rows[5]["floor"])  # the smallest size is what the others are held to

    def test_an_invented_world_has_one_digest_on_any_number_of_workers(self):
        rows, done = self.rows("virtual-10m")
        for row in rows:
            self.check(row, done)  # the digests agree
        self.assertRegex(rows[0]["digest"], "^[0-9a-f]{16}$")

    def test_rows_of_a_million_count_what_their_target_counts(self):
        rows, done = self.rows("mqtt-1m", "coap-1m")
        self.assertEqual(["mqtt-1m"] * 4 + ["coap-1m"] * 2, [row["name"] for row in rows])
        for row in rows:
            self.check(row, done)

    def test_an_unknown_row_is_refused(self):
        done = subprocess.run(["/usr/bin/python3", str(ROOT / "tests/bench/run.py"), "--only", "mqtt-qos9"],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(2, done.returncode)
        self.assertIn("mqtt-qos0-paced", done.stderr)


if __name__ == "__main__":
    unittest.main()
