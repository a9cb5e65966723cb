// CoAP as an independent implementation speaks it: libcoap-3 behind the driver seam.
#pragma once

#include "protocols/drivers/coap_native.hpp"

namespace wanwu {

/// For `driver: stock` populations and as the witness: thousands of endpoints, not millions, each a libcoap
/// session with a socket of its own (on the address of the source pool that its number gives, if there is
/// one).
///
/// Outcomes and observations are those of make_coap_native(), with what libcoap does not tell left open: it
/// drops undecodable answers in silence, so they end as timed_out; bytes are those of the messages the
/// application sees, not of retransmissions or single blocks. `sockets`, `seed`, `block_bytes` and
/// `answer_bytes_max` are libcoap's own business. libcoap keeps process-wide state (log level, random
/// numbers): drivers on several threads share it. `client` and `events` outlive the driver.
std::unique_ptr<driver> make_coap_libcoap(const coap_endpoint& endpoint, reactor& events,
                                          driver_client& client);

}  // namespace wanwu
