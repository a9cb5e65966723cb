// The same intents through our own CoAP and through libcoap against Debian's coap-server must be seen the
// same.
#include <csignal>
#include <deque>

#include <catch2/catch.hpp>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocols/drivers/coap_libcoap.hpp"
#include "protocols/transport/reactor.hpp"
#include "tests/protocols/drivers/coap_recording_client.hpp"
#include "tests/protocols/transport/free_port.hpp"

using namespace wanwu;
using namespace std::chrono_literals;
using texts = std::vector<std::string>;

namespace {

using maker = std::unique_ptr<driver> (*)(const coap_endpoint&, reactor&, driver_client&);

/// Debian's coap-server, which dies with us.
class coap_server {
 public:
  explicit coap_server(std::uint16_t port) {
    const auto port_text = std::to_string(port);
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (const auto* program : {"coap-server-openssl", "coap-server-notls", "coap-server"}) {
        ::execlp(program, program, "-A", "127.0.0.1", "-p", port_text.c_str(), "-d", "100", "-v", "0",
                 nullptr);
      }
      ::_exit(127);
    }
  }
  coap_server(const coap_server&) = delete;
  coap_server& operator=(const coap_server&) = delete;
  ~coap_server() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  pid_t child_ = -1;
};

/// One driver against the server, asked one thing after the other.
class subject {
 public:
  subject(maker make, std::uint16_t port, std::vector<subscription> subscriptions = {})
      : events_{*reactor::create()} {
    coap_endpoint endpoint;
    endpoint.target = socket_address::from_v4(0x7F000001, port);
    client.subscriptions = std::move(subscriptions);
    driver_ = make(endpoint, *events_, client);
    driver_->prepare(2);
    driver_->open(ids_, std::vector<time_point>(2, now()), now());
  }
  template <class Condition>
  bool wait_for(Condition condition, duration at_most = 30s) {
    const auto until = now() + at_most;
    while (!condition() && now() < until) {
      const auto due = driver_->next_deadline();
      driver_->advance(events_->wait(due ? std::min(*due, until) : until));
    }
    return condition();
  }
  /// When it was begun.
  time_point begin(const std::string& method, const std::string& path, const std::string& payload = {},
                   const std::string& format = {}) {
    auto& shape = shapes_.emplace_back();  // a shape lives as long as its driver
    shape.op = operation::read;
    shape.via = protocol::coap;
    shape.method = method;
    shape.content_type = format;
    shape.confirmable = confirmable;
    shape.wants_answer = true;
    shape.answer_within = answer_within;
    const auto at = now();
    const intent one{.shape = &shape,
                     .address = path,
                     .payload = as_bytes(payload),
                     .properties = {},
                     .intended_at = at,
                     .thing = thing_id{9},
                     .connection = connection_id{1},
                     .token = 4};
    driver_->start({&one, 1}, at);
    return at;
  }
  /// What one request became: "read ok 2.05 | <what was heard>".
  std::string ask(const std::string& method, const std::string& path, const std::string& payload = {},
                  const std::string& format = {}) {
    const auto at = begin(method, path, payload, format);
    if (!wait_for([&] { return client.count(operation::read) == 1; })) return "nothing";
    const auto o = client.observations.back();
    CHECK(o.intended_at == at);
    CHECK(o.sent_at >= at);
    CHECK(o.done_at >= o.sent_at);
    CHECK(o.thing == thing_id{9});
    bytes_sent = o.bytes_sent;
    bytes_received = o.bytes_received;
    auto out = client.seen().back();
    for (const auto& text : client.heard_now()) out += " | " + text;
    return out;
  }
  void close(closing how) { driver_->close(ids_, how, now()); }
  static time_point now() { return std::chrono::steady_clock::now(); }

  recording_client client;
  bool confirmable = true;
  duration answer_within = 5s;
  std::uint32_t bytes_sent = 0, bytes_received = 0;

 private:
  std::unique_ptr<reactor> events_;
  std::deque<request_shape> shapes_;
  std::vector<connection_id> ids_{connection_id{0}, connection_id{1}};
  std::unique_ptr<driver> driver_;
};

/// Takes datagrams and says nothing.
class silent_server {
 public:
  silent_server() : fd_{::socket(AF_INET, SOCK_DGRAM, 0)} {
    const auto any = socket_address::from_v4(0x7F000001, 0);
    REQUIRE(::bind(fd_, any.native(), any.native_size()) == 0);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    port_ = ntohs(bound.sin_port);
  }
  silent_server(const silent_server&) = delete;
  ~silent_server() { ::close(fd_); }
  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_{};
};

void wait_until_up(std::uint16_t port) {
  for (const auto until = subject::now() + 30s; subject::now() < until;) {
    subject probe{&make_coap_native, port};
    if (probe.ask("GET", "/").starts_with("read ok")) return;
  }
  FAIL("coap-server does not answer: is the package libcoap3-bin installed?");
}

}  // namespace

