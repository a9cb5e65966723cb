// The probe seam: all that the interpreter of cases knows of a protocol. MQTT is one dialect.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/bytes.hpp"
#include "scenarios/conformance/case_result.hpp"
#include "scenarios/conformance/suite.hpp"
#include "scenarios/conformance/vocabulary.hpp"

namespace wanwu::conform {

class case_scope;

/// One packet, as its protocol understands it. Owns its bytes.
class message {
 public:
  virtual ~message() = default;
  /// "PUBACK"; "" when the bytes name no packet.
  virtual std::string_view packet() const = 0;
  virtual bytes_view raw() const = 0;
  /// By index into vocabulary::field_names(); null when absent. Texts live as long as the message.
  virtual lang::value field(std::size_t index) const = 0;
  /// A strict reader found nothing wrong with it.
  virtual bool readable() const = 0;
  /// The code with which the target refuses in this packet, if that is what it does.
  virtual std::optional<std::uint8_t> refusal() const = 0;
  /// One line for people, without secrets; of bytes that cannot be read, why.
  virtual std::string describe() const = 0;
};
using message_ptr = std::shared_ptr<const message>;

/// What stands at the beginning of bytes that came.
struct cut {
  enum class kind : std::uint8_t { more, packet, garbage } what{};
  std::size_t size{};  ///< packet
  std::string text;    ///< garbage: why
};

/// Bytes, or a sentence about why a script's values do not make any.
template <class T>
using scripted = tl::expected<T, std::string>;

/// What one role says and hears: what was said on its connection decides how the next packet is read and
/// judged.
class conversation {
 public:
  virtual ~conversation() = default;
  /// A new connection: nothing of the one before holds, but ids once used stay used.
  virtual void begin() = 0;

  virtual cut next_packet(bytes_view in) const = 0;
  /// A packet from the target. Never null.
  virtual message_ptr read(bytes raw) const = 0;
  /// A packet of ours, for logs and `save`. Never null.
  virtual message_ptr read_own(bytes raw) const = 0;
  /// What a strict reader and a watcher of this connection have to say about the next packet of the target.
  virtual void judge(const message& came, std::vector<finding>& found) = 0;
  /// These bytes went out.
  virtual void sent(bytes_view raw) = 0;

  /// Does a well-behaved link look after this packet itself?
  virtual bool looks_after(const message& came) const = 0;
  /// What it answers; empty = nothing.
  virtual bytes answer_to(const message& came) const = 0;

  /// The bytes of a packet that a script asks for, with the defaults of this connection.
  virtual scripted<bytes> write(const message_text& wanted, case_scope& scope) = 0;
  /// The same packet with other fields, or broken.
  virtual scripted<bytes> change(const message& came, std::span<const setting> set,
                                 const corruption_text& wrong, case_scope& scope) const = 0;
  /// A request that every live target answers, its answer's name, and what a polite end says.
  virtual bytes probe() const = 0;
  virtual std::string_view probe_answer() const = 0;
  virtual bytes goodbye() const = 0;
};

/// Who speaks on a link.
struct speaker {
  std::string client_id, user, password;
  std::uint8_t version = 5;
  link_carrier over{};
};

class dialect {
 public:
  virtual ~dialect() = default;
  virtual const vocabulary& words() const = 0;
  virtual std::unique_ptr<conversation> converse(const speaker& who) const = 0;
  /// The packet with which a connection begins, and its answer's name.
  virtual std::string_view greeting() const = 0;
  virtual std::string_view greeting_answer() const = 0;
  /// "MQTT 5.0", and whether this answer says that the target does not speak it.
  virtual std::string_view title_of(std::uint8_t version) const = 0;
  virtual bool refuses_version(const message& answer) const = 0;
};

const dialect& mqtt_dialect();

}  // namespace wanwu::conform
