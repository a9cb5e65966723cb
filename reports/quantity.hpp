// Numbers as people read them: "184 ms", "5.2 GB", "35 918".
#pragma once

#include <cstdint>
#include <string>

#include "reports/limit.hpp"

namespace wanwu::report {

std::string show_time_us(double us);      ///< "12 us", "184 ms", "1.31 s", "2 min 5 s".
std::string show_count(std::uint64_t n);  ///< "35 918": groups of three.
std::string show_bytes(std::uint64_t n);  ///< "5.2 GB": decimal.
std::string show_ratio(double share);     ///< "0.01 %".
std::string show_clock(double seconds);   ///< "00:43:12".
std::string show_measure(double value, measure unit);
std::string show_comparison(comparison op);      ///< "<", "<=", ">", ">=", "==".
std::string show_instant(std::int64_t unix_ms);  ///< "2026-11-22T15:11:02Z".

}  // namespace wanwu::report
