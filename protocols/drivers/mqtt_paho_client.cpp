#include "protocols/drivers/mqtt_paho_client.hpp"

#include <mqtt/async_client.h>

#include "protocols/mqtt/properties.hpp"

namespace wanwu {

namespace {

namespace paho = ::mqtt;  // wanwu::mqtt is ours
using paho::property;
using namespace std::chrono_literals;
using wire_version = wanwu::mqtt::version;
using wire_property = wanwu::mqtt::property_kind;

paho::properties to_paho(bytes_view encoded, paho::properties out = {}) {
  for (const auto& each : wanwu::mqtt::property_view{encoded}) {
    const auto code = static_cast<property::code>(each.rule->id);
    const std::string value{as_text(each.value)};
    switch (each.rule->kind) {
      case wire_property::text:
      case wire_property::binary:
        out.add(property{code, value});
        break;
      case wire_property::text_pair:
        out.add(property{code, std::string{each.name}, value});
        break;
      default:
        out.add(property{code, static_cast<std::int32_t>(each.number)});
        break;
    }
  }
  return out;
}

paho_event make_event(paho_event::kind what, std::uint32_t connection, std::uint32_t life) {
  paho_event out;
  out.at = std::chrono::steady_clock::now();
  out.what = what;
  out.connection = connection;
  out.life = life;
  return out;
}

void* to_context(std::uint64_t action) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(action));
}

/// Tells the queue how each action ended. Called on Paho's threads.
class action_listener final : public paho::iaction_listener {
 public:
  explicit action_listener(paho_event_queue& queue) : queue_{queue} {}
  void on_success(const paho::token& done) override { tell(paho_event::kind::succeeded, done); }
  void on_failure(const paho::token& done) override { tell(paho_event::kind::failed, done); }

 private:
  void tell(paho_event::kind what, const paho::token& done) {
    auto out = make_event(what, 0, 0);
    out.action = reinterpret_cast<std::uintptr_t>(done.get_user_context());
    if (what == paho_event::kind::succeeded) {
      note_answer(done, out);
    } else if (const int error = done.get_return_code(); error > 0 && error <= 0xFF) {
      out.code =
          static_cast<std::uint16_t>(error);  // what the target answered; Paho's own errors are negative
    }
    queue_.push(std::move(out));
  }
  static void note_answer(const paho::token& done, paho_event& out) {
    try {
      if (done.get_type() == paho::token::CONNECT)
        out.resumed = done.get_connect_response().is_session_present();
      if (done.get_type() != paho::token::SUBSCRIBE) return;
      const auto response = done.get_subscribe_response();
      for (const auto granted : response.get_reason_codes()) {
        if (granted >= 0x80) out.code = static_cast<std::uint16_t>(granted);
      }
    } catch (const std::exception&) {
      // A token without a response tells no more than that it succeeded.
    }
  }
  paho_event_queue& queue_;
};

paho::connect_options connect_options_of(const mqtt_endpoint& target, const login& who) {
  const bool v5 = target.level == wire_version::v5;
  paho::connect_options out;
  out.set_mqtt_version(v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
  if (v5) {
    out.set_clean_start(target.clean_start);
    paho::properties properties;
    const auto add = [&](property::code code, std::uint32_t value) {
      if (value != 0) properties.add(property{code, static_cast<std::int32_t>(value)});
    };
    add(property::SESSION_EXPIRY_INTERVAL, target.session_expiry);
    add(property::RECEIVE_MAXIMUM, target.receive_maximum);
    add(property::MAXIMUM_PACKET_SIZE, target.packet_size_max);
    add(property::TOPIC_ALIAS_MAXIMUM, target.topic_alias_maximum);
    out.set_properties(properties);
  } else {
    out.set_clean_session(target.clean_start);
  }
  out.set_keep_alive_interval(target.keep_alive);
  out.set_max_inflight(paho_client::waiting_messages_max);
  // Ours comes first; Paho counts in whole seconds.
  out.set_connect_timeout(std::chrono::ceil<std::chrono::seconds>(target.connect_timeout) + 1s);
  if (who.has_user) out.set_user_name(who.user);
  if (who.has_password) out.set_password(who.password);
  if (!who.will_topic.empty()) {
    const std::string payload{as_text(who.will_payload)};
    out.set_will(paho::will_options{paho::message{who.will_topic, payload, who.will_qos, who.will_retain}});
  }
  return out;
}

}  // namespace

