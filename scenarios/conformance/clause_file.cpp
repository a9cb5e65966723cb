// CSV and what its columns mean.
#include "scenarios/conformance/clause_file.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "scenarios/conformance/words.hpp"

namespace wanwu::conform {
namespace {

constexpr std::size_t rows_limit = 100'000;
constexpr std::array<std::string_view, 6> clause_columns{"id",      "level",    "section",
                                                         "subject", "testable", "text"};
constexpr std::array<std::string_view, 2> left_out_columns{"id", "reason"};

/// Where each known column stands in the file; npos when it does not.
template <std::size_t N>
std::array<std::size_t, N> columns_of(const csv_row& head, const std::array<std::string_view, N>& known,
                                      std::uint32_t file, lang::diagnostics& found) {
  std::array<std::size_t, N> out;
  out.fill(std::string::npos);
  for (std::size_t i = 0; i < head.cells.size(); ++i) {
    const auto at = std::find(known.begin(), known.end(), head.cells[i]);
    if (at == known.end()) {
      found.error("E196", {file, head.line, 1, 1}, "unknown column `" + head.cells[i] + "`",
                  lang::suggestion(head.cells[i], known));
    } else {
      out[static_cast<std::size_t>(at - known.begin())] = i;
    }
  }
  if (out[0] == std::string::npos) found.error("E196", {file, head.line, 1, 1}, "the column `id` is missing");
  return out;
}

std::string cell(const csv_row& row, std::size_t at) {
  return at < row.cells.size() ? row.cells[at] : std::string{};
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Reads all rows behind the first, with ids that stand once.
template <std::size_t N, class Use>
void each_row(const lang::source_set& sources, std::uint32_t file,
              const std::array<std::string_view, N>& known, lang::diagnostics& found, Use use) {
  std::uint32_t bad_line = 1;
  const auto rows = read_csv(sources.text(file), bad_line);
  if (!rows || rows->empty()) {
    found.error("E196", {file, bad_line, 1, 1}, rows ? "the file is empty" : "a quote does not end");
    return;
  }
  const auto at = columns_of(rows->front(), known, file, found);
  std::set<std::string> seen;
  for (std::size_t i = 1; i < rows->size(); ++i) {
    const csv_row& row = (*rows)[i];
    const lang::source_mark mark{file, row.line, 1, 1};
    if (row.cells.size() != rows->front().cells.size()) {
      found.error("E196", mark,
                  "this line has " + std::to_string(row.cells.size()) + " cells, the first has " +
                      std::to_string(rows->front().cells.size()));
    }
    const std::string id = cell(row, at[0]);
    if (id.empty()) {
      found.error("E196", mark, "the id is missing here");
    } else if (!seen.insert(id).second) {
      found.error("E196", mark, "`" + id + "` stands twice");
    } else {
      use(row, at, mark);
    }
  }
}

}  // namespace

std::optional<std::vector<csv_row>> read_csv(std::string_view text, std::uint32_t& bad_line) {
  std::vector<csv_row> out;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::uint32_t line = 1;
  for (std::size_t at = 0; at < text.size() && out.size() < rows_limit;) {
    csv_row row{line, {""}};
    bool quoted = false;
    const std::uint32_t begin = line;
    for (; at < text.size(); ++at) {
      const char c = text[at];
      if (c == '\n') ++line;
      if (quoted) {
        if (c != '"') {
          row.cells.back() += c;
        } else if (text.substr(at + 1).starts_with("\"")) {
          row.cells.back() += c;
          ++at;
        } else {
          quoted = false;
        }
      } else if (c == '"') {
        quoted = true;
      } else if (c == ',') {
        row.cells.emplace_back();
      } else if (c == '\n') {
        ++at;
        break;
      } else if (c != '\r') {
        row.cells.back() += c;
      }
    }
    if (quoted) {
      bad_line = begin;
      return std::nullopt;
    }
    if (row.cells.size() > 1 || !row.cells.front().empty()) out.push_back(std::move(row));
  }
  return out;
}

std::vector<clause_row> read_clauses(const lang::source_set& sources, std::uint32_t file,
                                     lang::diagnostics& found) {
  std::vector<clause_row> out;
  each_row(sources, file, clause_columns, found, [&](const csv_row& row, const auto& at, const auto& mark) {
    clause_row clause;
    clause.id = cell(row, at[0]);
    const std::string force = cell(row, at[1]), testable = cell(row, at[4]);
    if (!is_one_of(force, {"", "must", "should", "may"}))
      found.error("E196", mark, "`" + force + "` is no level", "must, should or may");
    if (!is_one_of(testable, {"", "yes", "partly", "no"}))
      found.error("E196", mark, "`" + testable + "` does not say whether it is testable",
                  "yes, partly or no");
    clause.force = level_of(force);
    clause.section = cell(row, at[2]);
    clause.subject = cell(row, at[3]);
    clause.testable = testable != "no";
    clause.text = cell(row, at[5]);
    out.push_back(std::move(clause));
  });
  return out;
}

std::vector<std::pair<std::string, std::string>> read_left_out(const lang::source_set& sources,
                                                               std::uint32_t file, lang::diagnostics& found) {
  std::vector<std::pair<std::string, std::string>> out;
  each_row(sources, file, left_out_columns, found, [&](const csv_row& row, const auto& at, const auto& mark) {
    if (cell(row, at[1]).empty()) found.error("E196", mark, "a clause that is left out needs its reason");
    out.emplace_back(cell(row, at[0]), cell(row, at[1]));
  });
  return out;
}

}  // namespace wanwu::conform
