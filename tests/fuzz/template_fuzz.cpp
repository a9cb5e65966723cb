// The input is a template and, behind its first newline, a value: no value may ever leave its place in the
// output.
#include <cstdlib>
#include <vector>

#include "scenarios/language/json_view.hpp"
#include "scenarios/language/slots.hpp"
#include "scenarios/language/template.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wanwu::lang;
  static const slot_table names;
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::string_view source = input.substr(0, input.find('\n'));
  const std::string_view text = input.substr(std::min(size, source.size() + 1));
  std::vector<value> slots(names.size(), value::of(text));
  eval_context context;
  context.slots = slots;
  wanwu::byte_writer out;
  for (const place where : {place::plain, place::topic, place::uri_path, place::json_string}) {
    if (const auto compiled = compile_text(source, {}, where, names)) compiled->render(context, out);
    out.clear();
  }
  const auto topic = compile_text("a/${thing.id}/b", {}, place::topic, names);
  if (topic->render(context, out) && wanwu::as_text(out.view()).find_first_of("+#") != std::string_view::npos)
    std::abort();
  out.clear();
  const auto path = compile_text("/${thing.id}", {}, place::uri_path, names);
  if (path->render(context, out) &&
      wanwu::as_text(out.view()).find_first_of("/?# \"", 1) != std::string_view::npos)
    std::abort();
  out.clear();
  node body = make_map();
  put(body, "a", make_text("x${thing.id}"));
  compile_body(body, names)->render(context, out);
  if (json_text(json_member(wanwu::as_text(out.view()), "a")) != "x" + std::string{text}) std::abort();
  return 0;
}
