// A W3C Thing Description for each thing of a kind: the model's text with the thing's own identity put in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/core/byte_writer.hpp"
#include "scenarios/things/thing_model.hpp"

namespace wanwu::things {

/// What a description says about one thing beyond its model. Views need only live through the call.
struct thing_identity {
  std::string_view id;     ///< "meter-000042"; the description's id is "urn:dev:wanwu:" + this.
  std::string_view title;  ///< "" = the model's title and the id.
  std::span<const std::pair<std::string_view, std::string_view>> places;  ///< {"district", "D07"}, ...
};

/// Made once a population, rendered once a thing: only copies, no JSON work. Safe to share between threads.
class description_template {
 public:
  /// `base` is the URI that the forms' relative references resolve against; "" leaves it out.
  description_template(const thing_model& model, std::string_view base);

  /// Appends one application/td+json document.
  void render(const thing_identity& who, byte_writer& out) const;

 private:
  std::string head_, middle_, before_place_, tail_;  ///< Around id, title and places, in this order.
  std::string title_;
};

/// The part of `id` that follows "urn:dev:wanwu:", percent-encoded where the URN syntax demands it.
void append_urn(std::string_view id, byte_writer& out);

}  // namespace wanwu::things
