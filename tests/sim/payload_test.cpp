// Payloads against an independent reader: nlohmann's JSON and CBOR.
#include "sim/payload.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <random>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "scenarios/things/catalogue.hpp"
#include "sim/dynamics.hpp"

using namespace wanwu;
using nlohmann::json;

namespace {

std::string written(const things::thing_model& model, sim::payload_format format,
                    const sim::reading_head& head, std::span<const double> values) {
  byte_writer out;
  out.append("before");
  sim::payload_writer{model, format}.write(head, values, out);
  const auto all = as_text(out.view());
  REQUIRE(all.starts_with("before"));
  return std::string(all.substr(6));
}

/// SenML's integer labels as texts, because nlohmann's reader wants texts as keys. Only what our writer
/// emits.
std::string with_text_labels(std::string_view in) {
  std::string out;
  std::size_t at = 0;
  const std::function<void(bool)> item = [&](bool key) {
    const auto first = static_cast<unsigned char>(in.at(at));
    const unsigned major = first >> 5U, low = first & 31U;
    const std::size_t more = low < 24 ? 0 : std::size_t{1} << (low - 24);
    std::size_t argument = low;
    if (more != 0) argument = 0;
    for (std::size_t i = 1; i <= more; ++i)
      argument = argument << 8U | static_cast<unsigned char>(in.at(at + i));
    if (key && major < 2) {
      const auto label =
          std::to_string(major == 0 ? static_cast<long>(argument) : -1 - static_cast<long>(argument));
      out += static_cast<char>(0x60 + label.size());
      out += label;
      ++at;
      return;
    }
    out += in.substr(at, 1 + more);
    at += 1 + more;
    if (major == 3) {
      out += in.substr(at, argument);
      at += argument;
    }
    for (std::size_t i = 0; i < argument && (major == 4 || major == 5); ++i) {
      if (major == 5) item(true);
      item(false);
    }
  };
  item(false);
  REQUIRE(at == in.size());
  return out;
}

json value_of(const things::property& p, double value) {
  if (p.type == things::value_type::boolean) return value != 0;
  if (p.type != things::value_type::string) return value;
  if (p.enumeration.empty()) return p.text_prefix + std::to_string(static_cast<long long>(value));
  return p.enumeration[static_cast<std::size_t>(value)];
}

void check_same(const json& got, const json& expected) {
  if (expected.is_number()) {
    CHECK(got.get<double>() == Approx(expected.get<double>()).margin(1e-12));
  } else {
    CHECK(got == expected);
  }
}

}  // namespace

TEST_CASE("Every model's readings come back from all three formats as they were") {
  const auto name = GENERATE(from_range(things::catalogue::names()));
  CAPTURE(name);
  things::catalogue all;
  const auto& model = **all.find(name);
  const sim::world_frame world;
  const auto f = sim::dynamics::compile(model, world);
  REQUIRE(f.has_value());
  std::vector<double> values(f->property_count());
  for (std::int64_t i = 0; i < 20; ++i) {
    const sim::reading_head head{.id = "thing-7",
                                 .at_ms = world.start_ms + i * 5'555'555,
                                 .sequence = static_cast<std::uint64_t>(i) * 1000};
    f->sample({thing_id{7}, 0}, head.at_ms, values);
    const auto flat = json::parse(written(model, sim::payload_format::json, head, values));
    CHECK(flat["id"] == "thing-7");
    CHECK(flat["time"] == head.at_ms);
    CHECK(flat["seq"] == head.sequence);
    const auto senml = json::parse(written(model, sim::payload_format::senml_json, head, values));
    const auto cbor =
        json::from_cbor(with_text_labels(written(model, sim::payload_format::senml_cbor, head, values)), true,
                        true, json::cbor_tag_handler_t::error);
    CHECK(senml[0]["bn"] == "urn:dev:wanwu:thing-7:");
    CHECK(senml[0]["bt"].get<double>() == Approx(static_cast<double>(head.at_ms) / 1000).epsilon(1e-13));
    CHECK(senml[0]["v"] == head.sequence);
    REQUIRE(cbor.size() == senml.size());
    CHECK(cbor[0]["-2"] == senml[0]["bn"]);
    CHECK(cbor[0]["-3"].get<double>() == senml[0]["bt"].get<double>());
    CHECK(cbor[0]["2"] == head.sequence);
    std::size_t record = 1;
    for (std::size_t p = 0; p < values.size(); ++p) {
      const auto& property = model.properties[p];
      if (!property.telemetry) continue;
      const auto expected = value_of(property, values[p]);
      check_same(flat[property.name], expected);
      const auto& packed = cbor[record];
      const auto& row = senml[record++];
      CHECK(packed["0"] == row["n"]);
      CHECK(packed.contains("1") == row.contains("u"));
      const bool text = property.type == things::value_type::string;
      check_same(packed[property.type == things::value_type::boolean ? "4" : text ? "3" : "2"], expected);
      CHECK(row["n"] == property.name);
      CHECK(row.contains("u") == !property.unit.empty());
      check_same(row[property.type == things::value_type::boolean  ? "vb"
                     : property.type == things::value_type::string ? "vs"
                                                                   : "v"],
                 expected);
    }
    CHECK(record == senml.size());
  }
}

