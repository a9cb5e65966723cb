// Requests and answers of the upgrade from golden vectors, and the bound of a head.
#include "protocols/websocket/handshake.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "protocols/websocket/http_head.hpp"
#include "tests/protocols/http/vector_file.hpp"

using namespace wanwu;
using namespace wanwu::websocket;

namespace {

constexpr std::string_view sample_key = "dGhlIHNhbXBsZSBub25jZQ==";

std::string described_request(std::string_view head) {
  const auto read = read_upgrade_request(head);
  if (!read) return std::to_string(read.error());
  std::string offers;
  for (const auto& each : read->subprotocols) offers += (offers.empty() ? "" : ",") + each;
  return http::testing::trimmed("ok " + read->target + " " + offers);
}

std::string described_answer(std::string_view head) {
  const auto read = read_upgrade_answer(head, sample_key);
  if (!read) return std::string{name_of(read.error().code)} + " " + std::string{read.error().clause};
  return std::to_string(read->status) + " " + read->subprotocol.value_or("-");
}

/// Reads the head in two pieces and checks that what follows it is left alone.
template <class Describe>
void check_vectors(const std::string& file, Describe describe) {
  for (const auto& [name, raw, expected] : http::testing::read_vectors("../websocket/" + file)) {
    INFO(file << ": " << name);
    bytes followed = raw;
    followed.push_back(std::byte{'!'});
    const bool is_whole = head_size(raw).has_value();
    CHECK(is_whole == !expected.empty());
    for (std::size_t at = 0; at < raw.size(); ++at) {
      head_reader head;
      auto first = bytes_view{followed}.first(at);
      auto second = bytes_view{followed}.subspan(at);
      const bool done = head.take(first) == head_reader::state::whole;
      if (done) continue;  // a head inside a head: the first one counts, at every cut behind it
      const auto found = head.take(second);
      CHECK((found == head_reader::state::whole) == is_whole);
      if (!is_whole) continue;
      CHECK(head.text().size() == head_size(raw));
      CHECK(second.size() == followed.size() - head.text().size());
      CHECK(describe(head.text()) == expected);
    }
  }
}

}  // namespace

TEST_CASE("Upgrade requests are read or refused as the vectors say, wherever they are cut") {
  check_vectors("requests.txt", described_request);
}

TEST_CASE("Answers to an upgrade are read or refused as the vectors say, wherever they are cut") {
  check_vectors("answers.txt", described_answer);
}

TEST_CASE("The accept value is the RFC's own example") {
  CHECK(accept_of(sample_key) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  std::array<std::byte, 16> nonce{};
  const auto text = as_bytes("the sample nonce");
  std::copy(text.begin(), text.end(), nonce.begin());
  CHECK(key_of(nonce) == sample_key);
}

TEST_CASE("What is asked is read as it was asked, and what is answered as it was answered") {
  byte_writer out;
  put_upgrade_request(out, {"127.0.0.1:9001", "/mqtt?x=1", std::string{sample_key}, {"chat", "mqtt"}});
  const auto asked = read_upgrade_request(as_text(out.view()));
  REQUIRE(asked);
  CHECK(asked->host == "127.0.0.1:9001");
  CHECK(asked->target == "/mqtt?x=1");
  CHECK(asked->key == sample_key);
  CHECK(asked->subprotocols == std::vector<std::string>{"chat", "mqtt"});

  out.clear();
  put_upgrade_answer(out, sample_key, "mqtt");
  CHECK(described_answer(as_text(out.view())) == "101 mqtt");
  for (const std::uint16_t status : std::to_array<std::uint16_t>({400, 405, 426, 431, 505})) {
    out.clear();
    put_refusal(out, status);
    CHECK(described_answer(as_text(out.view())) == std::to_string(status) + " -");
    CHECK(head_size(out.view()) == out.size());
  }
}

TEST_CASE("A head without end is given up at its bound") {
  head_reader head;
  const std::string line(1000, 'a');
  auto found = head_reader::state::wants_more;
  std::size_t given = 0;
  while (found == head_reader::state::wants_more && given < 20'000) {
    auto in = as_bytes(line);
    found = head.take(in);
    given += line.size();
  }
  CHECK(found == head_reader::state::too_long);
  CHECK(head.text().size() == head_bytes_max);
}
