// A scenario file, read and checked: plain structs, positions kept for messages of a later time.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/observation.hpp"
#include "scenarios/language/document.hpp"
#include "scenarios/language/expression.hpp"
#include "scenarios/language/target_file.hpp"
#include "scenarios/language/threshold.hpp"

namespace wanwu::lang {

/// The ten of the declaration. `things:` without a sector are `other`.
inline constexpr std::array<std::string_view, 10> sector_names{
    "city",   "industry",  "agriculture", "military",  "education",
    "health", "aerospace", "energy",      "logistics", "other"};

enum class driver_choice : std::uint8_t { native, stock };
enum class payload_kind : std::uint8_t { json, senml_json, senml_cbor, body };

/// A column: a constant, or an expression when `is_expression`.
struct assignment {
  std::string name;
  source_mark mark;      ///< Of the value.
  node written;          ///< As in the file.
  bool is_expression{};  ///< `written` is "${...}" alone; `source` is what stands inside.
  std::string source;
  source_mark source_mark_;
  value_type type = value_type::any;
};

/// One kind of thing, `count` times.
struct population {
  std::string name;       ///< The kind: "smart_meter".
  std::string sector;     ///< One of sector_names.
  std::string full_name;  ///< "energy.smart_meter", unique; `things:` are "other.meter".
  source_mark mark;       ///< Of its key.
  std::string model;      ///< "builtin/meter", or a path relative to scenario::folder and inside it.
  source_mark model_mark;
  std::uint64_t count = 0;          ///< With `scale` and overrides applied.
  std::uint64_t count_written = 0;  ///< As in the file.
  protocol over = protocol::mqtt;
  source_mark over_mark;
  duration every{};   ///< 0 = the model's own period.
  double jitter = 0;  ///< 0..1, share of `every`.
  std::string place;  ///< Name of a place, "" = none.
  source_mark place_mark;
  std::vector<assignment> state;  ///< Columns with their value at the start, drawn once a thing.
  std::vector<assignment>
      update;          ///< New values at each reading; a name is a column or a property of the model.
  std::string script;  ///< Lua file, ready to open; "" = none.
  source_mark script_mark;
  payload_kind payload = payload_kind::json;
  std::shared_ptr<const node> payload_body;  ///< When payload is `body`: see compile_body().
  std::string payload_content;               ///< Media type of the payload; "" = the kind's own.
  driver_choice driver = driver_choice::native;
  std::uint32_t gateway = 0;  ///< Things per connection; 0 = each its own (direct).
  duration collect{};         ///< Beat at which a gateway sends what its things report; 0 = as it comes.
  source_mark collect_mark;
  std::vector<std::pair<std::string, std::string>> tags;
};

struct place_count {
  std::string name;
  std::uint64_t count = 0;  ///< With scale applied, at least 1.
  source_mark mark;
};

enum class phase_kind : std::uint8_t { ramp, hold };

struct phase {
  std::string name;  ///< Given, or "ramp", "hold", "hold-2", ...; unique.
  source_mark mark;
  phase_kind kind{};
  duration length{};
  double from = 0, to = 1;  ///< Share of the things online at begin and end; equal in a hold.
  std::vector<std::pair<std::size_t, double>> load;  ///< Population index -> factor on its message rate.
  int storm = -1;                   ///< Index into scenario::storms, -1 = none. Begins with the phase.
  std::vector<std::size_t> faults;  ///< Indices into scenario::faults: these act during the phase.
};

enum class backoff_kind : std::uint8_t { none, fixed, exponential };
enum class drop_kind : std::uint8_t { abrupt, clean };

struct storm {
  std::string name;
  source_mark mark;
  std::string who;  ///< Expression over sector, kind, protocol, index, thing.*, places, tags; "" = all.
  source_mark who_mark;
  double share = 1;  ///< 0..1 of those.
  drop_kind drop = drop_kind::abrupt;
  duration dark{};           ///< Between the drop and the first try to return.
  duration return_within{};  ///< The returns are spread over this.
  backoff_kind backoff = backoff_kind::exponential;
};

/// What goes wrong on the way, in the phases that name it. Acts both ways alike. netem's words.
struct fault {
  std::string name;
  source_mark mark;
  std::string who;  ///< Expression over sector, kind, protocol, tags; "" = all.
  source_mark who_mark;
  double share = 1;  ///< 0..1 of the connections of those.
  duration delay{}, jitter{};
  double loss = 0, duplicate = 0, reorder = 0;  ///< 0..1 of the packets.
  double bytes_per_s = 0;                       ///< 0 = no limit.
  bool black_hole{};                            ///< Nothing passes.
  double read_bytes_per_s = 0;                  ///< How fast the things read; 0 = no limit.
  double duplicate_ids = 0;                     ///< 0..1 of the writes that leave twice, identifiers and all.
  /// About how long after the last, again and again; 0 = never.
  duration reset{}, half_open{}, keep_alive_miss{}, garbage{}, oversized{}, flapping{}, takeover{};
  std::vector<std::size_t> kinds;  ///< Indices into scenario::populations: whom it hits.
  std::vector<std::pair<std::string, source_mark>> keys;  ///< As written, for messages.
};

/// "delay 50 ms ± 10 ms, loss 2 %": what a fault does, for people.
std::string fault_text(const fault& f);

struct clock_spec {
  std::optional<std::int64_t>
      start_ns;                   ///< Scenario time at the start, ns since 1970 UTC; none = the wall clock.
  std::int32_t utc_offset_s = 0;  ///< Of the `start` text: local hours of the things' days.
  double speed = 1;               ///< Scenario seconds per real second.
};

struct scenario;
/// Whether a fault is about this population: its things suffer or misbehave. The others are bystanders.
bool is_troubled(const scenario& s, std::size_t population_index);

struct scenario {
  std::string name;  ///< Given, or the file's name without its endings.
  std::string title;
  std::string path;
  std::string folder;  ///< The project folder: everything the file names lies in it.
  std::uint64_t seed = 1;
  bool seed_given{};
  double scale = 1;
  clock_spec clock;
  std::vector<place_count> places;
  std::vector<population> populations;  ///< In the file's order; the index is observation::population.
  std::vector<phase> phases;
  std::vector<storm> storms;
  std::vector<fault> faults;
  std::vector<threshold> thresholds;

  bool target_named{};  ///< False: nothing named one; endpoints have no address and the embedded target is
                        ///< meant.
  std::shared_ptr<const target_file> target;  ///< Never null after loading.

  std::shared_ptr<const source_set> sources;
};

}  // namespace wanwu::lang
