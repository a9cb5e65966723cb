# Scenario and target files for the rows of a million things.
import pathlib

MQTT = 'mqtt: { url: "mqtt://127.0.0.1:%d", version: "5.0", client_id: "${thing.id}", keep_alive: 60 s, clean_start: true }'
COAP = 'coap: { url: "coap://127.0.0.1:%d" }'
HTTP = 'http: { url: "http://127.0.0.1:%d" }'
TELEMETRY = {
    "mqtt": 'mqtt: { publish: "things/${thing.id}/telemetry", qos: 1 }',
    "coap": 'coap: { method: POST, path: "/things/${thing.id}/telemetry", confirmable: true, expect: "2.04" }',
    "http": 'http: { method: POST, path: "/things/${thing.id}/telemetry", expect: 202 }'}
HEAR_COAP = """
  command:
    http: { method: POST, path: "/things/${to.id}/actions/${action}", body: "${input}", expect: 202, save: { corr: "$.id" } }
    thing:
      coap: { observe: "/things/${thing.id}/commands", action: "$.action", corr: "$.id", input: "$.input" }"""

REGION_STEPS = {"rate-20": 0.2, "rate-40": 0.4, "rate-60": 0.6, "rate-80": 0.8, "rate-100": 1}
# The region of one evening, with the models that ship: kind, sector, things, protocol, how often each reports.
REGION = [
    ("streetlight", "city", 150_000, "mqtt", "5 min"), ("parking-spot", "city", 60_000, "coap", "10 min"),
    ("thermostat", "other", 160_000, "mqtt", "60 s"), ("smoke-alarm", "other", 60_000, "coap", "1 h"),
    ("smart-plug", "other", 40_000, "mqtt", "15 min"), ("cnc-machine", "industry", 20_000, "mqtt", "2 s"),
    ("vibration-node", "industry", 60_000, "mqtt", "10 s"), ("soil-probe", "agriculture", 90_000, "coap", "15 min"),
    ("irrigation-valve", "agriculture", 20_000, "coap", "15 min"), ("wearable", "health", 80_000, "mqtt", "30 s"),
    ("infusion-pump", "health", 5_000, "http", "10 s"), ("meter", "energy", 150_000, "coap", "15 min"),
    ("pv-inverter", "energy", 25_000, "mqtt", "60 s"), ("truck", "logistics", 40_000, "mqtt", "30 s"),
    ("reefer", "logistics", 10_000, "http", "60 s"), ("air-station", "city", 8_000, "http", "60 s"),
    ("flood-gauge", "city", 7_000, "coap", "60 s"), ("people-counter", "other", 10_000, "http", "10 s"),
    ("perimeter-sensor", "military", 5_000, "mqtt", "1 h")]


def write(folder, endpoints, telemetry, scenario, more=""):
    """The path of a scenario file; `scenario` is what follows its target."""
    place = pathlib.Path(folder)
    lines = "\n".join(f"  {endpoint}" for endpoint in endpoints)
    said = "\n".join(f"    {TELEMETRY[protocol]}" for protocol in telemetry)
    (place / "million.target.yaml").write_text(
        f"wanwu: target/v1\nname: million\nendpoints:\n{lines}\noperations:\n  telemetry:\n{said}{more}\n"
        "limits: { allow: [ 127.0.0.0/8 ] }\n")
    path = place / "million.scenario.yaml"
    path.write_text(f"wanwu: scenario/v1\nname: million\ntarget: million.target.yaml\n{scenario}")
    return path


def standing_mqtt(folder, port, things, ramp, minutes):
    """Things that connect and say nothing, then one reading a minute each, then a storm that takes a fifth of them."""
    return write(folder, [MQTT % port], ["mqtt"], f"""things:
  meter: {{ model: builtin/meter, count: {things}, over: mqtt, every: {min(60, minutes)} s }}
phases:
  - {{ name: connect, ramp: {ramp} s, load: {{ meter: 0 }} }}
  - {{ name: settle, hold: {max(2, ramp // 8)} s, load: {{ meter: 0 }} }}
  - {{ name: minutes, hold: {minutes} s }}
  - {{ name: cut, hold: {max(4, minutes // 9)} s, storm: cut }}
  - {{ name: return, hold: {max(8, minutes)} s }}
storms:
  cut: {{ share: 20 %, drop: abrupt, dark: {max(2, minutes // 4)} s, return: {{ within: {max(2, minutes // 3)} s, backoff: exponential }} }}
thresholds:
  - telemetry.errors ratio < 0.01 %
""")


def observing_coap(folder, port, endpoints, hold):
    """Meters that POST once a minute, and one street light in a hundred things that observes its commands as well."""
    observing = max(endpoints // 100, 1)
    return write(folder, [COAP % port, "http: { url: \"http://127.0.0.1:9\" }"], ["coap"], f"""things:
  meter: {{ model: builtin/soil-probe, count: {endpoints - observing}, over: coap, every: 60 s }}
  light: {{ model: builtin/streetlight, count: {observing}, over: coap, every: 60 s }}
phases:
  - {{ name: ramp, ramp: 5 s }}
  - {{ name: hold, hold: {hold} }}
thresholds:
  - telemetry.errors ratio < 0.01 %
""", HEAR_COAP)


def region(folder, target, share, ramp, step):
    """The mixed world, and how many things it has. Its rate in five steps after the ramp, each judged for itself."""
    kinds, things, names = "", 0, []
    for name, sector, count, protocol, every in REGION:
        count = max(int(count * share), 1)
        things += count
        names.append(name.replace("-", "_"))
        kinds += f"  {sector}:\n" if f"  {sector}:\n" not in kinds else ""
        line = f"    {names[-1]}: {{ model: builtin/{name}, count: {count}, over: {protocol}, every: {every} }}\n"
        head = f"  {sector}:\n"
        kinds = kinds.replace(head, head + line)
    def phase(name, what, factor):
        loads = ", ".join(f"{kind}: {factor}" for kind in names)
        return f"  - {{ name: {name}, {what} s, load: {{ {loads} }} }}\n"
    phases = phase("ramp", f"ramp: {ramp}", 0) + "".join(
        phase(name, f"hold: {step}", factor) for name, factor in REGION_STEPS.items())
    limits = "".join(f'  - generator.late ratio < 0.1 % in {name}\n' for name in REGION_STEPS)
    path = write(folder, [MQTT % target.mqtt, COAP % target.coap, HTTP % target.http], ["mqtt", "coap", "http"],
                 f"sectors:\n{kinds}phases:\n{phases}thresholds:\n{limits}")
    return path, things
