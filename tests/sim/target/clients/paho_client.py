#!/usr/bin/python3
"""python3-paho-mqtt against the embedded target: both versions, every quality, retained messages, wills, session resume.

usage: paho_client.py [tcp|websockets]"""
import os
import socket
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

TRANSPORT = sys.argv[1] if len(sys.argv) > 1 else "tcp"
PORT = int(os.environ["WANWU_WEBSOCKET" if TRANSPORT == "websockets" else "WANWU_MQTT"])
WITHIN = 10
V5 = mqtt.MQTTv5
V311 = mqtt.MQTTv311


class Peer:
    """A client whose callbacks are events to wait for."""

    def __init__(self, name, version, clean=True, expiry=0, will=None):
        self.heard, self.connack, self.lost = [], None, threading.Event()
        self.changed = threading.Condition()
        extra = {} if version == V5 else {"clean_session": clean}
        self.client = mqtt.Client(client_id=name, protocol=version, transport=TRANSPORT, **extra)
        self.client.on_connect = self.connected
        self.client.on_message = self.message
        self.client.on_subscribe = lambda *a: self.note("suback", a)
        self.client.on_publish = lambda *a: self.note("published", a)
        self.client.on_disconnect = lambda *a: self.lost.set()
        self.notes = []
        if will:
            self.client.will_set(*will)
        options = {}
        if version == V5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = expiry
            options = {"clean_start": clean, "properties": properties}
        self.client.connect("127.0.0.1", PORT, 30, **options)
        self.client.loop_start()
        self.until(lambda: self.connack is not None)

    def connected(self, client, userdata, flags, code, *rest):
        assert code == 0, code
        with self.changed:
            self.connack = flags
            self.changed.notify_all()

    def message(self, client, userdata, m):
        with self.changed:
            self.heard.append((m.topic, m.payload.decode(), m.qos, m.retain))
            self.changed.notify_all()

    def note(self, what, arguments):
        with self.changed:
            self.notes.append(what)
            self.changed.notify_all()

    def until(self, holds):
        with self.changed:
            assert self.changed.wait_for(holds, WITHIN), (self.heard, self.notes)

    def subscribe(self, filter, qos):
        before = self.notes.count("suback")
        self.client.subscribe(filter, qos)
        self.until(lambda: self.notes.count("suback") > before)

    def publish(self, topic, payload, qos, retain=False):
        self.client.publish(topic, payload, qos, retain).wait_for_publish(WITHIN)

    def cut(self):
        """The link breaks without a word."""
        self.client.loop_stop()
        link = self.client._sock
        getattr(link, "_socket", link).shutdown(socket.SHUT_RDWR)  # a WebSocket of paho's has a socket inside
        link.close()

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()


def every_quality(version, tag):
    sub, pub = Peer(f"s{tag}", version), Peer(f"p{tag}", version)
    sub.subscribe(f"{tag}/#", 2)
    wanted = []
    for number in range(60):
        pub.publish(f"{tag}/x", str(number), number % 3)
        wanted.append((f"{tag}/x", str(number), number % 3, False))
    sub.until(lambda: len(sub.heard) == len(wanted))
    for qos in range(3):
        assert [m for m in sub.heard if m[2] == qos] == [m for m in wanted if m[2] == qos]
    pub.publish(f"{tag}/kept", "last", 1, True)
    late = Peer(f"l{tag}", version)
    late.subscribe(f"{tag}/kept", 1)
    late.until(lambda: late.heard == [(f"{tag}/kept", "last", 1, True)])
    for peer in (sub, pub, late):
        peer.leave()


def resume_and_will(version, tag):
    watch = Peer(f"w{tag}", version)
    watch.subscribe(f"{tag}/will", 1)
    first = Peer(f"r{tag}", version, clean=False, expiry=100, will=(f"{tag}/will", "gone", 1, False))
    first.subscribe(f"{tag}/q", 2)
    first.cut()
    watch.until(lambda: watch.heard == [(f"{tag}/will", "gone", 1, False)])
    for number in range(20):
        watch.publish(f"{tag}/q", str(number), 1 + number % 2)
    again = Peer(f"r{tag}", version, clean=False, expiry=0)
    assert again.connack["session present"] == 1, again.connack
    again.until(lambda: len(again.heard) == 20)
    assert sorted(int(m[1]) for m in again.heard) == list(range(20))
    again.leave()
    watch.leave()


def takeover(version, tag):
    first = Peer(f"t{tag}", version)
    first.client.reconnect_delay_set(100, 100)
    second = Peer(f"t{tag}", version)
    assert first.lost.wait(WITHIN)
    first.client.loop_stop()
    second.leave()


for each, name in ((V311, "three"), (V5, "five")):
    every_quality(each, name)
    resume_and_will(each, name)
    takeover(each, name)
print("paho is satisfied")
