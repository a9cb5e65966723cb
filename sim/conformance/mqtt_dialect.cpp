// MQTT 3.1.1 and 5.0 for the interpreter of cases.
#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "protocols/mqtt/encode.hpp"
#include "sim/conformance/limits.hpp"
#include "sim/conformance/mqtt_monitor.hpp"
#include "sim/conformance/mqtt_writing.hpp"
#include "sim/conformance/upgrade_message.hpp"

namespace wanwu::conform {

namespace {

using mqtt::packet_type;
using mqtt::version;

version version_of(std::uint8_t number) {
  return number == 4 ? version::v3_1_1 : version::v5;
}

/// The protocol level that a CONNECT of MQTT names, if it can be found; its other bytes do not matter.
std::optional<version> level_named_in(const mqtt::frame& hello) {
  const auto body = hello.body();
  if (body.size() < 2) return std::nullopt;
  const auto name = std::to_integer<std::size_t>(body[0]) << 8U | std::to_integer<std::size_t>(body[1]);
  if (body.size() < name + 3 || as_text(body.subspan(2, name)) != "MQTT") return std::nullopt;
  const auto level = std::to_integer<unsigned>(body[name + 2]);
  if (level == 4) return version::v3_1_1;
  return level == 5 ? std::optional{version::v5} : std::nullopt;
}

class mqtt_conversation final : public conversation {
 public:
  explicit mqtt_conversation(const speaker& who) : who_{who}, level_{version_of(who.version)} {}

  void begin() override {
    level_ = version_of(who_.version);
    either_ = true;
    lost_ = false;
    unframed_.clear();
    monitor_ = {};
  }

  cut next_packet(bytes_view in) const override {
    const auto found = mqtt::next_frame(in, limits::packet_bytes_max);
    if (!found) {
      const auto& why = found.error();
      return {cut::kind::garbage, 0,
              why.code == wire_errc::too_large
                  ? fmt::format("announces a packet of more than {} bytes", limits::packet_bytes_max)
                  : fmt::format("no remaining length, {}", why.clause)};
    }
    if (!*found) return {};
    return {cut::kind::packet, (*found)->whole.size(), {}};
  }

  message_ptr read(bytes raw) const override {
    auto out = std::make_shared<mqtt_message>(std::move(raw), level_, mqtt::role::server);
    if (out->fault() == nullptr || !either_ || out->type() != packet_type::connack) return out;
    const auto other = level_ == version::v5 ? version::v3_1_1 : version::v5;
    const auto raw_again = out->raw();
    auto second =
        std::make_shared<mqtt_message>(bytes{raw_again.begin(), raw_again.end()}, other, mqtt::role::server);
    return second->fault() == nullptr ? second : out;
  }

  message_ptr read_own(bytes raw) const override {
    return std::make_shared<mqtt_message>(std::move(raw), level_, mqtt::role::client);
  }

  void judge(const message& came, std::vector<finding>& found) override {
    monitor_.judge(static_cast<const mqtt_message&>(came), found);
  }

  void sent(bytes_view raw) override {
    if (lost_) return;
    unframed_.insert(unframed_.end(), raw.begin(), raw.end());
    std::size_t used = 0;
    while (!lost_) {
      const auto found = mqtt::next_frame(bytes_view{unframed_}.subspan(used), mqtt::variable_max + 5);
      if (found && !*found) break;
      if (found) note_sent(**found);
      lost_ = !found;
      if (found) used += (*found)->whole.size();
    }
    if (lost_) monitor_.sent_garbage();
    unframed_.erase(unframed_.begin(), unframed_.begin() + static_cast<std::ptrdiff_t>(used));
  }

  bool looks_after(const message& came) const override {
    switch (static_cast<const mqtt_message&>(came).type()) {
      case packet_type::puback:
      case packet_type::pubrec:
      case packet_type::pubrel:
      case packet_type::pubcomp:
      case packet_type::pingresp:
        return true;
      default:
        return false;
    }
  }

  bytes answer_to(const message& came) const override {
    const auto* what = static_cast<const mqtt_message&>(came).decoded();
    if (what == nullptr) return {};
    byte_writer out;
    if (const auto* p = std::get_if<mqtt::publish>(what)) {
      if (p->level == mqtt::qos::at_least_once) mqtt::put_ack(out, packet_type::puback, p->packet_id);
      if (p->level == mqtt::qos::exactly_once) mqtt::put_ack(out, packet_type::pubrec, p->packet_id);
    } else if (const auto* a = std::get_if<mqtt::ack>(what)) {
      if (a->type == packet_type::pubrec && a->reason < 0x80)
        mqtt::put_ack(out, packet_type::pubrel, a->packet_id);
      if (a->type == packet_type::pubrel) mqtt::put_ack(out, packet_type::pubcomp, a->packet_id);
    }
    return {out.view().begin(), out.view().end()};
  }

  scripted<bytes> write(const message_text& wanted, case_scope& scope) override;
  scripted<bytes> change(const message& came, std::span<const setting> set, const corruption_text& wrong,
                         case_scope& scope) const override;

  bytes probe() const override { return {std::byte{0xC0}, std::byte{0}}; }
  std::string_view probe_answer() const override { return "PINGRESP"; }
  bytes goodbye() const override { return {std::byte{0xE0}, std::byte{0}}; }

