"""Bad input: exit 2, the place and the cure are named, and nothing is sent."""
import json
import socket
import threading
import unittest

from harness import EXIT_BAD_INPUT, EXIT_PASS, Case, broken_server, free_port, until

GOOD = """wanwu: scenario/v1
target: { mqtt: "mqtt://127.0.0.1:PORT" }
things:
  meter: { model: builtin/meter, count: 10, every: 1 s }
phases:
  - ramp: 1 s
  - hold: 1 s
thresholds:
  - telemetry.latency p99 < 250 ms
"""


class Input(Case):
    def setUp(self):
        super().setUp()
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", free_port()))
        self.listener.listen()
        self.listener.setblocking(False)
        self.addCleanup(self.listener.close)
        self.good = GOOD.replace("PORT", str(self.listener.getsockname()[1]))

    def refused(self, change, *words, command="run"):
        path = self.write("a.scenario.yaml", change(self.good))
        done = self.expect(EXIT_BAD_INPUT, self.wanwu(command, path))
        for word in words:
            self.assertIn(word, done.stderr + done.stdout)
        with self.assertRaises(BlockingIOError, msg="nothing is sent"):
            self.listener.accept()
        return done

    def test_broken_yaml(self):
        self.refused(lambda t: t.replace("every: 1 s }", "every: 1 s"), "error", "a.scenario.yaml:")

    def test_an_unknown_key_is_answered_with_the_likely_one(self):
        self.refused(lambda t: t.replace("every:", "evry:"), "E101", "a.scenario.yaml:4:", "did you mean `every`?", "^^^^")

    def test_a_quantity_without_its_unit(self):
        self.refused(lambda t: t.replace("ramp: 1 s", "ramp: 30"), "E110", ":6:", "^^")

    def test_a_model_that_does_not_exist(self):
        self.refused(lambda t: t.replace("builtin/meter", "builtin/metre"), "builtin/metre", "meter")

    def test_a_metric_that_does_not_exist(self):
        self.refused(lambda t: t.replace("telemetry.latency", "telemetry.latensy"), "telemetry.latensy", "telemetry.latency")

    def test_a_doubled_key(self):
        self.refused(lambda t: t + "phases:\n  - hold: 1 s\n", "phases")

    def test_all_errors_of_a_file_come_at_once(self):
        done = self.refused(lambda t: t.replace("every:", "evry:").replace("ramp: 1 s", "ramp: 30")
                            .replace("thresholds", "treshholds"), "evry", "30", "treshholds")
        self.assertGreaterEqual(done.stderr.count("error["), 3)

    def test_a_file_that_does_not_exist(self):
        done = self.expect(EXIT_BAD_INPUT, self.wanwu("run", "no-such.scenario.yaml"))
        self.assertIn("no-such.scenario.yaml", done.stderr)

    def test_an_unknown_flag_and_an_unknown_command(self):
        self.expect(EXIT_BAD_INPUT, self.wanwu("run", "--no-such-flag", "x"))
        done = self.expect(EXIT_BAD_INPUT, self.wanwu("lod"))
        self.assertIn("load", done.stderr)

    def test_schemes_that_are_not_there_yet_say_so(self):
        for scheme in ("mqtts", "coaps", "https"):
            done = self.expect(EXIT_BAD_INPUT, self.wanwu("load", f"{scheme}://127.0.0.1:1"))
            self.assertIn(scheme, done.stderr)

    def test_an_address_that_is_not_loopback_is_refused_before_the_first_packet(self):
        done = self.expect(EXIT_BAD_INPUT, self.wanwu("load", "mqtt://192.0.2.1:1883", "--for", "1s"))
        self.assertIn("192.0.2.1", done.stderr)

    def test_a_world_without_things(self):
        done = self.expect(EXIT_BAD_INPUT, self.wanwu("load", "-n", "0"))
        self.assertIn("no things", done.stderr)
        self.refused(lambda text: text.replace("count: 10", "count: 0"), "no things")

    def test_urls_and_names_as_they_are_mistyped(self):
        for url, word in (("ftp://127.0.0.1", "unknown scheme"), ("127.0.0.1:1883", "begins with mqtt://"),
                          ("mqtt://127.0.0.1:99999", "port"), ("mqtt://", "host is missing"),
                          ("mqtt://no-such-host.invalid", "cannot resolve")):
            for command in ("load", "probe") if "://" in url else ("load",):
                with self.subTest(url=url, command=command):
                    done = self.wanwu(command, url)
                    self.expect(EXIT_BAD_INPUT, done)
                    self.assertIn(word, done.stderr)

    def test_flags_of_mqtt_are_refused_where_nothing_speaks_it(self):
        for words in (["coap://127.0.0.1:1", "--qos", "0"], ["http://127.0.0.1:1", "--mqtt-version", "5.0"], ["--over", "coap", "--qos", "1"]):
            with self.subTest(words=words):
                self.assertIn("is of MQTT, and nothing here speaks it", self.expect(EXIT_BAD_INPUT, self.wanwu("load", *words)).stderr)

    def test_help_is_given_for_every_command_and_for_none(self):
        shown = self.expect(EXIT_PASS, self.wanwu("help")).stdout
        names = [line.split()[0] for line in shown.split("commands:\n")[1].split("\n\n")[0].splitlines()]
        self.assertGreater(len(names), 12)
        for name in names:
            self.assertIn("--help", self.expect(EXIT_PASS, self.wanwu(name, "--help")).stdout)
            self.assertEqual(self.wanwu(name, "--help").stdout, self.wanwu("help", name).stdout)
        self.expect(EXIT_BAD_INPUT, self.wanwu())

    def test_the_mqtt_version_asked_for_is_the_one_spoken(self):
        # (spelling, protocol level of CONNECT)
        for spelling, level in (("3.1.1", 4), ("mqttv311", 4), ("5.0", 5)):
            with self.subTest(spelling=spelling):
                seen = self.folder / f"level-{spelling}"

                def behave(connection):
                    connection.settimeout(20)
                    asked = connection.recv(4096)
                    if asked:
                        seen.write_text(str(asked[8]))
                with broken_server(behave) as port:
                    self.wanwu("probe", f"mqtt://127.0.0.1:{port}", "--mqtt-version", spelling, "--within", "1s")
                self.assertEqual(str(level), until(seen.exists, 10, "a CONNECT arrives") and seen.read_text())
        self.expect(EXIT_PASS, self.wanwu("load", "-V", "3.1.1", "-n", "5", "--every", "100ms", "--for", "1s", "--no-bundle"))

    def test_validate_speaks_json_and_github_too(self):
        path = self.write("a.scenario.yaml", self.good.replace("every:", "evry:"))
        done = self.expect(EXIT_BAD_INPUT, self.wanwu("validate", path, "--format", "json"))
        self.assertTrue(json.loads(done.stdout))
        done = self.expect(EXIT_BAD_INPUT, self.wanwu("validate", path, "--format", "github"))
        self.assertIn("::error file=", done.stdout)
        self.write("a.scenario.yaml", self.good)
        self.expect(EXIT_PASS, self.wanwu("validate", path))


