#!/usr/bin/python3
"""More MQTT connections than the target may open descriptors in one table: all live at once, all answer."""
import json
import os
import resource
import socket
import sys
import urllib.request

COUNT = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
where = ("127.0.0.1", int(os.environ["WANWU_MQTT"]))
links = []
for number in range(COUNT):
    name = b"m%06d" % number
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + len(name).to_bytes(2, "big") + name
    link = socket.create_connection(where, 20)
    link.sendall(b"\x10" + bytes([len(body)]) + body)
    assert link.recv(4) == b"\x20\x02\x00\x00", number
    links.append(link)
for link in links:
    link.sendall(b"\xc0\x00")
for link in links:
    assert link.recv(2) == b"\xd0\x00"
stats = json.load(urllib.request.urlopen(f"http://127.0.0.1:{os.environ['WANWU_HTTP']}/stats"))
assert stats["mqtt_connections"] == COUNT, stats
with open(f"/proc/{os.environ['WANWU_TARGET_PID']}/status") as status:
    resident = next(line for line in status if line.startswith("VmRSS")).split()[1]
print(f"{COUNT} connections, resident {resident} kB")
