// Lua behaviour: what scripts may do, what they may not, and that a hostile one ends soon.
#include "sim/script.hpp"

#include <array>
#include <chrono>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

using namespace wanwu;
using sim::script;

namespace {

const std::array columns{sim::script_column{"fault", sim::column_type::boolean},
                         sim::script_column{"cycle", sim::column_type::integer},
                         sim::script_column{"level", sim::column_type::number},
                         sim::script_column{"mode", sim::column_type::text},
                         sim::script_column{"power", sim::column_type::number, false}};

script loaded(std::string_view text) {
  auto made = script::load(text, "lua/test.lua", columns, 7);
  if (!made) UNSCOPED_INFO(made.error().line << ":" << made.error().column << ": " << made.error().message);
  REQUIRE(made.has_value());
  return std::move(*made);
}

struct robot {
  std::array<double, 5> row{};
  const std::array<std::pair<std::string_view, std::string_view>, 1> facts{{{"district", "D07"}}};
  std::int64_t at_ms = 1000;
  std::uint32_t number = 3;
  sim::script_thing view() { return {thing_id{number}, "robot-3", "robot", "industry", at_ms, row, facts}; }
};

std::string said(const tl::expected<std::span<const sim::script_request>, sim::script_error>& result) {
  if (!result) return "error " + result.error().message;
  std::string text;
  for (const auto& r : *result) {
    constexpr std::array names{"telemetry", "event", "ack"};
    text += names[static_cast<std::size_t>(r.kind)];
    if (!r.name.empty()) (text += ' ') += r.name;
    if (!r.payload.empty()) (text += ' ') += r.payload;
    text += ';';
  }
  return text;
}

std::string tick(std::string_view body, robot& r) {
  auto made = loaded("function on_tick(thing) " + std::string(body) + " end");
  return said(made.on_tick(r.view()));
}

}  // namespace

TEST_CASE("A script asks for telemetry, events with JSON payloads, and answers") {
  const struct {
    const char *body, *expected;
  } table[]{
      {"return telemetry()", "telemetry;"},
      {"telemetry() event('hot', { b = 2, a = 1.5, list = { 1, 'x', true } })",
       R"(telemetry;event hot {"a":1.5,"b":2,"list":[1,"x",true]};)"},
      {"event('plain')", "event plain;"},
      {"event('scalar', 'a\"b')", R"(event scalar "a\"b";)"},
      {"event('empty', {})", "event empty {};"},
      {"ack('accepted')", "ack accepted;"},
      {"ack('rejected', 'too hot')", "ack rejected too hot;"},
      {"event(thing.id, thing.district .. thing.kind .. thing.sector .. thing.time)",
       R"(event robot-3 "D07robotindustry1.0";)"},
      {"thing.cycle = thing.cycle + 1 event('c', thing.cycle)", "event c 1;"},
      {"thing.mode = 'fast' event('m', thing.mode)", R"(event m "fast";)"},
      {"for k, v in pairs({ z = 1, a = 2, m = 3 }) do event(k, v) end", "event a 2;event m 3;event z 1;"},
      {"event('f', string.format('%.2f', 1 / 3))", R"(event f "0.33";)"},
      {"local a, b = pcall(error, 'x') event('p', { a, b })", R"(event p [false,"x"];)"},
      {"local co = coroutine.wrap(function() coroutine.yield(1) end) event('y', co())", "event y 1;"},
  };
  for (const auto& [body, expected] : table) {
    robot r;
    CAPTURE(body);
    CHECK(tick(body, r) == expected);
  }
}

