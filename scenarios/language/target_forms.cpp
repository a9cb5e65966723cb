// Reading the operations of a target file.
#include <charconv>

#include "scenarios/language/json_view.hpp"
#include "scenarios/language/readers.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::lang {
namespace {

constexpr std::array<std::pair<std::string_view, protocol>, 3> protocols{
    {{"mqtt", protocol::mqtt}, {"coap", protocol::coap}, {"http", protocol::http}}};
constexpr std::uint8_t coap_classes = 7;

/// What an operation is when the file says little.
struct operation_defaults {
  std::string_view method;
  payload_source::kind payload;
};

class form_reader {
 public:
  form_reader(const node* formats, diagnostics& found) : formats_{formats}, found_{found} {}

  void forms(const node* operation, operation_defaults defaults, per_protocol<message_form>& out);
  void hearing(const node* thing, per_protocol<command_hearing>& out);
  void arrivals(const node* arrived, per_protocol<arrival>& out);

 private:
  message_form form(const node& tree, protocol via, operation_defaults defaults);
  void payload(const node& tree, operation_defaults defaults, payload_source& out);
  void expected_codes(const node& tree, protocol via, message_form& out);
  void expected_code(const node& value, protocol via, message_form& out);
  extraction take(const node& tree, std::string_view key, bool topic);
  void check_topic(const template_source& topic, bool filter);
  void check_path(const template_source& path);

  const node* formats_;
  diagnostics& found_;
};

/// The topic with each ${...} as one plain character, so that levels can be looked at.
std::string without_expressions(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') {
      i = text.find('}', i);
      out += 'x';
      if (i == std::string_view::npos) break;
    } else {
      out += text[i];
    }
  }
  return out;
}

void form_reader::check_topic(const template_source& topic, bool filter) {
  if (topic.empty()) return;
  const std::string plain = without_expressions(topic.text);
  if (!filter && plain.find_first_of("+#") != std::string::npos) {
    found_.error("E122", topic.mark, "a topic to publish to has no `+` or `#`");
    return;
  }
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] != '+' && plain[i] != '#') continue;
    const bool begins = i == 0 || plain[i - 1] == '/';
    const bool ends = i + 1 == plain.size() || (plain[i] == '+' && plain[i + 1] == '/');
    if (begins && ends) continue;
    found_.error("E122", topic.mark, "`+` stands for a whole level, `#` for all that follows",
                 "a/+/c or a/#");
    return;
  }
}

void form_reader::check_path(const template_source& path) {
  if (path.empty() || path.text.starts_with("/") || path.text.starts_with("${")) return;
  found_.error("E122", path.mark, "a path begins with /", "\"/" + path.text + "\"");
}

extraction form_reader::take(const node& tree, std::string_view key, bool topic) {
  extraction out;
  const node* written = taken::text_at(tree, key);
  if (written == nullptr) return out;
  out.mark = written->mark;
  const std::string_view text = written->text;
  if (text.starts_with("$") && json_path::compile(text)) {
    out.source = extraction::from::payload;
    out.json_path = text;
    return out;
  }
  if (topic && text == "properties.correlationData")
    out.source = extraction::from::correlation_data;
  else if (topic && text == "properties.responseTopic")
    out.source = extraction::from::response_topic;
  else if (topic && text.starts_with("topic[") && text.ends_with("]")) {
    const std::string_view digits = text.substr(6, text.size() - 7);
    const auto got = std::from_chars(digits.data(), digits.data() + digits.size(), out.level);
    if (got.ec == std::errc{} && got.ptr == digits.data() + digits.size())
      out.source = extraction::from::topic_level;
  }
  if (!out.given()) {
    found_.error("E110", written->mark, "`" + written->text + "` does not say where in a message",
                 topic ? "$.id, topic[3], properties.correlationData or properties.responseTopic"
                       : "$, $.id, $[0].id");
  }
  return out;
}

void form_reader::payload(const node& tree, operation_defaults defaults, payload_source& out) {
  out.what = defaults.payload;
  out.content = taken::text(tree, "content");
  const node* body = tree.find("body");
  const node* format = taken::text_at(tree, "format");
  if (body != nullptr && format != nullptr) {
    found_.error("E103", format->mark, "only one of `format` or `body` may stand here");
  }
  if (format != nullptr) {
    const node* named = formats_ == nullptr ? nullptr : formats_->find(format->text);
    if (named == nullptr || !named->is_map()) {
      std::vector<std::string_view> known;
      if (formats_ != nullptr) {
        for (const member& m : formats_->members) known.emplace_back(m.key);
      }
      found_.error("E140", format->mark, "there is no format `" + format->text + "`",
                   suggestion(format->text, known));
      return;
    }
    body = named->find("body");
    if (out.content.empty()) out.content = taken::text(*named, "content");
  }
  if (body == nullptr) return;
  out.what = payload_source::kind::body;
  out.body = taken::shared(body);
  if (out.content.empty() && (!body->is_scalar() || body->text.starts_with("${")))
    out.content = "application/json";
}

void form_reader::expected_code(const node& value, protocol via, message_form& out) {
  if (via == protocol::http && value.kind == node_kind::integer) {
    out.expect.push_back(static_cast<std::uint16_t>(value.integer));
    return;
  }
  if (value.kind == node_kind::number) return;  // reported as not being text
  const std::string& t = value.text;
  const bool code = via == protocol::coap && value.kind == node_kind::text && t.size() == 4 && t[1] == '.' &&
                    t[0] >= '0' && t[0] <= '0' + coap_classes && t[2] >= '0' && t[2] <= '3' && t[3] >= '0' &&
                    t[3] <= '9' && (t[2] - '0') * 10 + (t[3] - '0') < 32;
  if (code) {
    out.expect.push_back(static_cast<std::uint16_t>((t[0] - '0') * 32 + (t[2] - '0') * 10 + (t[3] - '0')));
    return;
  }
  found_.error("E110", value.mark, "`" + t + "` is not a code of this protocol",
               via == protocol::http ? "a status: 200" : "a code in quotes: \"2.04\"");
}

