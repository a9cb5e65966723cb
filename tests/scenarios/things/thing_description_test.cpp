// Each thing's description carries its own identity and nothing of the simulation.
#include "scenarios/things/thing_description.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "scenarios/things/catalogue.hpp"

using namespace wanwu;
using nlohmann::json;

TEST_CASE("A description has id, title, place, forms, and no word of the simulation") {
  things::catalogue all;
  const things::description_template made{**all.find("streetlight"), "http://127.0.0.1:8080/things/"};
  const std::pair<std::string_view, std::string_view> places[]{{"district", "D07"}, {"road", "a \"b\""}};
  byte_writer out;
  made.render({.id = "streetlight-000042", .title = {}, .places = places}, out);
  const auto text = std::string(as_text(out.view()));
  const auto td = json::parse(text);
  CHECK(td["id"] == "urn:dev:wanwu:streetlight-000042");
  CHECK(td["title"] == "Street light streetlight-000042");
  CHECK(td["@type"] == "Thing");
  CHECK(td["base"] == "http://127.0.0.1:8080/things/");
  CHECK(td["wanwu:place"] == json{{"district", "D07"}, {"road", "a \"b\""}});
  CHECK(td["wanwu:sector"] == "city");
  CHECK(td["properties"]["dimming"]["forms"][0]["href"] == "properties/dimming");
  CHECK(td["properties"]["voltage"]["forms"][0]["op"] == json{"readproperty"});
  CHECK(td["actions"]["setDim"]["input"]["properties"]["level"]["maximum"] == 100);
  CHECK(td["security"] == "none");
  CHECK(text.find("sim:") == std::string::npos);
  CHECK(text.find("tm:") == std::string::npos);
}

TEST_CASE("Strange ids become valid URNs and titles stay inside their quotes") {
  things::catalogue all;
  const things::description_template made{**all.find("meter"), ""};
  byte_writer out;
  made.render({.id = "a b/\"ü", .title = "x\"\n\\", .places = {}}, out);
  const auto td = json::parse(as_text(out.view()));
  CHECK(td["id"] == "urn:dev:wanwu:a%20b/%22%C3%BC");
  CHECK(td["title"] == "x\"\n\\");
  CHECK(td["wanwu:place"] == json::object());
  CHECK_FALSE(td.contains("base"));
}
