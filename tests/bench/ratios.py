# How many times less than emqtt-bench the program takes for the same work: the row that other generators' users ask for.
#
# emqtt-bench is in no package this bench may install, so its figures are those that were taken once, on another
# machine, beside the same floor: what counts is how many floors each of the two takes.
import statistics

from row import effort, row

# name of a row and how its unit begins; emqtt-bench's CPU µs; the floor beside it; the row's own limit in floors.
WORKS = (("mqtt-qos0", "CPU µs a message", 15.2, 2.3, 1.25),
         ("mqtt-qos0-paced", "CPU µs a message at 50,000/s", 15.6, 3.5, 1.25),
         ("mqtt-qos1", "CPU µs a message", 37.0, 4.3, 1.25),
         ("mqtt-e2e", "CPU µs a message delivered", 15.5, 5.4, 1.3),
         ("mqtt-connect", "CPU µs a connection", 360.0, 14.0, 40 / 14.0))
IDLE_BYTES, IDLE_LIMIT = 15_300, 400  # user-space bytes of an idle connection: the same on any machine


def times_less(theirs, ours):
    return [theirs / ours[which] for which in ("max", "median", "min")]


def ratios(rows_of):
    """`rows_of(name)`: the rows of that name, measured in this run."""
    for name, unit, theirs, their_floor, floors in WORKS[:1] if effort.quick else WORKS:
        made = next(one for one in rows_of(name) if one["unit"] == unit)
        in_floors = {which: value / made["floor"] for which, value in made["ours"].items()}
        yield ratio(f"{name}: emqtt-bench takes times ours", times_less(theirs / their_floor, in_floors), made,
                    theirs / their_floor / floors)
    if effort.quick:
        return
    made = rows_of("mqtt-idle-bytes")[0]
    yield ratio("mqtt-idle-bytes: emqtt-bench takes times ours", times_less(IDLE_BYTES, made["ours"]), made,
                IDLE_BYTES / IDLE_LIMIT)


def ratio(unit, ours, made, limit):
    """The peers' column: how many times ours a peer takes that was measured in this run."""
    median = statistics.median(made["ours"].values())
    peers = {name: value / median for name, value in made["peers"].items()}
    return row("ratios", unit, ours, None, peers, limit, "what the row's own limit gives", at_least=True,
               sound=made["counters_agree"])
