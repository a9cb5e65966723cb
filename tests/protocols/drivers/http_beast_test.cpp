// The HTTP driver against a server made of memory: every outcome, in virtual time.
#include "protocols/drivers/http_beast.hpp"

#include <map>

#include <catch2/catch.hpp>

#include "protocols/transport/memory.hpp"

using namespace wanwu;
using namespace std::chrono_literals;

namespace {

struct engine_side final : driver_client {
  void describe(connection_id c, login& out) override {
    out.thing = thing_id{static_cast<std::uint32_t>(c)};
    out.subscriptions = subscriptions;
  }
  void changed(std::span<const connection_change> changes) override {
    for (const auto& c : changes) states[static_cast<std::uint32_t>(c.connection)] = c.now;
  }
  void heard(std::span<const heard_message> messages) override {
    for (const auto& m : messages) {
      heard_text += std::string{m.address} + "=" + std::string{as_text(m.payload)} + "#" +
                    std::to_string(m.token) + " ";
    }
  }
  void record(std::span<const observation> all) override {
    for (const auto& o : all) {
      log += std::string{name_of(o.op)} + " " + std::string{name_of(o.result)} + " " +
             std::to_string(o.code) + "; ";
      last = o;
    }
  }
  std::string taken_log() { return std::exchange(log, ""); }

  void ready_for_more(std::span<const connection_id> connections) override {
    for (const auto c : connections) ready.push_back(static_cast<std::uint32_t>(c));
  }

  std::vector<subscription> subscriptions;
  std::vector<std::uint32_t> ready;  // connections that may be given the next operation
  std::map<std::uint32_t, connection_state> states;
  std::string heard_text, log;
  observation last;
};

struct world {
  explicit world(http_endpoint settings = {}, std::uint32_t users = 2) {
    settings.host = "h";
    settings.base_path = "/api";
    made = make_http_memory(settings, net, engine);
    made->prepare(users);
    post.op = operation::telemetry;
    post.via = protocol::http;
    post.method = "POST";
    post.content_type = "text/plain";
    post.answer_within = 5s;
    get = post;
    get.op = operation::read;
    get.method = "GET";
    get.content_type = "";
    get.wants_answer = true;
  }
  void open(std::uint32_t user) {
    const connection_id id{user};
    made->open({&id, 1}, {&now, 1}, now);
  }
  // Takes what left, accepts every open, and returns the requests as text.
  std::string serve() {
    std::string out;
    for (const auto& d : net.sent()) {
      if (d.what == memory_transport::departure::kind::open) net.accept_open(d.link, now);
      if (d.what == memory_transport::departure::kind::data) {
        out += as_text(d.payload);
        asked = d.link;
      }
      if (d.what == memory_transport::departure::kind::finish) out += "<FIN>";
      if (d.what == memory_transport::departure::kind::reset) out += "<RST>";
    }
    net.forget_sent();
    net.run(now);
    return out;
  }
  void answer(std::string_view raw) {
    net.deliver(asked, as_bytes(raw), now);
    net.run(now);
  }
  void start(const request_shape& shape, std::uint32_t user = 0, std::string_view address = "/t",
             std::uint32_t token = 0) {
    intent wanted;
    wanted.shape = &shape;
    wanted.address = address;
    wanted.payload = shape.method == "POST" ? as_bytes("21.5") : bytes_view{};
    wanted.intended_at = now;
    wanted.connection = connection_id{user};
    wanted.token = token;
    made->start({&wanted, 1}, now);
  }

  time_point now{1h};
  memory_transport net;
  engine_side engine;
  memory_link asked;
  request_shape post, get;
  std::unique_ptr<driver> made;
};

constexpr std::string_view ok_response = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

void open_two(world& w) {
  w.open(0);
  w.open(1);
  w.serve();
  REQUIRE(w.engine.states[0] == connection_state::up);
  w.engine.taken_log();
}

}  // namespace

TEST_CASE("A closed loop hears once of each HTTP request that ended, however it did") {
  world w;
  open_two(w);
  w.made->report_completions(true);
  w.start(w.post, 1);
  w.serve();
  CHECK(w.engine.ready.empty());
  w.answer(ok_response);
  CHECK(w.engine.ready == std::vector<std::uint32_t>{1});
  w.start(w.post, 0);
  w.now += 6s;
  w.made->advance(w.now);
  CHECK(w.engine.ready == std::vector<std::uint32_t>{1, 0});
  w.start(w.post, 0, "no path");  // not started
  CHECK(w.engine.ready.size() == 2);
}

