// The draws that need more than a hash.
#include "sim/random.hpp"

#include <cmath>

namespace wanwu::sim {

namespace {

/// Half a step away from 0 and 1, where logarithms and quantiles are infinite.
double open_uniform(std::uint64_t bits) noexcept {
  return (static_cast<double>(bits >> 12U) + 0.5) * 0x1p-52;
}

/// Rational approximations of P. J. Acklam; the refinement step is not needed at this precision.
double central_quantile(double p) noexcept {
  const double q = p - 0.5, r = q * q;
  const double above =
      ((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.3577518672690) * r -
       30.66479806614716) *
          r +
      2.506628277459239;
  const double below =
      ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
       13.28068155288572) *
          r +
      1;
  return above * q / below;
}

double tail_quantile(double p) noexcept {
  const double q = std::sqrt(-2 * std::log(p));
  const double above =
      ((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) *
           q +
       4.374664141464968) *
          q +
      2.938163982698783;
  const double below =
      (((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) *
          q +
      1;
  return above / below;
}

}  // namespace

double normal_quantile(double p) noexcept {
  constexpr double low = 0.02425;
  if (p < low) return tail_quantile(p);
  if (p > 1 - low) return -tail_quantile(1 - p);
  return central_quantile(p);
}

double random_stream::normal(std::uint64_t index) const noexcept {
  return normal_quantile(open_uniform(bits(index)));
}

double random_stream::exponential(std::uint64_t index) const noexcept {
  return -std::log(open_uniform(bits(index)));
}

std::uint32_t random_stream::poisson(std::uint64_t index, double mean) const noexcept {
  if (!(mean > 0)) return 0;
  if (mean >= 32) {
    const double rounded = std::floor(mean + std::sqrt(mean) * normal(index) + 0.5);
    if (rounded <= 0) return 0;
    return rounded < 4e9 ? static_cast<std::uint32_t>(rounded) : 4'000'000'000U;
  }
  double left = uniform(index), share = std::exp(-mean);
  std::uint32_t count = 0;
  while (left >= share && count < 200) {
    left -= share;
    share *= mean / ++count;
  }
  return count;
}

}  // namespace wanwu::sim
