// An engine for tests of CoAP drivers: remembers as text what a driver tells it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "protocols/coap/code.hpp"
#include "protocols/drivers/driver.hpp"

namespace wanwu {

struct recording_client final : driver_client {
  std::vector<subscription> subscriptions;
  std::vector<observation> observations;
  std::vector<std::string> heard_texts;
  std::vector<connection_change> changes;
  std::vector<std::uint32_t> ready;  ///< Connections that may be given the next operation.

  void record(std::span<const observation> seen) override {
    observations.insert(observations.end(), seen.begin(), seen.end());
  }
  void describe(connection_id connection, login& out) override {
    out.thing = thing_id{static_cast<std::uint32_t>(connection)};
    out.population = 5;
    out.subscriptions = subscriptions;
  }
  void changed(std::span<const connection_change> seen) override {
    changes.insert(changes.end(), seen.begin(), seen.end());
  }
  void ready_for_more(std::span<const connection_id> connections) override {
    for (const auto c : connections) ready.push_back(static_cast<std::uint32_t>(c));
  }
  void heard(std::span<const heard_message> messages) override {
    for (const auto& m : messages) {
      heard_texts.push_back(std::string{m.address} + " " +
                            coap::dotted(coap::code{static_cast<std::uint8_t>(m.code)}) + " token " +
                            std::to_string(m.token) + " tag " + std::to_string(m.subscription_tag) + " " +
                            std::string{as_text(m.payload)});
    }
  }

  /// "telemetry ok 2.04", in order; cleared.
  std::vector<std::string> seen() {
    std::vector<std::string> out;
    for (const auto& o : observations) {
      auto text = std::string{name_of(o.op)} + ' ' + std::string{name_of(o.result)};
      if (o.code != 0) text += ' ' + coap::dotted(coap::code{static_cast<std::uint8_t>(o.code)});
      out.push_back(text);
    }
    observations.clear();
    return out;
  }
  std::vector<std::string> heard_now() { return std::exchange(heard_texts, {}); }
  std::size_t count(operation op) const {
    return static_cast<std::size_t>(std::count_if(observations.begin(), observations.end(),
                                                  [&](const observation& o) { return o.op == op; }));
  }
};

}  // namespace wanwu
