#!/usr/bin/env bash
# Installs by apt what is missing: `build` = what the program needs, `test` = that and what the tests need.
# Asks for nothing. Does nothing at all when everything is there.
set -euo pipefail

build_packages=(
  g++ cmake ninja-build pkg-config ccache ca-certificates
  libboost1.81-dev libpaho-mqttpp-dev libpaho-mqtt-dev libcoap3-dev libcli11-dev libfmt-dev libexpected-dev
  libfyaml-dev nlohmann-json3-dev libpugixml-dev libkainjow-mustache-dev liblua5.4-dev libsqlite3-dev libssl-dev
  liburing-dev zlib1g-dev
)
test_packages=(
  catch2 librapidcheck-dev clang libclang-rt-14-dev lld clang-format
  mosquitto mosquitto-clients libcoap3-bin nginx-light curl wrk python3 python3-paho-mqtt chromium procps tshark
)

wanted=("${build_packages[@]}")
[ "${1:-build}" = test ] && wanted+=("${test_packages[@]}")
# Node and npm may come from elsewhere than Debian (NodeSource, nvm): only their absence counts.
command -v npm >/dev/null || wanted+=(nodejs npm)

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "missing packages, and neither root nor sudo: apt-get install ${missing[*]}" >&2; exit 2; }
  root=(sudo)
fi
echo "installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
# A service that a package starts by itself would hold the ports of the tests' own servers.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee $policy >/dev/null
  "${root[@]}" chmod +x $policy
  made_policy=yes
fi
# A line for each tenth of the way: each package is fetched, unpacked and set up.
tenths() {
  awk '/ newly installed/ { all = $3 * 3 }
       all && /^(Get:[0-9]|Unpacking |Setting up )/ && int(++at * 10 / all) > seen { seen = int(at * 10 / all); print "  " seen * 10 " %"; fflush() }' >&2
}
log=$(mktemp)
trap 'rm -f "$log"; [ -z "$made_policy" ] || "${root[@]}" rm -f $policy' EXIT
if ! { "${root[@]}" apt-get update -qq &&
       "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } 2>&1 | tee "$log" | tenths; then
  tail -20 "$log" >&2
  exit 2
fi
