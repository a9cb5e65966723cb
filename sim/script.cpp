// Loads a script and runs its callbacks.
//
// Everything that may raise a Lua error runs inside one lua_pcall: a Lua error outside of it would end the
// process, and inside it jumps over destructors, so buffers live in the state and not on the stack.
#include "sim/script.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include <lua.hpp>

#include "sim/script_state.hpp"
#include "sim/script_values.hpp"

namespace wanwu::sim {

namespace {

constexpr std::array<const char*, 4> callback_names{"on_start", "on_tick", "on_command", "on_message"};
constexpr std::size_t input_bytes_max = std::size_t{64} * 1024;

/// Globals are written while the chunk runs, never after: what one thing's callback left there another would
/// find, and how many things share a state depends on the number of workers.
int write_global(lua_State* lua) {
  if (script_of(lua).frozen)
    return luaL_error(lua, "the global `%s` cannot be changed in a callback; keep state in thing.<column>",
                      luaL_tolstring(lua, 2, nullptr));
  lua_rawset(lua, lua_upvalueindex(1));
  return 0;
}

/// Gives the chunk on top of the stack an environment that reads globals and writes them only while loading.
void set_environment(lua_State* lua) {
  lua_newtable(lua);
  lua_createtable(lua, 0, 3);
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_pushglobaltable(lua);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, "__index");
  lua_pushcclosure(lua, write_global, 1);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  lua_setupvalue(lua, -2, 1);
}

void find_callbacks(lua_State* lua) {
  auto& my = script_of(lua);
  bool any = false;
  for (std::size_t i = 0; i < callback_names.size(); ++i) {
    lua_getglobal(lua, callback_names[i]);
    my.functions[i] = LUA_NOREF;
    if (lua_isnil(lua, -1)) {
      lua_pop(lua, 1);
      continue;
    }
    if (!lua_isfunction(lua, -1)) luaL_error(lua, "%s must be a function", callback_names[i]);
    any = true;
    my.functions[i] = luaL_ref(lua, LUA_REGISTRYINDEX);
  }
  if (!any) luaL_error(lua, "the script defines none of on_start, on_tick, on_command, on_message");
  lua_pushglobaltable(lua);
  for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) {
    const char* name = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
    const auto is = [&](const char* known) { return std::strcmp(known, name) == 0; };
    const bool known = std::any_of(callback_names.begin(), callback_names.end(), is);
    if (std::strncmp(name, "on_", 3) == 0 && !known && lua_isfunction(lua, -1))
      luaL_error(lua, "unknown callback `%s`", name);
  }
  lua_pop(lua, 1);
}

/// Protected body of load(): argument 1 is a light pointer to the text.
int load_chunk(lua_State* lua) {
  const auto& text = *static_cast<const std::string_view*>(lua_touserdata(lua, 1));
  open_sandbox(lua);
  add_script_functions(lua);
  make_thing_proxy(lua);
  if (luaL_loadbufferx(lua, text.data(), text.size(), "=script", "t") != LUA_OK) return lua_error(lua);
  set_environment(lua);
  lua_call(lua, 0, 0);
  script_of(lua).frozen = true;
  find_callbacks(lua);
  return 0;
}

/// Protected body of every callback.
int run_callback(lua_State* lua) {
  auto& my = script_of(lua);
  const auto& call = *my.call;
  lua_rawgeti(lua, LUA_REGISTRYINDEX, my.functions[static_cast<std::size_t>(call.which)]);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, my.proxy);
  if (call.which < 2) {
    lua_call(lua, 1, 0);
    return 0;
  }
  const bool command = call.which == 2;
  lua_createtable(lua, 0, 3);
  push_text(lua, call.first);
  lua_setfield(lua, -2, command ? "action" : "topic");
  push_text(lua, call.second);
  lua_setfield(lua, -2, command ? "id" : "payload");
  if (command) {
    if (call.input != nullptr) {
      push_json(lua, *call.input);
    } else {
      push_text(lua, call.raw);
    }
    lua_setfield(lua, -2, "input");
  }
  lua_call(lua, 2, 0);
  return 0;
}

/// Column of the token that a syntax error names, in line `line` of the text; 1 when it is not found there.
std::size_t column_of(std::string_view text, std::size_t line, std::string_view message) {
  const auto near = message.rfind("near ");
  if (near == std::string_view::npos) return 1;
  for (std::size_t i = 1; i < line; ++i) text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  text = text.substr(0, text.find('\n'));
  auto token = message.substr(near + 5);
  if (token == "<eof>") return text.size() + 1;
  if (token.size() >= 2) token = token.substr(1, token.size() - 2);
  const auto at = text.find(token);
  return at == std::string_view::npos ? 1 : at + 1;
}

/// Takes "script:LINE: " off Lua's message on top of the stack.
script_error take_error(lua_State* lua, const std::string& file, std::string_view text) {
  std::size_t size = 0;
  const char* raw = lua_tolstring(lua, -1, &size);
  const std::string_view message =
      raw == nullptr ? std::string_view{"an error that is no text"} : std::string_view{raw, size};
  script_error error{.file = file, .message = std::string(message)};
  constexpr std::string_view prefix = "script:";
  if (message.starts_with(prefix)) {
    const char* const end = message.data() + message.size();
    const auto [rest, wrong] = std::from_chars(message.data() + prefix.size(), end, error.line);
    if (wrong == std::errc{} && rest != end && *rest == ':') {
      error.message = std::string(rest + std::min<std::ptrdiff_t>(2, end - rest), end);
      error.column = text.empty() ? 0 : column_of(text, error.line, message);
    }
  }
  lua_settop(lua, 0);
  return error;
}

