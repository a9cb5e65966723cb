// Any text either compiles to an expression whose evaluation ends, or is refused with an offset inside it.
#include <cstdlib>
#include <vector>

#include "scenarios/language/slots.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wanwu::lang;
  static const slot_table names;
  const std::string_view source{reinterpret_cast<const char*>(data), size};
  const auto compiled = compile_expression(source, names);
  if (!compiled) {
    if (compiled.error().offset > size) std::abort();
    return 0;
  }
  std::vector<value> slots(names.size(), value::json(R"({"a": [1, {"b": "c"}]})"));
  slots[0] = value::of(source);
  slots[1] = value::of(1.5);
  slots[2] = value::of(true);
  eval_context context;
  context.slots = slots;
  const value first = compiled->evaluate(context);
  if (first.is_text() && first.text().size() > size + 2048) std::abort();
  return 0;
}
