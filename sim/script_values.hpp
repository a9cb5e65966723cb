// Values between Lua and JSON. Called inside protected calls only: a value that cannot cross raises a Lua
// error.
#pragma once

#include <string>
#include <vector>

#include "protocols/core/byte_writer.hpp"
#include "scenarios/things/json_tree.hpp"

struct lua_State;

namespace wanwu::sim {

inline constexpr int script_value_depth_max = 16;
inline constexpr std::size_t script_payload_bytes_max = std::size_t{64} * 1024;

/// Appends the value at `index` as JSON: tables with 1..n become arrays, others objects with their keys
/// sorted. `keys` is scratch that outlives the call, because Lua errors jump over destructors.
void append_lua_as_json(lua_State* lua, int index, byte_writer& out, std::vector<std::string>& keys,
                        int depth = 0);

/// Pushes a JSON value; objects and arrays become tables, null becomes nil.
void push_json(lua_State* lua, const things::json_value& value);

}  // namespace wanwu::sim
