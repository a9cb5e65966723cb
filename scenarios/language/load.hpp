// From paths to checked structs: the one way in for every command.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/language/diagnostics.hpp"
#include "scenarios/language/model_lookup.hpp"
#include "scenarios/language/scenario.hpp"
#include "scenarios/language/slots.hpp"
#include "scenarios/language/target_file.hpp"

namespace wanwu::lang {

/// What the command line says on top of the files.
struct load_options {
  const model_lookup* models = nullptr;  ///< nullptr: models are not looked up.
  std::vector<std::string> set;  ///< "things.meter.count=5k", "vars.host=…" (the target's), applied in order.
  std::optional<double> scale;  ///< 0.001 = 0.1 %.
  std::optional<std::uint64_t> seed;
  std::optional<std::string> target;  ///< A target file instead of the scenario's own.
};

/// Everything that loading found. `sources` shows the diagnostics; structs are there only without errors.
struct load_result {
  std::shared_ptr<source_set> sources = std::make_shared<source_set>();
  diagnostics found;
  std::string kind;  ///< "scenario/v1", "target/v1"; "" when the file does not say.
  std::shared_ptr<const lang::scenario> scenario;
  std::shared_ptr<const target_file> target;  ///< The target file itself, or the scenario's target.

  bool ok() const noexcept { return !found.has_errors(); }
};

/// "suite/v1", "scenario/v1", …: what the file says it is; "" when it cannot be read or does not say.
std::string kind_of_file(const std::string& path);

/// Loads a scenario or a target file and what it refers to. All errors of all files; sends nothing.
load_result load_file(const std::string& path, const load_options& options = {});
/// The same for a text that stands in no file (`shown` names it in messages).
load_result load_text(const std::string& shown, std::string text, const load_options& options = {});

/// The description of the target that ships with the program, with no addresses in its endpoints.
std::shared_ptr<const target_file> embedded_target();
/// The same with addresses filled in; endpoints without an address are left out.
std::shared_ptr<const target_file> embedded_target_at(const url& mqtt, const url& coap, const url& http,
                                                      int mqtt_version = 5);

/// The names that templates of this population may use; compiling what was loaded with it cannot fail. The
/// models' properties come after the fixed slots, then state columns, places, tags. `target` gives vars as
/// constants.
slot_table slots_for(const scenario& s, const population& p, const model_facts* model,
                     const target_file* target);
/// Names that a storm's `who` may use.
slot_table storm_slots(const scenario& s);

}  // namespace wanwu::lang
