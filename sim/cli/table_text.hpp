// Columns of text for lists on a terminal.
#pragma once

#include <string>
#include <vector>

namespace wanwu::cli {

/// Rows of cells as lines, each column as wide as its widest cell, the last one not padded.
std::string table_text(const std::vector<std::vector<std::string>>& rows);

}  // namespace wanwu::cli
