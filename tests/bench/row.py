# What a row is, and how one is measured beside a floor and peers: shared by the rows of run.py and scale.py.
import statistics
import subprocess
import sys

from generators import npm_mqtt, wanwu

A_MESSAGE = "CPU µs a message"
SIZE = ["--size", "100 B"]


class effort:
    """How much is done: --quick shows that a row works and measures nothing."""
    repeats, seconds, share, quick = 3, 3, 1, False

    @classmethod
    def be_quick(cls):
        cls.repeats, cls.seconds, cls.share, cls.quick = 1, 1, 50, True

    @classmethod
    def of(cls, count):
        return max(1, count // cls.share // 128) * 128  # the floor's CoAP requests go in batches of 128


def row(name, unit, ours, floor_is=None, peers=None, limit=None, rule="", at_least=False, sound=True, **more):
    values = [round(v, 3) for v in ours]
    median = statistics.median(values)
    peers = {peer: round(value, 3) for peer, value in (peers or {}).items()}
    holds = sound and limit is not None and (median >= limit if at_least else median <= limit)
    return {"name": name, "unit": unit, "ours": {"min": min(values), "median": median, "max": max(values)},
            "floor": None if floor_is is None else round(floor_is, 3), "peer": next(iter(peers.values()), None),
            "limit": None if limit is None else round(limit, 3), "holds": bool(holds), "peers": peers, "limit_rule": rule,
            "counters_agree": sound, **more}


def agree(name, own, counted):
    if own != counted:
        print(f"  {name}: the generator says {own:.0f}, the target {counted:.0f}", file=sys.stderr)
    return own == counted


def peer_figures(*asked):
    """Peers are company, not a condition: what one of them cannot do is said and left out."""
    found = {}
    for name, figure in asked if not effort.quick else ():
        try:
            found[name] = figure()
        except (RuntimeError, OSError, subprocess.SubprocessError) as why:
            print(f"  {name} could not be measured: {why}", file=sys.stderr)
    return found


def beside_floor(name, unit, target, factor, ours, bare, peers=(), must_be_in_time=False, rival=None, limit=None):
    """Floor, ours and the rival in turn, so that all see the same machine; after each, the target says how many came.
    The limit is `factor` times the floor, or the rival where there is one, or `limit` itself."""
    mine, floors, rivals, late, is_sound = [], [], [], 0, True
    had = target.count()
    for _ in range(effort.repeats):
        for runs, measure in ((floors, bare), (mine, ours)):
            seen = measure()
            has = target.count()
            is_sound &= agree(name, seen["operations"], has - had)
            had = has
            runs.append(seen["per_million"])
            late = max(late, seen.get("late", 0))
            if seen.get("errors"):
                print(f"  {name}: {seen['errors']} messages failed", file=sys.stderr)
                is_sound = False
        if rival:
            rivals.extend(peer_figures(rival).values())
            had = target.count()
    of, figures = ("floor", floors) if not rival else (rival[0], rivals)
    rule = f"{factor} x {of}" if limit is None else f"{limit} {unit.split(',')[0]}"
    if limit is None and figures:
        limit = factor * statistics.median(figures)
    beside = {rival[0]: statistics.median(rivals)} if rivals else {}
    made = row(name, unit, mine, statistics.median(floors), {**beside, **peer_figures(*peers)}, limit, rule,
               sound=is_sound, late=late)
    if must_be_in_time and late:
        print(f"  {name}: {late} messages were started late", file=sys.stderr)
        made["holds"] = False
    return made


def load(folder, target, scheme, things, *how):
    url = f"{scheme}://127.0.0.1:{target.port}"
    return wanwu(folder, ["load", url, "-n", things, *SIZE, "--ramp", "1s", "--for", "90s", *how], things, seconds=effort.seconds)


def npm(row_name, target, **options):
    return "npm mqtt", lambda: npm_mqtt(row_name, target, **options)["per_million"]


def markdown(rows):
    """The rows as a table for a page: what README shows."""
    out = ["| row | unit | ours: median (min to max) | floor | limit | holds | peers |", "|---|---|---|---|---|---|---|"]
    for one in rows:
        ours = one["ours"]
        spread = "" if ours["min"] == ours["max"] else f" ({shown(ours['min'])} to {shown(ours['max'])})"
        peers = ", ".join(f"{peer} {shown(value)}" for peer, value in one["peers"].items()) or "–"
        limit = "–" if one["limit"] is None else f"{shown(one['limit'])}: {one['limit_rule']}"
        out.append(f"| `{one['name']}` | {one['unit']} | {shown(ours['median'])}{spread} | {shown(one['floor'])} | {limit} | "
                   f"{'yes' if one['holds'] else '**no**'} | {peers} |")
    return "\n".join(out) + "\n"


MARKS = "<!-- made by tests/bench/run.sh --markdown: do not edit -->", "<!-- end of what it made -->"


def write_markdown(rows, file):
    """Where the file has the two marks, the table stands between them and the rest stays; else it is the file."""
    table, begin, end = markdown(rows), *MARKS
    text = file.read_text() if file.exists() else ""
    if begin in text and end in text.partition(begin)[2]:
        before, _, after = text.partition(begin)
        table = f"{before}{begin}\n{table}{end}{after.partition(end)[2]}"
    file.write_text(table)


def shown(value):
    return "-" if value is None else f"{value:,.2f}" if value < 10_000 else f"{value:,.0f}"
