// The tree of a target/v1 as struct.
#include <algorithm>
#include <cstdlib>
#include <set>

#include <arpa/inet.h>

#include "scenarios/language/readers.hpp"
#include "scenarios/language/taken.hpp"
#include "scenarios/language/template.hpp"

namespace wanwu::lang {
namespace {

constexpr std::array<std::string_view, 5> secret_words{"password", "key", "token", "bearer", "secret"};
/// Below these keys stands what things say, not how the tool logs in.
constexpr std::array<std::string_view, 6> free_words{"body", "state",        "update",
                                                     "tags", "capabilities", "load"};

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class target_reader {
 public:
  target_reader(const node& tree, target_file& out, diagnostics& found)
      : tree_{tree}, out_{out}, found_{found} {}
  void read();

 private:
  void vars();
  void limits();
  void endpoints();
  void mqtt(const node& at);
  void coap(const node& at);
  void http(const node& at);
  std::optional<std::string> url_text(const node& endpoint, std::string_view key, source_mark& mark);
  std::string var_value(const member& m);

  const node& tree_;
  target_file& out_;
  diagnostics& found_;
  slot_table names_{false};
};

std::string target_reader::var_value(const member& m) {
  if (m.value.is_scalar()) return m.value.text;
  if (const node* file = taken::text_at(m.value, "file")) {
    const auto text = resolve_secret({secret_source::origin::file, file->text, std::nullopt, file->mark});
    if (!text) found_.error("E001", file->mark, "`" + file->text + "` cannot be read");
    return text.value_or("");
  }
  const node* env = taken::text_at(m.value, "env");
  if (env == nullptr) return {};
  if (const char* set = std::getenv(env->text.c_str())) return set;
  if (const node* fallback = m.value.find("default")) return fallback->text;
  found_.error("E171", env->mark, "the environment variable " + env->text + " is not set",
               "set it, or add `default:`");
  return {};
}

void target_reader::vars() {
  const node* vars = taken::map_at(&tree_, "vars");
  if (vars == nullptr) return;
  for (const member& m : vars->members) {
    if (m.key.starts_with("x-")) continue;
    const std::string text = var_value(m);
    out_.vars.emplace_back(m.key, text);
    names_.add_constant(m.key, text);
  }
}

void target_reader::limits() {
  const node* limits = taken::map_at(&tree_, "limits");
  if (limits == nullptr) return;
  if (const node* allow = limits->find("allow"); allow != nullptr && allow->is_list()) {
    for (const node& item : allow->items) {
      const auto range = parse_cidr(item.text);
      if (range)
        out_.limits.allow.push_back(*range);
      else if (item.is_scalar())
        found_.error("E110", item.mark, "`" + item.text + "` is not an address range", "e.g. 10.20.0.0/16");
    }
  }
  if (const node* connections = limits->find("connections"))
    out_.limits.connections = taken::count_of(*connections).value_or(0);
  if (const node* rate = taken::text_at(*limits, "rate"))
    out_.limits.rate_per_s = parse_rate(rate->text).value_or(0);
  if (const node* consent = taken::map_at(limits, "consent")) {
    out_.limits.consent_by = taken::text(*consent, "by");
    out_.limits.consent_until = taken::text(*consent, "until");
  }
}

std::optional<std::string> target_reader::url_text(const node& endpoint, std::string_view key,
                                                   source_mark& mark) {
  const node* written = taken::text_at(endpoint, key);
  if (written == nullptr) return std::nullopt;
  mark = written->mark;
  const auto compiled = compile_text(written->text, written->text_mark, place::plain, names_);
  if (!compiled) {
    found_.error("E121", compiled.error().mark, compiled.error().message, compiled.error().hint);
    return std::nullopt;
  }
  if (compiled->is_literal()) return std::string{compiled->literal()};
  found_.error("E110", mark, "a URL must be known before the run: only vars may stand in it");
  return std::nullopt;
}

void target_reader::mqtt(const node& at) {
  mqtt_endpoint_spec spec;
  if (const auto text = url_text(at, "url", spec.mark))
    check_endpoint("mqtt", *text, spec.mark, out_.limits, spec.at, found_);
  source_mark place;
  if (const auto text = url_text(at, "websocket", place))
    check_endpoint("ws", *text, place, out_.limits, spec.websocket.emplace(), found_);
  spec.version = taken::text(at, "version") == "3.1.1" ? 4 : 5;
  spec.client_id = taken::source(at, "client_id");
  if (spec.client_id.empty()) spec.client_id = {"${thing.id}", at.mark};
  spec.keep_alive = taken::length(at, "keep_alive").value_or(spec.keep_alive);
  if (spec.keep_alive > std::chrono::seconds{65535}) {
    found_.error("E110", at.find("keep_alive")->mark, "the keep alive is longer than MQTT can say",
                 "at most 65535 s");
  }
  spec.clean_start = taken::truth(at, "clean_start", true);
  spec.session_expiry = taken::length(at, "session_expiry").value_or(duration{});
  const node* auth = taken::map_at(&at, "auth");
  if (auth != nullptr) spec.user = taken::source(*auth, "user");
  spec.password = read_secret(auth, "password", out_.path);
  out_.mqtt = std::move(spec);
}

void target_reader::coap(const node& at) {
  coap_endpoint_spec spec;
  if (const auto text = url_text(at, "url", spec.mark))
    check_endpoint("coap", *text, spec.mark, out_.limits, spec.at, found_);
  const std::int64_t block = taken::whole(at, "block").value_or(0);
  spec.block = static_cast<std::uint32_t>(std::clamp<std::int64_t>(block, 0, 1024));
  if (block >= 16 && block <= 1024 && (block & (block - 1)) != 0) {
    found_.error("E110", at.find("block")->mark, "a block size is a power of two",
                 "16, 32, 64, 128, 256, 512 or 1024");
  }
  out_.coap = std::move(spec);
}

void target_reader::http(const node& at) {
  http_endpoint_spec spec;
  if (const auto text = url_text(at, "url", spec.mark))
    check_endpoint("http", *text, spec.mark, out_.limits, spec.at, found_);
  const node* auth = taken::map_at(&at, "auth");
  if (auth != nullptr) spec.user = taken::source(*auth, "user");
  spec.password = read_secret(auth, "password", out_.path);
  spec.bearer = read_secret(auth, "bearer", out_.path);
  spec.keep_alive = taken::length(at, "keep_alive").value_or(duration{});
  spec.pool = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(taken::whole(at, "pool").value_or(0), 0, 1'000'000));
  out_.http = std::move(spec);
}

void target_reader::endpoints() {
  const node* endpoints = taken::map_at(&tree_, "endpoints");
  if (const node* at = taken::map_at(endpoints, "mqtt")) mqtt(*at);
  if (const node* at = taken::map_at(endpoints, "coap")) coap(*at);
  if (const node* at = taken::map_at(endpoints, "http")) http(*at);
  if (endpoints != nullptr && !out_.mqtt && !out_.coap && !out_.http) {
    found_.error("E102", endpoints->mark, "at least one endpoint must stand here",
                 "mqtt: { url: \"mqtt://127.0.0.1:1883\" }");
  }
}

void target_reader::read() {
  out_.name = taken::text(tree_, "name");
  out_.title = taken::text(tree_, "title");
  out_.capabilities = taken::shared(taken::map_at(&tree_, "capabilities"));
  vars();
  limits();
  endpoints();
  read_hooks(tree_, out_, found_);
  if (const node* operations = taken::map_at(&tree_, "operations")) {
    read_operations(*operations, taken::map_at(&tree_, "formats"), out_.ops, found_);
  }
}

/// Compiles every template once and reports each mistake once, however many populations it concerns.
class template_checker {
 public:
  template_checker(const name_resolver& names, diagnostics& found) : names_{names}, found_{found} {}

