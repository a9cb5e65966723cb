// The table of target/v1.
#include "scenarios/language/fields.hpp"

namespace wanwu::lang {
namespace {

using enum shape_kind;

constexpr std::string_view later_tls = "TLS and DTLS come in a later version";

const shape version{.kind = choice, .help = "The kind of file and its version.", .examples = {"target/v1"}};
const shape mqtt_version{.kind = choice, .help = "Version of MQTT.", .examples = {"3.1.1", "5.0"}};
const shape qos{
    .kind = integer, .help = "Quality of service: 0, 1 or 2.", .examples = {"0", "1", "2"}, .high = 2};
const shape block{.kind = integer,
                  .help = "16, 32, 64, 128, 256, 512 or 1024.",
                  .examples = {"512"},
                  .low = 16,
                  .high = 1024};
const shape pool{
    .kind = integer, .help = "A whole number from 1.", .examples = {"100"}, .low = 1, .high = 1e6};
const shape topic{
    .kind = text, .help = "An MQTT topic with ${} inside.", .examples = {"things/${thing.id}/telemetry"}};
const shape filter{
    .kind = text, .help = "An MQTT topic filter with ${} inside.", .examples = {"things/${thing.id}/cmd/+"}};
const shape uri_path{
    .kind = text, .help = "A path with ${} inside, beginning with /.", .examples = {"/things/${thing.id}"}};
const shape json_path{.kind = text, .help = "Where in the payload: $, $.id, $[0].id.", .examples = {"$.id"}};
const shape take{
    .kind = text,
    .help = "Where in the message: $.id, topic[3], properties.correlationData, properties.responseTopic.",
    .examples = {"$.id", "topic[3]", "properties.correlationData"}};
const shape take_map{.kind = map,
                     .help = "Names with where in the answer they stand.",
                     .item = &json_path,
                     .keys = key_kind::identifier};

const shape env_or_file{.kind = object,
                        .help = "From the environment or a file.",
                        .fields = {{"env", &shapes::text, "Name of the environment variable."},
                                   {"default", &shapes::text, "When the variable is not set."},
                                   {"file", &shapes::text, "Path of the file."}},
                        .exactly_one = {"env", "file"}};
const shape var{.kind = one_of,
                .help = "A text, { env: NAME, default: TEXT } or { file: PATH }.",
                .options = {&shapes::text, &env_or_file}};
const shape vars{.kind = map, .help = "Names for use in ${}.", .item = &var, .keys = key_kind::identifier};

const shape user_auth{.kind = object,
                      .help = "User and password.",
                      .fields = {{"user", &shapes::text, "User name, may hold ${}."},
                                 {"password", &shapes::secret, "{ env: NAME } or { file: PATH }."}}};
const shape http_auth{.kind = object,
                      .help = "A bearer token, or user and password.",
                      .fields = {{"bearer", &shapes::secret, "{ env: NAME } or { file: PATH }."},
                                 {"user", &shapes::text, "User name, may hold ${}."},
                                 {"password", &shapes::secret, "{ env: NAME } or { file: PATH }."}}};
const shape mqtt_endpoint{
    .kind = object,
    .help = "Where and how the target speaks MQTT.",
    .fields = {{"url", &shapes::url, "mqtt://HOST:PORT", true},
               {"websocket", &shapes::url, "ws://HOST:PORT/PATH, where it speaks MQTT over WebSocket too."},
               {"version", &mqtt_version, "Version of MQTT."},
               {"client_id", &shapes::text, "Client identifier, with ${}."},
               {"keep_alive", &shapes::duration, "Keep alive; 0 s = none."},
               {"clean_start", &shapes::boolean, "Forget what the target kept."},
               {"session_expiry", &shapes::duration, "How long the target keeps a session."},
               {"auth", &user_auth, "User and password."},
               {"tls", &shapes::any, "", false, later_tls}}};
const shape coap_endpoint{.kind = object,
                          .help = "Where and how the target speaks CoAP.",
                          .fields = {{"url", &shapes::url, "coap://HOST:PORT", true},
                                     {"block", &block, "Size of blocks in bytes."},
                                     {"psk", &shapes::any, "", false, later_tls}}};
const shape http_endpoint{
    .kind = object,
    .help = "Where and how the target speaks HTTP.",
    .fields = {{"url", &shapes::url, "http://HOST:PORT/BASE", true},
               {"auth", &http_auth, "A bearer token, or user and password."},
               {"keep_alive", &shapes::duration, "How long an idle connection is kept."},
               {"pool", &pool, "How many connections."},
               {"tls", &shapes::any, "", false, later_tls}}};
const shape endpoints{.kind = object,
                      .help = "Where the target is.",
                      .fields = {{"mqtt", &mqtt_endpoint, "MQTT."},
                                 {"coap", &coap_endpoint, "CoAP."},
                                 {"http", &http_endpoint, "HTTP."}}};

const shape format{.kind = object,
                   .help = "A payload for all protocols.",
                   .fields = {{"content", &shapes::text, "Media type."},
                              {"body", &shapes::any, "Map, list or text with ${} inside.", true}}};
const shape formats{.kind = map, .help = "Payloads by name.", .item = &format, .keys = key_kind::name};

const shape method{.kind = choice,
                   .help = "Method of the request.",
                   .examples = {"GET", "POST", "PUT", "PATCH", "DELETE", "FETCH", "iPATCH"}};
const shape code_text{.kind = text, .help = "A CoAP code in quotes.", .examples = {"\"2.04\""}};
const shape code_number{
    .kind = integer, .help = "An HTTP status.", .examples = {"200"}, .low = 100, .high = 599};
const shape code{.kind = one_of,
                 .help = "An HTTP status, or a CoAP code in quotes.",
                 .options = {&code_number, &code_text}};
const shape codes{.kind = list, .help = "Codes that count as good.", .item = &code, .items_min = 1};
const shape expect{
    .kind = one_of, .help = "Codes that count as good.", .options = {&code_number, &code_text, &codes}};
const shape headers{.kind = map, .help = "Header fields with ${}.", .item = &shapes::text};

const shape mqtt_form{.kind = object,
                      .name = "mqtt_form",
                      .help = "The operation as an MQTT message.",
                      .fields = {{"publish", &topic, "Topic.", true},
                                 {"qos", &qos, "Quality of service."},
                                 {"retain", &shapes::boolean, "Keep it as the topic's last message."},
                                 {"format", &shapes::text, "A name under `formats`."},
                                 {"content", &shapes::text, "Media type."},
                                 {"body", &shapes::any, "Map, list or text with ${} inside."},
                                 {"within", &shapes::duration, "Later answers count as timed out."}}};
/// CoAP and HTTP ask alike; `first` are the fields only one of them has.
std::vector<field> request_fields(std::vector<field> first) {
  first.insert(first.end(), {{"method", &method, "Method of the request."},
                             {"path", &uri_path, "Path and query.", true},
                             {"format", &shapes::text, "A name under `formats`."},
                             {"content", &shapes::text, "Media type."},
                             {"body", &shapes::any, "Map, list or text with ${} inside."},
                             {"expect", &expect, "Codes that count as good; else the success class."},
                             {"within", &shapes::duration, "Later answers count as timed out."},
                             {"value", &json_path, "read: where the value stands."},
                             {"save", &take_map, "command: where the correlation id stands, as `corr`."},
                             {"items", &json_path, "search, trace: where the list stands."},
                             {"id", &json_path, "search: the thing's id in an item."},
                             {"next", &json_path, "search: where the next page's address stands."},
                             {"fields", &take_map, "trace: where who, when, what … stand in an item."}});
  return first;
}
const shape coap_form{.kind = object,
                      .name = "coap_form",
                      .help = "The operation as a CoAP request.",
                      .fields = request_fields({{"confirmable", &shapes::boolean, "CON (true) or NON."}})};
const shape http_form{.kind = object,
                      .name = "http_form",
                      .help = "The operation as an HTTP request.",
                      .fields = request_fields({{"headers", &headers, "Header fields."}})};

const shape mqtt_ack{.kind = object,
                     .help = "The thing's answer as an MQTT message.",
                     .fields = {{"publish", &topic, "Topic.", true},
                                {"otherwise", &topic, "Topic when the command names no response topic."},
                                {"qos", &qos, "Quality of service."},
                                {"retain", &shapes::boolean, "Keep it as the topic's last message."},
                                {"content", &shapes::text, "Media type."},
                                {"body", &shapes::any, "Map, list or text with ${} inside."},
                                {"within", &shapes::duration, "Later answers count as timed out."}}};
const shape mqtt_hearing{.kind = object,
                         .help = "How a thing hears commands over MQTT.",
                         .fields = {{"subscribe", &filter, "Topic filter.", true},
                                    {"qos", &qos, "Greatest quality of service."},
                                    {"action", &take, "Where the action's name stands."},
                                    {"corr", &take, "Where the correlation id stands."},
                                    {"input", &take, "Where the input stands."},
                                    {"ack", &mqtt_ack, "The answer."}}};
const shape coap_hearing{.kind = object,
                         .help = "How a thing hears commands over CoAP.",
                         .fields = {{"observe", &uri_path, "Path to observe.", true},
                                    {"action", &take, "Where the action's name stands."},
                                    {"corr", &take, "Where the correlation id stands."},
                                    {"input", &take, "Where the input stands."},
                                    {"ack", &coap_form, "The answer."}}};
const shape http_hearing{.kind = object,
                         .help = "How a thing asks for commands over HTTP.",
                         .fields = {{"poll", &uri_path, "Path to ask.", true},
                                    {"every", &shapes::duration, "Time between two questions."},
                                    {"action", &take, "Where the action's name stands."},
                                    {"corr", &take, "Where the correlation id stands."},
                                    {"input", &take, "Where the input stands."},
                                    {"ack", &http_form, "The answer."}}};
const shape hearing{
    .kind = object,
    .help = "How the thing hears a command and answers.",
    .fields = {{"mqtt", &mqtt_hearing, ""}, {"coap", &coap_hearing, ""}, {"http", &http_hearing, ""}}};

const shape mqtt_arrived{.kind = object,
                         .help = "A subscription that sees all telemetry.",
                         .fields = {{"subscribe", &filter, "Topic filter over all things.", true},
                                    {"id", &take, "Where the thing's id stands."},
                                    {"time", &take, "Where the target's time stands."}}};
const shape coap_arrived{.kind = object,
                         .help = "A resource that shows a thing's last telemetry.",
                         .fields = {{"observe", &uri_path, "Path to observe.", true},
                                    {"id", &take, "Where the thing's id stands."},
                                    {"time", &take, "Where the target's time stands."}}};
const shape http_arrived{.kind = object,
                         .help = "An event stream of all telemetry.",
                         .fields = {{"stream", &uri_path, "Path of the stream.", true},
                                    {"id", &take, "Where the thing's id stands."},
                                    {"time", &take, "Where the target's time stands."}}};
const shape arrived{
    .kind = object,
    .help = "How we know that telemetry got there.",
    .fields = {{"mqtt", &mqtt_arrived, ""}, {"coap", &coap_arrived, ""}, {"http", &http_arrived, ""}}};
const shape notice{.kind = object,
                   .help = "How a person is told.",
                   .fields = {{"subscribe", &filter, ""},
                              {"observe", &uri_path, ""},
                              {"stream", &uri_path, ""},
                              {"name", &take, ""},
                              {"time", &take, ""}},
                   .exactly_one = {"subscribe", "observe", "stream"}};

std::vector<field> forms(std::vector<field> more = {}) {
  more.insert(more.begin(), {{"mqtt", &mqtt_form, "As an MQTT message."},
                             {"coap", &coap_form, "As a CoAP request."},
                             {"http", &http_form, "As an HTTP request."}});
  return more;
}
const shape plain_operation{.kind = object, .help = "The operation by protocol.", .fields = forms()};
const shape telemetry{.kind = object,
                      .help = "A thing reports its readings.",
                      .fields = forms({{"arrived", &arrived, "How we know that it got there."}})};
const shape command{.kind = object,
                    .help = "A person commands a thing.",
                    .fields = forms({{"thing", &hearing, "How the thing hears it and answers."}})};
const shape notification{.kind = object,
                         .help = "A person is told something.",
                         .fields = {{"mqtt", &notice, ""}, {"coap", &notice, ""}, {"http", &notice, ""}}};
const shape operations{
    .kind = object,
    .help = "How each operation looks.",
    .fields = {{"register", &plain_operation, "Hand the thing's description to the target."},
               {"unregister", &plain_operation, "Take it back."},
               {"telemetry", &telemetry, "Report readings."},
               {"event", &plain_operation, "Report something that happened."},
               {"command", &command, "Command a thing."},
               {"notification", &notification, "Tell a person."},
               {"search", &plain_operation, "Find things."},
               {"read", &plain_operation, "Read a property."},
               {"trace", &plain_operation, "Find out who did what."}}};

const shape consent{
    .kind = object,
    .help = "Who agreed to the load.",
    .fields = {{"by", &shapes::text, "Person or body."}, {"until", &shapes::text, "Last day, 2026-12-31."}}};
const shape limits{
    .kind = object,
    .help = "A guard, checked before the first packet.",
    .fields = {{"allow", &shapes::texts, "Address ranges that may be loaded; else loopback only."},
               {"connections", &shapes::count, "Greatest number of connections."},
               {"rate", &shapes::rate, "Greatest number of messages per time."},
               {"consent", &consent, "Who agreed to the load."}}};

const shape argument{.kind = text,
                     .help = "One word of a command line; no shell reads it.",
                     .examples = {"mosquitto", "\"-p\"", "\"${port}\""}};
const shape command_line{.kind = list,
                         .help = "A program and its arguments, as a list: no shell.",
                         .examples = {"[ mosquitto, \"-p\", \"${port}\" ]"},
                         .item = &argument,
                         .items_min = 1};
const shape hooks{.kind = object,
                  .help = "Programs that start and stop the target; run only with --hooks.",
                  .fields = {{"start", &command_line, "Runs while the target does."},
                             {"stop", &command_line, "Ends it; else what start started is ended."},
                             {"restart", &command_line, "Brings a dead target back; else start does."}}};
const shape profile{
    .kind = object,
    .help = "One configuration of the target.",
    .fields = {{"title", &shapes::text, "One line for people."},
               {"start", &command_line, "Runs while the target does."},
               {"stop", &command_line, "Ends it; else what start started is ended."},
               {"restart", &command_line, "Brings a dead target back; else start does."},
               {"mqtt", &shapes::url, "Where it listens; ${port} is a free port."},
               {"websocket", &shapes::url,
                "Where it speaks MQTT over WebSocket; ${websocket_port} is another free port."},
               {"auth", &user_auth, "User and password."},
               {"capabilities", &shapes::scalars, "On top of the target's own."}}};
const shape profiles{
    .kind = map, .help = "Configurations by name.", .item = &profile, .keys = key_kind::name};

const shape table{.kind = object,
                  .help = "A target.",
                  .fields = {{"wanwu", &version, "The kind of file and its version.", true},
                             {"name", &shapes::name, "For reports; else the file's name."},
                             {"title", &shapes::text, "One line for people."},
                             {"vars", &vars, "Names for use in ${}."},
                             {"endpoints", &endpoints, "Where the target is.", true},
                             {"formats", &formats, "Payloads by name."},
                             {"operations", &operations, "How each operation looks."},
                             {"capabilities", &shapes::scalars, "What the target can do (PICS)."},
                             {"hooks", &hooks, "Programs that start and stop it; run only with --hooks."},
                             {"profiles", &profiles, "Configurations that a suite goes through."},
                             {"limits", &limits, "What may be done to it."}}};

}  // namespace

const shape& target_table() {
  return table;
}

}  // namespace wanwu::lang
