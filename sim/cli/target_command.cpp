// wanwu target: the embedded target as a program, for our own things and for strangers.
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <optional>

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "protocols/transport/address.hpp"
#include "sim/cli/arguments.hpp"
#include "sim/cli/command.hpp"
#include "sim/target/target_server.hpp"

namespace wanwu::cli {

namespace {

using target::server_settings;

constexpr std::string_view command_name = "target";

struct wishes {
  std::string mqtt = "127.0.0.1:1883", coap = "127.0.0.1:5683", http = "127.0.0.1:8080";
  std::string websocket;  ///< "" = off.
  bool no_mqtt = false, no_coap = false, no_http = false;
  bool allow_remote = false, quiet = false;
  bool no_retain = false, no_wildcard = false, no_shared = false, no_subscription_ids = false,
       no_empty_id = false;
  std::string password_file;
  int ready_fd = -1;
  unsigned stats_every = 10;
};

void add_listening(argument_parser& app, wishes& w, server_settings& s) {
  app.add_option("--mqtt", w.mqtt, "Listen for MQTT at ADDRESS:PORT (0: any port)")
      .show_default()
      .type_name("");
  app.add_option("--coap", w.coap, "Listen for CoAP").show_default().type_name("");
  app.add_option("--http", w.http, "Listen for HTTP").show_default().type_name("");
  app.add_option("--websocket", w.websocket,
                 "Listen for MQTT over WebSocket too (subprotocol mqtt, any path)")
      .type_name("");
  app.add_flag("--no-mqtt", w.no_mqtt, "No MQTT");
  app.add_flag("--no-coap", w.no_coap, "No CoAP");
  app.add_flag("--no-http", w.no_http, "No HTTP");
  app.add_flag("--allow-remote", w.allow_remote, "Allow addresses that other machines reach");
  app.add_option("--connections", s.connections, "How many connections must fit; more take more threads")
      .show_default();
  app.add_option("--shards", s.shards, "Threads (default: as cores and descriptors ask for)").range(1, 512);
  app.add_option("--journal", s.journal, "Write events, commands and outcomes to this SQLite file")
      .type_name("FILE");
  app.add_flag("--quiet", w.quiet, "Print nothing but errors");
  app.add_option("--stats-every", w.stats_every, "Seconds between lines of numbers")
      .show_default()
      .range(1, 86400);
  app.add_option("--ready-fd", w.ready_fd,
                 "Write one JSON line with the addresses to this descriptor; end with the parent")
      .range(0, 1 << 20);
}

void add_broker_rules(argument_parser& app, wishes& w, server_settings& s) {
  auto& mqtt = s.target.mqtt;
  const std::string group = "What the broker offers";
  app.add_option("--max-qos", mqtt.maximum_qos, "Maximum QoS").range(0, 2).group(group);
  app.add_flag("--no-retain", w.no_retain, "No retained messages").group(group);
  app.add_option("--retained", s.target.bounds.retained,
                 "How many retained messages are kept; who publishes one more is disconnected")
      .range(1, 100'000'000)
      .group(group);
  app.add_flag("--no-wildcard", w.no_wildcard, "No wildcard subscriptions").group(group);
  app.add_flag("--no-shared", w.no_shared, "No shared subscriptions").group(group);
  app.add_flag("--no-subscription-ids", w.no_subscription_ids, "No subscription identifiers").group(group);
  app.add_flag("--no-empty-client-id", w.no_empty_id, "Refuse empty client ids").group(group);
  app.add_option("--receive-maximum", mqtt.receive_maximum, "Receive Maximum").range(1, 65535).group(group);
  app.add_option("--topic-alias-maximum", mqtt.topic_alias_maximum, "Topic Alias Maximum")
      .range(0, 65535)
      .group(group);
  app.add_option("--max-packet", mqtt.maximum_packet, "Maximum Packet Size in bytes")
      .range(64, 1 << 28)
      .group(group);
  app.add_option("--server-keep-alive", mqtt.server_keep_alive, "Server Keep Alive in seconds")
      .range(0, 65535)
      .group(group);
  app.add_option("--max-session-expiry", mqtt.session_expiry_maximum, "Longest session expiry in seconds")
      .group(group);
  app.add_option("--deny", mqtt.deny, "Nobody may use topics that match this filter (repeats)")
      .type_name("FILTER")
      .group(group);
  app.add_option("--user", mqtt.user, "Only this user may connect").type_name("NAME").group(group);
  app.add_option("--password-file", w.password_file, "The user's password: first line of this file")
      .type_name("FILE")
      .group(group);
  app.add_option("--auth-method", mqtt.auth_method,
                 "Offer enhanced authentication under this name: the challenge must come back reversed")
      .type_name("NAME")
      .group(group);
}

/// "" when all is well, else what is wrong.
std::string read_address(const std::string& text, bool off, bool allow_remote,
                         std::optional<socket_address>& into) {
  if (off) return {};
  const auto parsed = parse_address(text);
  if (!parsed) return "'" + text + "': " + parsed.error().text;
  if (!parsed->is_loopback() && !allow_remote) {
    return "'" + text + "' is reached by other machines; say --allow-remote if that is wanted";
  }
  into = *parsed;
  return {};
}

std::string apply(const wishes& w, server_settings& s) {
  auto& mqtt = s.target.mqtt;
  mqtt.retain_available = !w.no_retain;
  mqtt.wildcards_available = !w.no_wildcard;
  mqtt.shared_available = !w.no_shared;
  mqtt.subscription_ids_available = !w.no_subscription_ids;
  mqtt.allow_empty_client_id = !w.no_empty_id;
  if (mqtt.user.empty() != w.password_file.empty()) return "--user and --password-file go together";
  if (!w.password_file.empty()) {
    std::ifstream file{w.password_file};
    if (!std::getline(file, mqtt.password)) return "cannot read " + w.password_file;
  }
  for (auto error : {read_address(w.mqtt, w.no_mqtt, w.allow_remote, s.where.mqtt),
                     read_address(w.coap, w.no_coap, w.allow_remote, s.where.coap),
                     read_address(w.http, w.no_http, w.allow_remote, s.where.http),
                     read_address(w.websocket, w.websocket.empty(), w.allow_remote, s.where.websocket)}) {
    if (!error.empty()) return error;
  }
  if (!s.where.mqtt && !s.where.coap && !s.where.http && !s.where.websocket)
    return "nothing is left to listen for";
  return {};
}

void tell_ready(int descriptor, const target::listen_addresses& where) {
  std::string line = "{";
  const auto add = [&](std::string_view name, const std::optional<socket_address>& address) {
    if (!address) return;
    if (line.size() > 1) line += ',';
    line.append("\"").append(name).append("\":\"").append(address->text()).append("\"");
  };
  add("mqtt", where.mqtt);
  add("coap", where.coap);
  add("http", where.http);
  add("websocket", where.websocket);
  line += "}\n";
  const auto written = ::write(descriptor, line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size()))
    std::cerr << "wanwu target: nobody reads descriptor " << descriptor << '\n';
  ::close(descriptor);
}

void print_listening(const target::target_server& server) {
  const auto& where = server.where();
  const auto print = [](std::string_view scheme, const std::optional<socket_address>& address) {
    if (address) std::cout << "  " << scheme << "://" << address->text() << '\n';
  };
  std::cout << "listening with " << server.shard_count() << " threads\n";
  print("mqtt", where.mqtt);
  print("coap", where.coap);
  print("http", where.http);
  print("ws", where.websocket);
  std::cout << std::flush;
}

void print_stats(const target::target_totals& now, const target::target_totals& before, unsigned seconds) {
  const auto per_second = [&](std::uint64_t a, std::uint64_t b) { return (a - b) / seconds; };
  std::cerr << "connections=" << now.mqtt_connections + now.http_connections
            << " sessions=" << now.mqtt_sessions << " subscriptions=" << now.mqtt_subscriptions
            << " retained=" << now.mqtt_retained << " things=" << now.things
            << " mqtt_in/s=" << per_second(now.mqtt_publishes_in, before.mqtt_publishes_in)
            << " mqtt_out/s=" << per_second(now.mqtt_publishes_out, before.mqtt_publishes_out)
            << " coap/s=" << per_second(now.coap_requests, before.coap_requests)
            << " http/s=" << per_second(now.http_requests, before.http_requests)
            << " dropped=" << now.mqtt_dropped << '\n';
}

void serve(target::target_server& server, const sigset_t& ends, const wishes& w) {
  target::target_totals before;
  const timespec pause{static_cast<time_t>(w.stats_every), 0};
  while (sigtimedwait(&ends, nullptr, &pause) < 0) {
    if (errno != EAGAIN || w.quiet) continue;
    const auto now = server.totals();
    print_stats(now, before, w.stats_every);
    before = now;
  }
}

}  // namespace