struct paho_client::parts {
  parts(const mqtt_endpoint& target, const std::string& client_id, paho_event_queue& queue)
      : listener{queue},
        client{"tcp://" + target.address.text(), client_id,
               paho::create_options{target.level == wire_version::v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1,
                                    waiting_messages_max}} {}
  action_listener listener;
  paho::async_client client;
  paho::token_ptr farewell;
};

paho_client::paho_client(const mqtt_endpoint& target, const std::string& client_id, std::uint32_t connection,
                         std::uint32_t life, paho_event_queue& queue)
    : target_{target}, parts_{std::make_unique<parts>(target, client_id, queue)} {
  auto& client = parts_->client;
  client.set_connection_lost_handler([&queue, connection, life](const std::string&) {
    queue.push(make_event(paho_event::kind::lost, connection, life));
  });
  client.set_disconnected_handler([&queue, connection, life](const paho::properties&, paho::ReasonCode code) {
    auto out = make_event(paho_event::kind::dismissed, connection, life);
    out.code = static_cast<std::uint16_t>(code);
    queue.push(std::move(out));
  });
  client.set_message_callback([&queue, connection, life](const paho::const_message_ptr& message) {
    if (!message) return;
    auto out = make_event(paho_event::kind::message, connection, life);
    out.qos = static_cast<std::uint8_t>(message->get_qos());
    out.retained = message->is_retained();
    out.duplicate = message->is_duplicate();
    out.topic = message->get_topic();
    out.payload = message->get_payload_str();
    const auto& given = message->get_properties();
    if (given.contains(property::RESPONSE_TOPIC)) {
      out.response_topic = paho::get<std::string>(given, property::RESPONSE_TOPIC);
    }
    if (given.contains(property::CORRELATION_DATA)) {
      out.correlation = paho::get<std::string>(given, property::CORRELATION_DATA);
    }
    queue.push(std::move(out));
  });
}

paho_client::~paho_client() = default;

// Paho throws for what it does not take (buffer full, not connected, no memory); none of it may pass our
// border.
bool paho_client::connect(const login& who, std::uint64_t action) try {
  parts_->client.connect(connect_options_of(target_, who), to_context(action), parts_->listener);
  return true;
} catch (const std::exception&) {
  return false;
}

bool paho_client::publish(const intent& what, std::uint64_t action) try {
  const auto& shape = *what.shape;
  auto message = paho::make_message(std::string{what.address}, std::string{as_text(what.payload)}, shape.qos,
                                    shape.retain);
  if (target_.level == wire_version::v5) {
    message->set_properties(to_paho(what.properties, to_paho(shape.publish_properties)));
  }
  parts_->client.publish(message, to_context(action), parts_->listener);
  return true;
} catch (const std::exception&) {
  return false;
}

bool paho_client::subscribe(const subscription& what, std::uint64_t action) try {
  const bool no_local = target_.level == wire_version::v5 && what.no_local;
  parts_->client.subscribe(what.filter, what.qos, to_context(action), parts_->listener,
                           paho::subscribe_options{no_local});
  return true;
} catch (const std::exception&) {
  return false;
}

bool paho_client::disconnect() try {
  parts_->farewell = parts_->client.disconnect(0);
  return true;
} catch (const std::exception&) {
  return false;
}

bool paho_client::has_left() const {
  return !parts_->farewell || parts_->farewell->is_complete();
}

}  // namespace wanwu
