// Observations to text.
#include "sim/cli/observation_file.hpp"

#include <iterator>

#include <fmt/format.h>

namespace wanwu::cli {

namespace {

constexpr std::size_t flush_at = 1U << 16U;

std::int64_t after_us(time_point at, time_point started) {
  return (at - started).count() / 1000;
}

}  // namespace

observation_file::observation_file(const std::string& path, time_point started)
    : out_{path, std::ios::binary}, started_{started} {}

void observation_file::write(std::span<const observation> seen) {
  const std::lock_guard held{lock_};
  for (const observation& o : seen) {
    fmt::format_to(std::back_inserter(buffer_), "{} {} {} {} {} {} {} {} {} {} {}\n",
                   after_us(o.done_at, started_), static_cast<std::uint32_t>(o.thing), o.population,
                   name_of(o.op), name_of(o.via), name_of(o.result), o.code,
                   after_us(o.intended_at, started_), after_us(o.sent_at, started_), o.bytes_sent,
                   o.bytes_received);
  }
  if (buffer_.size() < flush_at) return;
  out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  buffer_.clear();
}

bool observation_file::close() {
  const std::lock_guard held{lock_};
  out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  buffer_.clear();
  out_.close();
  return !out_.fail();
}

}  // namespace wanwu::cli
