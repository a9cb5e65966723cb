// Models for tests of the language: a table instead of the catalogue.
#pragma once

#include "scenarios/language/model_lookup.hpp"

/// Knows builtin/meter with its voltage and energy, and takes every file for a model without properties.
class model_table final : public wanwu::lang::model_lookup {
 public:
  std::optional<wanwu::lang::model_facts> facts(std::string_view name, std::string&) const override {
    if (name.ends_with(".tm.jsonld")) return wanwu::lang::model_facts{};
    if (name != "builtin/meter") return std::nullopt;
    wanwu::lang::model_facts out;
    out.properties = {{"voltage", wanwu::lang::value_type::number},
                      {"energy", wanwu::lang::value_type::number}};
    return out;
  }
  std::vector<std::string> names() const override { return {"builtin/meter", "builtin/streetlight"}; }
};
