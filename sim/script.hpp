// Behaviour written in Lua: one sandboxed state a worker, no Lua object a thing; `thing.*` are columns of
// ours.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "protocols/core/bytes.hpp"
#include "protocols/core/observation.hpp"

namespace wanwu::sim {

/// What one callback may use. Past it the callback ends in an error; the engine stops the thing.
struct script_limits {
  std::uint32_t instructions = 100'000;
  std::size_t state_bytes = std::size_t{64} * 1024 * 1024;     ///< Of the whole Lua state.
  std::size_t callback_bytes = std::size_t{64} * 1024 * 1024;  ///< Allocated in one callback, freed or not.
  std::size_t block_bytes = std::size_t{256} * 1024;           ///< Of one string or table part.
  std::uint32_t requests = 64;  ///< telemetry(), event() and ack() in one callback.
};
inline constexpr std::size_t script_file_bytes_max = std::size_t{1024} * 1024;

struct script_error {
  std::string file;
  std::size_t line = 0, column = 0;  ///< From 1; 0 = not known.
  std::string message;
};

enum class column_type : std::uint8_t { number, integer, boolean, text };

/// A state column that scripts see as `thing.<name>`. Its value is one double; a text is an index into the
/// script's own table of texts (intern(), text()).
struct script_column {
  std::string name;
  column_type type = column_type::number;
  bool writable = true;
};

/// What the script asked for. Views live until the next callback.
struct script_request {
  enum class what : std::uint8_t { telemetry, event, ack } kind{};
  std::string_view name;     ///< Of the event; of ack: its status.
  std::string_view payload;  ///< Of the event, as JSON; "" = none. Of ack: the reason.
};

/// The thing a callback is about. Views live through the callback; `columns` is read and written.
struct script_thing {
  thing_id thing{};
  std::string_view id, kind, sector;
  std::int64_t at_ms = 0;  ///< Simulated time; also what the callback's random numbers are keyed by.
  std::span<double> columns;
  std::span<const std::pair<std::string_view, std::string_view>>
      facts;  ///< Places and other read-only texts.
};

/// One script in one Lua state. Not for concurrent use: each worker loads its own.
class script {
 public:
  enum class callback : std::uint8_t { start, tick, command, message };

  /// Compiles and runs the chunk (text only) in the sandbox. Nothing of the target is touched.
  static tl::expected<script, script_error> load(std::string_view text, std::string_view file,
                                                 std::span<const script_column> columns, std::uint64_t seed,
                                                 const script_limits& limits = {});
  script(script&&) noexcept;
  script& operator=(script&&) noexcept;
  ~script();

  bool has(callback which) const noexcept;  ///< Whether the script defines on_start, on_tick, ...

  /// Each returns what the script asked for, oldest first; a callback that is not defined asks for nothing.
  tl::expected<std::span<const script_request>, script_error> on_start(const script_thing& thing);
  tl::expected<std::span<const script_request>, script_error> on_tick(const script_thing& thing);
  /// `input` is hostile: JSON becomes a table or scalar, anything else a string. cmd.action, cmd.input,
  /// cmd.id.
  tl::expected<std::span<const script_request>, script_error> on_command(const script_thing& thing,
                                                                         std::string_view action,
                                                                         bytes_view input,
                                                                         std::string_view id);
  /// message.topic, message.payload (string).
  tl::expected<std::span<const script_request>, script_error> on_message(const script_thing& thing,
                                                                         std::string_view topic,
                                                                         bytes_view payload);

  /// Number of a text for a text column. Bounded: past 65,536 different texts every new one is number 0, "".
  double intern(std::string_view text);
  std::string_view text(double number) const noexcept;  ///< "" for a number that names none.

  struct state;

 private:
  explicit script(std::unique_ptr<state> made) noexcept;
  std::unique_ptr<state> state_;
};

}  // namespace wanwu::sim
