// The catalogue of Thing Models as the language's checks ask for it.
#pragma once

#include "scenarios/language/model_lookup.hpp"

namespace wanwu::cli {

/// Answers from the built-in models and from files. Stateless; files are read at each question.
class catalogue_lookup final : public lang::model_lookup {
 public:
  std::optional<lang::model_facts> facts(std::string_view name, std::string& why) const override;
  std::vector<std::string> names() const override;
};

}  // namespace wanwu::cli
