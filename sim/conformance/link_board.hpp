// The sockets under all running cases: which link belongs to which role of which case.
#pragma once

#include <memory>
#include <vector>

#include "protocols/transport/tcp.hpp"
#include "sim/conformance/case_run.hpp"

namespace wanwu::conform {

/// One thread, one reactor, one TCP transport.
class link_board final : public readiness_listener {
 public:
  /// What one case holds of the board.
  class seat final : public link_port {
   public:
    seat(link_board& board, std::size_t roles)
        : board_{board}, links_(roles, none), places_(roles, board.target_) {}
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;
    ~seat();
    /// This role's links go to another address than the board's.
    void place(std::uint16_t role, const socket_address& at) { places_[role] = at; }
    void open(std::uint16_t role) override;
    void send(std::uint16_t role, bytes_view raw) override;
    void close(std::uint16_t role, closing how) override;

    case_run* run = nullptr;  ///< Who hears of these links.
    bool touched = false;     ///< Something came since it was last advanced.

   private:
    friend class link_board;
    static constexpr std::uint32_t none = 0xFFFF'FFFF;
    link_board& board_;
    std::vector<std::uint32_t> links_;
    std::vector<socket_address> places_;
  };

  static tl::expected<std::unique_ptr<link_board>, std::error_code> create(const socket_address& target);
  link_board(const link_board&) = delete;
  link_board& operator=(const link_board&) = delete;

  /// Waits as the reactor does, and hands what came to the cases.
  time_point wait(time_point deadline) { return now_ = reactor_->wait(deadline); }
  void ready(std::span<const readiness> events, time_point now) override;

  // What the transport calls.
  void link_opened(link_id link, time_point now);
  void link_received(link_id link, bytes_view raw, time_point now);
  void link_writable(link_id link, time_point now);
  void link_ended(link_id link, time_point now);
  void link_failed(link_id link, std::error_code why, time_point now);

 private:
  struct row {
    seat* owner = nullptr;
    std::uint16_t role{};
    bool in_use = false, ends_when_sent = false;
    bytes unsent;
  };
  link_board(std::unique_ptr<reactor> events, const socket_address& target);
  std::uint32_t take_row(seat& owner, std::uint16_t role);
  void give_back(std::uint32_t link);
  void flush(std::uint32_t link);
  /// The row, when a case still listens to it.
  row* heard(link_id link);

  std::unique_ptr<reactor> reactor_;
  tcp_transport transport_;
  socket_address target_;
  time_point now_;
  std::vector<row> rows_;
  std::vector<std::uint32_t> free_;
};

}  // namespace wanwu::conform
