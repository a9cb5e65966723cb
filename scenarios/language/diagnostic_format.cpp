// Printing diagnostics: for people, as JSON, as SARIF 2.1.0, and as GitHub workflow commands.
#include <algorithm>

#include "scenarios/language/diagnostics.hpp"
#include "scenarios/language/document.hpp"

namespace wanwu::lang {
namespace {

constexpr std::size_t line_width_max = 160;  // of a source line as shown; longer ones are cut around the mark
constexpr std::size_t github_lines_max = 9;  // the platform shows ten a step

struct palette {
  std::string_view red, yellow, blue, bold, off;
};
constexpr palette plain{"", "", "", "", ""};
constexpr palette coloured{"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"};

std::string_view word_of(severity level) {
  return level == severity::error ? "error" : "warning";
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Byte offset of the character in column `column` (from 1), at most the line's end.
std::size_t byte_of_column(std::string_view line, std::size_t column) {
  std::size_t at = 0;
  for (std::size_t seen = 1; at < line.size() && seen < column; ++seen) {
    ++at;
    while (at < line.size() && continues_character(line[at])) ++at;
  }
  return at;
}

/// What a terminal can show: control characters of a hostile file become blanks.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text) out += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F ? ' ' : c;
  return out;
}

struct excerpt {
  std::string line;     ///< Possibly cut.
  std::string padding;  ///< Blanks and tabs up to the mark.
  std::size_t carets = 1;
};

excerpt cut_line(std::string_view line, const source_mark& mark) {
  const std::size_t begin = byte_of_column(line, mark.column);
  const std::size_t end = byte_of_column(line, std::size_t{mark.column} + mark.length);
  std::size_t from = 0;
  if (line.size() > line_width_max && begin > line_width_max / 2) from = begin - line_width_max / 2;
  while (from > 0 && continues_character(line[from])) --from;
  std::size_t to = std::min(line.size(), from + line_width_max);
  while (to < line.size() && continues_character(line[to])) ++to;
  excerpt out{shown(line.substr(from, to - from)), {}, 0};
  if (from > 0) out.line.insert(0, "…");
  if (from > 0) out.padding = " ";
  for (std::size_t i = from; i < begin && i < to; ++i) {
    if (!continues_character(line[i])) out.padding += line[i] == '\t' ? '\t' : ' ';
  }
  for (std::size_t i = begin; i < end && i < to; ++i) out.carets += continues_character(line[i]) ? 0U : 1U;
  out.carets = std::max<std::size_t>(out.carets, 1);
  return out;
}

/// A secret that stands in a file must not reach a log through the message about it.
constexpr std::string_view secret_code = "E170";

void append_place(std::string& out, const source_mark& mark, const source_set& sources, std::string_view hint,
                  std::string_view caret_colour, const palette& colours, bool hide = false) {
  if (mark.file >= sources.size()) {
    if (!hint.empty()) out += "  = " + shown(hint) + "\n";
    return;
  }
  const std::string number = std::to_string(mark.line);
  const std::string gutter(number.size() + 1, ' ');
  out += std::string(number.size(), ' ');
  out += std::string{" "} + std::string{colours.blue} + "-->" + std::string{colours.off} + " " +
         shown(sources.where(mark)) + "\n";
  excerpt line = cut_line(sources.line(mark.file, mark.line), mark);
  if (hide)
    line.line = line.line.substr(0, byte_of_column(line.line, line.padding.size() + 1)) +
                std::string(line.carets, '*');
  const std::string bar = std::string{colours.blue} + " |" + std::string{colours.off};
  out += gutter + bar + "\n";
  out += " " + std::string{colours.blue} + number + " |" + std::string{colours.off} + " " + line.line + "\n";
  out += gutter + bar + " " + line.padding + std::string{caret_colour} + std::string(line.carets, '^');
  if (!hint.empty()) out += " " + shown(hint);
  out += std::string{colours.off} + "\n";
}

std::string format_human(const diagnostics& found, const source_set& sources, const palette& colours) {
  std::string out;
  for (const diagnostic& d : found.all()) {
    const std::string_view tone = d.level == severity::error ? colours.red : colours.yellow;
    out += std::string{tone} + std::string{word_of(d.level)} + "[" + d.code + "]" + std::string{colours.off};
    out += std::string{colours.bold} + ": " + shown(d.message) + std::string{colours.off} + "\n";
    append_place(out, d.mark, sources, d.hint, tone, colours, d.code == secret_code);
    for (const diagnostic_note& note : d.notes) {
      out += std::string{colours.bold} + "note" + std::string{colours.off} + ": " + shown(note.text) + "\n";
      append_place(out, note.mark, sources, {}, colours.blue, colours);
    }
    out += "\n";
  }
  if (found.dropped() != 0) out += "and " + std::to_string(found.dropped()) + " more\n\n";
  return out;
}

void put_place(node& into, const source_mark& mark, const source_set& sources) {
  if (mark.file >= sources.size()) return;
  put(into, "file", make_text(sources.path(mark.file)));
  put(into, "line", make_integer(mark.line));
  put(into, "column", make_integer(mark.column));
  put(into, "length", make_integer(mark.length));
}

std::string format_json(const diagnostics& found, const source_set& sources) {
  node list = make_list();
  for (const diagnostic& d : found.all()) {
    node item = make_map();
    put(item, "code", make_text(d.code));
    put(item, "level", make_text(word_of(d.level)));
    put(item, "message", make_text(d.message));
    if (!d.hint.empty()) put(item, "hint", make_text(d.hint));
    put_place(item, d.mark, sources);
    node& notes = put(item, "notes", make_list());
    for (const diagnostic_note& note : d.notes) {
      node extra = make_map();
      put(extra, "message", make_text(note.text));
      put_place(extra, note.mark, sources);
      notes.items.push_back(std::move(extra));
    }
    list.items.push_back(std::move(item));
  }
  node top = make_map();
  put(top, "schema", make_text("wanwu.diagnostics/v1"));
  put(top, "errors", make_integer(static_cast<std::int64_t>(found.error_count())));
  put(top, "dropped", make_integer(static_cast<std::int64_t>(found.dropped())));
  put(top, "diagnostics", std::move(list));
  return to_json(top, 2) + "\n";
}

node sarif_result(const diagnostic& d, const source_set& sources) {
  node result = make_map();
  put(result, "ruleId", make_text(d.code));
  put(result, "level", make_text(word_of(d.level)));
  put(put(result, "message", make_map()), "text",
      make_text(d.hint.empty() ? d.message : d.message + " (" + d.hint + ")"));
  node& places = put(result, "locations", make_list());
  if (d.mark.file >= sources.size()) return result;
  node place = make_map();
  node& physical = put(place, "physicalLocation", make_map());
  put(put(physical, "artifactLocation", make_map()), "uri", make_text(sources.path(d.mark.file)));
  node& region = put(physical, "region", make_map());
  put(region, "startLine", make_integer(d.mark.line));
  put(region, "startColumn", make_integer(d.mark.column));
  put(region, "endColumn", make_integer(std::int64_t{d.mark.column} + d.mark.length));
  places.items.push_back(std::move(place));
  return result;
}

std::string format_sarif(const diagnostics& found, const source_set& sources) {
  node run = make_map();
  node& driver = put(put(run, "tool", make_map()), "driver", make_map());
  put(driver, "name", make_text("wanwu"));
  node& rules = put(driver, "rules", make_list());
  for (const diagnostic_code& code : diagnostic_codes()) {
    node rule = make_map();
    put(rule, "id", make_text(code.code));
    put(put(rule, "shortDescription", make_map()), "text", make_text(code.title));
    put(put(rule, "fullDescription", make_map()), "text", make_text(code.text));
    rules.items.push_back(std::move(rule));
  }
  put(run, "columnKind", make_text("unicodeCodePoints"));
  node& results = put(run, "results", make_list());
  for (const diagnostic& d : found.all()) results.items.push_back(sarif_result(d, sources));
  node top = make_map();
  put(top, "$schema", make_text("https://json.schemastore.org/sarif-2.1.0.json"));
  put(top, "version", make_text("2.1.0"));
  put(top, "runs", make_list()).items.push_back(std::move(run));
  return to_json(top, 2) + "\n";
}

/// Workflow commands escape % CR LF, and in properties also : and ,
std::string github_escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

std::string format_github(const diagnostics& found, const source_set& sources) {
  std::string out;
  std::size_t lines = 0;
  for (const diagnostic& d : found.all()) {
    if (lines++ == github_lines_max && found.all().size() > github_lines_max + 1) {
      out += "::error::and " + std::to_string(found.all().size() - github_lines_max) + " more\n";
      break;
    }
    out += "::" + std::string{word_of(d.level)} + " ";
    if (d.mark.file < sources.size()) {
      out += "file=" + github_escaped(sources.path(d.mark.file), true) +
             ",line=" + std::to_string(d.mark.line) + ",col=" + std::to_string(d.mark.column) +
             ",endColumn=" + std::to_string(std::size_t{d.mark.column} + d.mark.length) + ",";
    }
    out += "title=" + d.code + "::" + github_escaped(d.message, false);
    if (!d.hint.empty()) out += " (" + github_escaped(d.hint, false) + ")";
    out += "\n";
  }
  return out;
}

}  // namespace

std::string format_diagnostics(const diagnostics& found, const source_set& sources, diagnostic_format format,
                               bool colour) {
  switch (format) {
    case diagnostic_format::human:
      return format_human(found, sources, colour ? coloured : plain);
    case diagnostic_format::json:
      return format_json(found, sources);
    case diagnostic_format::sarif:
      return format_sarif(found, sources);
    case diagnostic_format::github:
      return format_github(found, sources);
  }
  return {};
}

}  // namespace wanwu::lang
