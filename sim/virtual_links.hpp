// The memory that the links of one participant of a virtual network are made of: a worker's, the witness's.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "protocols/transport/memory.hpp"

namespace wanwu::sim {

struct virtual_links {
  std::vector<std::unique_ptr<memory_transport>> streams;    ///< By lane; null where there is none.
  std::vector<std::unique_ptr<memory_datagrams>> datagrams;  ///< By lane; null where there is none.

  std::optional<time_point> next_delivery() const {
    std::optional<time_point> soonest;
    const auto look = [&](const auto& link) {
      if (!link) return;
      const auto due = link->next_delivery();
      if (due && (!soonest || *due < *soonest)) soonest = due;
    };
    for (const auto& link : streams) look(link);
    for (const auto& link : datagrams) look(link);
    return soonest;
  }
  /// Tells the drivers all that is due by `now`.
  void run(time_point now) {
    for (auto& link : streams) {
      if (link) link->run(now);
    }
    for (auto& link : datagrams) {
      if (link) link->run(now);
    }
  }
};

}  // namespace wanwu::sim
