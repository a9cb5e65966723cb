#include "sim/conformance/mqtt_monitor.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace wanwu::conform {

namespace {

using mqtt::packet_type;
using mqtt::property_id;
using mqtt::qos;

void say(std::vector<finding>& found, std::string_view clause, std::string text) {
  finding one;
  one.clause = clause;
  one.text = std::move(text);
  found.push_back(std::move(one));
}

}  // namespace

void mqtt_monitor::note_connect(const mqtt::connect& p) {
  if (connected_) return;  // a second one is the stimulus of some case: what the first said holds
  connected_ = true;
  clean_ = p.clean_start;
  packet_size_max_ = p.properties.number(property_id::maximum_packet_size).value_or(0);
  receive_maximum_ = p.properties.number(property_id::receive_maximum).value_or(65535);
  alias_maximum_ = p.properties.number(property_id::topic_alias_maximum).value_or(0);
  problems_wanted_ = p.properties.number(property_id::request_problem_information).value_or(1) != 0;
  response_wanted_ = p.properties.number(property_id::request_response_information).value_or(0) != 0;
  named_method_ = p.properties.find(property_id::authentication_method).has_value();
}

void mqtt_monitor::note_ack(const mqtt::ack& p) {
  if (p.type == packet_type::pubrel) released_.insert(p.packet_id);
  const auto at = in_flight_.find(p.packet_id);
  if (at == in_flight_.end()) return;
  const bool refused = p.reason >= 0x80;
  if (p.type == packet_type::puback || p.type == packet_type::pubcomp ||
      (p.type == packet_type::pubrec && refused)) {
    in_flight_.erase(at);
  } else if (p.type == packet_type::pubrec) {
    at->second = flow::waits_comp;
  }
}

void mqtt_monitor::sent(const mqtt_message& ours) {
  if (ours.decoded() == nullptr) {
    trusted_ = false;
    return;
  }
  const auto& what = *ours.decoded();
  if (const auto* p = std::get_if<mqtt::connect>(&what)) note_connect(*p);
  if (const auto* p = std::get_if<mqtt::ack>(&what)) note_ack(*p);
  if (const auto* p = std::get_if<mqtt::publish>(&what)) {
    if (p->level != qos::at_most_once) published_.insert(p->packet_id);
  }
  if (const auto* p = std::get_if<mqtt::subscribe>(&what)) {
    if (subscribed_.contains(p->packet_id)) trusted_ = false;  // which of the two an answer is for is open
    subscribed_[p->packet_id] = p->filters.size();
    for (const auto& entry : p->filters) shared_ = shared_ || entry.filter.starts_with("$share");
  }
  if (const auto* p = std::get_if<mqtt::unsubscribe>(&what)) {
    if (unsubscribed_.contains(p->packet_id)) trusted_ = false;
    unsubscribed_[p->packet_id] = p->filters.size();
  }
}

void mqtt_monitor::judge(const mqtt_message& came, std::vector<finding>& found) {
  level_ = came.level();
  judge_order(came, found);
  if (is_v5() && packet_size_max_ != 0 && came.raw().size() > packet_size_max_) {
    say(found, "MQTT-3.1.2-24",
        fmt::format("{} of {} bytes, but the client takes {}", came.packet(), came.raw().size(),
                    packet_size_max_));
  }
  if (came.decoded() == nullptr) {
    say(found, came.fault()->clause, came.describe());
    if (came.type() == packet_type::connack) resumed_ = true;
    return;
  }
  judge_properties(came, found);
  const auto& what = *came.decoded();
  if (const auto* p = std::get_if<mqtt::connack>(&what)) judge_connack(*p, found);
  if (const auto* p = std::get_if<mqtt::publish>(&what)) judge_publish(*p, found);
  if (const auto* p = std::get_if<mqtt::ack>(&what)) judge_ack(*p, found);
  if (const auto* p = std::get_if<mqtt::suback>(&what)) {
    judge_answer(*p, subscribed_, true, found);
    for (const auto code : p->reasons) {
      if (std::to_integer<int>(code) <= 2) granted_ = std::max(granted_, std::to_integer<int>(code));
    }
  }
  if (const auto* p = std::get_if<mqtt::unsuback>(&what)) judge_answer(*p, unsubscribed_, is_v5(), found);
}

void mqtt_monitor::judge_order(const mqtt_message& came, std::vector<finding>& found) {
  const auto type = came.type();
  if (said_goodbye_ && is_v5()) {
    say(found, "MQTT-3.14.4-1", fmt::format("{} after the target's own DISCONNECT", came.packet()));
  }
  const bool first = !greeted_;
  if (type == packet_type::connack) {
    // 3.1.1 has no clause that counts them: only a second CONNECT is answered so, and that must end the
    // connection.
    if (greeted_) say(found, is_v5() ? "MQTT-3.2.0-2" : "MQTT-3.1.0-2", "a second CONNACK on one connection");
    greeted_ = true;
  } else if (type == packet_type::disconnect && is_v5()) {
    if (!accepted_) say(found, "MQTT-3.14.0-1", "DISCONNECT before a CONNACK of success");
    said_goodbye_ = true;
  } else if (first && !(type == packet_type::auth && is_v5())) {
    say(found, "MQTT-3.2.0-1", fmt::format("{} before CONNACK", came.packet()));
  }
}

