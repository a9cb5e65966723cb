// What happened, in an SQLite file.
#include "sim/target/journal.hpp"

#include <sqlite3.h>

namespace wanwu::target {

namespace {

constexpr const char* schema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    "CREATE TABLE IF NOT EXISTS journal(at_ms INTEGER NOT NULL, kind TEXT NOT NULL, thing TEXT NOT NULL, "
    "what TEXT NOT NULL,"
    " corr TEXT NOT NULL, actor TEXT NOT NULL, result TEXT NOT NULL, payload BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS journal_corr ON journal(corr) WHERE corr <> '';"
    "CREATE INDEX IF NOT EXISTS journal_thing ON journal(thing, at_ms);";

void bind(sqlite3_stmt* row, int column, const std::string& text) {
  sqlite3_bind_text(row, column, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

}  // namespace

tl::expected<std::unique_ptr<journal>, std::string> journal::open(const std::string& path) {
  sqlite3* file = nullptr;
  const bool opened = sqlite3_open(path.c_str(), &file) == SQLITE_OK &&
                      sqlite3_exec(file, schema, nullptr, nullptr, nullptr) == SQLITE_OK;
  if (opened) return std::unique_ptr<journal>{new journal{file}};
  const std::string why = "cannot write the journal " + path + ": " + sqlite3_errmsg(file);
  sqlite3_close(file);
  return tl::unexpected{why};
}

journal::journal(sqlite3* file) : file_{file}, writer_{[this] { write_batches(); }} {}

journal::~journal() {
  {
    const std::lock_guard held{lock_};
    ending_ = true;
  }
  wake_.notify_one();
  writer_.join();
  sqlite3_close(file_);
}

void journal::add(journal_entry entry) {
  {
    const std::lock_guard held{lock_};
    if (waiting_.size() >= waiting_max) {
      ++dropped_;
      return;
    }
    waiting_.push_back(std::move(entry));
  }
  wake_.notify_one();
}

std::uint64_t journal::dropped() const {
  const std::lock_guard held{lock_};
  return dropped_;
}

void journal::write_batches() {
  std::vector<journal_entry> batch;
  while (true) {
    {
      std::unique_lock held{lock_};
      wake_.wait(held, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch.swap(waiting_);
    }
    write(batch);
    batch.clear();
  }
}

void journal::write(const std::vector<journal_entry>& batch) {
  sqlite3_stmt* row = nullptr;
  if (sqlite3_prepare_v2(file_, "INSERT INTO journal VALUES(?,?,?,?,?,?,?,?)", -1, &row, nullptr) !=
      SQLITE_OK)
    return;
  sqlite3_exec(file_, "BEGIN", nullptr, nullptr, nullptr);
  for (const auto& e : batch) {
    sqlite3_bind_int64(row, 1, e.at_ms);
    bind(row, 2, e.kind);
    bind(row, 3, e.thing);
    bind(row, 4, e.what);
    bind(row, 5, e.corr);
    bind(row, 6, e.actor);
    bind(row, 7, e.result);
    sqlite3_bind_blob(row, 8, e.payload.data(), static_cast<int>(e.payload.size()), SQLITE_STATIC);
    sqlite3_step(row);
    sqlite3_reset(row);
  }
  sqlite3_exec(file_, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_finalize(row);
}

}  // namespace wanwu::target
