// What the language's checks need to know of a Thing Model.
#pragma once

#include "scenarios/language/model_lookup.hpp"
#include "scenarios/things/thing_model.hpp"

namespace wanwu::sim {

lang::model_facts facts_of(const things::thing_model& model);

}  // namespace wanwu::sim
