// Looks at one thing at one instant: fills the slots its templates read, samples its model, renders topic and
// payload. One per worker; used again for each message, without allocation once warm.
#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "sim/limits.hpp"
#include "sim/population.hpp"

namespace wanwu::sim {

/// Texts that state columns hold as numbers. Bounded; what does not fit is "".
class text_table {
 public:
  text_table() { keep_.emplace_back(); }
  double intern(std::string_view text);
  std::string_view text(double number) const;

 private:
  std::vector<std::string> keep_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

class thing_context {
 public:
  /// `epoch_ms`: Unix time of the scenario's clock at the start of the run.
  thing_context(const world_plan& plan, population& things, std::int64_t epoch_ms);

  /// Everything below is about this thing at this instant from now on.
  void look_at(std::uint32_t row, since_start at);
  /// Samples things of one population at once, at most sampled_together_max; what follows is about none of
  /// them until look_at_sampled() says which. Only for things whose state does not change with a reading.
  void sample_together(const population_block& block, std::span<const std::uint32_t> rows,
                       std::span<const since_start> at);
  /// look_at() of number `which` of them, its values made.
  void look_at_sampled(std::size_t which);
  /// The same for a connection as a whole: a gateway has a name of its own.
  void look_at_connection(std::uint8_t lane, std::uint32_t connection);

  std::string_view id() const { return {id_.data(), id_size_}; }
  std::int64_t at_ms() const { return at_ms_; }
  subject who() const { return who_; }
  /// Readings of the model, sampled at the first call after look_at(). Live until the next look_at().
  std::span<const double> values();
  /// Draws the `state:` of the thing; once, before its first reading.
  void draw_state();
  /// Carries out `update:` for this instant.
  void update_state();
  bool has_updates(const planned_population& kind) const { return has_updates_[kind.index]; }
  /// For the names of one kind of message: event.name, ack.status, corr, ...
  void set(lang::slot which, lang::value v) { slots_[row_population_][lang::index_of(which)] = v; }

  /// Appends the address. False when a value may not stand where the template puts it.
  bool render_address(const compiled_message& message, byte_writer& out);
  bool render_payload(const compiled_message& message, byte_writer& out);
  bool render(const lang::text_template& text, const slot_needs& needs, byte_writer& out);

  /// Whether a storm's `who` means the thing of this row. Looks at it.
  bool storm_hits(const lang::expression& who, std::uint32_t row);

  /// Remembers what accepted commands did to a row.
  void add_actuations(std::uint32_t row, std::span<const actuation> done);
  std::span<const actuation> actuations(std::uint32_t row) const;
  text_table& texts() { return texts_; }
  /// State has changed: what was sampled at this instant does not hold any more.
  void forget_samples() { sampled_ = properties_filled_ = false; }
  std::size_t slot_count() const { return slots_[row_population_].size(); }
  std::int64_t ms_at(since_start at) const;
  /// Index of the thing's place under planned_population::places[i].
  std::uint64_t place_of(std::size_t i) const;

 private:
  void look_at(const population_block& block, std::uint32_t row, since_start at);
  subject subject_in(const planned_population& kind, std::uint32_t index) const;
  std::uint64_t place_of(const planned_place& place, thing_id thing) const;
  void fill(const slot_needs& needs);
  void fill_properties();
  void fill_columns();
  lang::value property_value(std::size_t index, double sample);
  lang::value column_value(const planned_column& column, double number) const;
  double column_number(const planned_column& column, const lang::value& v);
  std::span<double> columns();

  const world_plan& plan_;
  population& things_;
  std::int64_t epoch_ms_;

  const planned_population* kind_{};
  std::uint16_t row_population_ = 0;
  std::uint32_t row_ = 0;
  subject who_;
  since_start at_{};
  std::int64_t at_ms_ = 0;
  bool sampled_ = false, properties_filled_ = false;
  std::array<char, 160> id_{};
  std::size_t id_size_ = 0;

  lang::eval_context context_;
  std::vector<std::vector<lang::value>> slots_;  ///< By population.
  std::vector<bool> has_updates_;                ///< By population: a column changes with each reading.
  std::vector<bool> reads_values_;               ///< By population: its telemetry or its events do.
  std::array<double, property_count_max> values_{};
  std::span<const double> sampled_values_;  ///< While sampled_.
  std::vector<sample_request> requests_;
  std::vector<since_start> requested_at_;
  std::vector<std::uint32_t> requested_rows_;
  const population_block* requested_in_{};
  std::vector<double> values_together_;  ///< Of requests_, thing after thing; empty when nobody wants values.
  sample_scratch scratch_;
  std::array<double, property_count_max> column_numbers_{};
  std::vector<lang::value> storm_slots_;
  std::vector<lang::reading> readings_;
  std::vector<std::array<char, 96>> made_texts_;  ///< Texts of properties with a prefix, and of places.
  byte_writer description_, values_json_;
  std::unordered_map<std::uint32_t, std::vector<actuation>> actuations_;
  text_table texts_;
};

}  // namespace wanwu::sim
