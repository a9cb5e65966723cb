// How every command reads its arguments: one parser, one way to say no.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace wanwu::cli {

/// One option or flag of a command that is being described. Refers to its parser, which must outlive it.
class option {
 public:
  option& type_name(const std::string& word);  ///< What --help shows as its value; "" shows none.
  option& group(const std::string& heading);   ///< Under which heading of --help it stands.
  option& range(std::int64_t least, std::int64_t most);
  option& one_of(std::initializer_list<const char*> words);
  option& required();
  option& show_default();   ///< --help shows the value that the variable has now.
  option& one_at_a_time();  ///< Of a list: each value has its own flag, so that arguments may follow it.
  option& take_all();       ///< Of a list: given several times, all values are kept.

 private:
  friend class argument_parser;
  explicit option(void* library_option) : option_{library_option} {}
  void* option_;
};

/// The arguments of one command. It alone knows the parsing library, whose headers are dear to compile.
/// No abbreviations; -h and --help are always there.
class argument_parser {
 public:
  argument_parser(const std::string& command_name, const std::string& description);
  argument_parser(const argument_parser&) = delete;
  argument_parser& operator=(const argument_parser&) = delete;
  ~argument_parser();

  /// `name`: "-n,--things", or "URL" for what stands alone. `into` keeps its value when nothing is given.
  option add_option(const std::string& name, std::string& into, const std::string& help);
  option add_option(const std::string& name, std::vector<std::string>& into, const std::string& help);
  option add_option(const std::string& name, std::int32_t& into, const std::string& help);
  option add_option(const std::string& name, std::uint8_t& into, const std::string& help);
  option add_option(const std::string& name, std::uint16_t& into, const std::string& help);
  option add_option(const std::string& name, std::uint32_t& into, const std::string& help);
  option add_option(const std::string& name, std::uint64_t& into, const std::string& help);
  /// "!--no-x" clears `into`.
  option add_flag(const std::string& name, bool& into, const std::string& help);
  void footer(const std::string& text);

  /// Nothing: go on. A number: return it (0 after --help, exit_bad_input after a usage error, which has then
  /// been explained on stderr).
  std::optional<int> parse(std::span<const std::string> arguments);

 private:
  struct library;
  std::unique_ptr<library> library_;
};

/// Prints "wanwu NAME: MESSAGE" and where help is to stderr; returns exit_bad_input.
int usage_error(const std::string& command_name, const std::string& message);

}  // namespace wanwu::cli
