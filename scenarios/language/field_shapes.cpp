// The shapes that several kinds of file share, and the list of kinds.
#include <array>

#include "scenarios/language/fields.hpp"

namespace wanwu::lang {
namespace shapes {

const shape any{};
const shape text{.kind = shape_kind::text, .help = "A text."};
const shape name{.kind = shape_kind::name,
                 .name = "name",
                 .help = "A name: small letters, digits, - and _, a letter first.",
                 .examples = {"steady", "smart_meter"}};
const shape label{.kind = shape_kind::label,
                  .name = "label",
                  .help = "A label: letters, digits, _ . and -, a letter or digit first.",
                  .examples = {"CONNECT-DUP-01"}};
const shape boolean{.kind = shape_kind::boolean, .help = "true or false."};
const shape count{.kind = shape_kind::count,
                  .name = "count",
                  .help = "How many; k and M allowed.",
                  .examples = {"500", "10k", "1.2M"}};
const shape duration{.kind = shape_kind::duration,
                     .name = "duration",
                     .help = "A length of time with its unit: us, ms, s, min, h, d.",
                     .examples = {"250 ms", "10 s", "15 min"}};
const shape span{.kind = shape_kind::span,
                 .name = "span",
                 .help = "A length of time with its unit, the name of a timer, or ${ } that gives one.",
                 .examples = {"2 s", "T_answer", "${given * 1.5 s}"}};
const shape rate{.kind = shape_kind::rate,
                 .name = "rate",
                 .help = "How many per s, min or h.",
                 .examples = {"200/s", "6/min"}};
const shape bandwidth{.kind = shape_kind::bandwidth,
                      .name = "bandwidth",
                      .help = "How much a second: bit/s, kbit/s, Mbit/s, Gbit/s, B/s, kB/s, MB/s.",
                      .examples = {"64 kbit/s", "2 Mbit/s"}};
const shape percent{.kind = shape_kind::percent,
                    .name = "percent",
                    .help = "A share with %, up to 100 %.",
                    .examples = {"60 %", "0.1 %"},
                    .high = 1};
const shape secret{.kind = shape_kind::secret,
                   .name = "secret",
                   .help = "Never written in the file itself.",
                   .examples = {"{ env: NAME }", "{ file: PATH }"}};
const shape texts{.kind = shape_kind::list, .help = "A list of texts.", .item = &text};
const shape scalars{.kind = shape_kind::map, .help = "Free keys with plain values.", .item = &any};
const shape path{.kind = shape_kind::text, .help = "A path below this file's folder."};
const shape url{.kind = shape_kind::text,
                .help = "A URL with its scheme.",
                .examples = {"mqtt://127.0.0.1:1883", "coap://127.0.0.1:5683", "http://127.0.0.1:8080"}};
const shape expr{.kind = shape_kind::text,
                 .help = "An expression (a subset of CEL): no loops, no I/O.",
                 .examples = {"sector == \"city\""}};

}  // namespace shapes

namespace {

constexpr std::array<file_kind, 4> kinds{{
    {"scenario/v1", "scenario",
     "wanwu scenario: what things there are, what they do when, and what must hold", scenario_table},
    {"target/v1", "target", "wanwu target: where a target is and how each operation looks on each protocol",
     target_table},
    {"suite/v1", "suite", "wanwu suite: cases that a target must pass, and how each proves that it can fail",
     suite_table},
    {"waivers/v1", "waivers", "wanwu waivers: failures that are known, why, and until when", waivers_table},
}};

}  // namespace

std::span<const file_kind> file_kinds() {
  return kinds;
}

const file_kind* find_file_kind(std::string_view name_or_word) {
  for (const file_kind& kind : kinds) {
    if (kind.name == name_or_word || kind.word == name_or_word) return &kind;
  }
  return nullptr;
}

}  // namespace wanwu::lang
