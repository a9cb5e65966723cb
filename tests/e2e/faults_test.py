"""Targets that are down or broken on purpose: always a clear message, the right exit code, a bundle, no hang."""
import os
import random
import socket
import struct
import unittest

from harness import EXIT_FAIL, EXIT_INCONCLUSIVE, Case, broken_server, free_port

LOAD = ["-n", "10", "--every", "200ms", "--ramp", "1s", "--for", "3s", "--progress", "plain"]
CONNACK_OK = bytes.fromhex("20020000")


def read_some(connection):
    connection.settimeout(20)
    return connection.recv(65536)


class Faults(Case):
    def load(self, url, *more):
        done = self.wanwu("load", url, *LOAD, "--out", "run", *more, seconds=60)
        self.assertTrue((self.folder / "run/manifest.json").exists(), f"a bundle is written\n{done.stderr}")
        self.assertTrue((self.folder / "run/summary.json").exists(), f"a summary is written\n{done.stderr}")
        return done

    def inconclusive(self, url, *words):
        done = self.expect(EXIT_INCONCLUSIVE, self.load(url))
        text = (done.stdout + done.stderr).lower()
        self.assertTrue(any(word in text for word in words), f"the cause is named, one of {words}:\n{text}")
        self.assertEqual("inconclusive", self.summary("run")["verdict"])
        return done

    def test_a_target_that_is_down_is_inconclusive(self):
        self.inconclusive(f"mqtt://127.0.0.1:{free_port()}", "refused")

    def test_an_http_target_that_is_down_is_inconclusive(self):
        self.inconclusive(f"http://127.0.0.1:{free_port()}", "refused")

    def test_a_coap_target_that_is_down_is_inconclusive(self):
        self.inconclusive(f"coap://127.0.0.1:{free_port(socket.SOCK_DGRAM)}", "refused", "unreachable")

    def test_closing_in_the_middle_of_the_handshake(self):
        def behave(connection):
            read_some(connection)
            connection.sendall(CONNACK_OK[:2])
        with broken_server(behave) as port:
            self.inconclusive(f"mqtt://127.0.0.1:{port}", "closed", "ended", "broken")

    def test_accepting_and_never_answering(self):
        def behave(connection):
            while read_some(connection):
                pass
        with broken_server(behave) as port:
            done = self.wanwu("load", f"mqtt://127.0.0.1:{port}", *LOAD, "--out", "run", seconds=90)
            self.expect(EXIT_INCONCLUSIVE, done)
            self.assertIn("time", (done.stdout + done.stderr).lower())

    def test_garbage_instead_of_an_answer(self):
        def behave(connection):
            read_some(connection)
            connection.sendall(random.Random(7).randbytes(4096))
        with broken_server(behave) as port:
            self.inconclusive(f"mqtt://127.0.0.1:{port}", "malformed")

    def test_256_megabytes_in_one_packet(self):
        def behave(connection):
            read_some(connection)
            connection.sendall(CONNACK_OK + b"\x30\xff\xff\xff\x7f\x00\x01t")
            chunk = bytes(1 << 20)
            for _ in range(256):
                connection.sendall(chunk)
        with broken_server(behave) as port:
            done = self.load(f"mqtt://127.0.0.1:{port}")
            self.assertIn(done.returncode, (EXIT_FAIL, EXIT_INCONCLUSIVE), done.stderr)
            self.assertIn("malformed", (done.stdout + done.stderr).lower())

    def test_closing_at_a_random_byte(self):
        def behave(connection):
            chance = random.Random(os.getpid())
            left = chance.randint(1, 400)
            connection.settimeout(20)
            connection.sendall(CONNACK_OK)
            while left > 0:
                got = connection.recv(left)
                if not got:
                    return
                left -= len(got)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        with broken_server(behave) as port:
            done = self.load(f"mqtt://127.0.0.1:{port}")
            self.assertIn(done.returncode, (EXIT_FAIL, EXIT_INCONCLUSIVE), done.stderr)

    def test_a_refusing_connack_is_named_by_its_code(self):
        def behave(connection):
            read_some(connection)
            connection.sendall(bytes.fromhex("2003008700"))
        with broken_server(behave) as port:
            self.inconclusive(f"mqtt://127.0.0.1:{port}", "not authorized", "0x87", "135")

    def test_an_http_server_that_sends_garbage(self):
        def behave(connection):
            while read_some(connection):
                connection.sendall(b"HTTP/9.9 what\r\n\r\n\x00\x01")
        with broken_server(behave) as port:
            done = self.load(f"http://127.0.0.1:{port}")
            self.assertIn(done.returncode, (EXIT_FAIL, EXIT_INCONCLUSIVE), done.stderr)
            self.assertIn("malformed", (done.stdout + done.stderr).lower())

    def test_an_http_server_with_an_endless_header(self):
        def behave(connection):
            read_some(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X: " + b"a" * 65536)
        with broken_server(behave) as port:
            done = self.load(f"http://127.0.0.1:{port}")
            self.assertIn(done.returncode, (EXIT_FAIL, EXIT_INCONCLUSIVE), done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
