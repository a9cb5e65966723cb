"""What we say we sent is what the target says it received, against programs that others wrote."""
import http.server
import json
import re
import select
import socket
import subprocess
import threading
import unittest
import urllib.request

from harness import EXIT_INCONCLUSIVE, EXIT_PASS, Case, accepts, free_port, until

LOAD = ["-n", "100", "--every", "100ms", "--ramp", "1s", "--for", "4s", "--progress", "none"]


def total(summary, name):
    """One counter of a whole run: the row without tags and phase."""
    return sum(row["count"] for row in summary["metrics"].get(name, []) if not row["tags"] and not row["phase"])


class Counters(Case):
    def load(self, url, folder, *more):
        done = self.wanwu("load", url, *LOAD, "--out", folder, *more)
        # Late on a busy machine is inconclusive; what is held here are the counts.
        self.assertIn(done.returncode, (EXIT_PASS, EXIT_INCONCLUSIVE), done.stdout + done.stderr)
        self.assertEqual(0, self.summary(folder)["totals"]["errors"], done.stdout)
        return self.summary(folder)

    def coap_server(self):
        port = free_port(socket.SOCK_DGRAM)
        self.start("coap-server-notls", "-A", "127.0.0.1", "-p", port, "-d", "1000", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return port

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
        port = self.coap_server()
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
        done = self.wanwu("run", scenario, "--out", "run")
        self.assertIn(done.returncode, (EXIT_PASS, EXIT_INCONCLUSIVE), done.stdout + done.stderr)
        self.assertEqual(0, total(self.summary("run"), "telemetry.errors"))
        self.assertGreater(total(self.summary("run"), "telemetry.acknowledged"), 200)

    # (as asked for, bytes): over CoAP the last goes block by block.
    sizes = (("1 B", 1), ("300 B", 300), ("4 kB", 4000))

    def load_sized(self, url, size):
        done = self.wanwu("load", url, "-n", "3", "--every", "200ms", "--ramp", "1s", "--for", "1s", "--size", size, "--no-bundle")
        self.assertRegex(done.stdout, r"sent +[1-9]\d* in .*, 0 errors")

    def test_the_size_asked_for_arrives_at_mosquitto_sub(self):
        port = self.mosquitto()
        for text, size in self.sizes:
            with self.subTest(size=text):
                heard = self.start("mosquitto_sub", "-p", port, "-t", "things/+/telemetry", "-t", "hello", "-F", "%l", "-C", "4",
                                   stdout=subprocess.PIPE, text=True)
                hello = lambda: subprocess.run(["mosquitto_pub", "-p", str(port), "-t", "hello", "-m", ""]) and select.select([heard.stdout], [], [], 0.2)[0]
                until(hello, 10, "mosquitto_sub hears")
                self.load_sized(f"mqtt://127.0.0.1:{port}", text)
                self.assertEqual({size}, {int(line) for line in heard.communicate(timeout=20)[0].split()} - {0})

    def test_the_size_asked_for_arrives_at_a_python_server(self):
        seen = []

        class Counting(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                seen.append(len(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass
        with http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Counting) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for text, size in self.sizes:
                with self.subTest(size=text):
                    seen.clear()
                    self.load_sized(f"http://127.0.0.1:{server.server_port}", text)
                    self.assertEqual({size}, set(seen))
            server.shutdown()

    def test_the_size_asked_for_arrives_at_coap_server(self):
        for text, size in self.sizes:
            with self.subTest(size=text):
                url = f"coap://127.0.0.1:{self.coap_server()}"
                self.load_sized(url, text)
                get = lambda path: subprocess.run(["coap-client-notls", "-B", "5", f"{url}{path}"], capture_output=True, timeout=20).stdout
                things = re.findall(r"</(things/[^>]+)>", get("/.well-known/core").decode())
                self.assertEqual(3, len(things))
                self.assertEqual({size}, {len(get("/" + thing).removesuffix(b"\n")) for thing in things})


if __name__ == "__main__":
    unittest.main(verbosity=2)