tl::expected<std::span<const script_request>, script_error> run(script::state& my, const script_thing& thing,
                                                                const script_call& call) {
  my.raw.clear();
  my.requests.clear();
  my.words.clear();
  my.keys.clear();
  const auto which = static_cast<std::size_t>(call.which);
  if (my.functions[which] == LUA_NOREF) return std::span<const script_request>{};
  my.thing = &thing;
  my.call = &call;
  const auto key = stream_of(call.first) + static_cast<std::uint64_t>(thing.at_ms) * 4 + which;
  my.draws =
      random_stream{my.seed, number_of(thing.thing), stream_of("script")}.child(key ^ stream_of(call.second));
  my.drawn = 0;
  begin_budget(my.budget, my.budget.limits.instructions);
  lua_pushcfunction(my.lua, run_callback);
  const int status = lua_pcall(my.lua, 0, 0, 0);
  my.budget.running = false;
  my.thing = nullptr;
  if (status != LUA_OK) return tl::unexpected(take_error(my.lua, my.file, {}));
  const auto words = as_text(my.words.view());
  for (const auto& one : my.raw) {
    my.requests.push_back(
        {one.kind, words.substr(one.name_at, one.name_size), words.substr(one.payload_at, one.payload_size)});
  }
  return std::span<const script_request>{my.requests};
}

}  // namespace

script::state::~state() {
  if (lua != nullptr) lua_close(lua);
}

script::script(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}
script::script(script&&) noexcept = default;
script& script::operator=(script&&) noexcept = default;
script::~script() = default;

tl::expected<script, script_error> script::load(std::string_view text, std::string_view file,
                                                std::span<const script_column> columns, std::uint64_t seed,
                                                const script_limits& limits) {
  const auto fail = [&](const char* why) {
    return tl::unexpected(script_error{std::string(file), 0, 0, why});
  };
  if (text.size() > script_file_bytes_max) return fail("the script is larger than 1 MiB");
  auto made = std::make_unique<state>();
  made->budget.limits = limits;
  made->columns.assign(columns.begin(), columns.end());
  made->file = file;
  made->seed = seed;
  made->lua = lua_newstate(script_allocate, &made->budget);
  if (made->lua == nullptr) return fail("no memory for a Lua state");
  *static_cast<state**>(lua_getextraspace(made->lua)) = made.get();
  constexpr std::int64_t load_factor = 10;  // tables are built while loading
  begin_budget(made->budget, load_factor * static_cast<std::int64_t>(limits.instructions));
  lua_pushcfunction(made->lua, load_chunk);
  lua_pushlightuserdata(made->lua, &text);
  const int status = lua_pcall(made->lua, 1, 0, 0);
  made->budget.running = false;
  if (status != LUA_OK) return tl::unexpected(take_error(made->lua, made->file, text));
  return script{std::move(made)};
}

bool script::has(callback which) const noexcept {
  return state_->functions[static_cast<std::size_t>(which)] != LUA_NOREF;
}

tl::expected<std::span<const script_request>, script_error> script::on_start(const script_thing& thing) {
  return run(*state_, thing, {.which = 0});
}
tl::expected<std::span<const script_request>, script_error> script::on_tick(const script_thing& thing) {
  return run(*state_, thing, {.which = 1});
}

tl::expected<std::span<const script_request>, script_error> script::on_command(const script_thing& thing,
                                                                               std::string_view action,
                                                                               bytes_view input,
                                                                               std::string_view id) {
  auto raw = as_text(input);
  if (raw.size() > input_bytes_max)
    return tl::unexpected(script_error{state_->file, 0, 0, "the command's input is larger than 64 kB"});
  const auto parsed = things::parse_json(raw.empty() ? "null" : raw);
  return run(*state_, thing,
             {.which = 2, .first = action, .second = id, .input = parsed ? &*parsed : nullptr, .raw = raw});
}

tl::expected<std::span<const script_request>, script_error> script::on_message(const script_thing& thing,
                                                                               std::string_view topic,
                                                                               bytes_view payload) {
  if (payload.size() > input_bytes_max)
    return tl::unexpected(script_error{state_->file, 0, 0, "the message is larger than 64 kB"});
  return run(*state_, thing, {.which = 3, .first = topic, .second = as_text(payload)});
}

double script::intern(std::string_view text) {
  if (const auto known = state_->text_numbers.find(text); known != state_->text_numbers.end())
    return static_cast<double>(known->second);
  if (state_->texts.size() >= script_texts_max) return 0;
  const auto number = state_->texts.size();
  state_->texts.emplace_back(text);
  state_->text_numbers.emplace(std::string(text), number);
  return static_cast<double>(number);
}

std::string_view script::text(double number) const noexcept {
  if (!(number > 0) || number >= static_cast<double>(state_->texts.size())) return {};
  return state_->texts[static_cast<std::size_t>(number)];
}

}  // namespace wanwu::sim
