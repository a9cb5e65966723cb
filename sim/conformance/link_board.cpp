#include "sim/conformance/link_board.hpp"

#include "sim/conformance/limits.hpp"

namespace wanwu::conform {

tl::expected<std::unique_ptr<link_board>, std::error_code> link_board::create(const socket_address& target) {
  auto events = reactor::create();
  if (!events) return tl::unexpected{events.error()};
  return std::unique_ptr<link_board>{new link_board{std::move(*events), target}};
}

link_board::link_board(std::unique_ptr<reactor> events, const socket_address& target)
    : reactor_{std::move(events)},
      transport_{*reactor_},
      target_{target},
      now_{std::chrono::steady_clock::now()} {
  transport_.attach(*this);
}

void link_board::ready(std::span<const readiness> events, time_point now) {
  now_ = now;
  transport_.dispatch(events, *this, now);
}

std::uint32_t link_board::take_row(seat& owner, std::uint16_t role) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(rows_.size()));
    rows_.emplace_back();
    transport_.prepare(static_cast<std::uint32_t>(rows_.size()));
  }
  const auto link = free_.back();
  free_.pop_back();
  rows_[link].owner = &owner;
  rows_[link].role = role;
  rows_[link].in_use = true;
  return link;
}

void link_board::give_back(std::uint32_t link) {
  auto& r = rows_[link];
  if (!r.in_use) return;
  if (r.owner != nullptr) r.owner->links_[r.role] = seat::none;
  r = {};
  free_.push_back(link);
}

link_board::row* link_board::heard(link_id link) {
  auto& r = rows_[static_cast<std::uint32_t>(link)];
  if (r.owner == nullptr || r.owner->run == nullptr) return nullptr;
  r.owner->touched = true;
  return &r;
}

void link_board::flush(std::uint32_t link) {
  auto& r = rows_[link];
  if (!r.unsent.empty()) {
    const auto taken = transport_.send(link_id{link}, r.unsent, now_);
    r.unsent.erase(r.unsent.begin(), r.unsent.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  if (!r.unsent.empty() || !r.ends_when_sent) return;
  transport_.close(link_id{link}, closing::clean, now_);
  give_back(link);
}

void link_board::link_opened(link_id link, time_point now) {
  if (auto* r = heard(link)) r->owner->run->links().opened(r->role, now);
}

void link_board::link_received(link_id link, bytes_view raw, time_point now) {
  if (auto* r = heard(link)) r->owner->run->links().received(r->role, raw, now);
}

void link_board::link_writable(link_id link, time_point) {
  flush(static_cast<std::uint32_t>(link));
}

void link_board::link_ended(link_id link, time_point now) {
  auto* r = heard(link);
  auto* const owner = r != nullptr ? r->owner : nullptr;
  const auto role = rows_[static_cast<std::uint32_t>(link)].role;
  give_back(static_cast<std::uint32_t>(link));
  if (owner != nullptr) owner->run->links().ended(role, "closed by the target", now);
}

void link_board::link_failed(link_id link, std::error_code why, time_point now) {
  auto* r = heard(link);
  auto* const owner = r != nullptr ? r->owner : nullptr;
  const auto role = rows_[static_cast<std::uint32_t>(link)].role;
  give_back(static_cast<std::uint32_t>(link));
  if (owner != nullptr) owner->run->links().failed(role, why.message(), now);
}

link_board::seat::~seat() {
  for (std::uint16_t role = 0; role < links_.size(); ++role) close(role, closing::abrupt);
}

void link_board::seat::open(std::uint16_t role) {
  links_[role] = board_.take_row(*this, role);
  board_.transport_.open(link_id{links_[role]}, places_[role], board_.now_);
}

void link_board::seat::send(std::uint16_t role, bytes_view raw) {
  const auto link = links_[role];
  if (link == none) return;
  auto& r = board_.rows_[link];
  // A target that reads nothing for so long gets no more of it; the case will see that nothing is answered.
  if (r.unsent.size() + raw.size() > limits::unsent_bytes_max) return;
  std::size_t taken = 0;
  if (r.unsent.empty()) taken = board_.transport_.send(link_id{link}, raw, board_.now_);
  const auto rest = raw.subspan(taken);
  r.unsent.insert(r.unsent.end(), rest.begin(), rest.end());
}

void link_board::seat::close(std::uint16_t role, closing how) {
  const auto link = links_[role];
  if (link == none) return;
  links_[role] = none;
  auto& r = board_.rows_[link];
  r.owner = nullptr;
  r.ends_when_sent = how == closing::clean && !r.unsent.empty();
  if (r.ends_when_sent) return;
  board_.transport_.close(link_id{link}, how, board_.now_);
  board_.give_back(link);
}

}  // namespace wanwu::conform