TEST_CASE("Our own CoAP and libcoap see the same server the same way") {
  const std::string big(5000, 'b');
  const std::string bigger(5000, 'c');

  const auto run = [&](maker make) {
    const auto port = testing::free_address(SOCK_DGRAM).port();
    const coap_server server{port};
    wait_until_up(port);
    subject s{make, port};
    texts out;
    std::vector<std::uint32_t> sizes;
    const auto ask = [&](auto... arguments) { out.push_back(s.ask(arguments...)); };
    const auto measured = [&](auto... arguments) {
      ask(arguments...);
      sizes.push_back(s.bytes_sent);
      sizes.push_back(s.bytes_received);
    };
    measured("PUT", "/example_data", "short", "text/plain");
    ask("GET", "/example_data");
    ask("PUT", "/example_data", big, "application/octet-stream");
    ask("GET", "/example_data");
    ask("PUT", "/fresh%2Fname", bigger, "application/json");
    ask("GET", "/fresh%2Fname");
    ask("DELETE", "/fresh%2Fname");
    measured("GET", "/fresh%2Fname");
    ask("POST", "/example_data", "x", "text/plain");
    measured("GET", "/.well-known/core?rt=nothing");
    ask("FETCH", "/example_data", "q", "application/json");
    s.confirmable = false;
    ask("GET", "/example_data?a=1&b=2");
    s.confirmable = true;
    ask("GET", "/async?1");
    return std::make_pair(out, sizes);
  };
  const auto native = run(&make_coap_native);
  const auto stock = run(&make_coap_libcoap);
  CHECK(native.first == stock.first);
  // Tokens are 6 bytes here and up to 8 there; everything else is the same message.
  REQUIRE(native.second.size() == stock.second.size());
  for (std::size_t i = 0; i < native.second.size(); ++i) {
    CAPTURE(i);
    CHECK(std::max(native.second[i], stock.second[i]) - std::min(native.second[i], stock.second[i]) <= 8);
  }
  CHECK(native.first.at(1).find("short") != std::string::npos);
  CHECK(native.first.at(3).find(big) != std::string::npos);
  CHECK(native.first.at(5).find(bigger) != std::string::npos);
  CHECK(native.first.at(7).starts_with("read refused 4.04"));
}

TEST_CASE("Both drivers observe: registration, first representation, change, and quiet after closing") {
  const auto run = [&](maker make) {
    const auto port = testing::free_address(SOCK_DGRAM).port();
    const coap_server server{port};
    wait_until_up(port);
    subject s{make, port, {{"/example_data", 0, 6, false}}};
    texts out;
    out.push_back(std::to_string(s.wait_for([&] { return s.client.heard_texts.size() >= 2; })));
    for (const auto& text : s.client.heard_now()) out.push_back(text.substr(0, text.find_last_of(' ')));
    for (const auto& text : s.client.seen()) out.push_back(text);
    subject writer{&make_coap_native, port};
    out.push_back(writer.ask("PUT", "/example_data", "changed", "text/plain"));
    out.push_back(std::to_string(s.wait_for([&] { return s.client.heard_texts.size() >= 2; })));
    for (const auto& text : s.client.heard_now()) out.push_back(text);
    s.close(closing::clean);
    out.push_back(writer.ask("PUT", "/example_data", "unheard", "text/plain"));
    s.wait_for([&] { return !s.client.heard_texts.empty(); }, 300ms);
    for (const auto& text : s.client.heard_now()) out.push_back(text);
    return out;
  };
  const auto native = run(&make_coap_native);
  CHECK(native == run(&make_coap_libcoap));
  CHECK(std::count(native.begin(), native.end(), "subscribe ok 2.05") == 2);
  CHECK(std::count(native.begin(), native.end(), "/example_data 2.05 token 0 tag 6 changed") == 2);
}

TEST_CASE("Both drivers call a port where nobody listens unreachable") {
  const auto port = testing::free_address(SOCK_DGRAM).port();
  for (const auto make : {&make_coap_native, &make_coap_libcoap}) {
    subject s{make, port};
    CHECK(s.ask("GET", "/") == "read unreachable");
  }
}

TEST_CASE("Both drivers time out where somebody listens and never answers") {
  const silent_server nobody;
  for (const auto make : {&make_coap_native, &make_coap_libcoap}) {
    subject s{make, nobody.port()};
    s.answer_within = 100ms;
    CHECK(s.ask("GET", "/") == "read timed_out");
  }
}

TEST_CASE("Both drivers call a request cut off that is not answered when we close") {
  const silent_server nobody;
  for (const auto make : {&make_coap_native, &make_coap_libcoap}) {
    for (const auto how : {closing::clean, closing::abrupt}) {
      subject s{make, nobody.port()};
      s.begin("GET", "/");
      s.close(how);
      CHECK(s.client.seen() == std::vector<std::string>{"read cut_off"});
    }
  }
}
