// What a script can reach: the thing's columns, its requests, and chance. All of it raises Lua errors, so
// nothing here keeps an object with a destructor on the stack.
#include <array>
#include <cmath>

#include <lua.hpp>

#include "sim/script_state.hpp"
#include "sim/script_values.hpp"

namespace wanwu::sim {

namespace {

const script_thing& current(lua_State* lua) {
  const auto* thing = script_of(lua).thing;
  if (thing == nullptr) luaL_error(lua, "there is no thing while the script is loaded");
  return *thing;
}

/// thing.<name>: a column, or one of the thing's fixed texts.
int read_thing(lua_State* lua) {
  const auto& thing = current(lua);
  lua_pushvalue(lua, 2);
  lua_rawget(lua, lua_upvalueindex(1));
  auto& my = script_of(lua);
  if (lua_isinteger(lua, -1) != 0) {
    const auto i = static_cast<std::size_t>(lua_tointeger(lua, -1));
    const double value = thing.columns[i];
    switch (my.columns[i].type) {
      case column_type::number:
        lua_pushnumber(lua, value);
        break;
      case column_type::integer:
        lua_pushinteger(lua, static_cast<lua_Integer>(value));
        break;
      case column_type::boolean:
        lua_pushboolean(lua, value != 0 ? 1 : 0);
        break;
      case column_type::text:
        push_text(lua, my.texts[value > 0 && value < static_cast<double>(my.texts.size())
                                    ? static_cast<std::size_t>(value)
                                    : 0]);
        break;
    }
    return 1;
  }
  const auto name = text_argument(lua, 2);
  if (name == "id") return push_text(lua, thing.id), 1;
  if (name == "kind") return push_text(lua, thing.kind), 1;
  if (name == "sector") return push_text(lua, thing.sector), 1;
  if (name == "time") return lua_pushnumber(lua, static_cast<double>(thing.at_ms) / 1000), 1;
  for (const auto& [fact, text] : thing.facts) {
    if (fact == name) return push_text(lua, text), 1;
  }
  return luaL_error(lua, "thing has no `%s`; declare it under `state:`", lua_tostring(lua, 2));
}

double number_for(lua_State* lua, const script_column& column) {
  if (lua_type(lua, 3) != LUA_TNUMBER)
    luaL_error(lua, "thing.%s wants a number, not a %s", column.name.c_str(), luaL_typename(lua, 3));
  const double value = lua_tonumber(lua, 3);
  if (!std::isfinite(value)) luaL_error(lua, "thing.%s wants a finite number", column.name.c_str());
  if (column.type == column_type::integer && (value != std::floor(value) || std::fabs(value) > 9e15)) {
    luaL_error(lua, "thing.%s wants a whole number", column.name.c_str());
  }
  return value;
}

int write_thing(lua_State* lua) {
  const auto& thing = current(lua);
  lua_pushvalue(lua, 2);
  lua_rawget(lua, lua_upvalueindex(1));
  auto& my = script_of(lua);
  if (lua_isinteger(lua, -1) == 0)
    return luaL_error(lua, "thing.%s cannot be set; declare it under `state:`", luaL_checkstring(lua, 2));
  const auto i = static_cast<std::size_t>(lua_tointeger(lua, -1));
  const auto& column = my.columns[i];
  if (!column.writable) return luaL_error(lua, "thing.%s is read-only", column.name.c_str());
  double value = 0;
  if (column.type == column_type::boolean) {
    if (!lua_isboolean(lua, 3)) return luaL_error(lua, "thing.%s wants true or false", column.name.c_str());
    value = lua_toboolean(lua, 3);
  } else if (column.type == column_type::text) {
    if (lua_type(lua, 3) != LUA_TSTRING) return luaL_error(lua, "thing.%s wants a text", column.name.c_str());
    const auto known = my.text_numbers.find(text_argument(lua, 3));
    if (known == my.text_numbers.end() && my.texts.size() >= script_texts_max)
      return luaL_error(lua, "more than 65536 different texts");
    const auto number = known != my.text_numbers.end() ? known->second : my.texts.size();
    if (known == my.text_numbers.end()) {
      my.texts.emplace_back(text_argument(lua, 3));
      my.text_numbers.emplace(my.texts.back(), number);
    }
    value = static_cast<double>(number);
  } else {
    value = number_for(lua, column);
  }
  thing.columns[i] = value;
  return 0;
}

raw_request& new_request(lua_State* lua, script_request::what kind) {
  current(lua);
  auto& my = script_of(lua);
  if (my.raw.size() >= my.budget.limits.requests)
    luaL_error(lua, "more than %d requests in one callback", static_cast<int>(my.budget.limits.requests));
  return my.raw.emplace_back(raw_request{.kind = kind});
}

int ask_telemetry(lua_State* lua) {
  new_request(lua, script_request::what::telemetry);
  return 0;
}

int ask_event(lua_State* lua) {
  const auto name = text_argument(lua, 1);
  if (name.empty() || name.size() > 256)
    return luaL_error(lua, "an event's name has between 1 and 256 bytes");
  auto& my = script_of(lua);
  auto& request = new_request(lua, script_request::what::event);
  request.name_at = my.words.size();
  request.name_size = name.size();
  my.words.append(name);
  request.payload_at = my.words.size();
  if (!lua_isnoneornil(lua, 2)) append_lua_as_json(lua, 2, my.words, my.keys);
  request.payload_size = my.words.size() - request.payload_at;
  return 0;
}

int ask_ack(lua_State* lua) {
  const auto status = text_argument(lua, 1);
  const auto reason = lua_isnoneornil(lua, 2) ? std::string_view{} : text_argument(lua, 2);
  if (status.size() + reason.size() > 4096) return luaL_error(lua, "the answer is longer than 4096 bytes");
  auto& my = script_of(lua);
  auto& request = new_request(lua, script_request::what::ack);
  request.name_at = my.words.size();
  request.name_size = status.size();
  my.words.append(status);
  request.payload_at = my.words.size();
  request.payload_size = reason.size();
  my.words.append(reason);
  return 0;
}

std::uint64_t next_draw(lua_State* lua) {
  current(lua);
  return script_of(lua).drawn++;
}
int rng_chance(lua_State* lua) {
  const double p = luaL_checknumber(lua, 1);
  lua_pushboolean(lua, script_of(lua).draws.chance(next_draw(lua), p) ? 1 : 0);
  return 1;
}
int rng_int(lua_State* lua) {
  const auto low = luaL_checkinteger(lua, 1), high = luaL_checkinteger(lua, 2);
  if (low > high) return luaL_error(lua, "rng.int needs its smaller number first");
  lua_pushinteger(lua, script_of(lua).draws.whole(next_draw(lua), low, high));
  return 1;
}
int rng_uniform(lua_State* lua) {
  const double low = luaL_optnumber(lua, 1, 0), high = luaL_optnumber(lua, 2, 1);
  lua_pushnumber(lua, script_of(lua).draws.uniform(next_draw(lua), low, high));
  return 1;
}
int rng_normal(lua_State* lua) {
  const double mean = luaL_optnumber(lua, 1, 0), sigma = luaL_optnumber(lua, 2, 1);
  lua_pushnumber(lua, mean + sigma * script_of(lua).draws.normal(next_draw(lua)));
  return 1;
}

void push_metatable(lua_State* lua) {
  lua_createtable(lua, 0, 3);
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
}

}  // namespace

script::state& script_of(lua_State* lua) {
  return **static_cast<script::state**>(lua_getextraspace(lua));
}

void make_thing_proxy(lua_State* lua) {
  auto& my = script_of(lua);
  lua_newtable(lua);
  push_metatable(lua);
  lua_newtable(lua);
  for (std::size_t i = 0; i < my.columns.size(); ++i) {
    push_text(lua, my.columns[i].name);
    lua_pushinteger(lua, static_cast<lua_Integer>(i));
    lua_rawset(lua, -3);
  }
  lua_pushvalue(lua, -1);
  lua_pushcclosure(lua, read_thing, 1);
  lua_setfield(lua, -3, "__index");
  lua_pushcclosure(lua, write_thing, 1);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  my.proxy = luaL_ref(lua, LUA_REGISTRYINDEX);
}

void add_script_functions(lua_State* lua) {
  lua_register(lua, "telemetry", ask_telemetry);
  lua_register(lua, "event", ask_event);
  lua_register(lua, "ack", ask_ack);
  constexpr std::array<luaL_Reg, 5> rng{{{"chance", rng_chance},
                                         {"int", rng_int},
                                         {"uniform", rng_uniform},
                                         {"normal", rng_normal},
                                         {nullptr, nullptr}}};
  lua_newtable(lua);
  luaL_setfuncs(lua, rng.data(), 0);
  lua_setglobal(lua, "rng");
}

}  // namespace wanwu::sim
