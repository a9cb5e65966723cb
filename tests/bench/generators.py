# What drives a target, pinned to a core of its own: the program itself, the bench's own programs, and peers.
# Each gives its operations and the CPU time they took from when its connections stood.
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import time

from targets import GENERATOR_CORE

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WANWU_BUILD", ROOT / "build/release"))
WANWU = BUILD / "wanwu"
PINNED = ["taskset", "-c", str(GENERATOR_CORE)]
PATIENCE = 120  # seconds, for one run of anything


def fields(line):
    return {key: float(value) for key, value in (part.split("=") for part in line.split() if "=" in part)}


def private_bytes(pid):
    """User-space memory of a process: pages shared with others and files not counted."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel does not say how much memory a process has")


def cpu_of(pid):
    """CPU seconds of a process, user and system, to the nanosecond: its own clock (clock_getcpuclockid)."""
    return time.clock_gettime((~pid << 3) | 2)


def program(*options, pinned=True):
    """bench_floor and its like: prints `operations=… cpu=…`."""
    done = subprocess.run([*(PINNED if pinned else []), *map(str, options)], capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, options))}: {done.stderr.strip() or done.stdout.strip()}")
    seen = fields(done.stdout)
    seen["per_million"] = seen["cpu"] / seen["operations"] * 1e6
    return seen


class InTime:
    """Beside a run: how many of so many starts a second even a bare loop that goes before all others would begin late,
    since the machine stood still. `late_ratio` is None where it may not go before others."""

    def __init__(self, rate):
        self.command, self.late_ratio, self.longest_ms = [BUILD / "tests/bench/bench_floor_in_time", "until-terminated", "--rate", rate], None, None

    def __enter__(self):
        self.process = subprocess.Popen([*map(str, self.command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        out, err = self.process.communicate(timeout=30)
        if self.process.returncode != 0:
            print(f"  how long processors stood still was not measured: {err.strip()}", file=sys.stderr)
            return
        seen = fields(out)
        self.late_ratio, self.longest_ms = seen["late"] / seen["operations"], seen["longest_ms"]


def with_options(command, options):
    for name, value in options.items():
        command += [f"--{name}", value]
    return command


def floor(row, target, **options):
    return program(*with_options([BUILD / "tests/bench/bench_floor", row], {"port": target.port, **options}))


def wanwu(folder, command, things, while_standing=None, seconds=None):
    """`wanwu COMMAND`, measured between the first and the last of its own progress lines while all connections stand. With
    `while_standing` they stand until that has returned, with `seconds` for so long; then the run is interrupted."""
    summary = pathlib.Path(folder) / "summary.json"
    process = subprocess.Popen(
        [*PINNED, str(WANWU), *map(str, command), "--workers", "1", "--no-witness", "--no-bundle", "--progress", "json",
         "--to", f"json={summary}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    first = last = None
    said, standing, interrupted = [], {}, False
    try:
        for line in process.stderr:
            if not line.startswith("{"):
                said.append(line)
                continue
            now = json.loads(line)
            if interrupted or now["things"]["connected"] != things or now["t_s"] > now["total_s"] + 0.5:
                continue
            last = {"cpu": cpu_of(process.pid), "sent": now["sent"], "t_s": now["t_s"]}
            if first is None:
                first = last
                standing["bytes"] = private_bytes(process.pid)
                if while_standing:
                    standing["counted_connections"] = while_standing(things)
            enough = while_standing or (seconds and last["t_s"] - first["t_s"] >= seconds and last["sent"] > first["sent"])
            if enough:
                process.send_signal(signal.SIGINT)
                interrupted = True
        code = process.wait(PATIENCE)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stderr.close()
    if code not in ((130,) if interrupted else (0, 1, 3)) or first is None:  # what it judged of the target is not the bench's concern
        raise RuntimeError(f"wanwu {' '.join(map(str, command))}: exit code {code}, "
                           f"{'' if first else 'its connections never stood all, '}{''.join(said).strip()}")
    result = json.loads(summary.read_text())
    seen = {"operations": result["totals"]["sent"], "errors": result["totals"]["errors"], "late": result["generator"]["late"],
            "cpu_standing": first["cpu"], **standing}
    if last["sent"] > first["sent"]:
        seen["per_million"] = (last["cpu"] - first["cpu"]) / (last["sent"] - first["sent"]) * 1e6
    return seen


def invented(scenario, workers):
    """`wanwu run --virtual --sink`: CPU seconds and most memory of the whole process, messages and their digest."""
    process = subprocess.Popen([*PINNED, str(WANWU), "run", str(scenario), "--virtual", "--sink", "--no-bundle", "--quiet",
                                "--workers", str(workers)],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        text = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()
        process.stdout.close()
    seen = re.search(r"digest ([0-9a-f]{16}) of (\d+) messages", text)
    if process.returncode != 0 or not seen:
        raise RuntimeError(f"wanwu run {scenario}: exit code {process.returncode}, {text.strip()[-500:]}")
    return {"digest": seen.group(1), "operations": int(seen.group(2)), "cpu": used.ru_utime + used.ru_stime,
            "bytes": used.ru_maxrss * 1024}


def peer_cpu(operations, command, **more):
    """CPU-seconds per million of a peer's whole process; `operations` may read its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*PINNED, *command], capture_output=True, text=True, timeout=PATIENCE, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    count = operations(done.stdout) if callable(operations) else operations
    if done.returncode != 0 or not count:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()[-300:]}")
    return ((after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)) / count * 1e6


def mosquitto_pub(target, folder, qos, count):
    """One connection, a line a message."""
    lines = pathlib.Path(folder) / "lines"
    lines.write_text(("x" * 100 + "\n") * count)
    with open(lines) as text:
        return peer_cpu(count, ["mosquitto_pub", "-p", str(target.port), "-t", "bench/peer", "-q", str(qos), "-l"], stdin=text)


def npm_mqtt(row, target, **options):
    """npm's mqtt as its package-lock pins it, installed beside the build."""
    source, place = ROOT / "tests/bench/npm", BUILD / "tests/bench/npm"
    lock, installed = source / "package-lock.json", place / "node_modules/.installed-lock"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "mqtt_peer.mjs"):
        shutil.copy(source / name, place)
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=place, check=True, timeout=PATIENCE)
        shutil.copy(lock, installed)
    return program(*with_options(["node", place / "mqtt_peer.mjs", row, "--port", target.port], options))
