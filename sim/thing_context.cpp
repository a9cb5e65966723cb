// Slots, samples and texts of one thing at one instant.
#include "sim/thing_context.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "sim/decimal.hpp"

namespace wanwu::sim {

namespace {

using lang::slot;
using lang::value;

constexpr std::uint64_t message_chance = stream_of("template.chance");
constexpr std::uint64_t state_chance = stream_of("state.start");
constexpr std::uint64_t update_chance = stream_of("state.update");

/// Writes "stem-000042" and returns its length; cut to the array.
template <std::size_t N>
std::size_t write_name(std::array<char, N>& out, std::string_view stem, std::uint64_t number,
                       std::size_t digits) {
  std::array<char, number_text_max> text;  // written before it is read
  const auto length = static_cast<std::size_t>(print_integer(number, text.data()) - text.data());
  const std::size_t room = N - text.size() - 1;
  std::size_t at = std::min(stem.size(), room);
  std::copy_n(stem.data(), at, out.data());
  out[at++] = '-';
  for (std::size_t i = length; i < digits; ++i) out[at++] = '0';
  std::copy_n(text.data(), length, out.data() + at);
  return at + length;
}

/// Not so for filler and for bodies of a thing's name alone.
bool reads_values(const world_plan& plan, const planned_population& kind) {
  slot_needs needs = kind.telemetry->needs;
  if (kind.telemetry->own_payload && plan.filler.empty()) {
    if (!kind.payload_body) return true;
    needs = needs | kind.payload_needs;
  }
  return needs.values || needs.readings || needs.properties;
}

}  // namespace

double text_table::intern(std::string_view text) {
  const auto known = numbers_.find(std::string{text});
  if (known != numbers_.end()) return known->second;
  if (keep_.size() >= limits::texts_max) return 0;
  const auto number = static_cast<std::uint32_t>(keep_.size());
  keep_.emplace_back(text);
  numbers_.emplace(text, number);
  return number;
}

std::string_view text_table::text(double number) const {
  return number >= 0 && number < static_cast<double>(keep_.size()) ? keep_[static_cast<std::size_t>(number)]
                                                                   : std::string_view{};
}

thing_context::thing_context(const world_plan& plan, population& things, std::int64_t epoch_ms)
    : plan_{plan}, things_{things}, epoch_ms_{epoch_ms} {
  std::size_t made = 0;
  for (const planned_population& kind : plan.populations) {
    auto& slots = slots_.emplace_back(kind.names->size());
    slots[lang::index_of(slot::thing_sector)] = value::of(std::string_view{kind.sector});
    slots[lang::index_of(slot::thing_kind)] = value::of(std::string_view{kind.kind});
    slots[lang::index_of(slot::thing_protocol)] = value::of(name_of(plan.lanes[kind.lane].via));
    has_updates_.push_back(std::any_of(kind.columns.begin(), kind.columns.end(),
                                       [](const planned_column& c) { return c.update.has_value(); }));
    reads_values_.push_back(kind.event || (kind.telemetry && reads_values(plan, kind)));
    made = std::max(made, kind.model->properties.size() + kind.places.size());
  }
  made_texts_.resize(made);
  readings_.reserve(property_count_max);
}

std::int64_t thing_context::ms_at(since_start at) const {
  return epoch_ms_ + static_cast<std::int64_t>(static_cast<double>(at.count()) * plan_.speed / 1e6);
}

std::uint64_t thing_context::place_of(const planned_place& place, thing_id thing) const {
  return random_stream(plan_.seed, number_of(thing), stream_of(place.name)).bits(0) % place.count;
}

std::uint64_t thing_context::place_of(std::size_t i) const {
  return place_of(kind_->places[i], who_.thing);
}

subject thing_context::subject_in(const planned_population& kind, std::uint32_t index) const {
  subject who{thing_id{kind.first_thing + index}, 0};
  if (!kind.places.empty()) {
    const planned_place& home = kind.places.front();
    who.place = place_key(home.name, place_of(home, who.thing));
  }
  return who;
}

void thing_context::sample_together(const population_block& block, std::span<const std::uint32_t> rows,
                                    std::span<const since_start> at) {
  const planned_population& kind = *block.kind;
  requested_in_ = &block;
  requested_rows_.assign(rows.begin(), rows.end());
  requested_at_.assign(at.begin(), at.end());
  values_together_.clear();
  if (!reads_values_[kind.index]) return;
  requests_.clear();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    requests_.push_back({subject_in(kind, things_.index_in(block, rows[i])), ms_at(at[i]),
                         actuations(rows[i]), things_.columns_in(block, rows[i])});
  }
  values_together_.resize(rows.size() * kind.model->properties.size());
  kind.behaviour->sample_all(requests_, scratch_, values_together_);
}

void thing_context::look_at_sampled(std::size_t which) {
  look_at(*requested_in_, requested_rows_[which], requested_at_[which]);
  const std::size_t count = kind_->model->properties.size();
  sampled_ = !values_together_.empty();
  if (sampled_) sampled_values_ = std::span{values_together_}.subspan(which * count, count);
}

