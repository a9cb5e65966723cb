// Numbers keep their kind: a Lua integer is written without a point.
#include "sim/script_values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <lua.hpp>

#include "protocols/core/utf8.hpp"
#include "sim/payload.hpp"

namespace wanwu::sim {

namespace {

std::string_view text_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, index, &size);
  return {text, size};
}

void append_number(lua_State* lua, int index, byte_writer& out) {
  char text[32];
  if (lua_isinteger(lua, index)) return append_integer(lua_tointeger(lua, index), out);
  const double number = lua_tonumber(lua, index);
  if (!std::isfinite(number)) luaL_error(lua, "a payload cannot hold a number that is not finite");
  out.append(std::string_view{
      text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, number).ptr - text)});
}

void append_text(lua_State* lua, int index, byte_writer& out) {
  const auto text = text_at(lua, index);
  if (find_invalid_utf8(as_bytes(text))) luaL_error(lua, "a payload cannot hold a text that is not UTF-8");
  out.append("\"");
  append_json_text(text, out);
  out.append("\"");
}

/// How many keys the table has, and whether all are strings.
struct shape {
  std::size_t count = 0;
  bool texts_only = true;
};
shape shape_of(lua_State* lua, int table) {
  shape found;
  for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1)) {
    ++found.count;
    if (lua_type(lua, -2) != LUA_TSTRING) found.texts_only = false;
  }
  return found;
}

void append_table(lua_State* lua, int table, byte_writer& out, std::vector<std::string>& keys, int depth) {
  const auto length = static_cast<std::size_t>(lua_rawlen(lua, table));
  const auto found = shape_of(lua, table);
  if (length > 0 && found.count == length) {
    for (std::size_t i = 1; i <= length; ++i) {
      out.append(i == 1 ? "[" : ",");
      lua_rawgeti(lua, table, static_cast<lua_Integer>(i));
      append_lua_as_json(lua, lua_gettop(lua), out, keys, depth + 1);
      lua_pop(lua, 1);
    }
    return out.append("]");
  }
  if (!found.texts_only) luaL_error(lua, "a payload's table needs the keys 1, 2, ... or texts, not both");
  const auto first = keys.size();
  for (lua_pushnil(lua); lua_next(lua, table) != 0; lua_pop(lua, 1)) keys.emplace_back(text_at(lua, -2));
  std::sort(keys.begin() + static_cast<std::ptrdiff_t>(first), keys.end());
  out.append("{");
  for (auto i = first; i < first + found.count; ++i) {
    if (i != first) out.append(",");
    lua_pushlstring(lua, keys[i].data(), keys[i].size());
    append_text(lua, lua_gettop(lua), out);
    out.append(":");
    lua_rawget(lua, table);
    append_lua_as_json(lua, lua_gettop(lua), out, keys, depth + 1);
    lua_pop(lua, 1);
  }
  keys.resize(first);
  out.append("}");
}

}  // namespace

void append_lua_as_json(lua_State* lua, int index, byte_writer& out, std::vector<std::string>& keys,
                        int depth) {
  if (depth > script_value_depth_max) luaL_error(lua, "the payload is nested too deep");
  if (out.size() > script_payload_bytes_max) luaL_error(lua, "the callback's payloads are larger than 64 kB");
  luaL_checkstack(lua, 8, "the payload is nested too deep");
  switch (lua_type(lua, index)) {
    case LUA_TNIL:
      return out.append("null");
    case LUA_TBOOLEAN:
      return out.append(lua_toboolean(lua, index) != 0 ? "true" : "false");
    case LUA_TNUMBER:
      return append_number(lua, index, out);
    case LUA_TSTRING:
      return append_text(lua, index, out);
    case LUA_TTABLE:
      return append_table(lua, index, out, keys, depth);
    default:
      luaL_error(lua, "a payload cannot hold a %s", lua_typename(lua, lua_type(lua, index)));
  }
}

void push_json(lua_State* lua, const things::json_value& value) {
  using json = things::json_value::type;
  luaL_checkstack(lua, 4, "the input is nested too deep");
  switch (value.kind) {
    case json::null:
      return lua_pushnil(lua);
    case json::boolean:
      return lua_pushboolean(lua, value.boolean ? 1 : 0);
    case json::number:
      if (value.number == std::floor(value.number) && std::fabs(value.number) < 9e15)
        return lua_pushinteger(lua, static_cast<lua_Integer>(value.number));
      return lua_pushnumber(lua, value.number);
    case json::string:
      lua_pushlstring(lua, value.text.data(), value.text.size());
      return;
    case json::array:
      lua_newtable(lua);
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        push_json(lua, value.items[i]);
        lua_rawseti(lua, -2, static_cast<lua_Integer>(i + 1));
      }
      return;
    case json::object:
      lua_newtable(lua);
      for (const auto& member : value.members) {
        lua_pushlstring(lua, member.key.data(), member.key.size());
        push_json(lua, member.value);
        lua_rawset(lua, -3);
      }
      return;
  }
}

}  // namespace wanwu::sim
