"""What we say we sent is what the target says it received, against programs that others wrote."""
import json
import socket
import subprocess
import unittest
import urllib.request

from harness import EXIT_PASS, Case, accepts, free_port, until

LOAD = ["-n", "100", "--every", "100ms", "--ramp", "1s", "--for", "4s", "--progress", "none"]


def total(summary, name):
    """One counter of a whole run: the row without tags and phase."""
    return sum(row["count"] for row in summary["metrics"].get(name, []) if not row["tags"] and not row["phase"])


class Counters(Case):
    def load(self, url, folder, *more):
        self.expect(EXIT_PASS, self.wanwu("load", url, *LOAD, "--out", folder, *more))
        return self.summary(folder)

    def sys_value(self, port, topic):
        got = subprocess.run(["mosquitto_sub", "-p", str(port), "-t", topic, "-C", "1", "-W", "10"], capture_output=True,
                             text=True, timeout=20)
        return int(got.stdout or 0)

    def test_mosquitto_counts_the_publishes_that_we_count(self):
        for qos in ("0", "1"):
            with self.subTest(qos=qos):
                port = self.mosquitto()
                summary = self.load(f"mqtt://127.0.0.1:{port}", f"run{qos}", "--qos", qos, "--no-witness")
                sent = total(summary, "telemetry.sent")
                self.assertGreater(sent, 3000)
                until(lambda: self.sys_value(port, "$SYS/broker/publish/messages/received") == sent, 15,
                      f"mosquitto counts {sent}")

    def test_a_subscriber_counts_the_publishes_of_qos_2_that_we_count(self):
        # mosquitto's own counter leaves QoS 2 out, so its command-line subscriber counts.
        port = self.mosquitto()
        lines = (self.folder / "heard").open("w")
        self.addCleanup(lines.close)
        subscriber = self.start("stdbuf", "-oL", "mosquitto_sub", "-p", port, "-q", "2", "-t", "things/+/telemetry", "-F", "%t", "-d",
                                stdout=lines)
        heard = lambda: (self.folder / "heard").read_text().splitlines()
        until(lambda: any("SUBACK" in line for line in heard()), 10, "mosquitto_sub is subscribed")
        sent = total(self.load(f"mqtt://127.0.0.1:{port}", "run", "--qos", "2", "--no-witness"), "telemetry.sent")
        self.assertGreater(sent, 3000)
        arrived = lambda: sum(line.startswith("things/") for line in heard())
        until(lambda: arrived() == sent, 15, f"mosquitto_sub hears {sent}")
        self.assertIsNone(subscriber.poll())

    def test_nginx_counts_the_requests_that_we_count(self):
        port = free_port()
        config = self.write("nginx.conf", f"""
            daemon off; master_process off; pid {self.folder}/nginx.pid; error_log {self.folder}/error.log;
            events {{ worker_connections 4096; }}
            http {{ access_log {self.folder}/access.log; client_body_temp_path {self.folder}/body; keepalive_requests 1000000;
                    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "ok"; }} }} }}
            """)
        self.start("/usr/sbin/nginx", "-p", self.folder, "-c", config, stderr=subprocess.DEVNULL)
        until(lambda: accepts(port), 10, "nginx listens")
        sent = total(self.load(f"http://127.0.0.1:{port}", "run"), "telemetry.sent")
        self.assertGreater(sent, 3000)
        posts = lambda: sum("POST " in line for line in (self.folder / "access.log").read_text().splitlines())
        until(lambda: posts() == sent, 10, f"nginx counts {sent}")

    def test_the_embedded_target_counts_what_we_count_on_all_three_protocols(self):
        ports = self.target()
        before = 0
        for protocol in ("mqtt", "coap", "http"):
            with self.subTest(protocol=protocol):
                address = ports[protocol]
                sent = total(self.load(f"{protocol}://{address}", f"run-{protocol}", "--no-witness"), "telemetry.sent")
                self.assertGreater(sent, 3000)
                stats = json.load(urllib.request.urlopen(f"http://{ports['http']}/stats", timeout=10))
                self.assertEqual(before + sent, stats["telemetry"], stats)
                before = stats["telemetry"]

    def test_the_coap_server_of_libcoap_answers_us(self):
        port = free_port(socket.SOCK_DGRAM)
        program = subprocess.run("dpkg -L libcoap3-bin | grep -E '/bin/coap-server' | head -1", shell=True,
                                 capture_output=True, text=True).stdout.strip()
        self.start(program, "-A", "127.0.0.1", "-p", port, "-d", "1000", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        scenario = self.write("coap.scenario.yaml", f"""wanwu: scenario/v1
target: coap-server.target.yaml
things:
  probe: {{ model: builtin/soil-probe, count: 20, every: 200 ms, over: coap }}
phases:
  - ramp: 1 s
  - hold: 3 s
thresholds:
  - telemetry.errors ratio < 1 %
""")
        self.write("coap-server.target.yaml", f"""wanwu: target/v1
name: coap-server
endpoints:
  coap: {{ url: "coap://127.0.0.1:{port}" }}
operations:
  telemetry:
    coap: {{ method: PUT, path: "/example_data", confirmable: true, body: {{ v: "${{seq}}" }}, expect: [ "2.01", "2.04" ] }}
""")
        self.expect(EXIT_PASS, self.wanwu("run", scenario, "--out", "run"))
        self.assertGreater(total(self.summary("run"), "telemetry.acknowledged"), 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
