#!/usr/bin/env bash
# From a clean clone to a report in one command: installs what is missing, builds, runs a small world of ten sectors
# over MQTT, CoAP and HTTP against the embedded target, and shows what came of it.
#   examples/quickstart.sh [FOLDER]     where the results go (default: a new folder under runs/)
set -euo pipefail
cd "$(dirname "$0")/.."
./tests/setup.sh build
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$PWD
mkdir -p build
# Ninja's "[12/234] …" as a line for each tenth of the way; the whole of it goes to the log.
tenths() { awk -F'[][/]' '/^\[[0-9]+\/[0-9]+\]/ && int($2 * 10 / $3) > seen { seen = int($2 * 10 / $3); print "  " seen * 10 " %"; fflush() }' >&2; }
build() {
  cmake --preset release -DWANWU_TESTS=OFF || return
  cmake --build --preset release --target wanwu -- -n | grep -q 'no work to do' && return
  echo "building build/release/wanwu (a few minutes the first time)" >&3
  cmake --build --preset release --target wanwu
}
if ! build 3>&2 2>&1 | tee build/quickstart.log | tenths; then
  tail -40 build/quickstart.log >&2
  echo "the build failed; the whole log is build/quickstart.log" >&2
  exit 5
fi
out=${1:-runs/quickstart-$(date -u +%Y%m%dT%H%M%SZ)}
code=0
./build/release/wanwu run examples/03-ten-sectors/world.scenario.yaml --out "$out" --to html="$out/report.html" || code=$?
echo
echo "the page: $out/report.html"
exit $code
