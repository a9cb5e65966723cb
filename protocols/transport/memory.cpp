// Queues of timed deliveries behind the memory transports.

#include "protocols/transport/memory.hpp"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace wanwu {

namespace {

// std::push_heap keeps the largest in front, so "later" is "less".
bool is_later(const delivery_queue::delivery& a, const delivery_queue::delivery& b) noexcept {
  return std::tie(a.at, a.link, a.sequence) > std::tie(b.at, b.link, b.sequence);
}

std::size_t keep_bytes(bytes& all, bytes_view raw) {
  const std::size_t offset = all.size();
  all.insert(all.end(), raw.begin(), raw.end());
  return offset;
}

}  // namespace

void delivery_queue::push(delivery what, bytes_view raw) {
  if (!spare_.empty() && !raw.empty()) {
    what.payload = std::move(spare_.back());
    spare_.pop_back();
  }
  what.payload.assign(raw.begin(), raw.end());
  what.sequence = sequence_++;
  heap_.push_back(std::move(what));
  std::push_heap(heap_.begin(), heap_.end(), is_later);
}

std::optional<delivery_queue::delivery> delivery_queue::pop(time_point now) {
  if (heap_.empty() || heap_.front().at > now) return std::nullopt;
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  std::optional<delivery> due{std::move(heap_.back())};
  heap_.pop_back();
  return due;
}

void delivery_queue::recycle(bytes&& buffer) {
  if (buffer.capacity() != 0 && spare_.size() < spare_max) spare_.push_back(std::move(buffer));
}

std::optional<time_point> delivery_queue::next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().at;
}

void memory_transport::leave(link_id link, departure::kind what, time_point now, bytes_view raw,
                             const socket_address& peer) {
  const auto generation = links_[static_cast<std::uint32_t>(link)].generation;
  const std::size_t offset = keep_bytes(sent_bytes_, raw);
  sent_.push_back({now, offset, raw.size(), {link, generation}, what, peer});
}

void memory_transport::open(link_id link, const socket_address& address, time_point now) {
  auto& row = links_[static_cast<std::uint32_t>(link)];
  assert(!row.opening && !row.up);
  ++row.generation;
  row.opening = true;
  leave(link, departure::kind::open, now, {}, address);
}

std::size_t memory_transport::send(link_id link, bytes_view raw, time_point now) {
  if (!is_up(link)) return 0;
  leave(link, departure::kind::data, now, raw);
  return raw.size();
}

std::size_t memory_transport::send(link_id link, std::span<const bytes_view> parts, time_point now) {
  if (!is_up(link)) return 0;
  leave(link, departure::kind::data, now);
  auto& row = sent_.back();
  for (const bytes_view part : parts) {
    keep_bytes(sent_bytes_, part);
    row.size += part.size();
  }
  return row.size;
}

void memory_transport::close(link_id link, closing how, time_point now) {
  auto& row = links_[static_cast<std::uint32_t>(link)];
  if (!row.opening && !row.up) return;
  leave(link, how == closing::clean ? departure::kind::finish : departure::kind::reset, now);
  row.opening = row.up = false;
  ++row.generation;
}

void memory_transport::park(link_id link) {
  auto& row = links_[static_cast<std::uint32_t>(link)];
  row.opening = row.up = false;
  ++row.generation;
}

bool memory_transport::is_up(link_id link) const noexcept {
  return links_[static_cast<std::uint32_t>(link)].up;
}

std::vector<memory_transport::departure> memory_transport::sent() const {
  std::vector<departure> out;
  out.reserve(sent_.size());
  for (const auto& row : sent_) {
    out.push_back(
        {row.at, row.link, row.what, row.peer, bytes_view{sent_bytes_}.subspan(row.offset, row.size)});
  }
  return out;
}

void memory_transport::forget_sent() noexcept {
  sent_.clear();
  sent_bytes_.clear();
}

void memory_transport::push(memory_link link, delivery_queue::kind what, time_point at, bytes_view raw,
                            int error) {
  delivery_queue::delivery next;
  next.at = at;
  next.link = static_cast<std::uint32_t>(link.link);
  next.generation = link.generation;
  next.what = what;
  next.error = error;
  due_.push(std::move(next), raw);
}

void memory_transport::accept_open(memory_link link, time_point at) {
  push(link, delivery_queue::kind::opened, at);
}

void memory_transport::deliver(memory_link link, bytes_view raw, time_point at) {
  push(link, delivery_queue::kind::received, at, raw);
}

void memory_transport::end(memory_link link, time_point at) {
  push(link, delivery_queue::kind::ended, at);
}

void memory_transport::fail(memory_link link, std::errc why, time_point at) {
  push(link, delivery_queue::kind::failed, at, {}, static_cast<int>(why));
}

void memory_transport::run(time_point now) {
  if (owner_ != nullptr && !due_.empty() && *due_.next() <= now) owner_->ready({}, now);
}

bool memory_transport::concerns(const delivery_queue::delivery& due) const noexcept {
  const auto& row = links_[due.link];
  if (row.generation != due.generation) return false;
  return due.what == delivery_queue::kind::opened ? row.opening : row.opening || row.up;
}

bool memory_datagrams::send_to(endpoint_id local, const socket_address& peer, bytes_view raw,
                               time_point now) {
  const std::size_t offset = keep_bytes(sent_bytes_, raw);
  sent_.push_back({now, offset, raw.size(), local, peer});
  return true;
}

std::vector<memory_datagrams::departure> memory_datagrams::sent() const {
  std::vector<departure> out;
  out.reserve(sent_.size());
  for (const auto& row : sent_) {
    out.push_back({row.at, row.local, row.peer, bytes_view{sent_bytes_}.subspan(row.offset, row.size)});
  }
  return out;
}

void memory_datagrams::forget_sent() noexcept {
  sent_.clear();
  sent_bytes_.clear();
}

void memory_datagrams::deliver(endpoint_id local, const socket_address& from, bytes_view raw, time_point at) {
  delivery_queue::delivery next;
  next.at = at;
  next.link = static_cast<std::uint32_t>(local);
  next.what = delivery_queue::kind::received;
  next.peer = from;
  due_.push(std::move(next), raw);
}

void memory_datagrams::refuse(endpoint_id local, const socket_address& peer, std::errc why, time_point at) {
  delivery_queue::delivery next;
  next.at = at;
  next.link = static_cast<std::uint32_t>(local);
  next.what = delivery_queue::kind::failed;
  next.error = static_cast<int>(why);
  next.peer = peer;
  due_.push(std::move(next));
}

void memory_datagrams::run(time_point now) {
  if (owner_ != nullptr && !due_.empty() && *due_.next() <= now) owner_->ready({}, now);
}

}  // namespace wanwu
