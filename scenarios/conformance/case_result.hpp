// What came of a case: made by the runner, read by every report. Owns all it says.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/bytes.hpp"
#include "protocols/core/time.hpp"
#include "scenarios/verdict.hpp"

namespace wanwu::conform {

/// Something that went over a link, or happened to it.
struct wire_event {
  enum class kind : std::uint8_t { opened, sent, received, closed_by_us, closed_by_target, failed } what{};
  double at_ms{};  ///< After the case's start.
  std::string role;
  bytes raw;           ///< sent, received: one packet or what was sent in one go; at most wire_bytes_kept.
  std::size_t size{};  ///< Of the whole, when `raw` is cut.
  std::string text;    ///< Decoded, or why it could not be: "PUBACK packet_id=1 reason=0x00". Secrets out.
};
inline constexpr std::size_t wire_bytes_kept = 4096;
/// `text` of an `opened` link whose bytes travel in frames; the log has what they carry.
inline constexpr std::string_view over_websocket = "over WebSocket";

/// A step as it went.
struct step_result {
  std::string part;                ///< preamble, body, postamble
  std::uint32_t number{};          ///< From 1 in its part.
  std::string text;                ///< The step, in one line.
  std::string where;               ///< "file.suite.yaml:12:7"
  std::string outcome;             ///< "met", "unmet", "deviation", "skipped"
  std::string expected, received;  ///< For people; received "" = nothing came.
  bytes expected_bytes, received_bytes;
  double at_ms{}, took_ms{};
};

/// Something the always-on monitors saw.
struct finding {
  std::string clause, text, role;
  double at_ms{};
};

struct case_result {
  std::string id, group, objective, level;
  std::vector<std::string> clauses, specs;
  std::string file;  ///< Of the case, with its line.
  std::uint32_t line{};
  std::string profile;
  verdict outcome = verdict::not_applicable;
  bool deviation = false;  ///< Passed, but a `should` was not met.
  bool not_run = false;    ///< Selected out, or the run ended before.
  std::string waived;      ///< The waiver's reason when one holds; "" = none.
  std::string reason;      ///< One sentence: why not pass.
  std::vector<step_result> steps;
  std::vector<finding> findings;
  std::vector<wire_event> wire;
  double ms{};
  std::uint32_t tries = 1;
};

/// Clauses of one specification against the cases that cite them.
struct coverage_row {
  std::string spec, title;
  std::uint32_t testable{}, covered{};
  std::vector<std::string> uncovered;                         ///< Ids without a case.
  std::vector<std::pair<std::string, std::string>> left_out;  ///< id, reason.
};

/// The whole of a suite's run, in the order in which cases stand in the suite.
struct suite_result {
  std::string id, title, target;
  std::vector<std::string> profiles;
  std::vector<case_result> cases;  ///< One a case: merged over profiles.
  std::vector<coverage_row> coverage;
  std::vector<std::string> notes;  ///< "the target died and was started again", waivers to remove, ...
};

}  // namespace wanwu::conform
