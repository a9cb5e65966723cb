"""MQTT targets that are down or broken on purpose: always a clear message, the right exit code, a bundle, no hang, bounded memory."""
import contextlib
import random
import select
import socket
import threading

from harness import EXIT_FAIL, EXIT_INCONCLUSIVE, Case, Faulty, broken_server, by_chance, free_port, mqtt_packets, reset, run_side_by_side

CONNACK = bytes.fromhex("2003000000")
PINGRESP = bytes.fromhex("d000")
MEGABYTE = bytes(1 << 20)


def first_message(connection):
    """Lets a client in, grants what it subscribes to, and waits for its first message."""
    for first, body in mqtt_packets(connection):
        if first >> 4 == 1:
            connection.sendall(CONNACK)
        elif first >> 4 == 8:
            connection.sendall(b"\x90\x04" + body[:2] + b"\x00\x00")
        elif first >> 4 == 3:
            return


def says(*texts):
    """Answers each first message with this, and is silent from then on."""
    def behave(connection):
        first_message(connection)
        for text in texts:
            connection.sendall(text)
        list(mqtt_packets(connection))
    return behave


class MqttFaults(Faulty):
    def test_a_target_that_is_down(self):
        port = free_port()
        self.ends(port, EXIT_INCONCLUSIVE, "refused")
        self.probe(port, EXIT_INCONCLUSIVE)

    def test_closing_as_soon_as_somebody_connects(self):
        with broken_server(lambda connection: None) as port:
            self.ends(port, EXIT_INCONCLUSIVE, "closes the connection before accepting it")

    def test_closing_in_the_middle_of_the_handshake(self):
        def behave(connection):
            next(mqtt_packets(connection))
            connection.sendall(CONNACK[:2])
        with broken_server(behave) as port:
            self.ends(port, EXIT_INCONCLUSIVE, "closes the connection before accepting it")

    def test_accepting_and_never_answering(self):
        with broken_server(lambda connection: list(mqtt_packets(connection))) as port:
            self.ends(port, EXIT_INCONCLUSIVE, "did not answer in time")

    def test_letting_everybody_in_and_never_answering_again(self):
        with broken_server(says()) as port:
            self.ends(port, EXIT_FAIL, "timed out")

    def test_garbage_instead_of_an_answer(self):
        def behave(connection):
            next(mqtt_packets(connection))
            connection.sendall(random.Random(7).randbytes(4096))
        with broken_server(behave) as port:
            self.ends(port, EXIT_INCONCLUSIVE, "answers with something that is not mqtt")

    def test_garbage_once_everybody_is_in(self):
        with broken_server(says(random.Random(7).randbytes(4096))) as port:
            self.ends(port, EXIT_FAIL, "malformed answer")

    def test_256_megabytes_in_one_packet(self):
        # Paho, the witness, reads a packet whole whatever its size. What it holds then has the standard's bound alone.
        self.memory_max = 6 * (256 << 20)
        with broken_server(says(b"\x30\xff\xff\xff\x7f\x00\x01t\x00", *[MEGABYTE] * 256)) as port:
            self.ends(port, EXIT_FAIL, "malformed answer")

    def test_256_megabytes_in_messages_that_nobody_asked_for(self):
        message = b"\x30\xf3\x7f\x00\x01t\x00" + bytes(16367)
        with broken_server(says(*[message * 64] * 256)) as port:
            self.ends(port, EXIT_FAIL, "timed out")

    def test_256_megabytes_of_answers_to_no_ping(self):
        with broken_server(says(*[PINGRESP * (1 << 19)] * 256)) as port:
            self.ends(port, EXIT_FAIL, "timed out")

    def test_closing_at_a_random_byte(self):
        def behave(connection):
            first_message(connection)
            left = by_chance(1, 400)
            while left > 0 and (got := connection.recv(left)):
                left -= len(got)
            reset(connection)
        with broken_server(behave) as port:
            self.ends(port, EXIT_FAIL, "broken link")

    def test_a_refusing_connack_is_named_by_its_code(self):
        def behave(connection):
            next(mqtt_packets(connection))
            connection.sendall(bytes.fromhex("2003008700"))
        with broken_server(behave) as port:
            self.ends(port, EXIT_INCONCLUSIVE, "not authorized", "0x87", "135")


