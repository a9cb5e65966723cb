#include "protocols/coap/link_format.hpp"

#include <catch2/catch.hpp>

#include "tests/protocols/coap/vectors.hpp"

using namespace wanwu;
using namespace wanwu::coap;

TEST_CASE("Golden documents parse to the links beside them, print again, or are refused where they break") {
  const auto rows = read_vectors("links.txt");
  REQUIRE(rows.size() > 10);
  for (const auto& [name, text, expected] : rows) {
    CAPTURE(name);
    REQUIRE_FALSE(name.empty());
    const auto got = parse_links(as_text(text));
    CHECK((got ? print_links(*got) : refusal_text(got.error())) == expected);
    if (got) CHECK(parse_links(print_links(*got)) == got);
  }
}

TEST_CASE("Filters match exactly or by prefix, one of several values, and href") {
  const auto links = parse_links(R"(</s/t>;rt="temp-c room";if="sensor";sz=12,</s/l>;rt="light-lux";obs)");
  REQUIRE(links);
  struct row {
    const char* query;
    bool first, second;
  };
  for (const auto& [query, first, second] : std::initializer_list<row>{{"rt=temp-c", true, false},
                                                                       {"rt=room", true, false},
                                                                       {"rt=temp-c room", true, false},
                                                                       {"rt=temp", false, false},
                                                                       {"rt=temp*", true, false},
                                                                       {"rt=l*", false, true},
                                                                       {"rt=*", true, true},
                                                                       {"if=*", true, false},
                                                                       {"obs=*", false, true},
                                                                       {"sz=12", true, false},
                                                                       {"href=/s/t", true, false},
                                                                       {"href=/s/*", true, true},
                                                                       {"nothing=*", false, false}}) {
    CAPTURE(query);
    const auto filter = parse_link_filter(query);
    REQUIRE(filter);
    CHECK(matches(links->at(0), *filter) == first);
    CHECK(matches(links->at(1), *filter) == second);
  }
  CHECK_FALSE(parse_link_filter("rt"));
}
