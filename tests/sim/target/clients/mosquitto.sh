#!/bin/bash
# mosquitto_pub and mosquitto_sub against the embedded target: every quality, both versions, retained messages, wills,
# properties, persistent sessions, shared subscriptions, limits on size.
set -u
port=$WANWU_MQTT
work=$(mktemp -d)
trap 'rm -rf "$work"; jobs -p | xargs -r kill 2>/dev/null' EXIT
failed=0

expect() {  # NAME WANTED GOT
  if [ "$2" == "$3" ]; then return; fi
  echo "FAILED $1: wanted '$2', got '$3'"
  failed=1
}

# Starts a subscriber in the background and returns when the broker has accepted its subscription.
listen() {  # FILE ARGUMENTS...
  local file=$1
  shift
  mkfifo "$file.wait"
  (timeout 10 stdbuf -oL mosquitto_sub -p "$port" -d "$@" > "$file" 2>&1; true) &
  timeout 10 tail -n +1 -F "$file" 2>/dev/null | grep -q -m1 'SUBACK'
}
payloads() { grep -a '^=' "$1" | cut -c2-; }
publish() { timeout 10 mosquitto_pub -p "$port" "$@"; }

for version in mqttv311 mqttv5; do
  for qos in 0 1 2; do
    file=$work/$version-$qos
    listen "$file" -V $version -i "sub-$version-$qos" -t 'a/+/c' -q $qos -C 3 -F '=%q %t %p'
    sub=$!
    for i in 1 2 3; do publish -V $version -q $qos -t a/b/c -m "m$i"; done
    wait $sub
    expect "$version QoS $qos" "$qos a/b/c m1 $qos a/b/c m2 $qos a/b/c m3" "$(payloads "$file" | xargs)"
  done

  publish -V $version -r -q 1 -t "keep/$version" -m kept
  got=$(timeout 10 mosquitto_sub -p "$port" -V $version -t "keep/$version" -C 1 -F '%r %p')
  expect "$version retained" "1 kept" "$got"
  publish -V $version -r -q 1 -t "keep/$version" -n
  got=$(timeout 2 mosquitto_sub -p "$port" -V $version -t "keep/$version" -W 1 -F '%r %p' 2>/dev/null)
  expect "$version retained, cleared" "" "$got"

  # A session that waits: subscribe, leave, publish, come back.
  timeout 10 mosquitto_sub -p "$port" -V $version -c -i "stay-$version" -x 100 -q 2 -t "stay/$version" -E
  for i in 1 2; do publish -V $version -q $i -t "stay/$version" -m "s$i"; done
  got=$(timeout 10 mosquitto_sub -p "$port" -V $version -c -i "stay-$version" -x 100 -q 2 -t "stay/$version" -C 2 | xargs)
  expect "$version persistent session" "s1 s2" "$got"

  # A will: the client is killed.
  listen "$work/will-$version" -V $version -t "will/$version" -q 1 -C 1 -F '=%p'
  watcher=$!
  stdbuf -oL mosquitto_sub -p "$port" -V $version -d -i "dies-$version" -t nothing --will-topic "will/$version" --will-payload gone \
    --will-qos 1 > "$work/dies-$version" 2>&1 &
  dies=$!
  timeout 10 tail -n +1 -F "$work/dies-$version" 2>/dev/null | grep -q -m1 SUBACK
  kill -9 $dies
  wait $watcher
  expect "$version will" "gone" "$(payloads "$work/will-$version")"
done

listen "$work/props" -V mqttv5 -t p/1 -C 1 -F '=%P %C %R %D %E %p'
sub=$!
publish -V mqttv5 -q 1 -t p/1 -m body -D publish user-property k1 v1 -D publish user-property k2 v2 -D publish content-type text/plain \
  -D publish response-topic r/1 -D publish correlation-data c1 -D publish message-expiry-interval 100
wait $sub
expect "5.0 properties" "k1:v1 k2:v2 text/plain r/1 c1 100 body" "$(payloads "$work/props")"

head -c 300000 /dev/zero | tr '\0' x > "$work/big"
got=$(publish -q 1 -t big -r -f "$work/big"; timeout 10 mosquitto_sub -p "$port" -t big -C 1 -N | wc -c)
expect "300 kB message" 300000 "$got"

listen "$work/share1" -V mqttv5 -t '$share/g/sh' -q 1 -C 5 -F '=%p'; one=$!
listen "$work/share2" -V mqttv5 -t '$share/g/sh' -q 1 -C 5 -F '=%p'; two=$!
for i in 0 1 2 3 4 5 6 7 8 9; do publish -V mqttv5 -q 1 -t sh -m "$i"; done
wait $one $two
expect "shared subscription" "0 1 2 3 4 5 6 7 8 9" "$( (payloads "$work/share1"; payloads "$work/share2") | sort | xargs)"

exit $failed