TEST_CASE("A script's mistakes are values with a line, and leave the state usable") {
  const struct {
    const char *body, *message;
  } table[]{
      {"thing.cycel = 1", "thing.cycel cannot be set; declare it under `state:`"},
      {"event(thing.nothing)", "thing has no `nothing`; declare it under `state:`"},
      {"thing.cycle = 1.5", "thing.cycle wants a whole number"},
      {"thing.level = 0/0", "thing.level wants a finite number"},
      {"thing.level = 'x'", "thing.level wants a number, not a string"},
      {"thing.fault = 1", "thing.fault wants true or false"},
      {"thing.power = 1", "thing.power is read-only"},
      {"counter = 1", "the global `counter` cannot be changed in a callback; keep state in thing.<column>"},
      {"string.x = 1", "this table cannot be changed; keep state in thing.<column>"},
      {"event('n', { 0/0 })", "a payload cannot hold a number that is not finite"},
      {"event('n', { print })", "a payload's table needs"},
      {"event('n', { tostring })", "a payload cannot hold a function"},
      {"for i = 1, 100 do telemetry() end", "more than 64 requests in one callback"},
      {"rng.int(5, 1)", "rng.int needs its smaller number first"},
      {"setmetatable({}, { __gc = function() end })", "__gc is not allowed"},
  };
  for (const auto& [body, message] : table) {
    CAPTURE(body, message);
    auto made = loaded("x = 1\nfunction on_tick(thing)\n  " + std::string(body) + "\nend");
    robot r;
    const auto result = made.on_tick(r.view());
    if (std::string_view(body).find("print") != std::string_view::npos) {
      CHECK(result.has_value());  // print is nil: an empty list
      continue;
    }
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().message == message);
    CHECK(result.error().file == "lua/test.lua");
    CHECK(result.error().line == 3);
  }
}

TEST_CASE("Nothing of the machine can be reached from a script") {
  for (const auto* name : {"io", "os", "package", "debug", "require", "load", "loadstring", "loadfile",
                           "dofile", "collectgarbage", "print", "_G", "string.dump", "math.random", "rawset",
                           "xpcall", "next", "getmetatable('').__index"}) {
    robot r;
    CAPTURE(name);
    const auto result = tick("event('v', type(" + std::string(name) + ") == 'nil')", r);
    const bool refused = result == "event v true;" || result.starts_with("error");
    CHECK(refused);
  }
  const auto bytecode = script::load("\x1bLua", "b.lua", columns, 1);
  CHECK_FALSE(bytecode.has_value());
}

TEST_CASE("A script that cannot run is refused when it is loaded, with line and column") {
  const struct {
    const char* text;
    std::size_t line, column;
    const char* part;
  } table[]{
      {"function on_tick(thing)\n  if x the\nend", 2, 8, "'then' expected near 'the'"},
      {"function on_tick(thing)", 1, 24, "'end' expected near <eof>"},
      {"x = = 2", 1, 3, "unexpected symbol near '='"},
      {"error('no')", 1, 1, "no"},
      {"local x = 1", 0, 0, "defines none of on_start"},
      {"function on_tik() end function on_tick() end", 0, 0, "unknown callback `on_tik`"},
      {"on_tick = 3", 0, 0, "on_tick must be a function"},
      {"telemetry() function on_tick() end", 1, 1, "there is no thing while the script is loaded"},
      {"while true do end", 1, 1, "more than"},
  };
  for (const auto& [text, line, column, part] : table) {
    CAPTURE(text);
    const auto made = script::load(text, "t.lua", columns, 1);
    REQUIRE_FALSE(made.has_value());
    CAPTURE(made.error().message);
    CHECK(made.error().message.find(part) != std::string::npos);
    CHECK(made.error().line == line);
    CHECK(made.error().column == column);
  }
}