  void text(const template_source& source, place where) {
    if (source.empty()) return;
    if (const auto compiled = compile_text(source.text, source.mark, where, names_); !compiled)
      report(compiled.error());
  }
  void body(const payload_source& payload) {
    if (!payload.body) return;
    if (const auto compiled = compile_body(*payload.body, names_); !compiled) report(compiled.error());
  }
  void form(const std::optional<message_form>& f) {
    if (!f) return;
    text(f->publish, place::topic);
    text(f->path, place::uri_path);
    for (const auto& header : f->headers) text(header.second, place::plain);
    body(f->payload);
  }
  void hearing(const std::optional<command_hearing>& h) {
    if (!h) return;
    text(h->subscribe, place::topic);
    text(h->observe, place::uri_path);
    text(h->poll, place::uri_path);
    text(h->ack_fallback, place::topic);
    form(h->ack);
  }
  void arrived(const std::optional<arrival>& a) {
    if (!a) return;
    text(a->subscribe, place::topic);
    text(a->observe, place::uri_path);
    text(a->stream, place::uri_path);
  }

 private:
  void report(const template_error& wrong) {
    for (const diagnostic& known : found_.all()) {
      if (known.mark == wrong.mark && known.message == wrong.message) return;
    }
    const bool name = wrong.message.starts_with("there is no `");
    found_.error(name ? "E121" : "E120", wrong.mark, wrong.message, wrong.hint);
  }

