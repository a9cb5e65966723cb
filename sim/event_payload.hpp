// What an event says: a JSON document of the fields its model declares.
#pragma once

#include <span>

#include "protocols/core/byte_writer.hpp"
#include "scenarios/things/thing_model.hpp"
#include "sim/random.hpp"

namespace wanwu::sim {

/// Appends the data of `model.events[index]`: fields from properties have the thing's present value, others
/// are drawn from their range. `values` as dynamics::sample() gives them; `draws` belongs to this occurrence
/// alone.
void write_event(const things::thing_model& model, std::size_t index, std::span<const double> values,
                 random_stream draws, byte_writer& out);

}  // namespace wanwu::sim
