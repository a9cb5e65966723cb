#!/bin/bash
# start.sh MQTT_PORT WEBSOCKET_PORT [ANONYMOUS]: Debian's RabbitMQ with its MQTT plugins, on this machine only, with what it
# stores in a folder that goes with it. ANONYMOUS: true (default) or false, then user and password are those of the target file.
set -eu
folder=$(mktemp -d)
mkdir -p "$folder/home" "$folder/data" "$folder/log"
cat > "$folder/rabbitmq.conf" <<CONF
listeners.tcp = none
mqtt.listeners.tcp.1 = 127.0.0.1:$1
web_mqtt.tcp.ip = 127.0.0.1
web_mqtt.tcp.port = $2
mqtt.allow_anonymous = ${3:-true}
default_user = tester
default_pass = $(cat tester.password)
mqtt.default_user = tester
mqtt.default_pass = $(cat tester.password)
loopback_users = none
log.console = true
CONF
echo '[rabbitmq_mqtt,rabbitmq_web_mqtt].' > "$folder/plugins"

# One port more than the two that are given: any at which nobody answers.
for own_port in $(shuf -i 20000-29999 -n 20); do
  (exec 3<>"/dev/tcp/127.0.0.1/$own_port") 2>/dev/null || break
done
export HOME=$folder/home ERL_EPMD_ADDRESS=127.0.0.1 ERL_CRASH_DUMP=$folder/crash
export RABBITMQ_NODENAME=wanwu$1@localhost RABBITMQ_DIST_PORT=$own_port RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf
export RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_ENABLED_PLUGINS_FILE=$folder/plugins RABBITMQ_MNESIA_BASE=$folder/data
export RABBITMQ_LOG_BASE=$folder/log RABBITMQ_PID_FILE=$folder/pid
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'

"${RABBITMQ:-/usr/lib/rabbitmq/bin/rabbitmq-server}" &
server=$!
# Nothing of it is to last, so it is not given time to put it away. What is started above is a script that starts it.
end() {
  kill -KILL "$(cat "$folder/pid")" $server || true
  wait
  for try in 1 2 3 4 5; do epmd -kill && break; sleep 0.2; done
  rm -rf "$folder"
  exit 0
}
trap 'end >/dev/null 2>&1' TERM INT
wait $server
