#!/bin/bash
# libcoap's coap-client against the embedded target: methods, discovery, blocks both ways, observe.
set -u
uri=coap://127.0.0.1:$WANWU_COAP
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
client() { timeout 20 coap-client-notls -B 5 "$@" 2>&1; }
expect() {
  if [ "$2" == "$3" ]; then return; fi
  echo "FAILED $1: wanted '$2', got '$3'"
  failed=1
}

client -m put -e '{"@type":"lamp","title":"one"}' "$uri/things/one" > /dev/null
expect "description" '{"@type":"lamp","title":"one"}' "$(client -m get "$uri/things/one")"
expect "discovery by type" '</things/one>;rt="lamp";ct=432' "$(client -m get "$uri/.well-known/core?rt=lamp")"
client -N -m post -e '{"level":5}' "$uri/things/one/telemetry" > /dev/null
client -m post -e '{"level":7}' "$uri/things/one/telemetry" > /dev/null
expect "property" '{"value":7}' "$(client -m get "$uri/things/one/properties/level")"
case "$(client -m get "$uri/nothing")" in 4.04*) ;; *) echo "FAILED: 4.04 for nothing"; failed=1 ;; esac
case "$(client -m delete "$uri/.well-known/core")" in 4.05*) ;; *) echo "FAILED: 4.05 for DELETE"; failed=1 ;; esac

{ printf '{"title":"'; head -c 20000 /dev/zero | tr '\0' y; printf '"}'; } > "$work/long"
for size in 64 1024; do
  client -b $size -m put -f "$work/long" "$uri/things/long$size" > /dev/null
  client -b $size -m get -o "$work/back" "$uri/things/long$size" > /dev/null
  cmp -s "$work/long" "$work/back" || { echo "FAILED: blocks of $size"; failed=1; }
done

# Observe: the answer to the registration, then one notification for each report.
timeout 20 stdbuf -o0 coap-client-notls -s 8 -B 9 -m get "$uri/things/one/telemetry" > "$work/seen" 2>&1 &
observer=$!
until grep -q 'level' "$work/seen"; do kill -0 $observer 2>/dev/null || break; done
for value in 11 12 13; do client -m post -e "{\"level\":$value}" "$uri/things/one/telemetry" > /dev/null; done
timeout 10 tail -c +1 -f "$work/seen" --pid=$observer 2>/dev/null | grep -a -q -m1 'level":13'
kill -INT $observer 2>/dev/null
wait $observer
expect "observe" '{"level":7}{"level":11}{"level":12}{"level":13}' "$(tr -d '\n' < "$work/seen")"
exit $failed
