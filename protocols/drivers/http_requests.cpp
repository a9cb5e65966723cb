// Rendering of requests, and the table of those under way.
#include "protocols/drivers/http_requests.hpp"

#include <algorithm>

namespace wanwu {

namespace {

bool is_one_of(std::string_view method, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), method) != list.end();
}

void append_field(std::string& to, std::string_view name, std::string_view value) {
  if (!value.empty()) to.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::uint32_t http_requests::shape_of(const request_shape* shape) {
  if (last_shape_ < shapes_.size() && shapes_[last_shape_].shape == shape) return last_shape_;
  const auto found =
      std::find_if(shapes_.begin(), shapes_.end(), [&](const rendered_shape& r) { return r.shape == shape; });
  last_shape_ = static_cast<std::uint32_t>(found - shapes_.begin());
  if (found != shapes_.end()) return last_shape_;
  rendered_shape made;
  made.shape = shape;
  made.before = shape->method + " " + target_.base_path;
  made.after = " HTTP/1.1\r\n";
  append_field(made.after, "Host", target_.host);
  append_field(made.after, "Content-Type", shape->content_type);
  append_field(made.after, "Accept", shape->accept);
  made.after += target_.header_lines;
  made.after += shape->extra_headers;
  made.timeout_class = class_of(shape->answer_within);
  made.has_length = is_one_of(shape->method, {"POST", "PUT", "PATCH"});
  made.is_head = shape->method == "HEAD";
  made.is_idempotent =
      is_one_of(shape->method, {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"});  // RFC 9110 §9.2.2
  shapes_.push_back(std::move(made));
  return last_shape_;
}

bytes_view http_requests::render(const rendered_shape& shape, std::string_view address, bytes_view payload) {
  out_.clear();
  out_.append(shape.before);
  out_.append(address.empty() && target_.base_path.empty() ? std::string_view{"/"} : address);
  out_.append(shape.after);
  if (shape.has_length || !payload.empty()) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), payload.size()).ptr;
    out_.append("Content-Length: ");
    out_.append(std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())});
    out_.append("\r\n");
  }
  out_.append("\r\n");
  out_.append(payload);
  return out_.view();
}

request_id http_requests::add(const intent& wanted, std::uint32_t shape, std::uint32_t size, time_point now) {
  if (free_.empty()) {
    free_.push_back(request_id{static_cast<std::uint32_t>(rows_.size())});
    rows_.emplace_back();
  }
  const request_id id = free_.back();
  free_.pop_back();
  auto& row = at(id);
  auto& in = classes_[shapes_[shape].timeout_class];
  row.intended_at = wanted.intended_at;
  row.deadline = now + in.within;
  row.shape = shape;
  row.thing = wanted.thing;
  row.user = wanted.connection;
  row.token = wanted.token;
  row.size = size;
  row.written = 0;
  row.next_waiting = row.later = request_id::none;
  row.done = row.retried = false;
  if (wanted.shape->wants_answer) row.address = wanted.address;
  row.earlier = in.last;
  (in.last == request_id::none ? in.first : at(in.last).later) = id;
  in.last = id;
  ++under_way_;
  return id;
}

void http_requests::finish(request_id id) {
  auto& row = at(id);
  if (row.done) return;
  auto& in = classes_[shapes_[row.shape].timeout_class];
  (row.earlier == request_id::none ? in.first : at(row.earlier).later) = row.later;
  (row.later == request_id::none ? in.last : at(row.later).earlier) = row.earlier;
  row.done = true;
  --under_way_;
}

void http_requests::release(request_id id) {
  at(id).wire.clear();
  free_.push_back(id);
}

request_id http_requests::due(time_point now) const {
  for (const auto& one : classes_) {
    if (one.first != request_id::none && rows_[static_cast<std::uint32_t>(one.first)].deadline <= now)
      return one.first;
  }
  return request_id::none;
}

std::optional<time_point> http_requests::next_deadline() const {
  std::optional<time_point> earliest;
  for (const auto& one : classes_) {
    if (one.first == request_id::none) continue;
    const auto at = rows_[static_cast<std::uint32_t>(one.first)].deadline;
    if (!earliest || at < *earliest) earliest = at;
  }
  return earliest;
}

std::uint16_t http_requests::class_of(duration within) {
  const auto found = std::find_if(classes_.begin(), classes_.end(),
                                  [&](const timeout_class& c) { return c.within == within; });
  const auto index = static_cast<std::uint16_t>(found - classes_.begin());
  if (found == classes_.end()) classes_.push_back({within, request_id::none, request_id::none});
  return index;
}

}  // namespace wanwu