class ListenBacklog(Case):
    def test_one_that_is_too_small_is_named(self):
        def serve(connection):
            with connection:
                next(mqtt_packets(connection))
                connection.sendall(CONNACK)
                list(mqtt_packets(connection))

        def accept_late(server, stop):
            # Two places in the queue, one emptied now and then: most first SYNs are dropped.
            while not stop.wait(0.7):
                with contextlib.suppress(OSError):
                    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
        stop = threading.Event()
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(1)
            server.settimeout(0.7)
            accepting = threading.Thread(target=accept_late, args=(server, stop))
            accepting.start()
            done = self.wanwu("load", f"mqtt://127.0.0.1:{server.getsockname()[1]}", "-n", "12", "--every", "1s", "--ramp", "100ms",
                              "--for", "6s", "--no-bundle", seconds=60)
            stop.set()
            accepting.join()
        self.assertIn("listen backlog is too small", done.stderr)


class SuiteFaults(Case):
    def play(self, behave, *words, codes=(EXIT_FAIL,)):
        """A part of a suite fails against what breaks every rule, and says why; `words`: what it says of the first case."""
        with broken_server(behave) as port:
            done, peak = self.measured("run", "mqtt-5.0", "--target", f"mqtt://127.0.0.1:{port}", "--only", "CONNECT-ACCEPT-*", "--jobs", "8",
                                       "--out", "run", "-q")
        self.assertIn(done.returncode, codes, done.stdout + done.stderr)
        self.assertLess(peak, 400 << 20, "memory stays bounded")
        self.assertEqual(done.returncode, self.summary("run")["exit_code"])
        self.assertTrue(any(word in done.stdout for word in words), f"the cause is named, one of {words}:\n{done.stdout}")

    def test_a_target_that_is_silent(self):
        self.play(lambda connection: list(mqtt_packets(connection)), "nothing came")

    def test_a_target_that_sends_garbage(self):
        self.play(lambda connection: connection.sendall(random.Random(7).randbytes(4096)), "in the middle of a packet", "malformed")

    def test_a_target_that_answers_a_byte_at_a_time(self):
        def behave(connection):
            for first, _ in mqtt_packets(connection):
                answer = CONNACK if first >> 4 == 1 else PINGRESP
                for byte in answer * 200:
                    connection.sendall(bytes([byte]))
                    select.select([], [], [], 0.02)
        self.play(behave, "a second CONNACK", "received")

    def test_a_target_that_never_takes_what_it_is_sent(self):
        def behave(connection):
            # Half open: the connection stands, and nobody reads from it.
            gone = select.poll()
            gone.register(connection, select.POLLRDHUP)
            gone.poll(30_000)
        self.play(behave, "nothing came")

    def test_a_target_that_closes_at_random(self):
        def behave(connection):
            chance = random.Random(by_chance(0, 1 << 30))
            for first, _ in mqtt_packets(connection):
                connection.sendall(CONNACK[:chance.randint(0, len(CONNACK))] if first >> 4 == 1 else PINGRESP)
                if chance.random() < 0.7:
                    return reset(connection) if chance.random() < 0.5 else None
        # When it closes each time that it is asked whether it lives, it counts as dead, and the cases as undecided.
        self.play(behave, "reset by the target", "closed by the target", "nothing came", "the target died",
                  codes=(EXIT_FAIL, EXIT_INCONCLUSIVE))

    def test_a_target_that_sends_256_megabytes(self):
        def behave(connection):
            next(mqtt_packets(connection))
            connection.sendall(CONNACK + b"\x30\xff\xff\xff\x7f\x00\x01t\x00")
            for _ in range(256):
                connection.sendall(MEGABYTE)
        self.play(behave, "announces a packet of more than")


if __name__ == "__main__":
    run_side_by_side()
