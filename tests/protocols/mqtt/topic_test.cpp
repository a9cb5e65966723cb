#include "protocols/mqtt/topic.hpp"

#include <catch2/catch.hpp>

using namespace wanwu::mqtt;

TEST_CASE("A filter matches exactly the topics that section 4.7 says") {
  struct row {
    const char* filter;
    const char* name;
    bool matches;
  };
  const row table[] = {
      {"a/b", "a/b", true},
      {"a/b", "a/B", false},
      {"a/b", "a/b/c", false},
      {"a", "/a", false},
      {"/a", "/a", true},
      {"#", "a/b/c", true},
      {"#", "/", true},
      {"a/#", "a", true},
      {"a/#", "a/", true},
      {"a/#", "a/b/c", true},
      {"a/#", "ab", false},
      {"+", "a", true},
      {"+", "/a", false},
      {"+/+", "/a", true},
      {"/+", "/a", true},
      {"/+", "a", false},
      {"a/+", "a", false},
      {"a/+", "a/", true},
      {"a/+/c", "a/b/c", true},
      {"a/+/c", "a/b/d", false},
      {"a/+/c", "a/b/x/c", false},
      {"+/b/#", "a/b", true},
      {"+/b/#", "a/b/c/d", true},
      {"a/+/#", "a", false},
      {"a/+/#", "a/b", true},
      {"#", "$SYS/x", false},
      {"+/x", "$SYS/x", false},
      {"$SYS/#", "$SYS/x", true},
      {"$SYS/+", "$SYS/x", true},
      {"a//b", "a//b", true},
      {"a/+/b", "a//b", true},
      {"a/b/", "a/b", false},
      {"a/b", "a/b/", false},
      {"\xC3\x85", "A\xCC\x8A", false},
  };
  for (const auto& [filter, name, matches] : table) {
    INFO(filter << " and " << name);
    CHECK(topic_matches(filter, name) == matches);
  }
}

TEST_CASE("A broken filter is named by its clause in either version") {
  struct row {
    const char* filter;
    const char* v3;
    const char* v5;
  };
  const row table[] = {
      {"a/b", "", ""},
      {"#", "", ""},
      {"+/a/+/#", "", ""},
      {"", "MQTT-4.7.3-1", "MQTT-4.7.3-1"},
      {"a#", "MQTT-4.7.1-2", "MQTT-4.7.1-1"},
      {"#/", "MQTT-4.7.1-2", "MQTT-4.7.1-1"},
      {"+a", "MQTT-4.7.1-3", "MQTT-4.7.1-2"},
      {"$share/g/a", "", ""},
      {"$share/g/+/#", "", ""},
      {"$share/g", "", "MQTT-4.8.2-2"},
      {"$share//a", "", "MQTT-4.8.2-1"},
      {"$share/g#/a", "MQTT-4.7.1-2", "MQTT-4.8.2-2"},
  };
  for (const auto& [filter, v3, v5] : table) {
    INFO(filter);
    CHECK(broken_filter_rule(filter, version::v3_1_1) == v3);
    CHECK(broken_filter_rule(filter, version::v5) == v5);
  }
  const std::string longest(65536, 'x');
  CHECK(broken_filter_rule(longest, version::v5) == "MQTT-4.7.3-3");
  CHECK(broken_topic_name_rule(longest, version::v5) == "MQTT-4.7.3-3");
}

TEST_CASE("A shared subscription is its group and its filter") {
  const auto shared = split_shared("$share/meters/a/+/b");
  REQUIRE(shared);
  CHECK(shared->group == "meters");
  CHECK(shared->filter == "a/+/b");
  CHECK_FALSE(split_shared("a/$share/b"));
}
