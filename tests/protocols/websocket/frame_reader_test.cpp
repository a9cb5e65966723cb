// Frames from golden vectors, cut anywhere, and back from what was written.
#include "protocols/websocket/frame_reader.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "tests/protocols/http/vector_file.hpp"

using namespace wanwu;
using namespace wanwu::websocket;

namespace {

std::string name_of_code(opcode code) {
  switch (code) {
    case opcode::continuation:
      return "continuation";
    case opcode::text:
      return "text";
    case opcode::binary:
      return "binary";
    case opcode::close:
      return "close";
    case opcode::ping:
      return "ping";
    case opcode::pong:
      return "pong";
  }
  return "?";
}

/// What a stream says, the same wherever it was cut.
class listener {
 public:
  explicit listener(side sender) : reader_{sender} {}

  void receive(bytes_view in) {
    while (!refused_) {
      data_.clear();
      const auto found = reader_.next(in, data_);
      if (!found) {
        finish();
        add(std::string{wanwu::name_of(found.error().code)} + " " + std::string{found.error().clause});
        refused_ = true;
        return;
      }
      if (!*found) {
        CHECK(in.empty());
        return;
      }
      take(**found);
    }
  }
  std::string said() {
    finish();
    return said_;
  }

 private:
  void take(const piece& one) {
    if (is_control(one.code)) {
      CHECK(one.size == 0);
      return add(described(one.code, {one.control.begin(), one.control.end()}));
    }
    CHECK(one.size == data_.size());
    CHECK(one.control.empty());
    if (one.ends_message) CHECK(one.ends_frame);
    open_ = true;
    code_ = one.code;
    message_.insert(message_.end(), data_.view().begin(), data_.view().end());
    if (!one.ends_message) return;
    add(described(code_, message_));
    message_.clear();
    open_ = false;
  }
  static std::string described(opcode code, const bytes& payload) {
    return name_of_code(code) + " " + std::to_string(payload.size()) +
           (payload.empty() ? "" : " " + to_hex(payload));
  }
  void finish() {
    if (open_) add(name_of_code(code_) + " " + std::to_string(message_.size()) + "+");
    open_ = false;
  }
  void add(const std::string& text) { said_ += (said_.empty() ? "" : "; ") + text; }

  frame_reader reader_;
  byte_writer data_;
  bytes message_;
  opcode code_{};
  bool open_ = false, refused_ = false;
  std::string said_;
};

std::string said_of(side sender, std::initializer_list<bytes_view> parts) {
  listener hears{sender};
  for (const auto part : parts) hears.receive(part);
  return hears.said();
}

}  // namespace

TEST_CASE("WebSocket frames read as the vectors say, whole, byte by byte and cut at any place") {
  const std::pair<std::string, side> files[] = {{"client_frames.txt", side::client},
                                                {"server_frames.txt", side::server}};
  for (const auto& [file, sender] : files) {
    for (const auto& [name, raw, expected] : http::testing::read_vectors("../websocket/" + file)) {
      INFO(file << ": " << name);
      const bytes_view all{raw};
      CHECK(said_of(sender, {all}) == expected);
      listener slow{sender};
      for (std::size_t i = 0; i < all.size(); ++i) slow.receive(all.subspan(i, 1));
      CHECK(slow.said() == expected);
      for (std::size_t at = 1; at < all.size(); ++at) {
        INFO("cut at " << at);
        CHECK(said_of(sender, {all.first(at), all.subspan(at)}) == expected);
      }
    }
  }
}

TEST_CASE("A frame is refused from its header alone, before what it announces has come") {
  const auto from_two_bytes = [](std::uint8_t first, std::uint8_t second) {
    const std::array<std::byte, 2> header{std::byte{first}, std::byte{second}};
    return said_of(side::client, {header});
  };
  CHECK(from_two_bytes(0xC2, 0xFF) == "malformed RFC6455-5.2");
  CHECK(from_two_bytes(0x89, 0xFE) == "malformed RFC6455-5.5");
  CHECK(from_two_bytes(0x82, 0x7F) == "protocol_error RFC6455-5.1");
  CHECK(from_two_bytes(0x82, 0xFF).empty());
}

TEST_CASE("What is written as a frame is read as the same, at every size where the header grows") {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65'535U, 65'536U, 70'001U}) {
    for (const bool masked : {false, true}) {
      CAPTURE(size, masked);
      bytes payload(size);
      for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::byte>(i * 7 % 251);
      const masking_key key{std::byte{0xA1}, std::byte{0x02}, std::byte{0x33}, std::byte{0xF4}};
      byte_writer out, data;
      put_frame(out, opcode::binary, payload, masked ? std::optional{key} : std::nullopt);
      CHECK(out.size() - size <= header_bytes_max);
      frame_reader reader{masked ? side::client : side::server};
      auto in = out.view();
      const auto found = reader.next(in, data);
      REQUIRE(found);
      REQUIRE(*found);
      CHECK((*found)->ends_message);
      CHECK((*found)->code == opcode::binary);
      CHECK(in.empty());
      CHECK(std::equal(data.view().begin(), data.view().end(), payload.begin(), payload.end()));
    }
  }
}

TEST_CASE("Data is handed on as it comes and never kept, however long its frame says it is") {
  const auto header = parse_hex("82 ff 7fffffffffffffff 00000000");
  REQUIRE(header);
  frame_reader reader{side::client};
  byte_writer data;
  bytes_view in{*header};
  CHECK_FALSE(*reader.next(in, data));
  const bytes part(1000, std::byte{'x'});
  for (int i = 0; i < 100; ++i) {
    data.clear();
    in = part;
    const auto found = reader.next(in, data);
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((*found)->size == part.size());
    CHECK_FALSE((*found)->ends_frame);
    CHECK(in.empty());
  }
}
