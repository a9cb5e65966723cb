"""CoAP targets that are broken on purpose: always a clear message, the right exit code, a bundle, no hang, bounded memory."""
import mmap
import random
import socket

from harness import EXIT_FAIL, EXIT_INCONCLUSIVE, EXIT_PASS, Faulty, broken_datagram_server, free_port, run_side_by_side

ACK, RST = 0x60, 0x70
CHANGED, CONTENT, INTERNAL_ERROR = 0x44, 0x45, 0xA0
chance = random.Random(7)


def token_of(asked):
    return asked[4:4 + (asked[0] & 0xF)]


def answer(asked, code, rest=b""):
    """Piggybacked on the ACK: the request's id and token, then options and payload as given."""
    token = token_of(asked)
    return bytes([ACK | len(token), code]) + asked[2:4] + token + rest


def is_request(datagram):
    return len(datagram) > 3 and 0 < datagram[1] < 0x20


def block_asked_for(asked):
    """The number in the request's Block2 option; 0 without one."""
    at, number = 4 + (asked[0] & 0xF), 0
    while at < len(asked) and asked[at] != 0xFF:
        nibbles, at = asked[at], at + 1
        sizes = []
        for nibble in (nibbles >> 4, nibbles & 0xF):
            wide = {13: 1, 14: 2}.get(nibble, 0)
            more = int.from_bytes(asked[at:at + wide], "big") + {13: 13, 14: 269}.get(nibble, 0) if wide else nibble
            sizes.append(more)
            at += wide
        number += sizes[0]
        if number == 23:
            return int.from_bytes(asked[at:at + sizes[1]], "big") >> 4
        at += sizes[1]
    return 0


WATCHED = """wanwu: target/v1
name: watched
endpoints:
  coap: { url: "coap://127.0.0.1:PORT" }
operations:
  telemetry:
    coap: { method: POST, path: "/t/${thing.id}", confirmable: true, body: { v: "${seq}" }, expect: "2.04" }
    arrived:
      coap: { observe: "/t/${thing.id}" }
"""


class CoapFaults(Faulty):
    scheme = "coap"

    def answered_with(self, make):
        def behave(server, asked, peer):
            if is_request(asked):
                for datagram in make(asked):
                    server.sendto(datagram, peer)
        return broken_datagram_server(behave)

    def test_a_target_that_is_down(self):
        port = free_port(socket.SOCK_DGRAM)
        self.ends(port, EXIT_INCONCLUSIVE, "refused", "unreachable")
        self.probe(port, EXIT_INCONCLUSIVE)

    def test_never_answering(self):
        with self.answered_with(lambda asked: []) as port:
            self.ends(port, EXIT_INCONCLUSIVE, "none answered", "timed out")
            self.probe(port, EXIT_INCONCLUSIVE)

    def test_resetting_every_request(self):
        with self.answered_with(lambda asked: [bytes([RST, 0]) + asked[2:4]]) as port:
            self.ends(port, EXIT_FAIL, "refused, by a reset")

    def test_acknowledging_and_never_answering(self):
        with self.answered_with(lambda asked: [bytes([ACK, 0]) + asked[2:4]]) as port:
            self.ends(port, EXIT_INCONCLUSIVE, "timed out")

    def test_nothing_but_5_00(self):
        with self.answered_with(lambda asked: [answer(asked, INTERNAL_ERROR)]) as port:
            self.ends(port, EXIT_FAIL, "5.00")
            self.probe(port, EXIT_FAIL)

    def test_garbage_datagrams(self):
        with self.answered_with(lambda asked: [chance.randbytes(chance.randint(0, 200)) for _ in range(20)]) as port:
            self.ends(port, EXIT_INCONCLUSIVE, "none answered")

    def test_garbage_around_right_answers_changes_nothing(self):
        with self.answered_with(lambda asked: [chance.randbytes(50), answer(asked, CHANGED), chance.randbytes(50)]) as port:
            self.ends(port, EXIT_PASS, "")

    def test_answers_cut_at_a_random_byte(self):
        def cut(asked):
            whole = answer(asked, CHANGED, b"\xc2\x00\x32\xff" + bytes(20))
            return [whole[:chance.randint(0, len(whole) - 1)]]
        with self.answered_with(cut) as port:
            self.ends(port, EXIT_FAIL, "malformed answer")

    def test_answers_to_what_nobody_asked(self):
        def stranger(asked):
            other = bytes([asked[0]]) + asked[1:2] + chance.randbytes(2) + chance.randbytes(len(asked) - 4)
            return [answer(other, CHANGED)]
        with self.answered_with(stranger) as port:
            self.ends(port, EXIT_INCONCLUSIVE, "none answered")

    def test_an_answer_of_blocks_without_end(self):
        def block(asked):
            number = block_asked_for(asked)
            value = (number << 4 | 0x8 | 0x6).to_bytes(3, "big")
            return [answer(asked, CHANGED, bytes([0xD3, 23 - 13]) + value + b"\xff" + bytes(1024))]
        # Each goes on for 1,024 blocks before it is refused: of many at a time none comes so far on a busy machine.
        self.scenario = self.scenario.replace("count: 10, every: 200 ms", "count: 2, every: 500 ms")
        with self.answered_with(block) as port:
            self.ends(port, EXIT_FAIL, "malformed answer")

    def test_a_notification_of_blocks_without_end(self):
        # The witness, libcoap, hears these.
        self.scenario = (self.scenario.replace('{ SCHEME: "SCHEME://127.0.0.1:PORT" }', "watched.target.yaml")
                         .replace("every: 200 ms", "every: 1 s").replace("hold: 3 s", "hold: 12 s"))

        furthest = mmap.mmap(-1, 4)  # the block that was asked for last, told by the server's process

        def answers(is_endless):
            def to(asked):
                if asked[1] != 1:
                    return [answer(asked, CHANGED)]
                number = block_asked_for(asked)
                furthest[:] = max(number, int.from_bytes(furthest[:], "big")).to_bytes(4, "big")
                observe = b"\x61\x05" if number == 0 else b""
                option = bytes([0xD3, (17 if number == 0 else 23) - 13]) + (number << 4 | 0xE).to_bytes(3, "big") if is_endless else b""
                return [answer(asked, CONTENT, observe + option + b"\xff" + bytes(1024))]
            return to
        peaks = []
        for is_endless in (False, True):
            with self.answered_with(answers(is_endless)) as port:
                self.write("watched.target.yaml", WATCHED.replace("PORT", str(port)))
                _, peak = self.measured("run", self.write("faults.scenario.yaml", self.scenario.replace("SCHEME", self.scheme)),
                                        "--progress", "plain", "--no-bundle")
                peaks.append(peak >> 20)
        self.assertGreater(int.from_bytes(furthest[:], "big"), 10, "the witness followed the blocks")
        self.assertLess(peaks[1] - peaks[0], 40, f"{peaks} MB")

    def test_256_megabytes_of_datagrams_that_nobody_asked_for(self):
        junk = [chance.randbytes(60_000) for _ in range(64)]

        def flood(asked):
            return [*junk, answer(asked, CHANGED)]
        with self.answered_with(flood) as port:
            done = self.load(port)
            # Whether enough answers find room in the flood is the machine's affair.
            self.assertIn(done.returncode, (EXIT_PASS, EXIT_FAIL, EXIT_INCONCLUSIVE), done.stdout)
            self.assertNotIn("unreachable", done.stdout, "who sends too much is there")


if __name__ == "__main__":
    run_side_by_side()
