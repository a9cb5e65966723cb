// Any text is a model or a list of errors with places inside it; a model compiles or says why not, and never
// gives a value outside its declared range.
#include <cstdlib>

#include "scenarios/things/catalogue.hpp"
#include "sim/dynamics.hpp"

using namespace wanwu;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto model = things::read_thing_model(text, "fuzz.tm.jsonld");
  if (!model) {
    if (model.error().empty() || model.error()[0].message.empty()) std::abort();
    return 0;
  }
  const sim::world_frame world;
  const auto made = sim::dynamics::compile(*model, world);
  if (!made) return made.error().empty() ? (std::abort(), 0) : 0;
  std::vector<double> values(made->property_count());
  for (std::int64_t hour = 0; hour < 30; hour += 7) {
    made->sample({thing_id{3}, 0}, world.start_ms + hour * 3'600'000, values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (sim::is_absent(values[i]) || model->properties[i].type == things::value_type::boolean) continue;
      if (values[i] < model->properties[i].minimum || values[i] > model->properties[i].maximum) std::abort();
    }
  }
  return 0;
}
