// Hooks see Lua instructions only, so every C function that can work long is wrapped: it pays before it
// starts.
#include "sim/script_sandbox.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include <lua.hpp>

namespace wanwu::sim {

namespace {

constexpr int hook_every = 100;            ///< Instructions between two looks at the budget.
constexpr double pattern_steps_max = 1e6;  ///< Worst case of one pattern match; more is refused.
constexpr lua_Integer repeat_bytes_max = 64 * 1024;

void count_hook(lua_State* lua, lua_Debug*) {
  charge(lua, hook_every, 0);
}

/// How many pattern items may repeat: each can backtrack over the whole subject.
int repeats_in(std::string_view pattern) {
  int count = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%') {
      if (i + 1 < pattern.size() && pattern[i + 1] == 'b') ++count;
      ++i;
    } else if (std::strchr("*+-?", pattern[i]) != nullptr && i != 0) {
      ++count;
    }
  }
  return count;
}

/// Worst-case steps of one match, so that no pattern can stall the worker.
double pattern_steps(std::string_view subject, std::string_view pattern) {
  const bool anchored = pattern.starts_with('^');
  double steps = static_cast<double>(pattern.size() + 1);
  for (int i = repeats_in(pattern) + (anchored ? 0 : 1); i > 0 && steps < 1e18; --i)
    steps *= static_cast<double>(subject.size() + 1);
  return steps;
}

/// Calls the original function (upvalue 1) with all arguments.
int forward(lua_State* lua) {
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
  return lua_gettop(lua);
}

int with_pattern(lua_State* lua) {
  const auto subject = text_argument(lua, 1), pattern = text_argument(lua, 2);
  const double steps = pattern_steps(subject, pattern);
  if (steps > pattern_steps_max)
    return luaL_error(lua, "the pattern could take too long on a text of %d bytes",
                      static_cast<int>(subject.size()));
  charge(lua, static_cast<std::int64_t>(steps / 16));
  return forward(lua);
}

int with_text(lua_State* lua) {
  charge(lua, static_cast<std::int64_t>(text_argument(lua, 1).size() / 16));
  return forward(lua);
}

int with_repeat(lua_State* lua) {
  const auto text = text_argument(lua, 1);
  const auto times = luaL_checkinteger(lua, 2);
  const auto separator = lua_isnoneornil(lua, 3) ? std::string_view{} : text_argument(lua, 3);
  const auto each = static_cast<lua_Integer>(text.size() + separator.size());
  if (times > 0 && (times > repeat_bytes_max || each > repeat_bytes_max / times))
    return luaL_error(lua, "the text would be longer than 64 kB");
  charge(lua, times > 0 ? each * times / 16 : 0);
  return forward(lua);
}

int with_table(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const auto size = static_cast<std::int64_t>(lua_rawlen(lua, 1));
  charge(lua, size / 4);
  return forward(lua);
}

/// table.move and table.unpack take the range as arguments; a range far beyond the table costs all the same.
int with_range(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const auto first = luaL_optinteger(lua, 2, 1);
  const auto last = luaL_optinteger(lua, 3, static_cast<lua_Integer>(lua_rawlen(lua, 1)));
  if (last >= first && (last > 1'000'000 || first < -1'000'000))
    return luaL_error(lua, "the range is too large");
  charge(lua, last >= first ? (last - first) / 4 : 0);
  return forward(lua);
}

int with_sort(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  std::int64_t work = static_cast<std::int64_t>(lua_rawlen(lua, 1));
  for (auto n = work; n > 1; n /= 2) work += static_cast<std::int64_t>(lua_rawlen(lua, 1));
  charge(lua, work);
  return forward(lua);
}

/// Finalisers run with hooks off, so no metatable may have one.
int set_metatable(lua_State* lua) {
  if (lua_istable(lua, 2)) {
    lua_pushliteral(lua, "__gc");
    lua_rawget(lua, 2);
    if (!lua_isnil(lua, -1)) return luaL_error(lua, "__gc is not allowed");
    lua_pop(lua, 1);
  }
  return forward(lua);
}

