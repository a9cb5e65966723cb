#!/usr/bin/env python3
"""Starts `wanwu target` on free ports, runs a command with the ports in its environment, stops the target again.

usage: run_target.py [--descriptors N] WANWU [TARGET OPTION...] -- COMMAND...
The command gets WANWU_MQTT, WANWU_COAP and WANWU_HTTP (port numbers) and WANWU_TARGET_PID. Fails when the command does,
when it takes more than 60 s, or when the target does not end in order."""
import json
import os
import resource
import select
import signal
import subprocess
import sys

WITHIN = 60


def main():
    words = sys.argv[1:]
    limit = None
    if words[0] == "--descriptors":
        limit = int(words[1])
        words = words[2:]
    split = words.index("--")
    options, command = words[1:split], words[split + 1:]
    reading, writing = os.pipe()

    def restrict():
        if limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    anywhere = [part for name in ("mqtt", "coap", "http") for part in (f"--{name}", "127.0.0.1:0")]
    target = subprocess.Popen([words[0], "target", *anywhere, "--quiet", "--ready-fd", str(writing), *options],
                              pass_fds=[writing], preexec_fn=restrict)
    os.close(writing)
    try:
        if not select.select([reading], [], [], WITHIN)[0]:
            sys.exit("the target does not get ready")
        where = json.loads(os.read(reading, 4096))
        env = dict(os.environ, WANWU_TARGET_PID=str(target.pid))
        for name, address in where.items():
            env[f"WANWU_{name.upper()}"] = address.rsplit(":", 1)[1]
        code = subprocess.run(command, env=env, timeout=WITHIN).returncode
        if target.poll() is not None:
            sys.exit(f"the target ended by itself: {target.returncode}")
        target.send_signal(signal.SIGTERM)
        ended = target.wait(timeout=WITHIN)
        sys.exit(code or (ended and f"the target ended with {ended}"))
    finally:
        if target.poll() is None:
            target.kill()
            target.wait()


main()