TEST_CASE("A POST leaves as one well-formed request and its answer is its outcome") {
  world w;
  w.open(0);
  w.serve();
  CHECK(w.engine.taken_log() == "connect ok 0; ");
  w.start(w.post);
  CHECK(w.serve() ==
        "POST /api/t HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n21.5");
  w.now += 7ms;
  w.answer(ok_response);
  CHECK(w.engine.taken_log() == "telemetry ok 202; ");
  CHECK(response_time(w.engine.last) == 7ms);
  CHECK(w.made->totals().operations_in_flight == 0);
}

TEST_CASE("Outcomes follow the status and what the shape expects") {
  world w;
  open_two(w);
  auto strict = w.post;
  strict.expect = {201};
  const auto outcome_of = [&](const request_shape& shape, std::string_view status) {
    w.start(shape);
    w.serve();
    w.answer("HTTP/1.1 " + std::string{status} + " X\r\nContent-Length: 1\r\n\r\nx");
    return w.engine.taken_log();
  };
  CHECK(outcome_of(w.post, "299") == "telemetry ok 299; ");
  CHECK(outcome_of(w.post, "404") == "telemetry refused 404; ");
  CHECK(outcome_of(w.post, "503") == "telemetry refused 503; ");
  CHECK(outcome_of(strict, "202") == "telemetry refused 202; ");
  CHECK(outcome_of(strict, "201") == "telemetry ok 201; ");
}

TEST_CASE("A wanted answer is heard with its path and token") {
  world w;
  open_two(w);
  w.start(w.get, 1, "/things?x=1", 77);
  CHECK(w.serve() == "GET /api/things?x=1 HTTP/1.1\r\nHost: h\r\n\r\n");
  w.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  w.answer("0\r\n\r\n");
  CHECK(w.engine.heard_text == "/things?x=1=abc#77 ");
}

TEST_CASE("Users share a pool: requests wait for their turn on the connection, and waiting counts") {
  http_endpoint pooled;
  pooled.pool = 1;
  pooled.queue_max = 2;
  world w{pooled};
  open_two(w);
  CHECK(w.engine.states[1] == connection_state::up);
  for (std::uint32_t i = 0; i < 4; ++i) w.start(w.post, i % 2);
  CHECK(w.engine.taken_log() == "telemetry not_started 0; ");  // one on its way, two waiting
  CHECK(w.made->totals().operations_in_flight == 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(w.serve().starts_with("POST"));
    w.now += 10ms;
    w.answer(ok_response);
    CHECK(response_time(w.engine.last) == (i + 1) * 10ms);
    CHECK(service_time(w.engine.last) == 10ms);
  }
}

TEST_CASE("No answer in time is timed_out, closes the connection, and the next request opens another") {
  world w;
  open_two(w);
  w.start(w.post);
  w.serve();
  CHECK(w.made->next_deadline() == w.now + 5s);
  w.now += 5s;
  w.made->advance(w.now);
  CHECK(w.engine.taken_log() == "telemetry timed_out 0; ");
  CHECK(w.serve() == "<RST>");
  w.start(w.post);
  w.serve();
  CHECK(w.engine.taken_log() == "reconnect ok 0; ");
  CHECK(w.serve().starts_with("POST"));
  w.answer(ok_response);
  CHECK(w.engine.taken_log() == "telemetry ok 202; ");
}

