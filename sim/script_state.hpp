// What one Lua state carries besides Lua. Internal to sim/script*.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/byte_writer.hpp"
#include "scenarios/things/json_tree.hpp"
#include "sim/random.hpp"
#include "sim/script.hpp"
#include "sim/script_sandbox.hpp"

namespace wanwu::sim {

/// The most different texts that a script's text columns may hold.
inline constexpr std::size_t script_texts_max = 65'536;

/// One request, as offsets into script::state::words.
struct raw_request {
  script_request::what kind{};
  std::size_t name_at = 0, name_size = 0, payload_at = 0, payload_size = 0;
};

/// What the callback is given besides the thing.
struct script_call {
  int which = 0;
  std::string_view first{}, second{};         ///< action and id, or topic and payload.
  const things::json_value* input = nullptr;  ///< Of a command; null = `raw`.
  std::string_view raw{};
};

struct script::state {
  script_budget budget;
  lua_State* lua = nullptr;
  std::vector<script_column> columns;
  std::string file;
  std::uint64_t seed = 0;
  std::array<int, 4> functions{};  ///< References in the registry; LUA_NOREF = not defined.
  int proxy = LUA_NOREF;
  bool frozen = false;  ///< The chunk has run: globals are read-only.

  const script_thing* thing = nullptr;
  const script_call* call = nullptr;
  random_stream draws{0};
  std::uint64_t drawn = 0;
  byte_writer words;  ///< Names and payloads of `raw`.
  std::vector<raw_request> raw;
  std::vector<script_request> requests;
  std::vector<std::string> keys;
  std::vector<std::string> texts{""};
  std::map<std::string, std::size_t, std::less<>> text_numbers{{"", 0}};

  ~state();
};

/// The state behind a Lua state or one of its coroutines.
script::state& script_of(lua_State* lua);

/// telemetry(), event(), ack() and rng; and the proxy that callbacks see as `thing`. Called while loading.
void add_script_functions(lua_State* lua);
void make_thing_proxy(lua_State* lua);

}  // namespace wanwu::sim