TEST_CASE("Every bomb ends within its budget, and the next callback works again") {
  const auto* body =
      GENERATE("while true do end", "while true do pcall(function() while true do end end) end",
               "while true do local function f() return pcall(f) end f() end",
               "while true do coroutine.wrap(function() while true do end end)() end",
               "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
               "local s = 'x' while true do s = s .. s end",
               "local s = ('x'):rep(60000) for i = 1, 1e9 do local t = s .. i end",
               "local t = {} for i = 1, 1e9 do t[i] = i end", "('x'):rep(1e9)",
               "('a'):rep(3000):find(('.-'):rep(20) .. 'b')",
               "('a'):rep(60000):find(('a'):rep(30000) .. 'b', 1, true)",
               "while true do ('a'):rep(300):match('.-b') end", "while true do table.concat({}, ',') end",
               "local t = {} for i = 1, 10000 do t[i] = -i end while true do table.sort(t) end",
               "local t = {} for i = 1, 10000 do t[i] = i end while true do table.insert(t, 1, 0) "
               "table.remove(t, 1) end",
               "local function f() return 1 + f() end f()", "table.unpack({}, 1, 1e7)",
               "table.move({}, 1, 1e6, 2) while true do table.move({}, 1, 1e6, 2) end",
               "local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) return t[1]",
               "while true do string.format('%99s', 'x') end",
               "while true do pcall(string.rep, 'x', 60000) end", "while true do pcall(pcall, error) end",
               "error(setmetatable({}, { __tostring = function() while true do end end }))",
               "local t <close> = setmetatable({}, { __close = function() while true do end end })",
               "while true do for k in pairs({ 1, 2, 3 }) do end end");
  CAPTURE(body);
  auto made = loaded("function on_tick(thing) if thing.fault then return telemetry() end " +
                     std::string(body) + " end");
  robot r;
  const auto start = std::chrono::steady_clock::now();
  const auto result = made.on_tick(r.view());
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK_FALSE(result.has_value());
  CHECK(took < std::chrono::seconds(5));
  r.row[0] = 1;
  CHECK(said(made.on_tick(r.view())) == "telemetry;");
}

TEST_CASE("The same seed, thing and time draw the same, in any state and order; others draw otherwise") {
  constexpr auto text =
      "function on_tick(thing) event('d', { rng.uniform(), rng.int(1, 1000000), rng.normal(5, 2), "
      "rng.chance(0.5) }) end";
  auto a = loaded(text), b = loaded(text);
  robot first, second;
  second.number = 4;
  const auto one = said(a.on_tick(first.view()));
  CHECK(said(b.on_tick(second.view())) != one);
  CHECK(said(b.on_tick(first.view())) == one);
  first.at_ms += 1;
  CHECK(said(a.on_tick(first.view())) != one);
}

TEST_CASE("Commands arrive as tables when they are JSON and as text when not") {
  auto made = loaded(R"(
    function on_command(thing, cmd)
      if cmd.action == "set" and type(cmd.input) == "table" then thing.level = cmd.input.level return ack("accepted") end
      return ack("rejected", cmd.action .. " " .. tostring(cmd.input) .. " " .. cmd.id)
    end
    function on_message(thing, message) event("heard", message.topic .. "=" .. message.payload) end)");
  robot r;
  CHECK(said(made.on_command(r.view(), "set", as_bytes(R"({"level": 2.5})"), "c1")) == "ack accepted;");
  CHECK(r.row[2] == 2.5);
  CHECK(said(made.on_command(r.view(), "set", as_bytes("{level"), "c2")) == "ack rejected set {level c2;");
  CHECK(said(made.on_command(r.view(), "go", as_bytes(""), "c3")) == "ack rejected go nil c3;");
  CHECK_FALSE(made.on_command(r.view(), "set", as_bytes(R"({"level": "x"})"), "c4").has_value());
  CHECK(said(made.on_message(r.view(), "a/b", as_bytes("hi"))) == R"(event heard "a/b=hi";)");
  CHECK(said(made.on_start(r.view())).empty());
  CHECK_FALSE(made.has(script::callback::tick));
}

TEST_CASE("A robot that fails and recovers keeps its memory in its columns only") {
  auto made = loaded(R"(
    function on_tick(thing)
      if thing.fault then
        if rng.chance(0.2) then thing.fault = false; return event("recovered") end
        return
      end
      thing.cycle = thing.cycle + 1
      if rng.chance(0.01) then
        thing.fault = true
        return event("stopped", { code = rng.int(100, 199) })
      end
      return telemetry()
    end)");
  std::vector<robot> robots(50);
  std::size_t stopped = 0, recovered = 0;
  for (int t = 0; t < 400; ++t) {
    for (std::uint32_t i = 0; i < robots.size(); ++i) {
      robots[i].number = i;
      robots[i].at_ms = t * 1000;
      const auto text = said(made.on_tick(robots[i].view()));
      if (text.starts_with("event stopped")) ++stopped;
      if (text == "event recovered;") ++recovered;
    }
  }
  CHECK(stopped > 100);
  CHECK(recovered <= stopped);
  CHECK(recovered + 50 >= stopped);
}