TEST_CASE("SenML CBOR has the integer labels of RFC 8428 and the shortest numbers") {
  const auto model = things::read_thing_model(R"({"@type":"tm:ThingModel","properties":{
      "t":{"type":"number","unit":"Cel","multipleOf":0.5},"on":{"type":"boolean"},"s":{"type":"string","enum":["a","bc"]},"n":{"type":"integer"}}})",
                                              "x.tm.jsonld");
  REQUIRE(model.has_value());
  const auto bytes =
      written(*model, sim::payload_format::senml_cbor, {.id = "x", .at_ms = 1'000'000, .sequence = 300},
              std::vector<double>{-1.5, 1, 1, -7});
  const std::string expected =
      std::string("\x85\xa4\x21\x70urn:dev:wanwu:x:\x22\x19\x03\xe8\x00\x63seq\x02\x19\x01\x2c", 33) +
      std::string(
          "\xa3\x00\x61t\x01\x63"
          "Cel\x02\xfa\xbf\xc0\x00\x00",
          15) +
      std::string("\xa2\x00\x62on\x04\xf5", 7) +
      std::string(
          "\xa2\x00\x61s\x03\x62"
          "bc",
          8) +
      std::string("\xa2\x00\x61n\x02\x26", 6);
  CHECK(bytes == expected);
}

TEST_CASE("Absent values are left out, and strange ids stay inside their string") {
  const auto model = things::read_thing_model(
      R"({"@type":"tm:ThingModel","properties":{"a":{"type":"number"},"seq":{"type":"number"}}})",
      "x.tm.jsonld");
  REQUIRE(model.has_value());
  const std::vector<double> values{std::numeric_limits<double>::quiet_NaN(), 2};
  const std::string id = "q\"\\\n\x01ü";
  for (const auto format : {sim::payload_format::json, sim::payload_format::senml_json}) {
    const auto text = written(*model, format, {.id = id, .at_ms = 5, .sequence = 1}, values);
    CAPTURE(text);
    const auto read = json::parse(text);
    if (format == sim::payload_format::json) {
      CHECK(read == json{{"id", id}, {"time", 5}, {"seq", 1}, {"seq_", 2}});
    } else {
      CHECK(read.size() == 2);
      CHECK(read[0]["bn"] == "urn:dev:wanwu:" + id + ":");
    }
  }
  CHECK(written(*model, sim::payload_format::senml_cbor, {.id = "x", .at_ms = 5}, values).front() == '\x82');
}

