// The tables of suite/v1 and waivers/v1.
#include "scenarios/language/fields.hpp"

namespace wanwu::lang {
namespace {

using enum shape_kind;

constexpr std::string_view later_people = "things and persons in suites come in a later version";

const shape version{.kind = choice, .help = "The kind of file and its version.", .examples = {"suite/v1"}};
const shape level{.kind = choice, .help = "How strong the demand is.", .examples = {"must", "should", "may"}};
const shape mqtt_version{.kind = choice, .help = "Version of MQTT.", .examples = {"3.1.1", "5.0"}};
const shape link{.kind = choice,
                 .help = "mqtt-raw: exact bytes, nothing automatic; mqtt: a well-behaved client.",
                 .examples = {"mqtt-raw", "mqtt"},
                 .later = {"coap-raw", "coap", "http-raw", "http", "thing", "person"}};
const shape carrier{.kind = choice,
                    .help = "tcp; websocket: the bytes travel in its frames.",
                    .examples = {"tcp", "websocket"}};
const shape role{.kind = object,
                 .help = "A link to the target and how it behaves.",
                 .fields = {{"link", &link,
                             "mqtt-raw: exact bytes, nothing automatic; mqtt: a well-behaved client.", true},
                            {"version", &mqtt_version, "Version of MQTT; 5.0 when absent."},
                            {"over", &carrier, "What carries the link; tcp when absent."},
                            {"kind", &shapes::any, "", false, later_people},
                            {"role", &shapes::any, "", false, later_people}}};
const shape roles{.kind = map, .help = "Links by name.", .item = &role, .keys = key_kind::name};
const shape timers{.kind = map,
                   .help = "Lengths of time by name: T_answer, T_quiet, T_settle and others.",
                   .item = &shapes::duration,
                   .keys = key_kind::identifier};
const shape spec{
    .kind = object,
    .help = "A specification that clauses are cited from.",
    .fields = {{"title", &shapes::text, "Its name.", true},
               {"link", &shapes::text, "Where it can be read; ${clause} stands for the clause."},
               {"requirements", &shapes::path, "A CSV: id,level,section,subject,testable,text."}}};
const shape specs{.kind = map, .help = "Specifications by key.", .item = &spec, .keys = key_kind::label};

const shape role_name{.kind = name, .help = "The name of a role.", .examples = {"tester"}};
const shape packet{.kind = text, .help = "The name of a packet.", .examples = {"CONNECT", "\"${packet}\""}};
const shape condition_text{
    .kind = text, .help = "An expression over the packet's fields.", .examples = {"\"reason == 0\""}};
const shape bytes{.kind = text,
                  .help = "Bytes: hex digits, 'text', ${name:16}, {len}.",
                  .examples = {"\"30 {len} 0001 't' 'hello'\""}};
const shape settings{.kind = map, .help = "Fields of the packet by name.", .item = &shapes::any};
const shape saves{.kind = map,
                  .help = "Names with expressions over the packet's fields.",
                  .item = &shapes::text,
                  .keys = key_kind::identifier};
const shape whole{.kind = integer, .help = "A whole number.", .examples = {"3"}, .high = 1e6};
const shape byte_value{.kind = integer, .help = "A reason code.", .examples = {"0x81"}, .high = 255};

const shape byte_edit{.kind = object,
                      .help = "One change of the finished bytes.",
                      .fields = {{"at", &whole, "Offset from the packet's first byte.", true},
                                 {"remove", &whole, "How many bytes go."},
                                 {"insert", &bytes, "What takes their place."}}};
const shape byte_edits{.kind = list, .help = "Changes of the finished bytes.", .item = &byte_edit};
const shape corruption{
    .kind = map,
    .help = "How the packet goes out wrong: fixed_flags, remaining_length, cut_at, edits, ...",
    .fields = {{"edits", &byte_edits, "Changes of the finished bytes."}},
    .item = &shapes::any};

const shape pattern{.kind = object,
                    .name = "packet_pattern",
                    .help = "A packet that is recognised.",
                    .fields = {{"packet", &packet, "Its name; any when absent."},
                               {"where", &condition_text, "What must hold of its fields."}}};
const shape patterns{.kind = list, .help = "Packets that are recognised.", .item = &pattern};

extern const shape condition;
const shape conditions{.kind = list, .help = "Conditions.", .item = &condition, .items_min = 1};
const shape code_list{.kind = list, .help = "Reason codes.", .item = &byte_value, .items_min = 1};
const shape any_code{.kind = choice, .help = "any.", .examples = {"any"}};
const shape codes{
    .kind = one_of, .help = "A list of reason codes, or any.", .options = {&code_list, &any_code}};
const shape two_spans{
    .kind = list, .help = "Two lengths of time.", .examples = {"[ 3 s, 5 s ]"}, .item = &shapes::span};
const shape two_counts{.kind = list, .help = "Two whole numbers.", .examples = {"[ 1, 2 ]"}, .item = &whole};
const shape repeats{.kind = one_of,
                    .help = "How often: a whole number, or [ fewest, most ].",
                    .examples = {"3", "[ 1, 2 ]"},
                    .options = {&whole, &two_counts}};
const shape by_iut{.kind = choice, .help = "The target closes the connection.", .examples = {"by-iut"}};

const std::vector<field>& condition_fields() {
  static const std::vector<field> fields{
      {"packet", &packet, "The next packet on the link is this one."},
      {"where", &condition_text, "What must hold of its fields."},
      {"bytes", &bytes, "The next packet has these bytes; ?? any byte, .. any bytes."},
      {"closed", &by_iut, "The target closes the connection."},
      {"quiet", &shapes::span, "Nothing arrives for so long, and the link stays open."},
      {"one_of", &conditions, "The first of these that is met."},
      {"all_of", &conditions, "All of these, in any order."},
      {"within", &shapes::span, "At the latest; T_answer when absent."},
      {"between", &two_spans, "Not before the first, at the latest at the second."},
      {"times", &repeats, "How often, one after the other."},
      {"until", &pattern, "The packet that ends the counting."},
      {"ignore", &patterns, "What may also arrive."},
      {"codes", &codes, "closed: reasons that may be given before."},
      {"without", &patterns, "closed: what must not come before."},
      {"save", &saves, "Keeps values of the packet."},
      {"then", &condition, "What must follow."},
      {"level", &level, "should: not met is a deviation, not a fail."},
      {"search", &shapes::any, "", false, later_people},
      {"command", &shapes::any, "", false, later_people},
      {"ack", &shapes::any, "", false, later_people},
      {"property", &shapes::any, "", false, later_people},
      {"trace", &shapes::any, "", false, later_people},
      {"has", &shapes::any, "", false, later_people},
      {"lacks", &shapes::any, "", false, later_people},
      {"corr", &shapes::any, "", false, later_people},
      {"of", &shapes::any, "", false, later_people},
      {"equals", &shapes::any, "", false, later_people},
      {"in_order", &shapes::any, "", false, later_people}};
  return fields;
}
std::vector<field> with_role(std::vector<field> fields, bool required) {
  fields.insert(fields.begin(), field{"as", &role_name, "The role whose link it is.", required});
  return fields;
}
const std::vector<std::string_view> demands{"packet", "bytes",   "closed", "quiet",    "one_of", "all_of",
                                            "search", "command", "ack",    "property", "trace"};
const shape condition{.kind = object,
                      .name = "condition",
                      .help = "What must come.",
                      .fields = with_role(condition_fields(), false),
                      .exactly_one = demands};

const shape open_step{
    .kind = object,
    .help = "Opens the role's link.",
    .fields = {
        {"as", &role_name, "The role whose link it is.", true},
        {"subprotocol", &shapes::text, "over websocket: what is offered; mqtt when absent, \"\": nothing."},
        {"set", &settings, "Fields of CONNECT, which is sent then."},
        {"where", &condition_text, "What must hold of CONNACK; reason == 0 when absent."},
        {"save", &saves, "Keeps values of CONNACK."},
        {"within", &shapes::span, "CONNACK at the latest; T_answer when absent."}}};
const shape manner{.kind = choice, .help = "clean: FIN; abrupt: RST.", .examples = {"clean", "abrupt"}};
const shape close_step{.kind = object,
                       .help = "Closes the role's link from our side.",
                       .fields = {{"as", &role_name, "The role whose link it is.", true},
                                  {"how", &manner, "clean: FIN (when absent); abrupt: RST."}}};
const shape times_sent{.kind = one_of,
                       .help = "How often: a whole number, or ${ }.",
                       .examples = {"20", "\"${receive_maximum}\""},
                       .options = {&whole, &shapes::text}};
const shape framing{.kind = choice,
                    .help = "What carries the bytes.",
                    .examples = {"binary", "text", "fragments", "ping", "close"}};
const shape piece_size{.kind = integer, .help = "Bytes, from 1.", .examples = {"1"}, .low = 1, .high = 1e6};
const shape stimulus_step{
    .kind = object,
    .help = "Sends.",
    .fields = {{"as", &role_name, "The role whose link it is.", true},
               {"packet", &packet, "A packet, right unless set or corrupt say otherwise."},
               {"bytes", &bytes, "Exactly these bytes."},
               {"set", &settings, "Fields of the packet by name."},
               {"corrupt", &corruption, "How the packet goes out wrong."},
               {"expect", &condition, "What must come on the same link right after."},
               {"times", &times_sent, "How often; ${n} counts from 1."},
               {"save", &saves, "Keeps values of what was sent."},
               {"frame", &framing, "over websocket: of which kind; binary when absent."},
               {"split", &piece_size, "over websocket: so many bytes a frame; all in one when absent."},
               {"command", &shapes::any, "", false, later_people},
               {"unregister", &shapes::any, "", false, later_people},
               {"to", &shapes::any, "", false, later_people},
               {"input", &shapes::any, "", false, later_people}},
    .exactly_one = {"packet", "bytes", "command", "unregister"}};
const shape verify_step{.kind = object,
                        .help = "Waits for what must come.",
                        .fields = with_role(condition_fields(), true),
                        .exactly_one = demands};
const shape answer{.kind = one_of, .help = "Bytes, or a condition.", .options = {&bytes, &condition}};
const shape probe_step{.kind = object,
                       .help = "The link still answers.",
                       .fields = {{"as", &role_name, "The role whose link it is.", true},
                                  {"packet", &packet, "Sent instead of the protocol's own."},
                                  {"bytes", &bytes, "Sent instead of the protocol's own."},
                                  {"set", &settings, "Fields of the packet by name."},
                                  {"expect", &answer, "What must come."},
                                  {"within", &shapes::span, "At the latest; T_answer when absent."}}};
const shape one_step{.kind = object,
                     .name = "step",
                     .help = "One step of a case.",
                     .fields = {{"open", &open_step, "Opens the role's link."},
                                {"close", &close_step, "Closes the role's link from our side."},
                                {"stimulus", &stimulus_step, "Sends."},
                                {"verify", &verify_step, "Waits for what must come."},
                                {"probe", &probe_step, "The link still answers."},
                                {"wait", &shapes::span, "Lets time pass."},
                                {"register", &shapes::any, "", false, later_people},
                                {"online", &shapes::any, "", false, later_people},
                                {"offline", &shapes::any, "", false, later_people},
                                {"ask", &shapes::any, "", false, later_people}},
                     .exactly_one = {"open", "close", "stimulus", "verify", "probe", "wait", "register",
                                     "online", "offline", "ask"}};
const shape steps{.kind = list, .help = "Steps, one after the other.", .item = &one_step};

const shape all_of_them{.kind = choice, .help = "all.", .examples = {"all"}};
const shape nth{.kind = one_of,
                .help = "Which of those that fit, from 1; or all.",
                .examples = {"2", "all"},
                .options = {&whole, &all_of_them}};
const shape selector{.kind = object,
                     .name = "selector",
                     .help = "A packet that comes from the target.",
                     .fields = {{"packet", &packet, "Its name; any when absent."},
                                {"where", &condition_text, "What must hold of its fields."},
                                {"nth", &nth, "Which of those that fit; the first when absent."}}};
const shape the_close{.kind = choice, .help = "closed.", .examples = {"closed"}};
const shape selector_or_close{
    .kind = one_of, .help = "A packet, or `closed`.", .options = {&selector, &the_close}};
const shape two_selectors{.kind = list, .help = "Two packets.", .item = &selector};
const shape injected{.kind = object,
                     .help = "What a wrong target would have sent.",
                     .fields = {{"packet", &packet, "A packet."},
                                {"set", &settings, "Fields of the packet by name."},
                                {"corrupt", &corruption, "How the packet comes wrong."},
                                {"bytes", &bytes, "Exactly these bytes."}},
                     .exactly_one = {"packet", "bytes"}};
const shape closing{.kind = object,
                    .help = "When the connection ends.",
                    .fields = {{"before", &selector, "Just before this packet."},
                               {"after", &selector, "Just after this packet."},
                               {"step", &whole, "When that step of the body begins, from 1."}},
                    .exactly_one = {"before", "after", "step"}};
const shape edit{.kind = object,
                 .name = "edit",
                 .help = "What a wrong target would have done.",
                 .fields = {{"as", &role_name, "The role whose link it is.", true},
                            {"drop", &selector, "Not sent it."},
                            {"change", &selector, "Sent it with other fields."},
                            {"corrupt", &selector, "Sent it broken."},
                            {"replace", &selector, "Sent `bytes` instead."},
                            {"inject", &injected, "Sent something more."},
                            {"repeat", &selector, "Sent it twice."},
                            {"swap", &two_selectors, "Sent them in the other order."},
                            {"delay", &selector_or_close, "Sent it late."},
                            {"hide", &the_close, "Kept the connection open."},
                            {"close", &closing, "Closed the connection."},
                            {"set", &settings, "change, corrupt: fields by name."},
                            {"edits", &byte_edits, "corrupt: changes of the finished bytes."},
                            {"bytes", &bytes, "replace: what comes instead."},
                            {"by", &shapes::span, "delay: so long."},
                            {"before", &selector_or_close, "inject: just before this."},
                            {"after", &selector, "inject: just after this packet."},
                            {"step", &whole, "inject: when that step of the body begins, from 1."}},
                 .exactly_one = {"drop", "change", "corrupt", "replace", "inject", "repeat", "swap", "delay",
                                 "hide", "close"}};
const shape edits{.kind = list, .help = "Edits of what comes from the target.", .item = &edit};

const shape parameters{
    .kind = map, .help = "Values by name.", .item = &shapes::any, .keys = key_kind::identifier};
const shape rows{
    .kind = map, .help = "Rows of values, one case each.", .item = &parameters, .keys = key_kind::label};
const shape generator{.kind = choice,
                      .help = "How rows are made.",
                      .examples = {"range", "each", "grid", "reserved-flags", "misplaced-properties",
                                   "doubled-properties", "bad-values", "truncations"}};
const shape scalars{.kind = list, .help = "Plain values.", .item = &shapes::any, .items_min = 1};
const shape columns{.kind = map, .help = "Values by name.", .item = &scalars, .keys = key_kind::identifier};
const shape identifier{.kind = label, .help = "A name for use in ${}.", .examples = {"cut"}};
const shape generate{.kind = object,
                     .help = "Rows made by the program.",
                     .fields = {{"kind", &generator, "How rows are made.", true},
                                {"name", &identifier, "range, each: the parameter."},
                                {"from", &whole, "range: the first."},
                                {"to", &whole, "range: the last."},
                                {"of", &scalars, "each: the values."},
                                {"names", &columns, "grid: values by name."},
                                {"packets", &shapes::texts, "Packets by name."},
                                {"packet", &packet, "truncations: the packet of the step."}}};

const shape clause_list{.kind = list, .help = "Clauses: SPEC ID.", .item = &shapes::text, .items_min = 1};
const shape clauses{.kind = one_of,
                    .help = "Clauses: SPEC ID.",
                    .examples = {"[ MQTT5 3.1.0-2 ]"},
                    .options = {&clause_list, &shapes::text}};
const shape group{.kind = text, .help = "A path.", .examples = {"mqtt/connect"}};
const shape test_case{
    .kind = object,
    .name = "case",
    .help = "One demand on the target, and how it is checked.",
    .fields = {{"id", &shapes::label, "Unique in the suite.", true},
               {"group", &group, "A path; selects and sorts.", true},
               {"objective", &shapes::text, "One sentence: what the target does.", true},
               {"clause", &clauses, "Clauses, SPEC ID; first the one that binds the target's reaction."},
               {"level", &level, "must when absent."},
               {"applies", &shapes::expr, "Over capabilities and parameters; false = not applicable."},
               {"needs", &shapes::label, "A case that must have passed."},
               {"timing", &shapes::boolean, "It measures time, or waits for a second or more."},
               {"exclusive", &shapes::boolean, "No other case runs beside it."},
               {"params", &rows, "Rows of values, one case each."},
               {"generate", &generate, "Rows made by the program."},
               {"preamble", &steps, "Steps that lead there; one that does not happen: inconclusive."},
               {"body", &steps, "The steps that judge.", true},
               {"postamble", &steps, "Steps that clean up."},
               {"mutants", &edits, "Wrong targets that the case must tell."},
               {"benign", &edits, "Choices of the target that must not fail it."}}};
const shape cases{.kind = list, .help = "Cases.", .item = &test_case};

const shape table{.kind = object,
                  .help = "A suite.",
                  .fields = {{"wanwu", &version, "The kind of file and its version.", true},
                             {"id", &shapes::label, "Name of the suite."},
                             {"title", &shapes::text, "One line for people."},
                             {"editors", &shapes::texts, "Who writes it."},
                             {"status", &shapes::text, "Such as draft."},
                             {"specs", &specs, "Specifications by key."},
                             {"timers", &timers, "Lengths of time by name."},
                             {"roles", &roles, "Links by name."},
                             {"include", &shapes::texts, "Files of the same kind with more cases."},
                             {"cases", &cases, "Cases."}}};

const shape waivers_version{
    .kind = choice, .help = "The kind of file and its version.", .examples = {"waivers/v1"}};
const shape waived_verdict{.kind = choice, .help = "What is waived.", .examples = {"fail", "inconclusive"}};
const shape waiver{.kind = object,
                   .help = "A failure that is known.",
                   .fields = {{"case", &shapes::text, "Id of the case.", true},
                              {"verdict", &waived_verdict, "What is waived; fail when absent."},
                              {"because", &shapes::text, "Why.", true},
                              {"issue", &shapes::text, "Where it is followed."},
                              {"until", &shapes::text, "The last day it holds, 2027-01-31.", true}}};
const shape waiver_list{.kind = list, .help = "Failures that are known.", .item = &waiver};
const shape waivers{.kind = object,
                    .help = "Waivers.",
                    .fields = {{"wanwu", &waivers_version, "The kind of file and its version.", true},
                               {"waivers", &waiver_list, "Failures that are known.", true}}};

}  // namespace

const shape& suite_table() {
  return table;
}

const shape& waivers_table() {
  return waivers;
}

}  // namespace wanwu::lang