int target_command(std::span<const std::string> arguments, const global_options&) {
  wishes w;
  server_settings settings;
  argument_parser app{
      std::string{command_name},
      "Runs the embedded target: an MQTT broker, a CoAP server and an HTTP API on this machine"};
  add_listening(app, w, settings);
  add_broker_rules(app, w, settings);
  if (const auto done = app.parse(arguments)) return *done;
  if (const auto wrong = apply(w, settings); !wrong.empty())
    return usage_error(std::string{command_name}, wrong);

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before the threads, which inherit it
  signal(SIGPIPE, SIG_IGN);
  const auto parent = getppid();
  if (w.ready_fd >= 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) return exit_inconclusive;  // it ended meanwhile
  }
  namespace chrono = std::chrono;
  settings.target.started = chrono::time_point_cast<duration>(chrono::steady_clock::now());
  settings.target.wall_ms_at_start =
      chrono::duration_cast<chrono::milliseconds>(chrono::system_clock::now().time_since_epoch()).count();
  auto server = target::target_server::start(std::move(settings));
  if (!server) {
    std::cerr << "wanwu target: " << server.error() << '\n';
    return exit_bad_input;
  }
  if (!w.quiet) print_listening(**server);
  if (w.ready_fd >= 0) tell_ready(w.ready_fd, (*server)->where());
  serve(**server, ends, w);
  (*server)->stop();
  return exit_pass;
}

}  // namespace wanwu::cli
