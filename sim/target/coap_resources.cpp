// The CoAP side of the target: its resources.
#include <algorithm>

#include "protocols/coap/link_format.hpp"
#include "protocols/coap/uri.hpp"
#include "sim/target/coap_server.hpp"
#include "sim/target/json_text.hpp"

namespace wanwu::target {

namespace {

using coap::code;

constexpr std::uint32_t format_text = 0;
constexpr std::uint32_t format_links = 40;
constexpr std::uint32_t format_td = 432;
constexpr std::size_t links_shown_max = 1000;

coap_response just(code c) {
  coap_response answer;
  answer.code = c;
  return answer;
}

coap_response content(std::string payload, std::uint32_t format) {
  coap_response answer;
  answer.code = code::content;
  answer.content_format = format;
  answer.payload = std::move(payload);
  return answer;
}

std::uint32_t tag_of(std::string_view text) {
  std::uint32_t hash = 0x811C9DC5U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
  return hash;
}

bool is_tag(bytes_view value, std::uint32_t tag) {
  if (value.size() != 4) return false;
  for (unsigned i = 0; i < 4; ++i) {
    if (value[i] != static_cast<std::byte>(tag >> (8U * i))) return false;
  }
  return true;
}

/// The value of a query argument "name=value"; nothing when it is not there.
std::optional<std::string_view> argument(const coap_request& r, std::string_view name) {
  for (std::size_t i = 0; i < r.query_size; ++i) {
    if (r.query[i].starts_with(name) && r.query[i].substr(name.size()).starts_with('=')) {
      return r.query[i].substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

bool accepts(const coap_request& r, std::optional<std::uint32_t> format) {
  return !r.accept || !format || *r.accept == *format;
}

}  // namespace

coap_response coap_server::answer(coap_request& r, const datagram& one, time_point now) {
  coap_response answer = just(code::not_found);
  const auto method = r.message->code;
  const bool get = method == code::get;
  if (r.too_deep) return answer;
  if (r.path_size == 0 || (r.path_size == 1 && r.path[0].empty())) {
    answer = get ? content("wanwu, the embedded target", format_text) : just(code::method_not_allowed);
  } else if (r.path_size == 2 && r.path[0] == ".well-known" && r.path[1] == "core") {
    answer = get ? list_links(r) : just(code::method_not_allowed);
  } else if (r.path[0] == "things") {
    answer = answer_thing(r, one, now);
  } else if (r.path[0] == "rd") {
    answer = answer_rd(r, now);
  }
  if (coap::is_success(answer.code) && get && !accepts(r, answer.content_format))
    return just(code::not_acceptable);
  return answer;
}

coap_response coap_server::answer_thing(coap_request& r, const datagram& one, time_point now) {
  if (r.path_size < 2 || !is_thing_id(r.path[1])) return just(code::not_found);
  if (r.path_size == 2) return answer_description(r, now);
  if (r.path_size == 3) return answer_part(r, one, now);
  if (r.path_size != 4) return just(code::not_found);
  const bool post = r.message->code == code::post;
  if (r.path[2] == "events") {
    if (!post) return just(code::method_not_allowed);
    const bool kept = services_.report_event(r.path[1], r.path[3], protocol::coap, r.payload, now);
    return just(kept ? code::changed : code::service_unavailable);
  }
  if (r.path[2] == "properties") {
    return r.message->code == code::get ? read_property(r) : just(code::method_not_allowed);
  }
  if (r.path[2] == "commands") return answer_command(r, now);
  return just(code::not_found);
}

coap_response coap_server::answer_part(coap_request& r, const datagram& one, time_point now) {
  const bool get = r.message->code == code::get;
  const bool is_telemetry = r.path[2] == "telemetry";
  if (!is_telemetry && r.path[2] != "commands") return just(code::not_found);
  if (is_telemetry && r.message->code == code::post) {
    const bool kept = services_.report(r.path[1], protocol::coap, r.payload, now);
    return just(kept ? code::changed : code::service_unavailable);
  }
  if (!get) return just(code::method_not_allowed);
  // A thing may watch its queue, and a person the thing, before the thing has said anything.
  const known_thing* thing =
      r.observe ? services_.things().find_or_make(r.path[1]) : services_.things().find(r.path[1]);
  if (thing == nullptr) return just(code::not_found);
  coap_response answer;
  watch(r, answer, *thing, is_telemetry ? watched::telemetry : watched::commands, one, now);
  if (!is_telemetry) {
    const auto& waiting = services_.commands().waiting_for(thing->id);
    command* shown = waiting.empty() ? nullptr : services_.commands().find(waiting.front());
    if (shown != nullptr) services_.delivered(*shown, now);
  }
  return answer;
}

coap_response coap_server::answer_command(const coap_request& r, time_point now) {
  if (r.message->code != code::post) return just(code::method_not_allowed);
  return just(services_.answer(r.path[3], r.payload, now) ? code::changed : code::not_found);
}

coap_response coap_server::read_property(const coap_request& r) const {
  const known_thing* thing = services_.things().find(r.path[1]);
  if (thing == nullptr) return just(code::not_found);
  const auto value = find_reading(thing->last_reading, r.path[3]);
  if (!value) return just(code::not_found);
  return content("{\"value\":" + *value + "}", format_json);
}

coap_response coap_server::answer_description(const coap_request& r, time_point now) {
  const known_thing* thing = services_.things().find(r.path[1]);
  const bool exists = thing != nullptr && !thing->description.empty();
  const auto tag = exists ? tag_of(thing->description) : 0;
  const bool match_fails = r.if_match && (!exists || (!r.if_match->empty() && !is_tag(*r.if_match, tag)));
  if (match_fails || (r.if_none_match && exists)) return just(code::precondition_failed);
  switch (r.message->code) {
    case code::get: {
      if (!exists) return just(code::not_found);
      coap_response answer = content(thing->description, format_td);
      answer.etag = tag;
      if (r.etag && is_tag(*r.etag, tag)) {
        answer.code = code::valid;
        answer.payload.clear();
        answer.content_format.reset();
      }
      return answer;
    }
    case code::put: {
      if (r.content_format && *r.content_format != format_td && *r.content_format != format_json) {
        return just(code::unsupported_content_format);
      }
      switch (services_.describe(r.path[1], as_text(r.payload), protocol::coap, now)) {
        case directory::described::created:
          return just(code::created);
        case directory::described::replaced:
          return just(code::changed);
        case directory::described::invalid:
          return just(code::bad_request);
        case directory::described::full:
          return just(code::service_unavailable);
      }
      return just(code::internal_server_error);
    }
    case code::delete_:
      services_.forget(r.path[1], protocol::coap, now);
      return just(code::deleted);
    default:
      return just(code::method_not_allowed);
  }
}

/// Registration after the manner of RFC 9176: POST /rd?ep=NAME&et=TYPE&d=SECTOR with links, then /rd/NAME.
coap_response coap_server::answer_rd(const coap_request& r, time_point now) {
  const auto method = r.message->code;
  if (r.path_size == 1) {
    const auto name = argument(r, "ep");
    if (method != code::post) return just(code::method_not_allowed);
    if (!name || !is_thing_id(*name) || !coap::parse_links(as_text(r.payload)))
      return just(code::bad_request);
    std::string description = "{";
    append_json_member(description, "title", *name);
    if (const auto type = argument(r, "et")) append_json_member(description, "@type", *type);
    if (const auto sector = argument(r, "d")) append_json_member(description, "sector", *sector);
    append_json_member(description, "coreLinks", as_text(r.payload));
    description += '}';
    const auto outcome = services_.describe(*name, description, protocol::coap, now);
    if (outcome == directory::described::full) return just(code::service_unavailable);
    coap_response answer = just(code::created);
    answer.location = {"rd", std::string{*name}};
    return answer;
  }
  if (r.path_size != 2) return just(code::not_found);
  const known_thing* thing = services_.things().find(r.path[1]);
  const bool exists = thing != nullptr && !thing->description.empty();
  if (!exists) return just(code::not_found);
  if (method == code::post) return just(code::changed);
  if (method != code::delete_) return just(code::method_not_allowed);
  services_.forget(r.path[1], protocol::coap, now);
  return just(code::deleted);
}

coap_response coap_server::list_links(const coap_request& r) const {
  std::vector<coap::link_filter> filters;
  for (std::size_t i = 0; i < r.query_size; ++i) {
    if (auto filter = coap::parse_link_filter(r.query[i])) filters.push_back(std::move(*filter));
  }
  std::string out;
  std::size_t shown = 0;
  const auto show = [&](const coap::link& link) {
    const bool wanted =
        std::all_of(filters.begin(), filters.end(), [&](const auto& f) { return coap::matches(link, f); });
    if (!wanted || shown >= links_shown_max) return;
    coap::append_link(out, link);
    ++shown;
  };
  show({"/.well-known/core", {{"ct", "40"}}});
  show({"/rd", {{"rt", "core.rd"}, {"ct", "40"}}});
  thing_query all;
  all.limit = links_shown_max;
  for (const known_thing* thing : services_.things().search(all).items) {
    std::string types;
    for (const auto& type : thing->types) types += (types.empty() ? "" : " ") + type;
    coap::link description{"/things/" + thing->id, {{"ct", "432"}}};
    if (!types.empty()) description.attributes.insert(description.attributes.begin(), {"rt", types});
    show(description);
    show({"/things/" + thing->id + "/telemetry", {{"rt", "telemetry"}, {"obs", std::nullopt}}});
    show({"/things/" + thing->id + "/commands", {{"rt", "commands"}, {"obs", std::nullopt}}});
  }
  return content(std::move(out), format_links);
}

}  // namespace wanwu::target
