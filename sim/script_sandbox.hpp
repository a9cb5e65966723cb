// The bounds of a script: memory, instructions, and library functions whose work no instruction count sees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sim/script.hpp"

struct lua_State;

namespace wanwu::sim {

/// What is left to a running callback. One per Lua state; found again from inside it by script_budget_of().
struct script_budget {
  script_limits limits;
  std::size_t bytes_held = 0;   ///< By the state, now.
  std::size_t bytes_asked = 0;  ///< Since the callback began.
  std::int64_t instructions_left = 0;
  bool spent = false;    ///< Once past a bound, everything fails until the next callback.
  bool running = false;  ///< Bounds of one callback apply.
};

/// Allocator for lua_newstate(); `user` is the script_budget.
void* script_allocate(void* user, void* block, std::size_t before, std::size_t after);

script_budget& script_budget_of(lua_State* lua);

/// The argument at `index`, which has to be text: else a Lua error. Valid while it is on the stack.
std::string_view text_argument(lua_State* lua, int index);

void push_text(lua_State* lua, std::string_view text);

/// Opens what a script may use, takes the rest away, and sets the count hook.
void open_sandbox(lua_State* lua);

/// Starts a callback's (or the chunk's) budget.
void begin_budget(script_budget& budget, std::int64_t instructions);

/// Takes `work` instructions from the budget; raises a Lua error when it is spent, placed at call level
/// `level`.
void charge(lua_State* lua, std::int64_t work, int level = 1);

}  // namespace wanwu::sim
