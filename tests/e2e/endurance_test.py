"""The endurance run of the bench in its three-minute form: storms, a target that is killed and returns, and no growth."""
import json
import os
import pathlib
import subprocess
import unittest

from harness import ROOT, WANWU, Case


class Endurance(Case):
    def test_three_minutes_with_storms_and_a_killed_target_leave_no_growth_and_nobody_behind(self):
        out = self.folder / "endurance.json"
        done = subprocess.run(
            ["/usr/bin/python3", str(ROOT / "tests/bench/endurance.py"), "--things", "10000", "--minutes", "3", "--storm-every", "0.5",
             # So few connections weigh little beside the latencies of a busy machine, which are all different and all kept.
             "--memory-spread", "0.06", "--json", str(out)],
            env={**os.environ, "WANWU_BUILD": str(pathlib.Path(WANWU).parent)}, capture_output=True, text=True, timeout=280)
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        seen = json.loads(out.read_text())
        self.assertEqual(7, len(seen["demands"]))
        for one in seen["demands"]:
            # Whether its loop was in time is the machine's doing too; what must not depend on it is asked here.
            if not one["what"].startswith("the loop"):
                self.assertTrue(one["holds"], f"{one}\n{done.stdout}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
