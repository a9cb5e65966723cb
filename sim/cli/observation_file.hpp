// Every observation as a line of text: what two runs are compared by.
#pragma once

#include <fstream>
#include <mutex>
#include <string>

#include "protocols/core/observation.hpp"

namespace wanwu::cli {

/// The file that all workers' observations go to. Lines are
/// `done_us thing population operation protocol outcome code intended_us sent_us bytes_sent bytes_received`,
/// times after the start of the run. Safe to use from several threads.
class observation_file {
 public:
  observation_file(const std::string& path, time_point started);
  bool is_open() const { return out_.is_open(); }
  void write(std::span<const observation> seen);
  /// False when something could not be written.
  bool close();

 private:
  std::mutex lock_;
  std::ofstream out_;
  std::string buffer_;
  time_point started_;
};

/// Passes observations on, and to the file when there is one.
class observation_tee final : public observation_sink {
 public:
  observation_tee(observation_sink& to, observation_file* file) : to_{to}, file_{file} {}
  void record(std::span<const observation> seen) override {
    to_.record(seen);
    if (file_ != nullptr) file_->write(seen);
  }

 private:
  observation_sink& to_;
  observation_file* file_;
};

}  // namespace wanwu::cli
