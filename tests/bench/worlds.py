# Scenario and target files for rows that `wanwu load` has no flags for: things of one kind that do one thing.
import pathlib

MQTT_ENDPOINT = 'version: "5.0", client_id: "${thing.id}", keep_alive: 60 s, clean_start: true'
MQTT_TELEMETRY = '{ publish: "things/${thing.id}/telemetry", qos: 0 }'
COAP_TELEMETRY = ('{ method: POST, path: "/things/${thing.id}/telemetry", confirmable: true, content: application/json, '
                  f'body: "{"x" * 100}" }}')


def written(folder, name, endpoints, operations, things, ramp, hold):
    """The path of a scenario whose things ramp up and stand, beside its target file; the middle of each is given."""
    place = pathlib.Path(folder)
    (place / f"{name}.target.yaml").write_text(f"""wanwu: target/v1
name: {name}
endpoints:
{endpoints}
operations:
  telemetry:
{operations}
""")
    scenario = place / f"{name}.scenario.yaml"
    scenario.write_text(f"""wanwu: scenario/v1
name: {name}
target: {name}.target.yaml
{things}
phases:
  - ramp: {ramp}
  - hold: {hold}
thresholds:
  - things.connected max > 0
""")
    return scenario


def write(folder, scheme, port, endpoint, telemetry, things, every, ramp, hold, more=""):
    """The path of a scenario: `things` meters, each sending `telemetry` once in `every`, nothing else."""
    comma = ", " if endpoint else ""
    return written(folder, "bench", f'  {scheme}: {{ url: "{scheme}://127.0.0.1:{port}"{comma}{endpoint} }}', f"    {scheme}: {telemetry}",
                   f"things:\n  meter: {{ model: builtin/meter, count: {things}, over: {scheme}, every: {every}{more} }}", ramp, hold)


def idle_mqtt(folder, port, things):
    """Connections that say nothing while they are looked at; who has looked ends the run."""
    return write(folder, "mqtt", port, MQTT_ENDPOINT, MQTT_TELEMETRY, things, "12 h", "1 s", "90 s")


def coap_requests(folder, port, things, every, hold):
    return write(folder, "coap", port, "", COAP_TELEMETRY, things, every, "3 s", hold)


def gateways(folder, port, things, each, every, ramp, hold, collect=None):
    """Meters behind gateways of `each`; a gateway sends what they report once in `collect`, or each as it comes."""
    return write(folder, "mqtt", port, MQTT_ENDPOINT, MQTT_TELEMETRY, things, every, ramp, hold,
                 f", gateway: {each}" + (f", collect: {collect}" if collect else ""))


# Kinds of an invented world: one or two of a sector, over what such a thing speaks, as shares of all things.
MIXED = (("city", "parking-spot", "coap", 20), ("industry", "plc-line", "mqtt", 4), ("agriculture", "soil-probe", "coap", 11),
         ("military", "perimeter-sensor", "coap", 1), ("education", "library-gate", "http", 1),
         ("health", "pulse-oximeter", "mqtt", 4), ("aerospace", "aircraft", "mqtt", 1), ("energy", "meter", "mqtt", 25),
         ("logistics", "rfid-portal", "http", 2), ("other", "thermostat", "mqtt", 12), ("other", "smart-plug", "mqtt", 12),
         ("other", "people-counter", "coap", 7))


def mixed(folder, things, every, ramp, hold):
    """Things of twelve kinds in ten sectors over three protocols, each reporting once in `every`."""
    endpoints = f"""  mqtt: {{ url: "mqtt://127.0.0.1:1883", {MQTT_ENDPOINT} }}
  coap: {{ url: "coap://127.0.0.1:5683" }}
  http: {{ url: "http://127.0.0.1:8080" }}"""
    operations = f"""    mqtt: {MQTT_TELEMETRY}
    coap: {{ method: POST, path: "/things/${{thing.id}}/telemetry", confirmable: true }}
    http: {{ method: POST, path: "/things/${{thing.id}}/telemetry" }}"""
    sectors = {}
    for sector, kind, over, share in MIXED:
        sectors.setdefault(sector, []).append(
            f"    {kind}: {{ model: builtin/{kind}, count: {things * share // 100}, over: {over}, every: {every} }}")
    kinds = "\n".join(f"  {sector}:\n" + "\n".join(lines) for sector, lines in sectors.items())
    return written(folder, "mixed", endpoints, operations, f"sectors:\n{kinds}", ramp, hold)
