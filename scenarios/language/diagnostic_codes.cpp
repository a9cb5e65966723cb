// The long form of every code, for `wanwu explain`.
#include <algorithm>
#include <array>

#include "scenarios/language/diagnostics.hpp"

namespace wanwu::lang {
namespace {

constexpr auto codes = std::to_array<diagnostic_code>({
    {"E001", "file cannot be read",
     "The file does not exist, is a folder, may not be read, or is larger than 5 MB. Paths on the command "
     "line are\n"
     "relative to where you are; paths inside a file are relative to that file."},
    {"E002", "not YAML",
     "The text breaks YAML 1.2. Usual causes: a tab as indentation, a missing quote or bracket, a value with "
     "`: ` or\n"
     "` #` in it that needs quotes. The mark shows where the reader gave up; the cause may stand a line "
     "above."},
    {"E003", "not UTF-8",
     "Files are UTF-8. Save the file in that encoding; the mark shows the first byte that is not."},
    {"E004", "too large or too deep",
     "A file may have 5 MB, 64 levels, and aliases that expand to 10,000 nodes. Generated worlds belong into "
     "`count:`,\n"
     "not into repeated text."},
    {"E005", "duplicate key",
     "The same key stands twice in one map. Which of the two is meant cannot be known: remove one."},
    {"E006", "tag not allowed", "Custom YAML tags (`!name`) mean nothing here. Write the plain value."},
    {"E100", "kind of file",
     "The first key of every file is `wanwu:` with the kind and version: scenario/v1, target/v1,\n"
     "suite/v1 or waivers/v1."},
    {"E101", "unknown key",
     "Every key that is not known is an error, so that a typing mistake can never silently change a test.\n"
     "Keys beginning with `x-` are free for your own notes. `wanwu schema scenario` lists all keys."},
    {"E102", "missing key", "A key that must be there is not. The mark shows the map it belongs into."},
    {"E103", "wrong shape", "A map stands where a list or a single value belongs, or the other way round."},
    {"E104", "later version",
     "The key is part of the language, but this version of the program does not act on it yet. It is refused "
     "rather\n"
     "than ignored: a test that silently does less would lie."},
    {"E110", "value not valid here",
     "The value does not fit the key. Every quantity carries its unit: 10 s, 250 ms, 60 %, 200/s, 256 kB. "
     "Counts may use\n"
     "k and M: 10k, 1.2M."},
    {"E120", "expression",
     "The text inside ${...} or in `who:` is not an expression. `wanwu help expressions` shows the "
     "language."},
    {"E121", "unknown name in an expression",
     "Names come from the thing (thing.id, thing.kind, …), the places it has, the columns of `state:`, the "
     "properties of\n"
     "its model, and the target's vars. Which of them exist depends on where the expression stands."},
    {"E122", "topic or path",
     "An MQTT topic to publish to has no `+` or `#`; a filter has them only as a whole level, `#` only as "
     "the last one. A\n"
     "CoAP or HTTP path begins with `/`."},
    {"E130", "threshold",
     "metric{tag=value} stat op quantity [in phase]\n"
     "  telemetry.latency{sector=health} p99.9 < 1 s in steady\n"
     "  telemetry.lost ratio < 0.01 %\n"
     "`wanwu help metrics` lists metrics and the words that fit each."},
    {"E131", "unknown metric",
     "There is no metric of this name. `wanwu list metrics` shows all; a misspelt one would hold for ever."},
    {"E140", "unknown name",
     "The name of a phase, storm, kind, sector, place, format, endpoint, role, timer or case is used but "
     "stands "
     "nowhere in\n"
     "the file."},
    {"E141", "name used twice", "Two phases, kinds or cases have one name. Results are told apart by it."},
    {"E150", "model",
     "The Thing Model does not exist or is broken. `wanwu list models` shows the built-in ones."},
    {"E151", "outside the project folder",
     "A file that a scenario or target names must lie in its own folder or below, also behind symbolic "
     "links: so a\n"
     "stranger's scenario can be run without reading all of it first."},
    {"E160", "operation the target lacks",
     "A population speaks a protocol for which the target file describes no such operation. Add the form to "
     "the target\n"
     "file, or let the population speak another protocol."},
    {"E170", "secret in a file",
     "Passwords, keys and tokens never stand in a file. Write { env: NAME } or { file: PATH }."},
    {"E171", "environment variable not set",
     "A variable that the file needs is not set and has no `default:`."},
    {"E172", "address not allowed",
     "The target lies outside `limits.allow`, which is loopback when nothing is written. A load test against "
     "an address\n"
     "that was not meant is an attack: name the range in the target file when you may test it."},
    {"E173", "scheme",
     "URLs are mqtt://, coap:// or http://. TLS and DTLS (mqtts, coaps, https) come in a later version."},
    {"E180", "command line override", "--set takes KEY=VALUE with the path of a key: things.meter.count=5k."},
    {"E190", "clause",
     "A case cites `SPEC ID`: SPEC is a key under `specs:`, ID stands in that specification's "
     "`requirements:` file "
     "when it\n"
     "has one. `wanwu list clauses --suite NAME` shows them."},
    {"E191", "case without proof",
     "A suite that ships with the program proves each case: it cites at least one testable clause and has at "
     "least one\n"
     "mutant, an edit of what comes from the target that must fail it."},
    {"E192", "packet or field",
     "There is no such packet, or this packet has no such field, or the field takes another kind of value.\n"
     "`wanwu list fields` shows packets and fields."},
    {"E193", "bytes",
     "Bytes are hex digits with spaces where they help, 'text', ${name:8} ${name:16} ${name:32} ${name:str} "
     "${name:hex}\n"
     "${name}, and {len} for the MQTT remaining length of all that follows. Where bytes are awaited, ?? is "
     "any "
     "byte and\n"
     ".. any bytes."},
    {"E194", "step that cannot be",
     "The keys of this step or edit do not go together, or it uses a link that no step before it has "
     "opened."},
    {"E195", "rows",
     "`params` and `generate` give rows of values, and each row is a case of its own. Which keys a kind of "
     "`generate`\n"
     "takes is in the language's page; a case has at most 4096 rows."},
    {"E196", "clauses file",
     "A `requirements:` file is CSV with a first line that names its columns: id and text, and as far as "
     "they are "
     "there\n"
     "level (must, should, may), section, subject, testable (yes, partly, no). Ids stand once."},
});

}  // namespace

std::span<const diagnostic_code> diagnostic_codes() {
  return codes;
}

const diagnostic_code* find_code(std::string_view code) {
  const auto found =
      std::find_if(codes.begin(), codes.end(), [&](const diagnostic_code& c) { return c.code == code; });
  return found == codes.end() ? nullptr : &*found;
}

}  // namespace wanwu::lang