TEST_CASE("A text of any length comes back from JSON, wherever a byte stands that must be escaped") {
  std::mt19937_64 random{5};
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 40, 'x');
    for (char& c : text) c = static_cast<char>(0x20 + random() % 0x5F);
    const std::string_view rare{"\"\\\x1f\n\0\x7f", 6};
    for (auto more = random() % 3; more > 0 && !text.empty(); --more)
      text[random() % text.size()] = rare[random() % rare.size()];
    if (round % 4 == 0) text.insert(random() % (text.size() + 1), "ü\xf0\x9f\x8c\x8d");
    byte_writer out;
    sim::append_json_text(text, out);
    const std::string quoted = '"' + std::string{as_text(out.view())} + '"';
    CAPTURE(quoted);
    REQUIRE(json::parse(quoted) == text);
  }
}

TEST_CASE("A whole number of any size is printed as the standard library prints it") {
  std::mt19937_64 random{9};
  const auto check = [](std::uint64_t value) {
    std::array<char, sim::number_text_max> out{};
    const auto end = sim::print_integer(value, out.data());
    REQUIRE(std::string_view{out.data(), static_cast<std::size_t>(end - out.data())} ==
            std::to_string(value));
  };
  for (int round = 0; round < 200'000; ++round) check(random() >> (random() % 64));
  for (std::uint64_t power = 1; power <= 10'000'000'000'000'000'000U / 10; power *= 10) {
    for (const std::uint64_t near : {power - 1, power, power + 1}) check(near);
  }
  check(~std::uint64_t{0});
}

TEST_CASE("A number is printed as the C library prints it, without what is not needed at its end") {
  std::mt19937_64 random{7};
  for (int round = 0; round < 200'000; ++round) {
    const int decimals = round % 10;
    const auto whole =
        static_cast<std::int64_t>(random() >> (14 + random() % 50)) * (round % 3 == 0 ? -1 : 1);
    const double value = static_cast<double>(whole) /
                         static_cast<double>(sim::powers_of_ten[static_cast<std::size_t>(decimals)]);
    if (std::abs(whole) >= 1'000'000'000'000) continue;  // there a double has not all the digits
    std::array<char, 64> expected{};
    std::string_view text{expected.data(), static_cast<std::size_t>(std::snprintf(
                                               expected.data(), expected.size(), "%.*f", decimals, value))};
    if (decimals > 0) text = text.substr(0, text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.remove_suffix(1);
    if (text == "-0") text = "0";
    std::array<char, sim::number_text_max> out{};
    const auto end = sim::print_decimal(value, decimals, out.data());
    CAPTURE(value, decimals);
    REQUIRE(std::string_view{out.data(), static_cast<std::size_t>(end - out.data())} == text);
  }
}

TEST_CASE("Decimals print like the shortest exact text, at every resolution") {
  const struct {
    double value;
    int decimals;
    const char* text;
  } table[]{{0, 0, "0"},           {-0.0, 3, "0"},
            {-0.0001, 3, "0"},     {1.5, 1, "1.5"},
            {1.5, 3, "1.5"},       {100, 2, "100"},
            {-12.05, 2, "-12.05"}, {0.001, 3, "0.001"},
            {999.9996, 3, "1000"}, {1e15, 0, "1000000000000000"},
            {1e300, 2, "1e+300"},  {12345678.9, 1, "12345678.9"},
            {0.1, 9, "0.1"}};
  for (const auto& [value, decimals, text] : table) {
    char out[sim::number_text_max];
    CAPTURE(value, decimals);
    CHECK(std::string(out, sim::print_decimal(value, decimals, out)) == text);
  }
  for (std::int64_t i = -20'000; i < 20'000; i += 7) {
    char out[sim::number_text_max];
    const double value = static_cast<double>(i) / 1000;
    double back = 0;
    const char* end = sim::print_decimal(value, 3, out);
    std::from_chars(out, end, back);
    REQUIRE(back == value);
  }
  CHECK(sim::decimals_of(0.001) == 3);
  CHECK(sim::decimals_of(0.5) == 1);
  CHECK(sim::decimals_of(0.25) == 2);
  CHECK(sim::decimals_of(1) == 0);
  CHECK(sim::decimals_of(5) == 0);
  CHECK(sim::decimals_of(0) == 3);
  CHECK(sim::decimals_of(0.000001) == 6);
}