 private:
  void note_sent(const mqtt::frame& ours) {
    if (ours.type() == packet_type::connect) {
      const auto named = level_named_in(ours);
      level_ = named.value_or(version_of(who_.version));
      either_ = !named;
    }
    const mqtt_message read{bytes{ours.whole.begin(), ours.whole.end()}, level_, mqtt::role::client};
    monitor_.sent(read);
    if (read.decoded() == nullptr) return;
    if (const auto id = mqtt::field_of(*read.decoded(), "packet_id"))
      used_.insert(static_cast<std::uint16_t>(std::get<std::uint64_t>(*id)));
  }
  std::uint16_t next_free_id() {
    for (int tries = 0; tries < 65'536 && (next_id_ == 0 || used_.contains(next_id_)); ++tries) ++next_id_;
    return next_id_++;
  }
  void give_defaults(mqtt::draft& to) const;

  speaker who_;
  version level_;
  bool either_ = true;  ///< What we said leaves open in which version we are answered.
  bool lost_ = false;   ///< What we sent is no packets any more.
  bytes unframed_;
  mqtt_monitor monitor_;
  std::set<std::uint16_t> used_;
  std::uint16_t next_id_ = 1;
};

void mqtt_conversation::give_defaults(mqtt::draft& to) const {
  if (mqtt::type_of(to.view()) != packet_type::connect) return;
  to.set("client_id", who_.client_id);
  if (!who_.user.empty()) to.set("user", who_.user);
  if (!who_.password.empty()) to.set("password", who_.password);
}

scripted<bytes> mqtt_conversation::write(const message_text& wanted, case_scope& scope) {
  if (wanted.raw) return render_bytes(*wanted.raw, scope);
  const auto type = mqtt::find_packet_type(wanted.packet);
  if (!type) return tl::unexpected{fmt::format("'{}' is no packet", wanted.packet)};
  mqtt::draft out{*type, *type == packet_type::connect ? version_of(who_.version) : level_};
  give_defaults(out);
  bool has_id = false;
  for (const setting& each : wanted.set) {
    if (auto wrong = apply_setting(out, each, scope); !wrong.empty()) return tl::unexpected{wrong};
    has_id = has_id || each.name == "packet_id";
  }
  const bool asks = *type == packet_type::subscribe || *type == packet_type::unsubscribe;
  const auto level = mqtt::field_of(out.view(), "qos");
  const bool confirmed =
      *type == packet_type::publish && level && *level != mqtt::field_value{std::uint64_t{0}};
  if (!has_id && (asks || confirmed)) out.set("packet_id", std::uint64_t{next_free_id()});
  if (auto wrong = apply_corruption(out, wanted.wrong, scope); !wrong.empty()) return tl::unexpected{wrong};
  byte_writer raw;
  out.encode_to(raw);
  return bytes{raw.view().begin(), raw.view().end()};
}

scripted<bytes> mqtt_conversation::change(const message& came, std::span<const setting> set,
                                          const corruption_text& wrong, case_scope& scope) const {
  const auto& read = static_cast<const mqtt_message&>(came);
  if (read.decoded() == nullptr) return tl::unexpected{std::string{"the packet cannot be read"}};
  mqtt::draft out{*read.decoded(), read.level()};
  std::set<std::string_view> seen;
  for (const setting& each : set) {
    // What a packet has once is replaced; of what repeats, the script gives the whole list anew.
    if (seen.insert(each.name).second) out.remove(each.name);
    if (std::holds_alternative<std::monostate>(each.value)) continue;
    if (auto sentence = apply_setting(out, each, scope); !sentence.empty()) return tl::unexpected{sentence};
  }
  if (auto sentence = apply_corruption(out, wrong, scope); !sentence.empty()) return tl::unexpected{sentence};
  byte_writer raw;
  out.encode_to(raw);
  return bytes{raw.view().begin(), raw.view().end()};
}

class mqtt_words final : public dialect {
 public:
  const vocabulary& words() const override { return mqtt_vocabulary(); }
  std::unique_ptr<conversation> converse(const speaker& who) const override {
    auto talk = std::make_unique<mqtt_conversation>(who);
    if (who.over == link_carrier::tcp) return talk;
    return converse_after_upgrade(std::move(talk));
  }
  std::string_view greeting() const override { return "CONNECT"; }
  std::string_view greeting_answer() const override { return "CONNACK"; }
  std::string_view title_of(std::uint8_t number) const override {
    return number == 4 ? "MQTT 3.1.1" : "MQTT 5.0";
  }
  bool refuses_version(const message& answer) const override {
    // One that knows 3.1.1 only answers in its own form, whatever it was asked in.
    constexpr std::byte old_refusal[] = {std::byte{0x20}, std::byte{2}, std::byte{0}, std::byte{1}};
    const auto raw = answer.raw();
    if (std::equal(raw.begin(), raw.end(), std::begin(old_refusal), std::end(old_refusal))) return true;
    return answer.refusal() == static_cast<std::uint8_t>(mqtt::reason_code::unsupported_protocol_version);
  }
};

}  // namespace

const dialect& mqtt_dialect() {
  static const mqtt_words words;
  return words;
}

}  // namespace wanwu::conform
