// What went over a case's links as a capture file that Wireshark opens and decodes as MQTT.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/conformance/case_result.hpp"

namespace wanwu::report {

/// A pcapng file. Ethernet, IP and TCP headers are made up: each life of a link is one connection from
/// 10.0.0.1, port 50000 upwards, to 10.0.0.2, port 1883. Each event is one segment; a packet that was kept in
/// part is one that was cut when captured. The role's name stands in the comment of a link's first segment.
std::string to_pcapng(const std::vector<conform::wire_event>& events, std::int64_t started_unix_ms);

}  // namespace wanwu::report
