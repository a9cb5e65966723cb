// A suite of one case as text, for tests that look at one thing in it.
#pragma once

#include <string>

#include "scenarios/conformance/load_suite.hpp"

namespace wanwu::conform {

/// `rest` are further keys of the case, each line with four blanks before it.
inline std::string suite_with(const std::string& rest) {
  return "wanwu: suite/v1\nid: t\ntitle: t\n"
         "specs: { MQTT5: { title: MQTT 5.0 } }\n"
         "roles: { tester: { link: mqtt-raw }, old: { link: mqtt-raw, version: \"3.1.1\" }, c: { link: mqtt "
         "} }\n"
         "cases:\n  - id: A\n    group: g\n    objective: o\n    clause: MQTT5 1.1-1\n" +
         rest;
}

/// Every message, a line each; "" = loaded.
inline std::string complaints(const suite_loaded& loaded) {
  std::string out;
  for (const lang::diagnostic& d : loaded.found.all()) {
    out +=
        d.code + " " + loaded.sources->where(d.mark) + "+" + std::to_string(d.mark.length) + " " + d.message;
    if (!d.hint.empty()) out += " | " + d.hint;
    out += "\n";
  }
  return out;
}

}  // namespace wanwu::conform
