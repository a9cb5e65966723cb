// What things answer to commands, good and bad ones.
#include "sim/actuator.hpp"

#include <catch2/catch.hpp>

#include "scenarios/things/catalogue.hpp"

using namespace wanwu;

namespace {

struct world_of {
  explicit world_of(const char* name)
      : model(**all.find(name)), behaviour(std::move(*sim::dynamics::compile(model, frame))) {}
  sim::command_answer ask(const char* action, std::string_view input, std::uint32_t thing = 0) {
    return sim::act(model, behaviour, frame, {thing_id{thing}, 0}, frame.start_ms, action, as_bytes(input));
  }
  things::catalogue all;
  sim::world_frame frame;
  const things::thing_model& model;
  sim::dynamics behaviour;
};

}  // namespace

TEST_CASE("A well-formed command is accepted and changes the property it says") {
  world_of street{"streetlight"};
  const auto answer = street.ask("setDim", R"({"level": 30})");
  CHECK(answer.accepted);
  REQUIRE(answer.actuations.size() == 1);
  CHECK(street.model.properties[answer.actuations[0].property].name == "dimming");
  CHECK(answer.actuations[0].to == 30.0F);
  const auto later = street.behaviour.value({thing_id{0}, 0}, answer.actuations[0].property,
                                            street.frame.start_ms + 60'000, answer.actuations);
  CHECK(later == 30);
  const auto on = street.ask("switchOn", "");
  REQUIRE(on.actuations.size() == 1);
  CHECK(street.behaviour.value({thing_id{0}, 0}, on.actuations[0].property, street.frame.start_ms,
                               on.actuations) == 0);  // "on" is the first state
}

TEST_CASE("A command that does not fit is rejected with a reason") {
  world_of thermostat{"thermostat"};
  const struct {
    const char *action, *input, *reason;
  } table[]{{"explode", "{}", "no such action"},
            {"setPoint", "{", "the input is not JSON"},
            {"setPoint", "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "the input is not JSON"},
            {"setPoint", "3", "the input must be an object"},
            {"setPoint", "{}", "`temperature` is missing"},
            {"setPoint", "", "`temperature` is missing"},
            {"setPoint", R"({"temperature":"warm"})", "`temperature` must be a number"},
            {"setPoint", R"({"temperature":1e9})", "`temperature` is out of range"},
            {"setMode", R"({"mode":"turbo"})", "`mode` has no such value"},
            {"setMode", R"({"mode":1})", "`mode` must be a text"}};
  for (const auto& [action, input, reason] : table) {
    CAPTURE(action, input);
    const auto answer = thermostat.ask(action, input);
    CHECK_FALSE(answer.accepted);
    CHECK(answer.reason == reason);
    CHECK(answer.actuations.empty());
  }
  CHECK(thermostat.ask("setPoint", std::string(100'000, ' ')).reason == "the input is too large");
}

TEST_CASE("Things refuse their declared share, the same ones each time") {
  world_of lot{"ground-vehicle"};
  int refused = 0;
  for (std::uint32_t thing = 0; thing < 5000; ++thing) {
    const auto answer = lot.ask("dispatch", R"({"stand":"A12"})", thing);
    if (!answer.accepted) CHECK(answer.reason == "busy");
    refused += answer.accepted ? 0 : 1;
    CHECK(lot.ask("dispatch", R"({"stand":"A12"})", thing).accepted == answer.accepted);
  }
  CHECK(refused == Approx(400).epsilon(0.2));
}