void mqtt_monitor::judge_connack(const mqtt::connack& p, std::vector<finding>& found) {
  accepted_ = accepted_ || p.reason == 0;
  resumed_ = resumed_ || p.session_present;
  if (!connected_) return;
  if (p.session_present && clean_)
    say(found, is_v5() ? "MQTT-3.2.2-2" : "MQTT-3.2.2-1",
        "session_present although a clean session was asked for");
  if (!is_v5()) return;
  if (!response_wanted_ && p.properties.find(property_id::response_information))
    say(found, "MQTT-3.1.2-28", "Response Information that was not asked for");
  if (!named_method_ && p.properties.find(property_id::authentication_method))
    say(found, "MQTT-4.12.0-6", "an Authentication Method in CONNACK, but none in CONNECT");
}

void mqtt_monitor::judge_properties(const mqtt_message& came, std::vector<finding>& found) {
  if (!is_v5() || !connected_) return;
  const auto type = came.type();
  if (type == packet_type::auth && !named_method_)
    say(found, "MQTT-4.12.0-6", "AUTH, but CONNECT named no Authentication Method");
  if (problems_wanted_ || type == packet_type::publish || type == packet_type::connack ||
      type == packet_type::disconnect)
    return;
  const auto properties = std::visit(
      [](const auto& p) -> mqtt::property_view {
        if constexpr (requires { p.properties; }) return p.properties;
        return {};
      },
      *came.decoded());
  if (properties.find(property_id::reason_string) || properties.find(property_id::user_property)) {
    say(found, "MQTT-3.1.2-29",
        fmt::format("{} with a Reason String or User Property, but the client wants none", came.packet()));
  }
}

void mqtt_monitor::judge_alias(const mqtt::publish& p, std::vector<finding>& found) {
  const auto alias = p.properties.number(property_id::topic_alias);
  if (!alias || !is_v5() || !connected_) return;
  if (*alias > alias_maximum_) {
    say(found, alias_maximum_ == 0 ? "MQTT-3.1.2-27" : "MQTT-3.1.2-26",
        fmt::format("topic alias {}, but the client's maximum is {}", *alias, alias_maximum_));
  }
  if (p.topic.empty() && !aliases_.contains(*alias))
    say(found, "U5-3.3.4-a", fmt::format("topic alias {} stands for no topic yet", *alias));
  if (!p.topic.empty()) aliases_.insert(*alias);
}

void mqtt_monitor::judge_publish(const mqtt::publish& p, std::vector<finding>& found) {
  judge_alias(p, found);
  if (p.level == qos::at_most_once) return;
  judge_exchange(p, found);
  const auto level = static_cast<int>(p.level);
  // Subscriptions of an earlier connection are unknown here, so only a session that began here is judged.
  if (trusted_ && greeted_ && !resumed_ && granted_ >= 0 && level > granted_ && subscribed_.empty()) {
    say(found, is_v5() ? "MQTT-3.8.4-8" : "MQTT-3.8.4-6",
        fmt::format("a message of QoS {}, but no subscription has more than {}", level, granted_));
  }
}

void mqtt_monitor::judge_exchange(const mqtt::publish& p, std::vector<finding>& found) {
  if (!trusted_ || !connected_) return;
  const bool known = in_flight_.contains(p.packet_id);
  if (known && !p.duplicate) {
    say(found, is_v5() ? "MQTT-2.2.1-4" : "MQTT-2.3.1-4",
        fmt::format("packet id {} of a new message is still in use", p.packet_id));
  } else if (known && is_v5()) {
    say(found, "MQTT-4.4.0-1", fmt::format("message {} is sent again on the same connection", p.packet_id));
  }
  // A message of a shared subscription may have been tried at another subscriber first.
  if (p.duplicate && !known && !resumed_ && !shared_) {
    say(found, "MQTT-3.3.1-3", fmt::format("DUP on the first delivery of message {}", p.packet_id));
  }
  in_flight_[p.packet_id] = p.level == qos::at_least_once ? flow::waits_ack : flow::waits_rec;
  if (is_v5() && in_flight_.size() > receive_maximum_) {
    say(found, "MQTT-3.3.4-9",
        fmt::format("{} messages in flight, but the client's Receive Maximum is {}", in_flight_.size(),
                    receive_maximum_));
  }
}

void mqtt_monitor::judge_ack(const mqtt::ack& p, std::vector<finding>& found) {
  if (!trusted_ || p.type == packet_type::pubrel) return;
  const auto& asked = p.type == packet_type::pubcomp ? released_ : published_;
  if (asked.contains(p.packet_id)) return;
  say(found, is_v5() ? "MQTT-2.2.1-5" : "MQTT-2.3.1-6",
      fmt::format("{} for packet id {}, which was never sent here", mqtt::name_of(p.type), p.packet_id));
}

template <class Answer>
void mqtt_monitor::judge_answer(const Answer& p, std::map<std::uint16_t, std::size_t>& asked, bool counted,
                                std::vector<finding>& found) {
  if (!trusted_) return;
  const bool subscription = std::is_same_v<Answer, mqtt::suback>;
  const auto* const name = subscription ? "SUBACK" : "UNSUBACK";
  const auto at = asked.find(p.packet_id);
  if (at == asked.end()) {
    say(found, is_v5() ? "MQTT-2.2.1-6" : "MQTT-2.3.1-7",
        fmt::format("{} for packet id {}, which waits for none", name, p.packet_id));
    return;
  }
  if (counted && p.reasons.size() != at->second) {
    say(found,
        !subscription ? "MQTT-3.11.3-1"
        : is_v5()     ? "MQTT-3.8.4-6"
                      : "MQTT-3.8.4-5",
        fmt::format("{} with {} codes for {} filters", name, p.reasons.size(), at->second));
  }
  asked.erase(at);
}

}  // namespace wanwu::conform
