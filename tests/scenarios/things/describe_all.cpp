// Writes one Thing Description of every built-in kind as a JSON array: describe_all FILE
#include <cstdio>
#include <fstream>

#include "scenarios/things/catalogue.hpp"
#include "scenarios/things/thing_description.hpp"

using namespace wanwu;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ofstream out{argv[1], std::ios::binary};
  things::catalogue all;
  byte_writer text;
  const std::pair<std::string_view, std::string_view> places[]{{"district", "D07"}, {"building", "B \"12\""}};
  for (const auto& name : things::catalogue::names()) {
    text.append(text.empty() ? "[" : ",\n");
    things::description_template{**all.find(name), "coap://127.0.0.1/things/"}.render(
        {.id = name, .title = {}, .places = places}, text);
  }
  text.append("]\n");
  out << as_text(text.view());
  return out.good() ? 0 : 1;
}
