#!/bin/bash
# curl and wrk against the embedded target's API: the directory, readings, commands over MQTT with their trace, the stream.
set -u
url=http://127.0.0.1:$WANWU_HTTP
work=$(mktemp -d)
trap 'rm -rf "$work"; jobs -p | xargs -r kill 2>/dev/null' EXIT
failed=0
expect() {
  if [ "$2" == "$3" ]; then return; fi
  echo "FAILED $1: wanted '$2', got '$3'"
  failed=1
}
status() { curl -s -m 10 -o "$work/body" -w '%{http_code}' "$@"; }

expect "register" 201 "$(status -X PUT "$url/things/l-1" -d '{"@type":"lamp","sim:district":"D07"}')"
expect "register again" 204 "$(status -X PUT "$url/things/l-1" -d '{"@type":"lamp","sim:district":"D07"}')"
expect "broken description" 400 "$(status -X PUT "$url/things/l-2" -d '{')"
status -X PUT "$url/things/l-2" -d '{"@type":"lamp","sim:district":"D08"}' > /dev/null
status -X PUT "$url/things/l-3" -d '{"@type":"lamp","sim:district":"D07"}' > /dev/null
first=$(curl -s "$url/things?type=lamp&district=D07&limit=1")
next=$(/usr/bin/python3 -c 'import json,sys; d=json.loads(sys.argv[1]); print(d["items"][0]["id"], d["next"])' "$first")
expect "first page" l-1 "${next%% *}"
second=$(curl -s "$url${next##* }" | /usr/bin/python3 -c 'import json,sys; d=json.load(sys.stdin); print([i["id"] for i in d["items"]], "next" in d)')
expect "second page" "['l-3'] False" "$second"
expect "telemetry" 202 "$(status -X POST "$url/things/l-1/telemetry" -d '{"level":30}')"
value=$(curl -s "$url/things/l-1/properties/level" | /usr/bin/python3 -c 'import json,sys; print(json.load(sys.stdin)["value"])')
expect "property" 30 "$value"
expect "unknown thing" 404 "$(status "$url/things/none")"
expect "problem+json" 405 "$(status -X DELETE "$url/stats")"
expect "delete" 204 "$(status -X DELETE "$url/things/l-2")"
expect "keep-alive and pipelining" "200 200 200" "$(curl -s -o /dev/null -o /dev/null -o /dev/null -w '%{http_code} ' "$url/stats" "$url/stats" "$url/" | xargs)"

# A command reaches a thing that listens over MQTT; its answer is found by the correlation id.
(timeout 10 stdbuf -oL mosquitto_sub -V mqttv5 -d -p "$WANWU_MQTT" -t 'things/l-1/commands/+/+' -q 1 -C 1 -F '=%t %R %D %p' > "$work/cmd" 2>&1) &
thing=$!
touch "$work/cmd"
timeout 10 tail -n +1 -f "$work/cmd" | grep -q -m1 SUBACK
corr=$(curl -s -X POST "$url/things/l-1/actions/dim" -d '{"level":5}' | /usr/bin/python3 -c 'import json,sys; print(json.load(sys.stdin)["id"])')
wait $thing
expect "command" "=things/l-1/commands/dim/$corr things/l-1/acks/$corr $corr {\"level\":5}" "$(grep -a '^=' "$work/cmd")"
mosquitto_pub -V mqttv5 -p "$WANWU_MQTT" -q 1 -t "things/l-1/acks/$corr" -m '{"status":"accepted"}'
trail=$(curl -s "$url/audit?corr=$corr" | /usr/bin/python3 -c 'import json,sys; print(" ".join(e["result"] for e in json.load(sys.stdin)["entries"]))')
expect "trace" "requested delivered accepted" "$trail"

(timeout 10 curl -sN "$url/telemetry/stream" > "$work/stream") &
stream=$!
until curl -s "$url/stats" | grep -q '"http_connections":[2-9]'; do :; done
until grep -q receivedAt "$work/stream" 2>/dev/null; do status -X POST "$url/things/l-3/telemetry" -d '{"level":1}' > /dev/null; done
kill $stream 2>/dev/null
grep -q '"thing":"l-3"' "$work/stream" || { echo "FAILED stream"; failed=1; }

before=$(curl -s "$url/stats" | grep -o '"http_requests":[0-9]*' | cut -d: -f2)
wrk -t1 -c50 -d1s "$url/stats" > "$work/wrk"
grep -q 'Non-2xx' "$work/wrk" && { echo "FAILED wrk"; cat "$work/wrk"; failed=1; }
told=$(awk '/requests in/ {print $1}' "$work/wrk")
after=$(curl -s "$url/stats" | grep -o '"http_requests":[0-9]*' | cut -d: -f2)
[ $((after - before)) -ge "$told" ] || { echo "FAILED: wrk counts $told, the target $((after - before))"; failed=1; }
exit $failed
