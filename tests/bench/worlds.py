# Scenario and target files for rows that `wanwu load` has no flags for: things of one kind that do one thing.
import pathlib

MQTT_ENDPOINT = 'version: "5.0", client_id: "${thing.id}", keep_alive: 60 s, clean_start: true'
MQTT_TELEMETRY = '{ publish: "things/${thing.id}/telemetry", qos: 0 }'
COAP_TELEMETRY = ('{ method: POST, path: "/things/${thing.id}/telemetry", confirmable: true, content: application/json, '
                  f'body: "{"x" * 100}" }}')


def write(folder, scheme, port, endpoint, telemetry, things, every, ramp, hold, more=""):
    """The path of a scenario: `things` meters, each sending `telemetry` once in `every`, nothing else."""
    place = pathlib.Path(folder)
    comma = ", " if endpoint else ""
    (place / "bench.target.yaml").write_text(f"""wanwu: target/v1
name: bench
endpoints:
  {scheme}: {{ url: "{scheme}://127.0.0.1:{port}"{comma}{endpoint} }}
operations:
  telemetry:
    {scheme}: {telemetry}
""")
    scenario = place / "bench.scenario.yaml"
    scenario.write_text(f"""wanwu: scenario/v1
name: bench
target: bench.target.yaml
things:
  meter: {{ model: builtin/meter, count: {things}, over: {scheme}, every: {every}{more} }}
phases:
  - ramp: {ramp}
  - hold: {hold}
thresholds:
  - things.connected max > 0
""")
    return scenario


def idle_mqtt(folder, port, things):
    """Connections that say nothing while they are looked at."""
    return write(folder, "mqtt", port, MQTT_ENDPOINT, MQTT_TELEMETRY, things, "12 h", "1 s", "4 s")


def coap_requests(folder, port, things, every, hold):
    return write(folder, "coap", port, "", COAP_TELEMETRY, things, every, "3 s", hold)


def gateways(folder, port, things, each, every, ramp, hold):
    """Meters behind gateways of `each`."""
    return write(folder, "mqtt", port, MQTT_ENDPOINT, MQTT_TELEMETRY, things, every, ramp, hold,
                 f", gateway: {each}")