void thing_context::look_at(std::uint32_t row, since_start at) {
  look_at(things_.block_of(row), row, at);
}

void thing_context::look_at(const population_block& block, std::uint32_t row, since_start at) {
  kind_ = block.kind;
  row_population_ = kind_->index;
  row_ = row;
  const std::uint32_t index = things_.index_in(block, row);
  who_ = subject_in(*kind_, index);
  at_ = at;
  at_ms_ = ms_at(at);
  sampled_ = properties_filled_ = false;
  id_size_ = write_name(id_, kind_->id_stem, index, 6);
  auto& slots = slots_[row_population_];
  slots[lang::index_of(slot::thing_id)] = value::of(id());
  slots[lang::index_of(slot::to_id)] = value::of(id());
  slots[lang::index_of(slot::thing_index)] = value::of(std::int64_t{index});
  slots[lang::index_of(slot::seq)] = value::of(std::int64_t{things_.row(row).sequence});
  context_.slots = slots;
  context_.now_ns = at_ms_ * 1'000'000;
  context_.random = {scramble(plan_.seed ^ message_chance) + number_of(who_.thing) * 0x9E3779B97F4A7C15ULL +
                         static_cast<std::uint64_t>(at.count()),
                     0};
  context_.scratch_used = 0;
}

void thing_context::look_at_connection(std::uint8_t lane, std::uint32_t connection) {
  const row_range behind = things_.rows_behind(lane, connection);
  look_at(behind.begin, {});
  auto& slots = slots_[row_population_];
  slots[lang::index_of(slot::gateway_id)] = value{};
  if (!kind_->is_gateway) return;
  const std::uint32_t ordinal = things_.index_of(behind.begin) / kind_->things_per_connection;
  id_size_ = write_name(id_, kind_->id_stem + "-gateway", ordinal, 6);
  slots[lang::index_of(slot::thing_id)] = value::of(id());
  slots[lang::index_of(slot::gateway_id)] = value::of(id());
}

std::span<double> thing_context::columns() {
  return things_.columns_of(row_);
}

std::span<const double> thing_context::values() {
  if (!sampled_) {
    const std::span<double> into{values_.data(), kind_->model->properties.size()};
    kind_->behaviour->sample(who_, at_ms_, actuations(row_), columns(), into);
    sampled_values_ = into;
    sampled_ = true;
  }
  return sampled_values_;
}

value thing_context::property_value(std::size_t index, double sample) {
  if (is_absent(sample)) return {};
  const things::property& property = kind_->model->properties[index];
  switch (property.type) {
    case things::value_type::number:
      return value::of(sample);
    case things::value_type::integer:
      return value::of(static_cast<std::int64_t>(std::llround(sample)));
    case things::value_type::boolean:
      return value::of(sample != 0);
    case things::value_type::string:
      break;
  }
  if (!property.enumeration.empty()) {
    const auto at = static_cast<std::size_t>(std::max(sample, 0.0));
    return at < property.enumeration.size() ? value::of(std::string_view{property.enumeration[at]}) : value{};
  }
  std::array<char, 96>& text = made_texts_[index];
  const std::size_t prefix = std::min<std::size_t>(property.text_prefix.size(), 64);
  std::copy_n(property.text_prefix.data(), prefix, text.data());
  const auto end = std::to_chars(text.data() + prefix, text.data() + text.size(), std::llround(sample)).ptr;
  return value::of(std::string_view{text.data(), static_cast<std::size_t>(end - text.data())});
}

value thing_context::column_value(const planned_column& column, double number) const {
  switch (column.type) {
    case column_type::number:
      return value::of(number);
    case column_type::integer:
      return value::of(static_cast<std::int64_t>(std::llround(number)));
    case column_type::boolean:
      return value::of(number != 0);
    case column_type::text:
      return value::of(texts_.text(number));
  }
  return {};
}

double thing_context::column_number(const planned_column& column, const value& v) {
  if (column.type == column_type::text) return v.is_text() ? texts_.intern(v.text()) : 0;
  if (v.kind() == lang::value_kind::boolean) return v.truth() ? 1 : 0;
  return v.is_numeric() ? v.number() : 0;
}

void thing_context::fill_columns() {
  auto& slots = slots_[row_population_];
  const auto numbers = columns();
  for (std::size_t i = 0; i < kind_->columns.size(); ++i) {
    slots[kind_->columns[i].slot] = column_value(kind_->columns[i], numbers[i]);
  }
}

void thing_context::fill_properties() {
  if (properties_filled_) return;
  properties_filled_ = true;
  auto& slots = slots_[row_population_];
  const auto samples = values();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (kind_->property_slots[i] != 0) slots[kind_->property_slots[i]] = property_value(i, samples[i]);
  }
  fill_columns();
  for (std::size_t i = 0; i < kind_->places.size(); ++i) {
    auto& text = made_texts_[kind_->model->properties.size() + i];
    const std::size_t size = write_name(text, kind_->places[i].name, place_of(i), 1);
    slots[kind_->places[i].slot] = value::of(std::string_view{text.data(), size});
  }
}

