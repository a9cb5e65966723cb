// The table of scenario/v1.
#include "scenarios/language/fields.hpp"

namespace wanwu::lang {
namespace {

using enum shape_kind;

constexpr std::string_view later_flows = "flows and people come in a later version";

const shape version{.kind = choice, .help = "The kind of file and its version.", .examples = {"scenario/v1"}};
const shape seed{
    .kind = integer, .help = "A whole number from 0.", .examples = {"1", "20261122"}, .high = 9e18};
const shape speed{
    .kind = number, .help = "A number above 0.", .examples = {"1", "60"}, .low = 1e-6, .high = 1e9};
const shape factor{.kind = number, .help = "A number from 0.", .examples = {"0.5", "3"}, .high = 1e9};
const shape positive{
    .kind = integer, .help = "A whole number from 1.", .examples = {"1", "50"}, .low = 1, .high = 1e9};

const shape mqtt_version{.kind = choice, .help = "Version of MQTT.", .examples = {"3.1.1", "5.0"}};
const shape inline_target{
    .kind = object,
    .help = "One URL per protocol; without any the embedded target is meant.",
    .fields = {{"mqtt", &shapes::url, "Where the target speaks MQTT."},
               {"mqtt_version", &mqtt_version, "Which MQTT the things speak; 5.0 if nothing is said."},
               {"coap", &shapes::url, "Where the target speaks CoAP."},
               {"http", &shapes::url, "Where the target speaks HTTP."},
               {"allow", &shapes::texts, "Address ranges beyond loopback that may be loaded."}}};
const shape target{.kind = one_of,
                   .help = "A target file, or the URL per protocol for a quick test.",
                   .options = {&shapes::path, &inline_target}};

const shape clock_shape{
    .kind = object,
    .help = "The scenario's own time.",
    .fields = {{"start", &shapes::text, "Date and time at the start, RFC 3339: 2026-11-22T17:00:00+01:00."},
               {"speed", &speed, "Scenario seconds per real second."}}};

const shape counts{.kind = map,
                   .help = "Names with how many there are.",
                   .item = &shapes::count,
                   .keys = key_kind::identifier};

const shape over{.kind = choice,
                 .name = "protocol",
                 .help = "Protocol the thing speaks.",
                 .examples = {"mqtt", "coap", "http"}};
const shape payload_word{
    .kind = choice, .help = "How a reading is written.", .examples = {"json", "senml-json", "senml-cbor"}};
const shape payload_own{.kind = object,
                        .help = "A body of your own.",
                        .fields = {{"content", &shapes::text, "Media type of the body."},
                                   {"body", &shapes::any, "Map, list or text with ${} inside.", true}}};
const shape payload{
    .kind = one_of, .help = "How a reading is written.", .options = {&payload_word, &payload_own}};
const shape driver{
    .kind = choice,
    .help = "native: this program's own codec, for large numbers; stock: Paho or libcoap, as a real device.",
    .examples = {"native", "stock"}};
const shape columns{.kind = map,
                    .help = "Names with a value or ${expression}.",
                    .item = &shapes::any,
                    .keys = key_kind::identifier};

const shape population{
    .kind = object,
    .name = "population",
    .help = "One kind of thing.",
    .fields = {{"model", &shapes::path, "builtin/NAME or a W3C WoT Thing Model (.tm.jsonld).", true},
               {"count", &shapes::count, "How many things of this kind.", true},
               {"over", &over, "Protocol the thing speaks."},
               {"every", &shapes::duration, "Time between two readings of one thing."},
               {"jitter", &shapes::percent, "Share of `every` by which readings wander."},
               {"place", &shapes::text, "Where the things are: a name under `places`."},
               {"state", &columns, "Columns of a thing with their first value."},
               {"update", &columns, "New value of a column or property at each reading."},
               {"script", &shapes::path, "Lua 5.4 file with on_start, on_tick, on_command, on_message."},
               {"payload", &payload, "How a reading is written."},
               {"driver", &driver, "native or stock."},
               {"gateway", &positive, "Things that share one connection."},
               {"collect", &shapes::duration, "A gateway sends what its things report once in this time."},
               {"tags", &shapes::scalars, "Words for thresholds and reports."}}};
const shape populations{.kind = map, .help = "Kinds of things.", .item = &population, .keys = key_kind::name};

const shape sectors{
    .kind = object,
    .help = "Kinds of things by sector.",
    .fields = {{"city", &populations, "Streets, waste, air, water, traffic."},
               {"industry", &populations, "Machines and lines."},
               {"agriculture", &populations, "Soil, water, animals, weather."},
               {"military", &populations, "Logistics, perimeter, environment; never weapons."},
               {"education", &populations, "Rooms, labs, libraries."},
               {"health", &populations, "Wearables, pumps, refrigerators."},
               {"aerospace", &populations, "Aircraft, drones, satellites."},
               {"energy", &populations, "Meters, inverters, storage."},
               {"logistics", &populations, "Goods, boxes, vehicles."},
               {"other", &populations, "Home, building, retail, and all else."}}};

const shape loads{
    .kind = map, .help = "Kinds with a factor on their rate.", .item = &factor, .keys = key_kind::free};
const shape phase{
    .kind = object,
    .help = "A stretch of the run.",
    .fields = {{"name", &shapes::name, "For thresholds and reports."},
               {"ramp", &shapes::duration, "Go to another number of things in this time."},
               {"to", &shapes::percent, "Share of all things that are online when the ramp ends."},
               {"hold", &shapes::duration, "Stay for this time."},
               {"load", &loads, "Factor on the message rate of kinds."},
               {"storm", &shapes::text, "A name under `storms`, which begins with the phase."},
               {"faults", &shapes::texts, "Names under `faults`, which act in this phase."}},
    .exactly_one = {"ramp", "hold"}};
const shape phases{.kind = list, .help = "The course of the run.", .item = &phase, .items_min = 1};

const shape drop{
    .kind = choice, .help = "abrupt: cut the link; clean: say goodbye.", .examples = {"abrupt", "clean"}};
const shape backoff{
    .kind = choice, .help = "How a thing waits between tries.", .examples = {"none", "fixed", "exponential"}};
const shape comeback{.kind = object,
                     .help = "How things return.",
                     .fields = {{"within", &shapes::duration, "The first tries are spread over this time."},
                                {"backoff", &backoff, "How a thing waits between tries."}}};
const shape storm{
    .kind = object,
    .help = "Many things lose their link at once and return.",
    .fields = {{"who", &shapes::expr, "Which things; all when not given."},
               {"share", &shapes::percent,
                "Share of those; they are cut off at the pace a machine can keep beside its other work: "
                "5,000 a second for each core."},
               {"drop", &drop, "abrupt or clean."},
               {"dark", &shapes::duration, "Time between the loss and the first try to return."},
               {"return", &comeback, "How things return."}}};
const shape storms{.kind = map, .help = "Storms by name.", .item = &storm, .keys = key_kind::name};

const shape fault{
    .kind = object,
    .help = "What goes wrong on the way, or in the conduct of things, in the phases that name it.",
    .fields = {{"who", &shapes::expr, "Which kinds, by sector, kind, protocol and tags; all when not given."},
               {"share", &shapes::percent, "Share of their connections."},
               {"delay", &shapes::duration, "Time that each packet takes longer, each way."},
               {"jitter", &shapes::duration, "The delay is anywhere within so much of it."},
               {"loss", &shapes::percent, "Share of packets lost; over TCP they come late, sent again."},
               {"duplicate", &shapes::percent, "Share of datagrams that come twice."},
               {"reorder", &shapes::percent, "Share of datagrams that skip the delay and overtake others."},
               {"rate", &shapes::bandwidth, "What each connection carries at most, each way."},
               {"black_hole", &shapes::boolean, "Nothing passes, and nobody is told."},
               {"reset", &shapes::duration, "Connections are reset, each about so long after it came up."},
               {"half_open", &shapes::duration,
                "The thing's end vanishes about so long after it came up; the target is not told."},
               {"flapping", &shapes::duration,
                "Things go without a word about so long after they came up, and come back."},
               {"takeover", &shapes::duration,
                "About so long after it came up a thing logs in again beside its own connection."},
               {"slow_reader", &shapes::bandwidth, "The things read no faster than this."},
               {"keep_alive_miss", &shapes::duration,
                "Things fall silent about so long after they came up, and stay connected."},
               {"garbage", &shapes::duration, "About so often a thing sends what is no message."},
               {"oversized", &shapes::duration, "About so often a thing begins a message that is too large."},
               {"duplicate_ids", &shapes::percent,
                "Share of messages that are sent twice, with the same identifier."}}};
const shape faults{.kind = map, .help = "What goes wrong, by name.", .item = &fault, .keys = key_kind::name};

const shape check_line{.kind = text,
                       .help = "metric{tag=value} stat op quantity [in phase].",
                       .examples = {"telemetry.latency p99 < 250 ms", "telemetry.lost ratio < 0.01 %"}};
const shape level{
    .kind = choice, .help = "must: fails the run; should: is reported.", .examples = {"must", "should"}};
const shape check_object{.kind = object,
                         .help = "A threshold with more to say.",
                         .fields = {{"check", &check_line, "The threshold.", true},
                                    {"abort", &shapes::boolean, "End the run when it is crossed."},
                                    {"grace", &shapes::duration, "But not before this time has passed."},
                                    {"level", &level, "must or should."},
                                    {"min_samples", &positive, "Fewer samples: inconclusive."},
                                    {"why", &shapes::text, "What stands behind it, for the report."}}};
const shape threshold{.kind = one_of, .help = "What must hold.", .options = {&check_line, &check_object}};
const shape thresholds{.kind = list, .help = "What must hold.", .item = &threshold};

const shape table{
    .kind = object,
    .help = "A scenario.",
    .fields = {{"wanwu", &version, "The kind of file and its version.", true},
               {"name", &shapes::name, "For the bundle and reports; else the file's name."},
               {"title", &shapes::text, "One line for people."},
               {"target", &target,
                "A target file, or the URL per protocol; without it the embedded target is used."},
               {"seed", &seed, "Same seed and files: same world."},
               {"scale", &shapes::percent, "Shrinks all counts, for a trial."},
               {"clock", &clock_shape, "The scenario's own time."},
               {"places", &counts, "Kinds of places and how many there are."},
               {"things", &populations, "Kinds of things without a sector."},
               {"sectors", &sectors, "Kinds of things by sector."},
               {"phases", &phases, "The course of the run.", true},
               {"storms", &storms, "Losses of many links at once, by name."},
               {"faults", &faults, "What goes wrong on the way to the target, and who misbehaves, by name."},
               {"thresholds", &thresholds, "What must hold."},
               {"people", &shapes::any, "", false, later_flows},
               {"flows", &shapes::any, "", false, later_flows}}};

}  // namespace

const shape& scenario_table() {
  return table;
}

}  // namespace wanwu::lang
