// libcoap's context and sessions, kept apart from what a driver makes of them: messages in, messages out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocols/coap/encode.hpp"
#include "protocols/drivers/coap_native.hpp"

// libcoap's own types, named only.
struct coap_context_t;
struct coap_session_t;

namespace wanwu {

/// What libcoap reports. Called from inside send() and process().
class libcoap_listener {
 public:
  enum class failure : std::uint8_t { timed_out, reset, unreachable };
  virtual void answered(std::uint32_t connection, const coap::message_draft& m) = 0;
  /// Without a token it is the whole session: everything that has had no answer.
  virtual void failed(std::uint32_t connection, const std::optional<std::string>& name, failure why) = 0;

 protected:
  ~libcoap_listener() = default;
};

/// One libcoap context, one session a connection. Belongs to one thread.
class libcoap_sessions {
 public:
  libcoap_sessions(const coap_endpoint& endpoint, libcoap_listener& listener);
  libcoap_sessions(const libcoap_sessions&) = delete;
  libcoap_sessions& operator=(const libcoap_sessions&) = delete;
  ~libcoap_sessions();

  void prepare(std::uint32_t count);
  /// False when libcoap cannot open a socket.
  bool open(std::uint32_t connection);
  void close(std::uint32_t connection);
  bool is_open(std::uint32_t connection) const noexcept {
    return connection < rows_.size() && rows_[connection].session != nullptr;
  }
  /// A token libcoap has not used in this session.
  std::string new_token(std::uint32_t connection);
  /// Sends method, type and options of `draft` with `name` as token; libcoap repeats, and cuts `payload` into
  /// blocks.
  bool send(std::uint32_t connection, const std::string& name, const coap::message_draft& draft,
            bytes_view payload);
  void cancel_observation(std::uint32_t connection, const std::string& name);
  /// Does what is due and reads what has come, without waiting.
  void process();
  /// libcoap's own epoll; -1 when there is none.
  int descriptor() const noexcept;

  /// An answer of which more blocks are to come: its first block, and all payload until now.
  struct unfinished {
    coap::message_draft first;
    bytes body;
    bool is_too_long = false;
  };
  struct row {
    libcoap_sessions* owner{};
    coap_session_t* session{};
    std::map<std::string, unfinished> answers;  ///< By token.
  };
  /// Takes one block of an answer; the whole answer when it was the last. libcoap would keep bodies of any
  /// length, so it is told to hand over each block: past session.answer_bytes_max they are forgotten, and no
  /// answer comes.
  std::optional<coap::message_draft> take_block(row& of, coap::message_draft block, std::uint32_t number,
                                                bool more_to_come);
  libcoap_listener& listener() noexcept { return listener_; }
  std::uint32_t number_of(const row* r) const noexcept {
    return static_cast<std::uint32_t>(r - rows_.data());
  }

 private:
  coap_endpoint endpoint_;
  libcoap_listener& listener_;
  coap_context_t* context_ = nullptr;
  std::vector<row> rows_;
};

}  // namespace wanwu