void thing_context::fill(const slot_needs& needs) {
  auto& slots = slots_[row_population_];
  if (needs.properties) fill_properties();
  if (needs.readings) {
    readings_.clear();
    const auto samples = values();
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const things::property& property = kind_->model->properties[i];
      if (property.telemetry && !is_absent(samples[i])) {
        readings_.push_back({property.name, property_value(i, samples[i])});
      }
    }
    context_.readings = readings_;
  }
  if (needs.values) {
    values_json_.clear();
    values_json_.append("{");
    const auto samples = values();
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const things::property& property = kind_->model->properties[i];
      if (!property.telemetry || is_absent(samples[i])) continue;
      values_json_.append(values_json_.size() == 1 ? "\"" : ",\"");
      append_json_text(property.name, values_json_);
      values_json_.append("\":");
      append_json_value(property, samples[i], values_json_);
    }
    values_json_.append("}");
    slots[lang::index_of(slot::values)] = value::json(as_text(values_json_.view()));
  }
  if (needs.description && kind_->description) {
    description_.clear();
    kind_->description->render({id(), {}, {}}, description_);
    slots[lang::index_of(slot::thing_td)] = value::json(as_text(description_.view()));
  }
}

void thing_context::draw_state() {
  const auto numbers = columns();
  for (std::size_t i = 0; i < kind_->columns.size(); ++i) {
    const planned_column& column = kind_->columns[i];
    if (column.start) {
      context_.random = {scramble(plan_.seed ^ state_chance ^ stream_of(column.name)) +
                             sim::number_of(who_.thing) * 0x9E3779B97F4A7C15ULL,
                         0};
      numbers[i] = column_number(column, column.start->evaluate(context_));
    } else {
      numbers[i] = column.type == column_type::text ? texts_.intern(column.constant_text) : column.constant;
    }
  }
}

void thing_context::update_state() {
  if (!has_updates_[row_population_]) return;
  fill_properties();
  const auto numbers = columns();
  context_.random = {scramble(plan_.seed ^ update_chance) +
                         sim::number_of(who_.thing) * 0x9E3779B97F4A7C15ULL +
                         static_cast<std::uint64_t>(at_.count()),
                     0};
  for (std::size_t i = 0; i < kind_->columns.size(); ++i) {
    const planned_column& column = kind_->columns[i];
    column_numbers_[i] =
        column.update ? column_number(column, column.update->evaluate(context_)) : numbers[i];
  }
  std::copy_n(column_numbers_.begin(), numbers.size(), numbers.begin());
  sampled_ = properties_filled_ = false;
}

bool thing_context::storm_hits(const lang::expression& who, std::uint32_t row) {
  look_at(row, at_);
  storm_slots_.assign(plan_.storm_names->size(), value{});
  const auto& own = slots_[row_population_];
  std::copy_n(own.begin(), lang::fixed_slot_count, storm_slots_.begin());
  fill_properties();
  lang::resolved_name meaning;
  for (const planned_place& place : kind_->places) {
    if (plan_.storm_names->resolve(place.name, meaning)) storm_slots_[meaning.slot] = own[place.slot];
  }
  for (const auto& [key, text] : kind_->source->tags) {
    if (plan_.storm_names->resolve(key, meaning) && !meaning.constant)
      storm_slots_[meaning.slot] = value::of(std::string_view{text});
  }
  context_.slots = storm_slots_;
  const bool hit = who.evaluate(context_).truth();
  context_.slots = slots_[row_population_];
  return hit;
}

bool thing_context::render(const lang::text_template& text, const slot_needs& needs, byte_writer& out) {
  fill(needs);
  context_.scratch_used = 0;
  return text.render(context_, out);
}

bool thing_context::render_address(const compiled_message& message, byte_writer& out) {
  fill(message.needs);
  context_.scratch_used = 0;
  return message.address.render(context_, out);
}

bool thing_context::render_payload(const compiled_message& message, byte_writer& out) {
  if (!message.own_payload) {
    fill(message.needs);
    context_.scratch_used = 0;
    return message.body.render(context_, out);
  }
  if (!plan_.filler.empty()) {
    out.append(plan_.filler);
    return true;
  }
  if (kind_->payload_body) return render(*kind_->payload_body, kind_->payload_needs, out);
  kind_->payload->write({id(), at_ms_, things_.row(row_).sequence}, values(), out);
  return true;
}

void thing_context::add_actuations(std::uint32_t row, std::span<const actuation> done) {
  auto& list = actuations_[row];
  for (const actuation& one : done) {
    const auto same = std::find_if(list.begin(), list.end(),
                                   [&](const actuation& a) { return a.property == one.property; });
    if (same != list.end()) list.erase(same);
    if (list.size() < limits::actuations_max) list.push_back(one);
  }
  things_.row(row).actuated = true;
  sampled_ = properties_filled_ = false;
}

std::span<const actuation> thing_context::actuations(std::uint32_t row) const {
  if (!things_.row(row).actuated) return {};
  const auto found = actuations_.find(row);
  return found == actuations_.end() ? std::span<const actuation>{}
                                    : std::span<const actuation>{found->second};
}

}  // namespace wanwu::sim
