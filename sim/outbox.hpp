// Operations rendered for one driver, handed over as one batch: one arena of bytes, one virtual call.
#pragma once

#include <vector>

#include "protocols/core/byte_writer.hpp"
#include "protocols/drivers/driver.hpp"

namespace wanwu::sim {

class outbox {
 public:
  /// Begins an operation. Then write to arena(): the address; after begin_properties() its own MQTT 5
  /// properties, if any; after begin_payload() the payload.
  void begin(const request_shape& shape, thing_id thing, connection_id connection, time_point intended,
             std::uint32_t token) {
    intents_.push_back({.shape = &shape,
                        .address = {},
                        .payload = {},
                        .properties = {},
                        .intended_at = intended,
                        .thing = thing,
                        .connection = connection,
                        .token = token});
    ranges_.push_back({arena_.size(), 0, 0});
  }
  byte_writer& arena() { return arena_; }
  void begin_properties() { ranges_.back().properties = arena_.size(); }
  void begin_payload() {
    range& last = ranges_.back();
    last.payload = arena_.size();
    if (last.properties == 0) last.properties = last.payload;
  }
  /// Takes the operation back that was begun last.
  void drop() {
    arena_.drop_last(arena_.size() - ranges_.back().address);
    intents_.pop_back();
    ranges_.pop_back();
  }
  std::string_view last_address() const {
    return as_text(part(ranges_.back().address, ranges_.back().properties));
  }
  bytes_view last_payload() const { return arena_.view_from(ranges_.back().payload); }

  std::size_t size() const { return intents_.size(); }
  void flush(driver& to, time_point now) {
    if (intents_.empty()) return;
    for (std::size_t i = 0; i < intents_.size(); ++i) {
      const std::size_t end = i + 1 < ranges_.size() ? ranges_[i + 1].address : arena_.size();
      intents_[i].address = as_text(part(ranges_[i].address, ranges_[i].properties));
      intents_[i].properties = part(ranges_[i].properties, ranges_[i].payload);
      intents_[i].payload = part(ranges_[i].payload, end);
    }
    to.start(intents_, now);
    intents_.clear();
    ranges_.clear();
    arena_.clear();
  }

 private:
  struct range {
    std::size_t address{}, properties{}, payload{};
  };
  bytes_view part(std::size_t from, std::size_t to) const { return arena_.view().subspan(from, to - from); }

  std::vector<intent> intents_;
  std::vector<range> ranges_;
  byte_writer arena_;
};

}  // namespace wanwu::sim