TEST_CASE("A connection closed between requests is opened again for the next, whose user stayed up") {
  world w;
  open_two(w);
  w.start(w.post);
  w.serve();
  w.answer("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  CHECK(w.serve() == "<FIN>");
  CHECK(w.engine.states[0] == connection_state::up);
  w.engine.taken_log();
  w.start(w.post);
  w.serve();
  CHECK(w.serve().starts_with("POST"));
}

TEST_CASE("A request whose connection breaks is sent again only when that does no harm") {
  const auto run = [](bool idempotent, bool served_before) {
    world w;
    open_two(w);
    if (served_before) {
      w.start(w.get);
      w.serve();
      w.answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
    w.engine.taken_log();
    w.start(idempotent ? w.get : w.post);
    w.serve();
    w.net.fail(w.asked, std::errc::connection_reset, w.now);
    w.net.run(w.now);
    w.serve();
    return w.engine.taken_log() + (w.serve().starts_with("GET") ? "again" : "");
  };
  CHECK(run(true, true) == "reconnect ok 0; again");
  CHECK(run(true, false) == "read broken_link 0; ");
  CHECK(run(false, true) == "telemetry broken_link 0; ");
}

TEST_CASE("Garbage, bytes after the answer and endless answers end the connection") {
  world w;
  open_two(w);
  w.start(w.post);
  w.serve();
  w.answer("SSH-2.0-x\r\n\r\n");
  CHECK(w.engine.taken_log() == "telemetry malformed_answer 0; ");
  CHECK(w.serve() == "<RST>");
  CHECK(w.made->totals().wire_errors == 1);

  w.start(w.post);
  w.serve();
  w.serve();
  w.answer(std::string{ok_response} + "HTTP/1.1 200 OK\r\n");
  CHECK(w.engine.taken_log() == "reconnect ok 0; telemetry ok 202; ");
  CHECK(w.serve() == "<FIN>");
}

TEST_CASE("Where no connection can be opened, users are down and requests say why") {
  world w;
  w.open(0);
  const auto link = w.net.sent()[0].link;
  w.net.forget_sent();
  w.net.fail(link, std::errc::connection_refused, w.now);
  w.net.run(w.now);
  CHECK(w.engine.taken_log() == "connect unreachable 111; ");
  CHECK(w.engine.states[0] == connection_state::down);
  w.start(w.post);
  CHECK(w.engine.taken_log() == "telemetry not_started 0; ");

  w.open(0);
  w.net.forget_sent();
  w.now += 10s;
  w.made->advance(w.now);
  CHECK(w.engine.taken_log() == "connect unreachable 110; ");

  w.open(1);
  w.net.fail(w.net.sent().back().link, std::errc::too_many_files_open, w.now);
  w.net.run(w.now);
  CHECK(w.engine.taken_log() == "connect local_error 24; ");
}

TEST_CASE("Header injection by a path is refused") {
  world w;
  open_two(w);
  w.start(w.get, 0, "/a HTTP/1.1\r\nX: y");
  CHECK(w.engine.taken_log() == "read not_started 0; ");
  CHECK(w.serve().empty());
}

TEST_CASE("Closing and abandoning give up what is under way, and say so") {
  world w;
  open_two(w);
  w.start(w.post);
  w.start(w.post);
  const connection_id first{0};
  SECTION("close") {
    w.made->close({&first, 1}, closing::abrupt, w.now);
    CHECK(w.engine.taken_log() == "telemetry cut_off 0; telemetry cut_off 0; ");
    CHECK(w.engine.states[0] == connection_state::down);
  }
  SECTION("abandon") {
    w.made->abandon(outcome::timed_out, w.now);
    CHECK(w.engine.taken_log() == "telemetry timed_out 0; telemetry timed_out 0; ");
    w.serve();
    w.answer(ok_response);
    CHECK(w.engine.taken_log().empty());
    w.start(w.post);
    CHECK(w.serve().starts_with("POST"));
  }
  CHECK(w.made->totals().operations_in_flight <= 1);
}

TEST_CASE("A subscription is an event stream, asked for again after it ends") {
  world w;
  w.engine.subscriptions = {{"/stream", 0, 9, false}};
  w.open(0);
  w.serve();
  w.serve();
  CHECK(w.serve() == "GET /api/stream HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n");
  w.answer("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\nda");
  w.answer("ta: b\n\n");
  CHECK(w.engine.heard_text == "/stream=a#0 /stream=b#0 ");
  CHECK(w.engine.taken_log().empty() == false);
  w.net.end(w.asked, w.now);
  w.net.run(w.now);
  REQUIRE(w.made->next_deadline());
  w.now += 3s;
  w.made->advance(w.now);
  w.serve();
  CHECK(w.serve().starts_with("GET /api/stream"));
  w.answer("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
  w.made->advance(w.now);
  CHECK(w.engine.taken_log() == "subscribe refused 403; ");
}
