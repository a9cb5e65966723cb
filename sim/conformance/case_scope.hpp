// The names of one case and what they are worth now: what its expressions see.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/expression.hpp"
#include "sim/conformance/dialect.hpp"

namespace wanwu::conform {

/// Owns the texts of its values. One a try of a case.
class case_scope {
 public:
  case_scope(const lang::slot_table& names, const vocabulary& words);
  case_scope(const case_scope&) = delete;
  case_scope& operator=(const case_scope&) = delete;

  /// Gives a name its value, when the case knows that name and it is no parameter. Texts are copied.
  void set(std::string_view name, const lang::value& now);
  void set(std::uint16_t slot, const lang::value& now);
  /// `n`: which of several this is, from 1.
  void count(std::int64_t n) {
    if (n_) base_[*n_] = lang::value::of(n);
  }

  /// From now on everything sees this packet's fields too, until look_away().
  void look_at(const message& seen, duration elapsed);
  void look_away() noexcept { looking_ = false; }

  /// For templates and patterns. Valid until the next call of anything here.
  lang::eval_context& context();
  lang::value evaluate(const lang::expression& what);
  /// With the packet's fields, which shadow everything else.
  lang::value evaluate(const lang::expression& what, const message& seen, duration elapsed);
  /// Of a length of time; nothing when it is none or negative.
  std::optional<duration> evaluate(const duration_text& what);

 private:
  struct field_slot {
    std::uint16_t slot{};
    std::size_t index{};
  };
  template <class Wanted>
  void show(const message& seen, duration elapsed, Wanted wanted);
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }

  const lang::slot_table& names_;
  std::vector<field_slot> fields_;
  std::optional<std::uint16_t> packet_, elapsed_, n_;
  std::vector<lang::value> base_, seen_;
  bool looking_ = false;
  std::deque<std::string> texts_;
  lang::eval_context context_;
};

}  // namespace wanwu::conform
