"""`load --flood`: a closed loop, in which each connection sends again when it is answered."""
import unittest

from harness import EXIT_PASS, Case

SECONDS = 2


class Flood(Case):
    def test_a_closed_loop_goes_on_with_each_answer(self):
        ports = self.target()
        for over in ("mqtt", "coap", "http"):
            with self.subTest(over=over):
                done = self.expect(EXIT_PASS, self.wanwu("load", f"{over}://{ports[over]}", "-n", "1", "--flood", "1", "--for", f"{SECONDS}s",
                                                         "--no-witness", "--out", over))
                totals = self.summary(over)["totals"]
                self.assertEqual(0, totals["errors"], done.stdout)
                self.assertEqual(totals["sent"], totals["acknowledged"] + totals["cut_off"])
                # An open loop's beat is a millisecond; who waited for it would send two thousand.
                self.assertGreater(totals["sent"], 3 * SECONDS * 1000, done.stdout)
                self.assertIn("closed loop", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
