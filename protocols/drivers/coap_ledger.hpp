// What a CoAP driver owes the engine: which operation each exchange is, and what became of it.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>

#include "protocols/coap/session.hpp"
#include "protocols/drivers/driver.hpp"

namespace wanwu {

/// What a request_shape says, translated once.
struct coap_plan {
  const request_shape* shape{};
  coap::code method{};
  std::optional<std::uint16_t> content_format, accept;
};
coap_plan plan_for(const request_shape& shape);

/// Turns what a session tells into observations and heard messages, and hands them over in batches.
class coap_ledger {
 public:
  explicit coap_ledger(driver_client& client) : client_{client} {}

  /// The shape translated; lives as long as the ledger.
  const coap_plan& plan_of(const request_shape& shape);
  /// `i` is now the session's exchange `slot`.
  void took_off(std::uint32_t slot, const intent& i, const coap_plan& plan);
  void not_started(const intent& i, time_point now, outcome why = outcome::not_started);
  void not_opened(connection_id connection, time_point intended, time_point now);
  void changed(const connection_change& change) { changes_.push_back(change); }
  /// Records what an event means. False for the two that the driver must serve: registration_due and
  /// rest_due.
  bool take(const coap::session_event& e);
  /// Ends an exchange that the session has forgotten.
  void end(const coap::session_event& e, outcome result, std::uint16_t code);
  /// The subscription of that tag as the client describes it now; nothing when it is gone. Lives until the
  /// next call.
  const subscription* subscription_of(std::uint32_t connection, std::uint8_t tag);
  /// Whether the client hears which connections may be given the next operation.
  void report_completions(bool wanted) { reports_completions_ = wanted; }
  /// One call each with everything since the last. Afterwards the session may forget its events.
  void hand_over();

 private:
  using kind = coap::session_event::kind;
  /// What the engine wants back when an exchange ends. 32 bytes, by exchange number.
  struct flight {
    time_point intended_at;
    const coap_plan* plan{};
    thing_id thing{};
    std::uint32_t token{};
  };
  void take_answer(const coap::session_event& e);
  void take_registration(const coap::session_event& e, outcome result);
  void take_notification(const coap::session_event& e);

  driver_client& client_;
  std::vector<flight> flights_;
  std::unordered_map<std::uint32_t, std::string> answered_paths_;  ///< Of exchanges whose answer is wanted.
  std::unordered_map<const request_shape*, std::unique_ptr<coap_plan>> plans_;
  const coap_plan* last_plan_ = nullptr;
  // Used again for every batch.
  std::vector<observation> observations_;
  std::vector<heard_message> heard_;
  std::vector<std::string> heard_paths_;
  std::vector<connection_change> changes_;
  std::vector<connection_id> completions_;
  bool reports_completions_ = false;
  login login_;
};

}  // namespace wanwu
