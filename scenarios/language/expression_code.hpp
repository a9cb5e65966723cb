// What an expression is compiled to: a short list of instructions for a stack of values.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "scenarios/language/expression_functions.hpp"

namespace wanwu::lang {

enum class opcode : std::uint8_t {
  push_literal,  ///< literals[a]
  push_slot,     ///< context.slots[a]
  member,        ///< top = member `texts[a]` of the JSON on top
  negate,
  not_,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in_list,        ///< top is in lists[a]
  in_value,       ///< below is in the JSON list or text on top
  truth,          ///< top = top is true
  jump,           ///< to a
  jump_if_false,  ///< pops; to a unless true
  jump_if_false_keep,
  jump_if_true_keep,  ///< && and ||: keep the boolean when jumping, else pop
  jump_unless_null,   ///< ??: keep and jump when not null, else pop
  call,               ///< function a with b arguments
  pick_list,          ///< one of lists[a]
};

struct instruction {
  opcode op{};
  std::uint8_t b = 0;
  std::uint16_t a = 0;
};

/// Immutable once compiled; evaluations share it.
struct expression_code {
  std::vector<instruction> program;
  std::vector<value> literals;
  std::vector<std::vector<value>> lists;
  std::deque<std::string> texts;  ///< What text literals point into.
};

/// Runs one function on its arguments.
value call_function(function_id id, std::span<const value> arguments, eval_context& context);

/// Same kind and same value; integer and number compare by amount.
bool same_value(const value& a, const value& b) noexcept;

/// Copies pieces into the context's scratch; "" when they do not fit.
std::string_view scratch_text(eval_context& context, std::string_view a, std::string_view b = {});

}  // namespace wanwu::lang
