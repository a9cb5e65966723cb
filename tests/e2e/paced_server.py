"""Servers of a known capacity: whatever comes is answered in order, so many a second and not one more.

One loop in a child process. A server that is asked for more than it carries queues, as any single-threaded one does.
"""
import collections
import contextlib
import os
import selectors
import signal
import socket
import time

from harness import free_port


class Http:
    """HTTP/1.1 with content-length, kept alive."""

    def __init__(self):
        self.kind = socket.SOCK_STREAM

    @staticmethod
    def take(buffer):
        """Whole requests of `buffer` as answers, and what is left of it."""
        answers = []
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            length = 0
            for line in buffer[:end].split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if len(buffer) < end + 4 + length:
                break
            buffer = buffer[end + 4 + length:]
            answers.append((b"HTTP/1.1 204 No Content\r\n\r\n", True))
        return answers, buffer


class Mqtt:
    """MQTT 5.0: logins, pings and subscriptions (of one filter, to nothing) at once, QoS 1 readings at the server's pace."""

    def __init__(self):
        self.kind = socket.SOCK_STREAM

    @staticmethod
    def take(buffer):
        answers = []
        while True:
            length, at = 0, 1
            while at < len(buffer):
                length |= (buffer[at] & 127) << (7 * (at - 1))
                at += 1
                if buffer[at - 1] < 128:
                    break
            else:
                return answers, buffer
            if len(buffer) < at + length:
                return answers, buffer
            first, body, buffer = buffer[0], buffer[at:at + length], buffer[at + length:]
            if first >> 4 == 1:
                answers.append((b"\x20\x03\x00\x00\x00", False))
            elif first >> 4 == 3 and first & 6:
                topic = int.from_bytes(body[:2], "big")
                answers.append((b"\x40\x02" + body[2 + topic:4 + topic], True))
            elif first >> 4 == 8:
                answers.append((b"\x90\x04" + body[:2] + b"\x00\x00", False))
            elif first >> 4 == 12:
                answers.append((b"\xd0\x00", False))


class Coap:
    """Confirmable requests, answered 2.04 in the acknowledgement."""

    def __init__(self):
        self.kind = socket.SOCK_DGRAM

    @staticmethod
    def answer(datagram):
        token = datagram[0] & 15
        return bytes([0x60 | token, 0x44]) + datagram[2:4 + token] if datagram[0] & 0x30 == 0 and datagram[1] else None


class Loop:
    def __init__(self, speaks, listener, per_s):
        self.speaks, self.listener, self.cost = speaks, listener, 1 / per_s
        self.waiting = collections.deque()
        self.free_at = 0.0
        self.watched = selectors.DefaultSelector()
        self.watched.register(listener, selectors.EVENT_READ, None)

    def queue(self, send, answer, paced):
        if not paced:
            send(answer)
            return
        self.free_at = max(self.free_at, time.monotonic()) + self.cost
        self.waiting.append((self.free_at, send, answer))

    def read(self, key):
        if self.speaks.kind == socket.SOCK_DGRAM:
            self.read_datagrams()
        elif key.data is None:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.watched.register(connection, selectors.EVENT_READ, bytearray())
        else:
            self.read_stream(key.fileobj, key.data)

    def read_datagrams(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                datagram, peer = self.listener.recvfrom(2048)
                if answer := self.speaks.answer(datagram):
                    self.queue(lambda bytes_, to=peer: self.listener.sendto(bytes_, to), answer, True)

    def read_stream(self, connection, buffer):
        try:
            got = connection.recv(65536)
        except OSError:
            got = b""
        if not got:
            self.watched.unregister(connection)
            connection.close()
            return
        answers, rest = self.speaks.take(bytes(buffer) + got)
        buffer[:] = rest
        for answer, paced in answers:
            self.queue(connection.sendall, answer, paced)

    def run(self):
        while True:
            wait = max(0.0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            for key, _ in self.watched.select(wait):
                self.read(key)
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                _, send, answer = self.waiting.popleft()
                with contextlib.suppress(OSError):
                    send(answer)


@contextlib.contextmanager
def paced_server(speaks, per_s):
    """A server on 127.0.0.1 that answers `per_s` requests a second at most; gives its port."""
    listener = socket.socket(socket.AF_INET, speaks.kind)
    listener.bind(("127.0.0.1", free_port(speaks.kind)))
    if speaks.kind == socket.SOCK_STREAM:
        listener.listen(1000)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        listener.setblocking(False)
    child = os.fork()
    if child == 0:
        try:
            Loop(speaks, listener, per_s).run()
        finally:
            os._exit(1)
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
