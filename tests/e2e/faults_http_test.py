"""HTTP targets that are broken on purpose: always a clear message, the right exit code, a bundle, no hang, bounded memory."""
from harness import EXIT_FAIL, EXIT_INCONCLUSIVE, Faulty, broken_server, by_chance, free_port, reset, run_side_by_side

OK = b"HTTP/1.1 204 No Content\r\n\r\n"
MEGABYTE = bytes(1 << 20)


def requests(connection):
    """Reads request after request, to the last byte of each body."""
    connection.settimeout(30)
    stream = connection.makefile("rb")
    while line := stream.readline():
        size = 0
        while line not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
            line = stream.readline()
        yield stream.read(size)


def answers(text, then_close=False):
    def behave(connection):
        for _ in requests(connection):
            connection.sendall(text)
            if then_close:
                return
    return behave


class HttpFaults(Faulty):
    scheme = "http"

    def test_a_target_that_is_down(self):
        port = free_port()
        self.ends(port, EXIT_INCONCLUSIVE, "refused")
        self.probe(port, EXIT_INCONCLUSIVE)

    def test_accepting_and_never_answering(self):
        with broken_server(lambda connection: list(requests(connection))) as port:
            self.ends(port, EXIT_FAIL, "timed out")

    def test_closing_as_soon_as_somebody_connects(self):
        with broken_server(lambda connection: None) as port:
            self.ends(port, EXIT_FAIL, "broken link")

    def test_closing_in_the_middle_of_an_answer(self):
        with broken_server(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nno more", then_close=True)) as port:
            self.ends(port, EXIT_FAIL, "broken link")

    def test_closing_at_a_random_byte(self):
        def behave(connection):
            left = by_chance(1, 900)
            connection.settimeout(30)
            while left > 0 and (got := connection.recv(left)):
                left -= len(got)
                if got.endswith(b"}"):
                    connection.sendall(OK)
            reset(connection)
        with broken_server(behave) as port:
            self.ends(port, EXIT_FAIL, "broken link")

    def test_an_answer_cut_at_a_random_byte(self):
        whole = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n\r\n" + bytes(20)

        def behave(connection):
            for _ in requests(connection):
                length = by_chance(0, len(whole) - 1)
                connection.sendall(whole[:length])
                return
        with broken_server(behave) as port:
            self.ends(port, EXIT_FAIL, "broken link")

    def test_garbage_instead_of_an_answer(self):
        with broken_server(answers(b"HTTP/9.9 what\r\n\r\n\x00\x01")) as port:
            self.ends(port, EXIT_FAIL, "malformed answer")

    def test_nothing_but_500(self):
        with broken_server(answers(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")) as port:
            self.ends(port, EXIT_FAIL, "500")
            self.probe(port, EXIT_FAIL)

    def test_an_answer_without_end(self):
        def behave(connection):
            for _ in requests(connection):
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in range(256):
                    connection.sendall(b"100000\r\n" + MEGABYTE + b"\r\n")
        with broken_server(behave) as port:
            self.ends(port, EXIT_FAIL, "malformed answer")

    def test_an_answer_of_256_megabytes(self):
        def behave(connection):
            for _ in requests(connection):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (256 << 20))
                for _ in range(256):
                    connection.sendall(MEGABYTE)
        with broken_server(behave) as port:
            self.ends(port, EXIT_FAIL, "malformed answer")

    def test_a_header_without_end(self):
        def behave(connection):
            for _ in requests(connection):
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                for _ in range(4096):
                    connection.sendall(b"X: " + b"a" * 65536)
        with broken_server(behave) as port:
            self.ends(port, EXIT_FAIL, "malformed answer")

    def test_interim_answers_without_end(self):
        def behave(connection):
            for _ in requests(connection):
                for _ in range(1 << 16):
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        with broken_server(behave) as port:
            self.ends(port, EXIT_FAIL, "malformed answer")

    def test_256_megabytes_that_nobody_asked_for(self):
        def behave(connection):
            for _ in range(256):
                connection.sendall(MEGABYTE)
        with broken_server(behave) as port:
            self.ends(port, EXIT_FAIL, "malformed answer")


if __name__ == "__main__":
    run_side_by_side()
