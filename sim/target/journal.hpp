// What happened, in an SQLite file, for whoever wants to trace it later.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

struct sqlite3;

namespace wanwu::target {

struct journal_entry {
  std::int64_t at_ms{};
  std::string kind;  ///< "event", "command", "register", "unregister".
  std::string thing, what, corr, actor, result, payload;
};

/// Writes batches on a thread of its own, a transaction each. add() never waits for the disk.
class journal {
 public:
  static constexpr std::size_t waiting_max = 100'000;

  /// The error is a sentence for the user.
  static tl::expected<std::unique_ptr<journal>, std::string> open(const std::string& path);
  /// Writes what waits, then closes.
  ~journal();
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;

  /// From one thread at a time. Beyond waiting_max entries are dropped and counted.
  void add(journal_entry entry);
  std::uint64_t dropped() const;

 private:
  explicit journal(sqlite3* file);
  void write_batches();
  void write(const std::vector<journal_entry>& batch);

  sqlite3* file_;
  mutable std::mutex lock_;
  std::condition_variable wake_;
  std::vector<journal_entry> waiting_;
  std::uint64_t dropped_ = 0;
  bool ending_ = false;
  std::thread writer_;
};

}  // namespace wanwu::target
