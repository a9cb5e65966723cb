// One shard's sockets of one stream service.
#include "sim/target/stream_port.hpp"

#include <utility>

namespace wanwu::target {

stream_port::stream_port(reactor& events, service what, std::uint32_t lane, carrier in)
    : service_{what}, plain_{in == carrier::plain}, lane_{lane}, transport_{events} {
  transport_.attach(*this);
}

tl::expected<socket_address, std::error_code> stream_port::listen(const socket_address& address) {
  return transport_.listen(address);
}

void stream_port::ready(std::span<const readiness> events, time_point now) {
  transport_.dispatch(events, *this, now);
}

void stream_port::link_accepted(link_id link, const socket_address& peer, time_point) {
  const auto index = static_cast<std::uint32_t>(link);
  while (rows_.size() <= index) rows_.emplace_back();
  row& r = rows_[index];
  const auto life = r.life + 1;
  r = row{};
  r.life = life;
  if (!plain_) r.socket = std::make_unique<websocket::server>("mqtt");
  ++open_;
  staged_.push_back({0, 0, index, life, event::kind::accepted, {}, false, peer});
}

void stream_port::stage_received(link_id link, std::size_t from) {
  const row& r = at(link);
  staged_.push_back({from,
                     staged_bytes_.size() - from,
                     static_cast<std::uint32_t>(link),
                     r.life,
                     event::kind::received,
                     r.peer,
                     r.known,
                     {}});
}

void stream_port::link_received(link_id link, bytes_view raw, time_point) {
  if (at(link).closing) return;
  if (!plain_) return receive_frames(link, raw);
  const auto from = staged_bytes_.size();
  staged_bytes_.append(raw);
  stage_received(link, from);
}

void stream_port::receive_frames(link_id link, bytes_view raw) {
  row& r = at(link);
  const auto from = staged_bytes_.size();
  const auto answered = answers_.size();
  const bool goes_on = r.socket->receive(raw, staged_bytes_, answers_.writer());
  if (answers_.size() != answered) answers_.wrote(name_of(link), answered);
  if (staged_bytes_.size() != from) stage_received(link, from);
  if (goes_on) return;
  // The core hears of it in this turn: a will is due now, not when the last bytes have left.
  stage_end(link);
  r.closing = true;
  answers_.close(name_of(link));
}

/// Once in a life: a WebSocket ends before its TCP connection does.
void stream_port::stage_end(link_id link) {
  row& r = at(link);
  if (std::exchange(r.told_end, true)) return;
  staged_.push_back(
      {0, 0, static_cast<std::uint32_t>(link), r.life, event::kind::ended, r.peer, r.known, {}});
}

void stream_port::lose(link_id link, time_point) {
  row& r = at(link);
  stage_end(link);
  if (r.waiting) unsent_ -= r.waiting->size();
  r.waiting.reset();
  r.closing = true;  // whatever the core still says to this life goes nowhere
  --open_;
}

void stream_port::hand_over(target_core& core, time_point now) {
  for (const event& e : staged_) {
    row& r = rows_[e.link];
    // The name may have been given in this very batch; an earlier life's is in the event.
    const bool same_life = r.life == e.life;
    switch (e.what) {
      case event::kind::accepted: {
        const auto peer = core.opened(service_, lane_, {e.link, e.life}, e.address, now);
        if (same_life) {
          r.peer = peer;
          r.known = true;
        } else {
          core.ended(peer, now);
        }
        break;
      }
      case event::kind::received:
        if (e.known || same_life)
          core.receive(e.known ? e.peer : r.peer, staged_bytes_.view().subspan(e.from, e.length), now);
        break;
      case event::kind::ended:
        if (e.known || same_life) core.ended(e.known ? e.peer : r.peer, now);
        break;
    }
  }
  for (const auto link : backlogged_) {
    row& r = rows_[link];
    r.touched = false;
    if (r.known && !r.closing) core.backlog(r.peer, r.waiting ? r.waiting->size() : 0, now);
  }
  staged_.clear();
  staged_bytes_.clear();
  backlogged_.clear();
}

void stream_port::write(link_id link, bytes_view raw, time_point now) {
  row& r = at(link);
  std::size_t taken = 0;
  if (!r.waiting) taken = transport_.send(link, raw, now);
  if (taken == raw.size() || !transport_.is_up(link)) return;
  const auto rest = raw.subspan(taken);
  if (!r.waiting) r.waiting = std::make_unique<bytes>();
  r.waiting->insert(r.waiting->end(), rest.begin(), rest.end());
  unsent_ += rest.size();
  if (r.touched) return;
  r.touched = true;
  backlogged_.push_back(static_cast<std::uint32_t>(link));
}

void stream_port::link_writable(link_id link, time_point now) {
  row& r = at(link);
  if (!r.waiting) return;
  const auto taken = transport_.send(link, *r.waiting, now);
  unsent_ -= taken;
  r.waiting->erase(r.waiting->begin(), r.waiting->begin() + static_cast<std::ptrdiff_t>(taken));
  if (r.waiting->empty()) r.waiting.reset();
  if (!r.waiting && r.closing) return close(link, closing::clean, now);
  if (r.touched || r.closing) return;
  r.touched = true;
  backlogged_.push_back(static_cast<std::uint32_t>(link));
}

void stream_port::close(link_id link, closing how, time_point now) {
  row& r = at(link);
  if (!transport_.is_up(link)) return;
  transport_.close(link, how, now);
  if (r.waiting) unsent_ -= r.waiting->size();
  r.waiting.reset();
  r.closing = true;
  stage_end(link);
  --open_;
}

void stream_port::close_when_sent(link_id link, time_point now) {
  row& r = at(link);
  r.closing = true;
  if (!r.waiting) close(link, closing::clean, now);
}

void stream_port::answer(time_point now) {
  for (const auto& e : answers_.entries()) {
    const link_id link{e.to.link};
    // Also of a row that is closing: its last words are among these.
    if (at(link).life != e.to.life || !transport_.is_up(link)) continue;
    if (e.kind == outbox::what::send) {
      write(link, answers_.bytes_of(e), now);
    } else {
      close_when_sent(link, now);
    }
  }
  answers_.clear();
}

void stream_port::carry(link_id link, bytes_view raw, time_point now) {
  if (plain_) return write(link, raw, now);
  if (!at(link).socket->is_open()) return;
  framed_.clear();
  websocket::server::send(raw, framed_);
  write(link, framed_.view(), now);
}

void stream_port::flush(time_point now) {
  if (!plain_) answer(now);
  for (const auto& e : output_.entries()) {
    const link_id link{e.to.link};
    row& r = at(link);
    if (r.life != e.to.life || r.closing) continue;
    if (e.kind == outbox::what::send) {
      carry(link, output_.bytes_of(e), now);
    } else if (e.kind == outbox::what::drop) {
      close(link, closing::abrupt, now);
    } else {
      if (!plain_) {
        framed_.clear();
        r.socket->end(framed_);
        write(link, framed_.view(), now);
      }
      close_when_sent(link, now);
    }
  }
  output_.clear();
}

}  // namespace wanwu::target
