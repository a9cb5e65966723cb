#include "reports/series.hpp"

namespace wanwu::report {

latency_point summarize_latency(const histogram& of) {
  return {of.count(), of.percentile(50), of.percentile(90), of.percentile(99), of.percentile(99.9), of.max()};
}

}  // namespace wanwu::report