  const name_resolver& names_;
  diagnostics& found_;
};

}  // namespace

secret_source read_secret(const node* holder, std::string_view key, const std::string& path) {
  secret_source out;
  const node* at = taken::map_at(holder, key);
  if (at == nullptr) return out;
  out.mark = at->mark;
  if (const node* env = taken::text_at(*at, "env")) {
    out.from = secret_source::origin::env;
    out.name = env->text;
    if (const node* fallback = taken::text_at(*at, "default")) out.fallback = fallback->text;
  } else if (const node* file = taken::text_at(*at, "file")) {
    out.from = secret_source::origin::file;
    out.name = file->text;
    // Relative to the target file, not to wherever the program was started.
    const std::size_t slash = path.rfind('/');
    if (!out.name.starts_with("/") && slash != std::string::npos)
      out.name = path.substr(0, slash + 1) + out.name;
  }
  return out;
}

void check_templates(const target_file& target, const name_resolver& names, std::optional<protocol> only,
                     diagnostics& found) {
  template_checker check{names, found};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto via = static_cast<protocol>(i);
    if (only && *only != via) continue;
    const operations& ops = target.ops;
    for (const auto* forms :
         {&ops.register_, &ops.unregister, &ops.telemetry, &ops.event, &ops.read, &ops.command})
      check.form((*forms)[i]);
    check.hearing(ops.hearing[i]);
    check.arrived(ops.arrived[i]);
    if (via == protocol::mqtt && target.mqtt) {
      check.text(target.mqtt->client_id, place::plain);
      check.text(target.mqtt->user, place::plain);
    }
    if (via == protocol::http && target.http) check.text(target.http->user, place::plain);
  }
  if (only) return;
  const open_names any{names, true};  // people and searches bring names of their own
  template_checker loose{any, found};
  for (const auto* forms : {&target.ops.search, &target.ops.trace, &target.ops.notification}) {
    for (const auto& form : *forms) loose.form(form);
  }
}

void check_endpoint(std::string_view name, const std::string& text, const source_mark& mark,
                    const limits_spec& limits, url& out, diagnostics& found) {
  const std::string scheme{name};
  const auto parsed = parse_url(text);
  if (text.starts_with(scheme + "s://")) {
    found.error("E173", mark, "`" + scheme + "s:` does not work yet: TLS and DTLS come in a later version",
                scheme + "://HOST:PORT");
    return;
  }
  if (!parsed || parsed->scheme != scheme) {
    found.error("E173", mark, "`" + text + "` is not a URL for " + scheme, scheme + "://HOST:PORT");
    return;
  }
  out = *parsed;
  std::array<std::uint8_t, 16> address{};
  std::size_t size = 0;
  if (inet_pton(AF_INET, out.host.c_str(), address.data()) == 1)
    size = 4;
  else if (inet_pton(AF_INET6, out.host.c_str(), address.data()) == 1)
    size = 16;
  if (size == 0 || allows(limits, {address.data(), size})) return;
  found.error("E172", mark, out.host + " is not an address that may be loaded",
              "allow it when it is yours: allow: [ " + out.host + (size == 4 ? "/32 ]" : "/128 ]"));
}

void check_secrets(const node& tree, diagnostics& found) {
  for (const node& item : tree.items) check_secrets(item, found);
  for (const member& m : tree.members) {
    if (m.key.starts_with("x-") || is_one_of(m.key, free_words)) continue;
    const bool literal = m.value.is_scalar() && m.value.kind != node_kind::null;
    if (is_one_of(m.key, secret_words) && literal) {
      const bool known = std::any_of(found.all().begin(), found.all().end(), [&](const diagnostic& d) {
        return d.code == "E170" && d.mark == m.value.mark;
      });
      if (!known)
        found.error("E170", m.value.mark, "a secret must not stand in a file",
                    "{ env: NAME } or { file: PATH }");
    }
    check_secrets(m.value, found);
  }
}

std::shared_ptr<target_file> read_target(const node& tree, const std::string& path, bool standalone,
                                         diagnostics& found) {
  auto out = std::make_shared<target_file>();
  out->path = path;
  target_reader{tree, *out, found}.read();
  if (!standalone) return out;
  slot_table names;
  for (const auto& [name, text] : out->vars) names.add_constant(name, text);
  check_templates(*out, open_names{names, false}, std::nullopt, found);
  return out;
}

}  // namespace wanwu::lang