class SourceAddresses(Case):
    def peers_of(self, source):
        seen = []
        with socket.create_server(("127.0.0.1", 0)) as server:
            def serve():
                while True:
                    try:
                        connection, peer = server.accept()
                    except OSError:
                        return
                    seen.append(peer[0])
                    connection.close()
            accepting = threading.Thread(target=serve)
            accepting.start()
            self.wanwu("load", f"mqtt://127.0.0.1:{server.getsockname()[1]}", "-n", "6", "--ramp", "200ms", "--for", "1s",
                       "--source", source, "--no-bundle", "--no-witness")
            server.shutdown(socket.SHUT_RDWR)
            accepting.join(10)
        return set(seen)

    def test_things_connect_from_the_network_that_source_names(self):
        self.assertEqual({f"127.5.0.{i}" for i in range(1, 7)}, self.peers_of("127.5.0.0/29"))
        self.assertEqual({"127.6.0.1", "127.6.0.2"}, self.peers_of("127.6.0.1-127.6.0.2"))
        self.assertEqual({"127.0.0.1"}, self.peers_of("lo"))

    def test_what_is_no_source_is_refused_with_what_would_be_one(self):
        for wrong in ("10.0.0.9-10.0.0.2", "127.0.0.0/40", "10.0.0.0/7", "0.0.0.0-255.255.255.255", "no-such-interface0", "::1"):
            with self.subTest(wrong):
                done = self.expect(EXIT_BAD_INPUT, self.wanwu("load", "--source", wrong))
                self.assertIn("127.1.0.0/16", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
