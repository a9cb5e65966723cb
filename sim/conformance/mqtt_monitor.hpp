// Watches one MQTT connection: what a strict reader and the state of the connection say about each packet of
// the target. Only what is certain: where a broken stimulus leaves open what the target understood, it is
// silent.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "sim/conformance/mqtt_message.hpp"

namespace wanwu::conform {

class mqtt_monitor {
 public:
  /// A packet of ours, in the order of sending. A broken one ends all trust in what both sides know.
  void sent(const mqtt_message& ours);
  /// Bytes went out that are no packet.
  void sent_garbage() noexcept { trusted_ = false; }
  void judge(const mqtt_message& came, std::vector<finding>& found);

 private:
  enum class flow : std::uint8_t { waits_ack, waits_rec, waits_comp };

  void judge_order(const mqtt_message& came, std::vector<finding>& found);
  void judge_connack(const mqtt::connack& p, std::vector<finding>& found);
  void judge_publish(const mqtt::publish& p, std::vector<finding>& found);
  void judge_alias(const mqtt::publish& p, std::vector<finding>& found);
  void judge_exchange(const mqtt::publish& p, std::vector<finding>& found);
  void judge_ack(const mqtt::ack& p, std::vector<finding>& found);
  template <class Answer>
  void judge_answer(const Answer& p, std::map<std::uint16_t, std::size_t>& asked, bool counted,
                    std::vector<finding>& found);
  void judge_properties(const mqtt_message& came, std::vector<finding>& found);
  void note_connect(const mqtt::connect& p);
  void note_ack(const mqtt::ack& p);
  bool is_v5() const noexcept { return level_ == mqtt::version::v5; }

  mqtt::version level_ = mqtt::version::v5;
  bool connected_ = false;     ///< A CONNECT of ours that is right went out.
  bool trusted_ = true;        ///< All that we sent so far is right.
  bool greeted_ = false;       ///< A CONNACK came.
  bool accepted_ = false;      ///< It said success.
  bool resumed_ = false;       ///< It said that a session was there, or we could not read it.
  bool said_goodbye_ = false;  ///< The target sent DISCONNECT.
  bool clean_ = false, named_method_ = false, problems_wanted_ = true, response_wanted_ = false;
  std::uint32_t packet_size_max_ = 0, receive_maximum_ = 65535, alias_maximum_ = 0;
  std::set<std::uint32_t> aliases_;
  std::map<std::uint16_t, flow> in_flight_;                         ///< Of the target's messages.
  std::set<std::uint16_t> published_, released_;                    ///< Ids that we used, at any time.
  std::map<std::uint16_t, std::size_t> subscribed_, unsubscribed_;  ///< Asked, with the number of filters.
  bool shared_ = false;
  int granted_ = -1;  ///< The highest QoS that a SUBACK granted.
};

}  // namespace wanwu::conform