/// Catching the error of a spent budget must not buy more time: pcall and coroutine.resume throw it on.
int rethrow_when_spent(lua_State* lua, int results) {
  if (script_budget_of(lua).spent) return luaL_error(lua, "the callback's budget is spent");
  return results;
}
int after_protected(lua_State* lua, int status, lua_KContext) {
  if (status == LUA_OK || status == LUA_YIELD) return rethrow_when_spent(lua, lua_gettop(lua));
  lua_pushboolean(lua, 0);
  lua_insert(lua, -2);
  return rethrow_when_spent(lua, 2);
}
int protected_call(lua_State* lua) {
  luaL_checkany(lua, 1);
  lua_pushboolean(lua, 1);
  lua_insert(lua, 1);
  return after_protected(lua, lua_pcallk(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0, 0, after_protected), 0);
}
int resume(lua_State* lua) {
  return rethrow_when_spent(lua, forward(lua));
}

/// Traversal in the order of keys: Lua's own order hangs on addresses, and the same seed must give the same
/// run.
constexpr const char* sorted_pairs = R"lua(
local next, type, sort = ...
local function before(a, b)
  local x, y = type(a), type(b)
  if x ~= y then return x < y end
  if x == "number" or x == "string" then return a < b end
  return false
end
return function(t)
  local keys, n = {}, 0
  for k in next, t do n = n + 1; keys[n] = k end
  sort(keys, before)
  local i = 0
  return function()
    i = i + 1
    local k = keys[i]
    if k ~= nil then return k, t[k] end
  end
end
)lua";

int refuse_write(lua_State* lua) {
  return luaL_error(lua, "this table cannot be changed; keep state in thing.<column>");
}

/// Replaces the table on top of the stack by an empty one that reads through to it.
void make_read_only(lua_State* lua) {
  lua_newtable(lua);
  lua_createtable(lua, 0, 3);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_write);
  lua_setfield(lua, -2, "__newindex");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_remove(lua, -2);
}

void wrap(lua_State* lua, const char* library, const char* name, lua_CFunction with) {
  lua_getglobal(lua, library);
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, with, 1);
  lua_setfield(lua, -2, name);
  lua_pop(lua, 1);
}

void remove(lua_State* lua, const char* library, const char* name) {
  lua_getglobal(lua, library);
  lua_pushnil(lua);
  lua_setfield(lua, -2, name);
  lua_pop(lua, 1);
}

void install_pairs(lua_State* lua) {
  if (luaL_loadbufferx(lua, sorted_pairs, std::strlen(sorted_pairs), "=pairs", "t") != LUA_OK) lua_error(lua);
  lua_getglobal(lua, "next");
  lua_getglobal(lua, "type");
  lua_getglobal(lua, LUA_TABLIBNAME);
  lua_getfield(lua, -1, "sort");
  lua_remove(lua, -2);
  lua_call(lua, 3, 1);
  lua_setglobal(lua, "pairs");
  lua_pushnil(lua);
  lua_setglobal(lua, "next");
}

}  // namespace

std::string_view text_argument(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(lua, index, &size);
  return {text, size};
}

void push_text(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}

void* script_allocate(void* user, void* block, std::size_t before, std::size_t after) {
  auto& budget = *static_cast<script_budget*>(user);
  const std::size_t held = block == nullptr ? 0 : before;
  if (after == 0) {
    std::free(block);
    budget.bytes_held -= held;
    return nullptr;
  }
  if (after > held) {
    const bool too_much = budget.bytes_held - held + after > budget.limits.state_bytes ||
                          (budget.running && (after > budget.limits.block_bytes ||
                                              budget.bytes_asked + after > budget.limits.callback_bytes));
    if (too_much) {
      if (budget.bytes_asked + after > budget.limits.callback_bytes) budget.spent = true;
      return nullptr;
    }
    budget.bytes_asked += after;
  }
  void* const moved = std::realloc(block, after);
  if (moved == nullptr) return after <= held ? block : nullptr;  // Lua takes it that shrinking never fails
  budget.bytes_held = budget.bytes_held - held + after;
  return moved;
}

