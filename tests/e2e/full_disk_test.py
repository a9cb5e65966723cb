"""A disk that is full, from the start or in the middle of a run: it is said, what was written stays readable, the verdict comes.

Each test mounts a small file system where nobody else sees it (a mount namespace of its own), which takes root or a kernel that lets
users have namespaces. Where neither is given these tests fail and say so.
"""
import os
import subprocess
import unittest

from harness import EXIT_BAD_INPUT, EXIT_INCONCLUSIVE, EXIT_PASS, WANWU, Case

# On a busy machine the generator is late too; here it may be.
SCENARIO = """wanwu: scenario/v1
name: small
things:
  meter: { model: builtin/meter, count: 50, every: 100 ms }
phases:
  - ramp: 1 s
  - hold: 5 s
thresholds:
  - telemetry.errors ratio < 1 %
  - generator.late ratio <= 100 %
"""
UNSHARE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]


class FullDisk(Case):
    def on_small_disk(self, kilobytes, script, seconds=90):
        """Runs `script` where the folder `disk` is a file system of so many kilobytes; its last command decides. What it leaves
        there is in `kept` afterwards."""
        (self.folder / "disk").mkdir()
        self.write("small.scenario.yaml", SCENARIO)
        mount = f"mount -t tmpfs -o size={kilobytes}k none disk || exit 77\n"
        text = f"{mount}(\n{script}\n)\ncode=$?\ncp -r disk kept 2>copying\nexit $code\n"
        try:
            done = subprocess.run([*UNSHARE, "sh", "-c", text], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=self.folder,
                                  timeout=seconds)
        except subprocess.TimeoutExpired as hung:
            self.fail(f"still running after {seconds} s\n{hung.stdout}\n{hung.stderr}")
        if done.returncode == 77 or "unshare" in done.stderr:
            self.fail(f"this test must mount a file system, and may not here: run it as root\n{done.stderr}")
        if done.returncode > 130 or "Sanitizer" in done.stderr:
            self.fail(f"crashed ({done.returncode}):\n{done.stdout}\n{done.stderr}")
        return done

    def test_full_from_the_start_is_bad_input_and_leaves_nothing_in_the_way(self):
        done = self.expect(EXIT_BAD_INPUT, self.on_small_disk(
            64, f"head -c 1M /dev/zero >disk/ballast 2>filling\n{WANWU} run small.scenario.yaml -q --out disk/run"))
        self.assertIn("cannot write manifest.json in disk/run: No space left on device", done.stderr)
        self.assertFalse((self.folder / "kept/run").exists())

    def test_full_in_the_middle_of_a_run(self):
        done = self.on_small_disk(32, f"{WANWU} run small.scenario.yaml -q --out disk/run")
        self.expect(EXIT_PASS, done)
        self.assertRegex(done.stdout, "bundle +cannot write .* in disk/run: No space left on device; what follows was kept in memory only")
        self.assertIn("thresholds", done.stdout)
        told = self.expect(EXIT_PASS, self.wanwu("report", "kept/run"))
        self.assertIn("the run was cut", told.stdout)

    def test_full_in_the_middle_of_a_suite(self):
        done = self.on_small_disk(96, f"{WANWU} run mqtt-5.0 --target mqtt://127.0.0.1:{self.mosquitto()} --only group:mqtt/connect "
                                      "--wire all --out disk/run -q")
        self.assertRegex(done.stdout, "bundle +cannot write .* in disk/run: No space left on device; what follows was kept in memory only")
        told = self.expect(EXIT_PASS, self.wanwu("report", "kept/run"))
        self.assertIn("the run was cut", told.stdout)

    def test_no_room_for_a_report_that_was_asked_for(self):
        done = self.on_small_disk(16, f"{WANWU} run small.scenario.yaml -q --out run --to html=disk/page.html")
        self.expect(EXIT_INCONCLUSIVE, done)
        self.assertIn("disk/page.html: No space left on device", done.stderr)

    def test_no_room_for_what_is_printed(self):
        done = self.on_small_disk(16, f"{WANWU} run small.scenario.yaml -q --out run >/dev/full")
        self.expect(EXIT_INCONCLUSIVE, done)
        self.assertIn("cannot write to the standard output: No space left on device", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
