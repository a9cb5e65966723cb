"""A command given to the target reaches the thing while it runs: the thing acts, answers, and the target's trail says so."""
import json
import signal
import subprocess
import unittest
import urllib.error
import urllib.request

from harness import ROOT, WANWU, Case, until

SCENARIO = """wanwu: scenario/v1
name: commands
target: live.target.yaml
things:
  mqtt_lamp: { model: builtin/streetlight, count: 1, over: mqtt, every: 200 ms }
  coap_lamp: { model: builtin/streetlight, count: 1, over: coap, every: 200 ms }
  http_lamp: { model: builtin/streetlight, count: 1, over: http, every: 200 ms }
phases:
  - hold: 1 min
"""


class Commands(Case):
    def ask(self, path, body=None):
        request = urllib.request.Request(f"http://{self.ports['http']}{path}", data=body, method="POST" if body else "GET")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            if refused.code == 404:  # not there yet
                return None
            raise

    def trail(self, command):
        return [entry["result"] for entry in self.ask(f"/audit?corr={command}")["entries"]]

    def test_a_command_over_every_protocol_is_heard_carried_out_answered_and_on_record(self):
        self.ports = self.target()
        form = (ROOT / "scenarios/targets/embedded.target.yaml").read_text().replace("every: 5 s", "every: 300 ms")
        for scheme, port in (("mqtt", 1883), ("coap", 5683), ("http", 8080)):
            form = form.replace(f"{scheme}://127.0.0.1:{port}", f"{scheme}://{self.ports[scheme]}")
        self.write("live.target.yaml", form)
        run = self.start(WANWU, "run", self.write("a.scenario.yaml", SCENARIO), "--out", "run", "-q", cwd=self.folder,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        things = until(lambda: (lambda all: len(all) == 3 and all)(self.ask("/things")["items"]), 30, "three things register")
        names = [thing["id"] for thing in things]
        given = {}
        for name in names:
            until(lambda: self.ask(f"/things/{name}/telemetry"), 30, f"{name} reports")
            given[name] = self.ask(f"/things/{name}/actions/setDim", json.dumps({"level": 0}).encode())["id"]
        for name, command in given.items():
            until(lambda: "accepted" in self.trail(command), 30, f"{name} answers")
            # A lamp dims with a time constant of 4 s.
            until(lambda: self.ask(f"/things/{name}/properties/dimming")["value"] < 80, 30, f"{name} shows what it did")
        refused = self.ask(f"/things/{names[0]}/actions/fly", b"{}")["id"]
        until(lambda: self.trail(refused)[-1] not in ("requested", "delivered"), 30, "what a thing cannot do is answered too")
        self.assertNotIn("accepted", self.trail(refused))
        run.send_signal(signal.SIGINT)
        run.wait(30)
        acks = self.summary("run")["metrics"]["ack.latency"]
        self.assertEqual(4, next(row["count"] for row in acks if not row["tags"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
