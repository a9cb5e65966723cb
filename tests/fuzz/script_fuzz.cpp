// Any text is loaded or refused with a message, and whatever loads ends each callback within its budget.
#include <array>
#include <cstdlib>

#include "sim/script.hpp"

using namespace wanwu;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  static const std::array columns{sim::script_column{"fault", sim::column_type::boolean},
                                  sim::script_column{"cycle", sim::column_type::integer},
                                  sim::script_column{"mode", sim::column_type::text}};
  sim::script_limits limits;
  limits.instructions = 2000;
  limits.state_bytes = 4U * 1024 * 1024;
  auto made = sim::script::load(text, "fuzz.lua", columns, 1, limits);
  if (!made) {
    if (made.error().message.empty()) std::abort();
    return 0;
  }
  std::array<double, 3> row{};
  const sim::script_thing thing{thing_id{1}, "t-1", "kind", "other", 1000, row, {}};
  for (int round = 0; round < 2; ++round) {
    for (const auto& result :
         {made->on_start(thing), made->on_tick(thing), made->on_command(thing, "go", as_bytes(text), "c"),
          made->on_message(thing, "topic", as_bytes(text))}) {
      if (!result && result.error().message.empty()) std::abort();
    }
  }
  return 0;
}
