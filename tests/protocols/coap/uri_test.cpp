#include "protocols/coap/uri.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "protocols/coap/decode.hpp"

using namespace wanwu;
using namespace wanwu::coap;

namespace {

std::string described(std::string_view reference) {
  byte_writer out;
  message_writer to{out, message_type::non_confirmable, code::get, message_id{1}, {}};
  add_uri_path(to, reference);
  add_uri_query(to, reference);
  const auto got = decode(out.view());
  message_draft draft;
  draft.type = message_type::non_confirmable;
  draft.code = code::get;
  draft.id = message_id{1};
  add_reference(draft, reference);
  CHECK(encoded(draft) == bytes(out.view().begin(), out.view().end()));
  auto text = describe(*got).substr(sizeof "NON 0.01 GET id=0x0001" - 1);
  return text + " -> " + reference_of(got->options);
}

}  // namespace

TEST_CASE("A reference becomes options segment by segment, escapes undone, and comes back") {
  CHECK(described("/") == " -> /");
  CHECK(described("") == " -> /");
  CHECK(described("/a/b") == " Uri-Path:a Uri-Path:b -> /a/b");
  CHECK(described("a/b") == " Uri-Path:a Uri-Path:b -> /a/b");
  CHECK(described("/a/") == " Uri-Path:a Uri-Path: -> /a/");
  CHECK(described("/a%2Fb/%41") == " Uri-Path:a/b Uri-Path:A -> /a%2Fb/A");
  CHECK(described("/./..") == " Uri-Path:. Uri-Path:.. -> /./..");
  CHECK(described("/t?x=1&y=%26&") == " Uri-Path:t Uri-Query:x=1 Uri-Query:y=& Uri-Query: -> /t?x=1&y=%26&");
  CHECK(described("/?q") == " Uri-Query:q -> /?q");
}

TEST_CASE("References that cannot be sent are told from those that can") {
  CHECK(is_valid_reference("/a%20b?c"));
  CHECK(is_valid_reference("/" + std::string(255, 'a')));
  CHECK_FALSE(is_valid_reference("/" + std::string(256, 'a')));
  CHECK_FALSE(is_valid_reference("/a%2"));
  CHECK_FALSE(is_valid_reference("/a%zz"));
  CHECK_FALSE(is_valid_reference("/a#b"));
  CHECK_FALSE(is_valid_reference("/a?" + std::string(300, 'q')));
}

TEST_CASE("Any segments and arguments survive the way to text and back") {
  CHECK(rc::check([](const std::vector<std::string>& path, const std::vector<std::string>& query) {
    message_draft draft;
    draft.code = code::get;
    for (const auto& part : path) draft.add(option_number::uri_path, part);
    for (const auto& part : query) draft.add(option_number::uri_query, part);
    // A single empty segment cannot be told from the root in a URI.
    const bool tellable = path.size() != 1 || !path[0].empty();
    RC_PRE(tellable);
    const auto raw = encoded(draft);
    const auto text = reference_of(decode(raw)->options);
    RC_ASSERT(is_valid_reference(text));
    message_draft again;
    again.code = code::get;
    add_reference(again, text);
    RC_ASSERT(encoded(again) == raw);
  }));
}
