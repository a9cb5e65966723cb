// The answer to a WebSocket's request to upgrade, and the conversation that begins with it.
#include "sim/conformance/upgrade_message.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "protocols/websocket/http_head.hpp"
#include "sim/conformance/case_scope.hpp"

namespace wanwu::conform {

namespace {

constexpr std::string_view http = "HTTP/";
constexpr std::string_view subprotocol_field = "Sec-WebSocket-Protocol";

/// The head again, as bytes.
bytes written(const websocket::http_head& head) {
  std::string out = head.start + "\r\n";
  for (const auto& each : head.fields) out += each.name + ": " + each.value + "\r\n";
  out += "\r\n";
  const auto raw = as_bytes(out);
  return {raw.begin(), raw.end()};
}

/// "" when it was set, else what is wrong.
std::string set_status(websocket::http_head& head, const setting& wanted, case_scope& scope) {
  std::int64_t status = 0;
  if (const auto* fixed = std::get_if<std::uint64_t>(&wanted.value)) {
    status = static_cast<std::int64_t>(*fixed);
  } else if (const auto* computed = std::get_if<lang::expression>(&wanted.value)) {
    status = scope.evaluate(*computed).integer();
  }
  if (status < 100 || status > 599) return "`status` is no number from 100 to 599";
  head.start = fmt::format("HTTP/1.1 {} {}", status, http::reason_phrase(static_cast<std::uint16_t>(status)));
  return {};
}

std::string set_subprotocol(websocket::http_head& head, const setting& wanted, case_scope& scope) {
  std::erase_if(head.fields,
                [](const auto& each) { return http::equals_ignoring_case(each.name, subprotocol_field); });
  if (std::holds_alternative<std::monostate>(wanted.value)) return {};
  const auto* text = std::get_if<lang::text_template>(&wanted.value);
  if (text == nullptr) return "`subprotocol` is no text";
  byte_writer out;
  text->render(scope.context(), out);
  const std::string name{as_text(out.view())};
  if (!http::is_field_text(name)) return "`subprotocol` does not fit into a line";
  head.fields.push_back({std::string{subprotocol_field}, name});
  return {};
}

class upgraded_conversation final : public conversation {
 public:
  explicit upgraded_conversation(std::unique_ptr<conversation> carried) : carried_{std::move(carried)} {}

  void begin() override { carried_->begin(); }
  cut next_packet(bytes_view in) const override {
    if (!begins_upgrade(in)) return carried_->next_packet(in);
    const auto size = websocket::head_size(in);
    if (size && *size <= websocket::head_bytes_max) return {cut::kind::packet, *size, {}};
    if (in.size() < websocket::head_bytes_max) return {};
    return {cut::kind::garbage, 0,
            fmt::format("an answer to the upgrade of more than {} bytes", websocket::head_bytes_max)};
  }
  message_ptr read(bytes raw) const override {
    if (begins_upgrade(raw)) return std::make_shared<upgrade_message>(std::move(raw));
    return carried_->read(std::move(raw));
  }
  message_ptr read_own(bytes raw) const override { return carried_->read_own(std::move(raw)); }
  void judge(const message& came, std::vector<finding>& found) override {
    if (!is_upgrade(came)) carried_->judge(came, found);
  }
  void sent(bytes_view raw) override { carried_->sent(raw); }
  bool looks_after(const message& came) const override {
    return !is_upgrade(came) && carried_->looks_after(came);
  }
  bytes answer_to(const message& came) const override {
    return is_upgrade(came) ? bytes{} : carried_->answer_to(came);
  }
  scripted<bytes> write(const message_text& wanted, case_scope& scope) override {
    return carried_->write(wanted, scope);
  }
  scripted<bytes> change(const message& came, std::span<const setting> set, const corruption_text& wrong,
                         case_scope& scope) const override {
    if (!is_upgrade(came)) return carried_->change(came, set, wrong, scope);
    if (!wrong.empty()) return tl::unexpected{std::string{"an UPGRADE can be changed or replaced only"}};
    auto head = websocket::parse_head(as_text(came.raw()));
    if (!head) return tl::unexpected{std::string{"the answer cannot be read"}};
    for (const setting& each : set) {
      auto problem = each.name == upgrade_fields[0] ? set_status(*head, each, scope)
                                                    : set_subprotocol(*head, each, scope);
      if (!problem.empty()) return tl::unexpected{std::move(problem)};
    }
    return written(*head);
  }
  bytes probe() const override { return carried_->probe(); }
  std::string_view probe_answer() const override { return carried_->probe_answer(); }
  bytes goodbye() const override { return carried_->goodbye(); }

 private:
  static bool is_upgrade(const message& came) { return came.packet() == upgrade_packet; }
  std::unique_ptr<conversation> carried_;
};

}  // namespace

bool begins_upgrade(bytes_view raw) noexcept {
  return as_text(raw).starts_with(http);
}

upgrade_message::upgrade_message(bytes raw)
    : raw_{std::move(raw)}, answer_{websocket::read_upgrade_answer(as_text(raw_), std::nullopt)} {}

lang::value upgrade_message::field(std::size_t index) const {
  const auto names = mqtt_vocabulary().field_names();
  if (index >= names.size()) return {};
  if (names[index] == "size") return lang::value::of(static_cast<std::int64_t>(raw_.size()));
  if (!answer_) return {};
  if (names[index] == upgrade_fields[0]) return lang::value::of(std::int64_t{answer_->status});
  const bool named = names[index] == upgrade_fields[1] && answer_->subprotocol.has_value();
  return named ? lang::value::of(std::string_view{*answer_->subprotocol}) : lang::value{};
}

std::string upgrade_message::describe() const {
  if (!answer_)
    return fmt::format("an answer to the upgrade that cannot be read: {}", answer_.error().clause);
  return fmt::format("UPGRADE status={}{}", answer_->status,
                     answer_->subprotocol ? " subprotocol=" + *answer_->subprotocol : "");
}

std::unique_ptr<conversation> converse_after_upgrade(std::unique_ptr<conversation> carried) {
  return std::make_unique<upgraded_conversation>(std::move(carried));
}

}  // namespace wanwu::conform