script_budget& script_budget_of(lua_State* lua) {
  void* user = nullptr;
  lua_getallocf(lua, &user);
  return *static_cast<script_budget*>(user);
}

void begin_budget(script_budget& budget, std::int64_t instructions) {
  budget.instructions_left = instructions;
  budget.bytes_asked = 0;
  budget.spent = false;
  budget.running = true;
}

void charge(lua_State* lua, std::int64_t work, int level) {
  auto& budget = script_budget_of(lua);
  budget.instructions_left -= work;
  if (budget.instructions_left > 0 && !budget.spent) return;
  budget.spent = true;
  luaL_where(lua, level);
  lua_pushfstring(lua, "more than %d instructions in one callback",
                  static_cast<int>(budget.limits.instructions));
  lua_concat(lua, 2);
  lua_error(lua);
}

void open_sandbox(lua_State* lua) {
  constexpr std::array<std::pair<const char*, lua_CFunction>, 5> libraries{
      {{LUA_GNAME, luaopen_base},
       {LUA_STRLIBNAME, luaopen_string},
       {LUA_TABLIBNAME, luaopen_table},
       {LUA_MATHLIBNAME, luaopen_math},
       {LUA_COLIBNAME, luaopen_coroutine}}};
  for (const auto& [name, open] : libraries) {
    luaL_requiref(lua, name, open, 1);
    lua_pop(lua, 1);
  }
  for (const auto* gone : {"load", "loadfile", "loadstring", "dofile", "collectgarbage", "print", "warn",
                           "require", "rawequal", "rawset", "rawget", "xpcall", "_G"}) {
    lua_pushnil(lua);
    lua_setglobal(lua, gone);
  }
  remove(lua, LUA_STRLIBNAME, "dump");
  for (const auto* gone : {"random", "randomseed"}) remove(lua, LUA_MATHLIBNAME, gone);
  remove(lua, LUA_COLIBNAME, "close");
  for (const auto* name : {"find", "match", "gmatch", "gsub"}) wrap(lua, LUA_STRLIBNAME, name, with_pattern);
  for (const auto* name : {"upper", "lower", "reverse", "sub", "byte", "format"})
    wrap(lua, LUA_STRLIBNAME, name, with_text);
  wrap(lua, LUA_STRLIBNAME, "rep", with_repeat);
  for (const auto* name : {"insert", "remove", "concat"}) wrap(lua, LUA_TABLIBNAME, name, with_table);
  wrap(lua, LUA_TABLIBNAME, "move", with_range);
  wrap(lua, LUA_TABLIBNAME, "unpack", with_range);
  wrap(lua, LUA_TABLIBNAME, "sort", with_sort);
  wrap(lua, LUA_COLIBNAME, "resume", resume);
  lua_getglobal(lua, "setmetatable");
  lua_pushcclosure(lua, set_metatable, 1);
  lua_setglobal(lua, "setmetatable");
  lua_register(lua, "pcall", protected_call);
  install_pairs(lua);
  lua_pushliteral(lua, "");
  lua_getmetatable(lua, -1);
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 2);
  for (const auto* name : {LUA_STRLIBNAME, LUA_TABLIBNAME, LUA_MATHLIBNAME, LUA_COLIBNAME}) {
    lua_getglobal(lua, name);
    make_read_only(lua);
    lua_setglobal(lua, name);
  }
  lua_sethook(lua, count_hook, LUA_MASKCOUNT, hook_every);
}

}  // namespace wanwu::sim
