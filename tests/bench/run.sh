#!/usr/bin/env bash
# Speed and memory beside a bare-system-call floor and the peers: tests/bench/run.sh [--only NAME…] [--json FILE]
# Installs what is missing by apt, builds the release preset, and leaves no process behind.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

case " ${*:-} " in *" --help "* | *" -h "*) exec /usr/bin/python3 "$root/tests/bench/run.py" --help ;; esac

missing=()
for pair in mosquitto:mosquitto mosquitto_pub:mosquitto-clients nginx:nginx-light wrk:wrk h2load:nghttp2-client; do
  command -v "${pair%%:*}" >/dev/null || [ -x "/usr/sbin/${pair%%:*}" ] || missing+=("${pair##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get install -y --no-install-recommends "${missing[@]}" >&2
fi

cd "$root"
[ -f build/release/build.ninja ] || cmake --preset release >&2
cmake --build --preset release --target wanwu bench_floor bench_floor_million bench_floor_in_time bench_sink bench_end_to_end bench_virtual_time >&2
ulimit -n "$(ulimit -Hn)"
exec /usr/bin/python3 tests/bench/run.py "$@"