void form_reader::expected_codes(const node& tree, protocol via, message_form& out) {
  const node* expect = tree.find("expect");
  if (expect == nullptr) return;
  if (expect->is_scalar()) return expected_code(*expect, via, out);
  for (const node& code : expect->items) {
    if (code.is_scalar()) expected_code(code, via, out);
  }
}

message_form form_reader::form(const node& tree, protocol via, operation_defaults defaults) {
  message_form out;
  out.via = via;
  out.mark = tree.mark;
  out.publish = taken::source(tree, "publish");
  out.qos = static_cast<std::uint8_t>(taken::whole(tree, "qos").value_or(0) & 3);
  out.retain = taken::truth(tree, "retain", false);
  out.path = taken::source(tree, "path");
  out.method = taken::text(tree, "method");
  if (out.method.empty()) out.method = defaults.method;
  out.confirmable = taken::truth(tree, "confirmable", true);
  out.within = taken::length(tree, "within").value_or(out.within);
  out.value = take(tree, "value", false);
  if (const node* save = taken::map_at(&tree, "save")) out.corr = take(*save, "corr", false);
  if (const node* headers = taken::map_at(&tree, "headers")) {
    for (const member& m : headers->members)
      out.headers.emplace_back(m.key, template_source{m.value.text, m.value.text_mark});
  }
  payload(tree, defaults, out.payload);
  expected_codes(tree, via, out);
  check_topic(out.publish, false);
  check_path(out.path);
  return out;
}

void form_reader::forms(const node* operation, operation_defaults defaults, per_protocol<message_form>& out) {
  for (const auto& [word, via] : protocols) {
    if (const node* tree = taken::map_at(operation, word))
      out[static_cast<std::size_t>(via)] = form(*tree, via, defaults);
  }
}

void form_reader::hearing(const node* thing, per_protocol<command_hearing>& out) {
  for (const auto& [word, via] : protocols) {
    const node* tree = taken::map_at(thing, word);
    if (tree == nullptr) continue;
    const bool topic = via == protocol::mqtt;
    command_hearing heard;
    heard.via = via;
    heard.mark = tree->mark;
    heard.subscribe = taken::source(*tree, "subscribe");
    heard.qos = static_cast<std::uint8_t>(taken::whole(*tree, "qos").value_or(1) & 3);
    heard.observe = taken::source(*tree, "observe");
    heard.poll = taken::source(*tree, "poll");
    heard.every = taken::length(*tree, "every").value_or(std::chrono::seconds{5});
    heard.action = take(*tree, "action", topic);
    heard.corr = take(*tree, "corr", topic);
    heard.input = take(*tree, "input", topic);
    if (!heard.input.given())
      heard.input = {extraction::from::payload, 0, topic ? "$" : "$.input", tree->mark};
    if (const node* ack = taken::map_at(tree, "ack")) {
      heard.ack = form(*ack, via, {"POST", payload_source::kind::none});
      heard.ack_fallback = taken::source(*ack, "otherwise");
      check_topic(heard.ack_fallback, false);
    }
    check_topic(heard.subscribe, true);
    check_path(heard.observe);
    check_path(heard.poll);
    out[static_cast<std::size_t>(via)] = std::move(heard);
  }
}

void form_reader::arrivals(const node* arrived, per_protocol<arrival>& out) {
  for (const auto& [word, via] : protocols) {
    const node* tree = taken::map_at(arrived, word);
    if (tree == nullptr) continue;
    const bool topic = via == protocol::mqtt;
    arrival seen;
    seen.via = via;
    seen.mark = tree->mark;
    seen.subscribe = taken::source(*tree, "subscribe");
    seen.observe = taken::source(*tree, "observe");
    seen.stream = taken::source(*tree, "stream");
    seen.id = take(*tree, "id", topic);
    seen.time = take(*tree, "time", topic);
    check_topic(seen.subscribe, true);
    check_path(seen.observe);
    check_path(seen.stream);
    out[static_cast<std::size_t>(via)] = std::move(seen);
  }
}

}  // namespace

void read_operations(const node& tree, const node* formats, operations& out, diagnostics& found) {
  using payload = payload_source::kind;
  form_reader read{formats, found};
  read.forms(taken::map_at(&tree, "register"), {"PUT", payload::none}, out.register_);
  read.forms(taken::map_at(&tree, "unregister"), {"DELETE", payload::none}, out.unregister);
  const node* telemetry = taken::map_at(&tree, "telemetry");
  read.forms(telemetry, {"POST", payload::own}, out.telemetry);
  read.arrivals(taken::map_at(telemetry, "arrived"), out.arrived);
  read.forms(taken::map_at(&tree, "event"), {"POST", payload::none}, out.event);
  const node* command = taken::map_at(&tree, "command");
  read.forms(command, {"POST", payload::none}, out.command);
  read.hearing(taken::map_at(command, "thing"), out.hearing);
  read.forms(taken::map_at(&tree, "read"), {"GET", payload::none}, out.read);
  read.forms(taken::map_at(&tree, "search"), {"GET", payload::none}, out.search);
  read.forms(taken::map_at(&tree, "trace"), {"GET", payload::none}, out.trace);
}

}  // namespace wanwu::lang
