// The table of dynamics. README.md of this folder prints the same; a test holds the two together.
#include "scenarios/things/dynamics_kind.hpp"

#include <array>

namespace wanwu::things {

namespace {

using enum dimension;
using kind = dynamics_kind;
using row = parameter_row;

constexpr double minute = 60, hour = 3600, day = 86400, year = 365.25 * day;

constexpr std::array<parameter_row, 0> no_parameters{};
constexpr std::array constant_rows{row{"value", plain, {}}};
constexpr std::array linear_rows{row{"scale", plain, 1.0}, row{"offset", plain, 0.0}};
constexpr std::array power_rows{row{"exponent", plain, {}, -10, 10}};
constexpr std::array limit_rows{row{"limit", plain, {}}};
constexpr std::array quantize_rows{row{"step", plain, {}, 1e-9}};
constexpr std::array step_rows{row{"period", time, day, 1}, row{"otherwise", plain, 0.0}};
constexpr std::array diurnal_rows{row{"mean", plain, {}},        row{"amplitude", plain, 0.0},
                                  row{"peak", clock, 15 * hour}, row{"amplitude2", plain, 0.0},
                                  row{"season", plain, 0.0},     row{"seasonPeak", time, 200 * day}};
constexpr std::array age_rows{row{"every", time, {}}, row{"jitter", plain, 0.3, 0, 0.9}};
constexpr std::array every_rows{row{"every", time, {}}};
constexpr std::array time_rows{row{"time", time, {}}};
constexpr std::array noise_rows{row{"sigma", plain, {}}, row{"time", time, {}},
                                row{"octaves", plain, 2.0, 1, 4}};
constexpr std::array spread_rows{row{"from", plain, {}}, row{"to", plain, {}}};
constexpr std::array markov_rows{row{"epoch", time, day, 1}};
constexpr std::array pulses_rows{row{"every", time, {}}, row{"size", plain, {}}, row{"decay", time, {}},
                                 row{"shared", plain, 0.0, 0, 1}};
constexpr std::array serial_rows{row{"digits", plain, 6.0, 1, 12}, row{"every", time, 0.0}};
constexpr std::array fault_rows{row{"rate", rate, {}}, row{"duration", time, {}}, row{"size", plain, 0.0}};
constexpr std::array counter_rows{row{"rate", rate, {}},         row{"amplitude", plain, 0.0, 0, 0.9},
                                  row{"peak", clock, 19 * hour}, row{"vary", plain, 0.0, 0, 0.9},
                                  row{"time", time, hour, 1},    row{"reset", time, 0.0},
                                  row{"age", time, 2 * year}};
constexpr std::array slope_rows{row{"scale", plain, 1.0}};
constexpr std::array setpoint_rows{row{"initial", plain, 0.0}, row{"lag", time, 0.0}};
constexpr std::array hyst_rows{row{"low", plain, 0.0}, row{"high", plain, 1.0}, row{"rise", time, {}},
                               row{"fall", time, {}}};
constexpr std::array battery_rows{row{"capacity", plain, {}, 1e-6}, row{"sleep", plain, {}, 0},
                                  row{"message", plain, {}, 0}, row{"every", time, 10 * minute, 0.001},
                                  row{"voltage", plain, 3.0, 0.1}};
constexpr std::array field_rows{row{"sigma", plain, 1.0}, row{"length", length, {}}, row{"time", time, {}},
                                row{"east", speed, 0.0}, row{"north", speed, 0.0}};
constexpr std::array weibull_rows{row{"scale", plain, {}, 1e-9}, row{"shape", plain, 2.0, 0.5, 10}};
constexpr std::array windpower_rows{row{"rated", plain, {}}, row{"cutIn", plain, 3.0, 0},
                                    row{"full", plain, 12.0, 1e-3}, row{"cutOut", plain, 25.0}};
constexpr std::array route_rows{row{"radius", length, {}}, row{"speed", speed, {}},
                                row{"corners", plain, 8.0, 3, 16}};
constexpr std::array wander_rows{row{"radius", length, {}}, row{"time", time, {}}};
constexpr std::array waypoint_rows{row{"radius", length, {}}, row{"time", time, {}},
                                   row{"height", length, 0.0}};
constexpr std::array orbit_rows{row{"height", length, {}}, row{"inclination", plain, {}, 0, 180}};
constexpr std::array flight_rows{row{"distance", length, {}}, row{"speed", speed, {}},
                                 row{"height", length, {}}, row{"turnaround", time, hour}};

constexpr std::array table{
    kind_row{kind::constant, "constant", constant_rows, 0, 0,
             "Always the same value. A bare number, true, false or name of a state means the same."},
    kind_row{kind::property, "property", no_parameters, 0, 0, "The value of another property, `name`."},
    kind_row{kind::sum, "sum", no_parameters, 1, 16,
             "All of `of`, added. A list in place of an expression means the same."},
    kind_row{kind::product, "product", no_parameters, 1, 16, "All of `of`, multiplied."},
    kind_row{kind::least, "least", no_parameters, 1, 16, "The smallest of `of`."},
    kind_row{kind::greatest, "greatest", no_parameters, 1, 16, "The largest of `of`."},
    kind_row{kind::linear, "linear", linear_rows, 1, 1, "`scale` times the input plus `offset`."},
    kind_row{kind::power, "power", power_rows, 1, 1, "The input, at least 0, to the `exponent`."},
    kind_row{kind::table, "table", no_parameters, 1, 1,
             "`points` [[x, y], ...] joined by straight lines, flat outside."},
    kind_row{kind::choose, "choose", no_parameters, 1, 17,
             "By the state of the input: `values` {state: expression}, else `otherwise`."},
    kind_row{kind::above, "above", limit_rows, 1, 1, "1 while the input is over `limit`, else 0."},
    kind_row{kind::below, "below", limit_rows, 1, 1, "1 while the input is under `limit`, else 0."},
    kind_row{kind::quantize, "quantize", quantize_rows, 1, 1,
             "The input rounded to a multiple of `step`; a sensor's resolution or dead band."},
    kind_row{kind::step, "step", step_rows, 0, 0,
             "A timetable: `points` [[\"08:00\", value], ...] on `days` (all), `otherwise` on the rest."},
    kind_row{kind::diurnal, "diurnal", diurnal_rows, 0, 0,
             "A day's and a year's wave: mean + amplitude cos(day) + amplitude2 cos(half day) + season "
             "cos(year)."},
    kind_row{
        kind::age, "age", age_rows, 0, 0,
        "Rises from 0 to 1 between renewals, which come `every` so often, shifted by the share `jitter`."},
    kind_row{kind::hold, "hold", every_rows, 1, 1, "The input as it was at the last multiple of `every`."},
    kind_row{kind::delay, "delay", time_rows, 1, 1, "The input as it was `time` ago."},
    kind_row{kind::lag, "lag", time_rows, 1, 1,
             "The input seen through a first-order delay of `time` (three-point Gauss-Laguerre)."},
    kind_row{kind::noise, "noise", noise_rows, 0, 0,
             "Smooth noise of standard deviation `sigma`, never past 3.5 of them, knots every `time`, each "
             "octave twice as fast."},
    kind_row{kind::spread, "spread", spread_rows, 0, 0,
             "One value a thing for good, even between `from` and `to`."},
    kind_row{kind::markov, "markov", markov_rows, 0, 0,
             "Continuous-time chain: `states` {state: {\"mean\": time, \"next\": {state: share}}}, drawn "
             "anew each `epoch`."},
    kind_row{kind::chance, "chance", time_rows, 1, 1,
             "1 with the probability of the input, else 0; drawn anew about every `time`."},
    kind_row{kind::poisson, "poisson", every_rows, 1, 1,
             "A Poisson count for each window `every`; the input is the mean."},
    kind_row{kind::pulses, "pulses", pulses_rows, 0, 0,
             "Shot noise: jumps of mean `size`, about `every` so often, each fading with `decay`; `shared` 1 "
             "= the same for all things of a place."},
    kind_row{kind::serial, "serial", serial_rows, 0, 0,
             "A number of `digits`, the thing's own, or a new one `every` so often."},
    kind_row{kind::fault, "fault", fault_rows, 1, 1,
             "The input, at `rate` spoilt for `duration`: `fault` = stuck, spike, drift, bias (by `size`) or "
             "dropout (no value)."},
    kind_row{kind::counter, "counter", counter_rows, 0, 0,
             "Integral of a rate with a daily wave (share `amplitude`) and noise (share `vary`, knots every "
             "`time`); never falls, except by `reset`."},
    kind_row{kind::slope, "slope", slope_rows, 0, 0,
             "The exact rate per second of the counter `name`, times `scale`."},
    kind_row{kind::setpoint, "setpoint", setpoint_rows, 0, 1,
             "What commands set, reached with `lag`; before the first command the input or `initial`."},
    kind_row{kind::hyst, "hyst", hyst_rows, 0, 1,
             "Two-point control: between `low` and `high`, `rise` up and `fall` down, shifted by the input."},
    kind_row{kind::hyst_on, "hystOn", hyst_rows, 0, 0, "1 while a hyst of the same `stream` rises, else 0."},
    kind_row{kind::battery, "battery", battery_rows, 0, 0,
             "State of charge 1..0: `capacity` mAh, `sleep` uA, `message` mJ `every` so often, at `voltage`; "
             "replaced when empty."},
    kind_row{kind::solar, "solar", no_parameters, 0, 1,
             "Global horizontal irradiance in W/m2 by the sun's elevation (NOAA, Haurwitz), times the input "
             "if there is one."},
    kind_row{kind::field, "field", field_rows, 0, 0,
             "A field in space and time shared by all things, by `name`: correlated over `length` and "
             "`time`, moving `east` and `north`."},
    kind_row{kind::weibull, "weibull", weibull_rows, 1, 1,
             "Turns a normal input (sigma 1) into a Weibull one: wind speeds from a field."},
    kind_row{kind::windpower, "windpower", windpower_rows, 1, 1,
             "A turbine's power for the input's wind: cubic from `cutIn` to `full`, `rated` until `cutOut` "
             "(m/s)."},
    kind_row{kind::place, "place", no_parameters, 0, 0,
             "Where the thing lives: `axis` latitude or longitude."},
    kind_row{kind::route, "route", route_rows, 0, 0,
             "A closed round of `corners` within `radius` of home at `speed`; `axis` latitude, longitude, "
             "heading."},
    kind_row{kind::wander, "wander", wander_rows, 0, 0,
             "Gauss-Markov roaming within `radius` of home, turning every `time`; `axis` latitude, "
             "longitude, speed."},
    kind_row{kind::waypoints, "waypoints", waypoint_rows, 0, 0,
             "A new point within `radius` every `time`, straight lines between; `axis` latitude, longitude, "
             "altitude, heading, speed."},
    kind_row{kind::orbit, "orbit", orbit_rows, 0, 0,
             "Circular orbit of `height` and `inclination` (degrees); `axis` latitude, longitude, altitude, "
             "speed, sunlit."},
    kind_row{kind::flight, "flight", flight_rows, 0, 0,
             "There and back between two airports `distance` apart; `axis` latitude, longitude, altitude, "
             "speed, heading, climb, grounded."},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].kind) != i) return false;
  }
  return true;
}
static_assert(in_order() && table.size() == static_cast<std::size_t>(kind::flight) + 1);

}  // namespace

std::span<const kind_row> dynamics_kinds() noexcept {
  return table;
}

}  // namespace wanwu::things
