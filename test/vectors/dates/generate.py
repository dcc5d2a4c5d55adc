#!/usr/bin/env python3
"""Recurrence rules and their first occurrences by python3-dateutil (Debian), an implementation that shares no code with
this one. Without arguments it writes rules.json, which the tests read. With a library it compares as many random rules:

    clang -std=c17 -O2 -fPIC -shared -Icsrc -o libdates.so csrc/base/*.c csrc/dates/*.c -lm
    python3 test/vectors/dates/generate.py --library libdates.so --rules 100000 --seed 1

Left out is what RFC 5545 forbids, and what dateutil is known to read otherwise (docs/dates.md, "Disputed rules"):
BYWEEKNO without a day, numbered and plain BYDAY mixed, BYSETPOS of weeks before whose first day the rule starts; and the weeks
52, 53 and -51 to -53, as dateutil takes the wrong year's length for the last week of the year before: it finds none of
FREQ=YEARLY;WKST=SU;BYWEEKNO=52;BYDAY=TU on 0686-01-02, which is one.
"""
import argparse
import ctypes
import itertools
import json
import os
import random
import signal
from datetime import datetime, timedelta

from dateutil.rrule import rrulestr

FREQUENCIES = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
MOST = 25  # occurrences kept of each rule


def some(rng, values, most):
    return sorted(rng.sample(values, rng.randint(1, min(most, len(values)))))


def signed(rng, high, most, low=None):
    values = [v for v in range(low or -high, high + 1) if v != 0]
    return some(rng, values, most)


def text(values):
    return ",".join(map(str, values))


def random_rule(rng):
    """A rule as text, its start and, beside them, the last instant to look at."""
    frequency = rng.choices(FREQUENCIES, [5, 5, 4, 4, 2, 2, 2])[0]
    level = FREQUENCIES.index(frequency)
    start = datetime(rng.choice([rng.randint(1, 9000), rng.randint(1950, 2050)]), rng.randint(1, 12), rng.randint(1, 28),
                     rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))
    if rng.random() < 0.2:
        start = start.replace(hour=0, minute=0, second=0)
    if rng.random() < 0.1 and start.month != 2:
        start = start.replace(day=30)
    parts = {"FREQ": frequency}
    if rng.random() < 0.5:
        largest = [5, 30, 12, 40, 60, 200, 5000][level]
        parts["INTERVAL"] = rng.choice([2, 3, 4, 7, 12, rng.randint(2, largest)])
    week_start = rng.choice([0, 0, 6, rng.randint(0, 6)])
    if week_start or rng.random() < 0.1:
        parts["WKST"] = DAYS[week_start]
    if rng.random() < 0.3:
        parts["BYMONTH"] = text(some(rng, range(1, 13), 6))
    if level != 2 and rng.random() < 0.25:
        parts["BYMONTHDAY"] = text(signed(rng, 31, 6))
    if (level == 0 or level >= 4) and rng.random() < 0.15:
        parts["BYYEARDAY"] = text(signed(rng, 366, 20))
    weeks = level == 0 and rng.random() < 0.2
    if weeks:
        parts["BYWEEKNO"] = text(some(rng, [n for n in range(-50, 52) if n != 0], 6))
    if weeks or rng.random() < 0.35:
        days = some(rng, DAYS, 4)
        if level <= 1 and not weeks and rng.random() < 0.5:
            high = 5 if level == 1 or "BYMONTH" in parts else 53
            days = [f"{rng.choice(signed(rng, high, 1))}{day}" for day in days]
        parts["BYDAY"] = text(days)
    if rng.random() < 0.2:
        parts["BYHOUR"] = text(some(rng, range(24), 5))
    if rng.random() < 0.2:
        parts["BYMINUTE"] = text(some(rng, range(60), 5))
    if rng.random() < 0.2:
        parts["BYSECOND"] = text(some(rng, range(60), 5))
    if rng.random() < 0.25 and any(name.startswith("BY") for name in parts):
        parts["BYSETPOS"] = text(signed(rng, rng.choice([3, 10, 366]), 4))
        if level == 2:
            # dateutil takes the first week from the start on.
            start -= timedelta(days=min((start.weekday() - week_start) % 7, (start - datetime(1, 1, 1)).days))
            if start.weekday() != week_start:
                start += timedelta(days=(week_start - start.weekday()) % 7)
    days = [rng.choice([900, 30000]), 4000, 1500, 1500, 200, 20, 2][level]
    until = start + min(timedelta(days=rng.randint(1, days)), datetime(9999, 12, 31) - start)
    if rng.random() < 0.3:
        parts["COUNT"] = rng.randint(1, MOST)
    elif rng.random() < 0.3:
        parts["UNTIL"] = until.strftime("%Y%m%dT%H%M%S").zfill(15)
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    return rule, start, until


def stamp(moment):
    return f"{moment.year:04}{moment.month:02}{moment.day:02}T{moment.hour:02}{moment.minute:02}{moment.second:02}"


def expected(rule, start, until):
    """The first occurrences up to `until`; None where dateutil refuses the rule or takes too long."""
    try:
        return occurrences(rule, start, until)
    except TimeoutError:  # the timer can also end while it is being stopped
        return None


def occurrences(rule, start, until):
    if "COUNT" not in rule and "UNTIL" not in rule:
        rule += f";UNTIL={stamp(until)}"
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.05)
    try:
        times = rrulestr(rule, dtstart=start)
        return list(itertools.takewhile(lambda t: t <= until, itertools.islice(times, MOST)))
    except (ValueError, OverflowError):
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def cases(seed, count):
    rng = random.Random(seed)
    made = 0
    while made < count:
        rule, start, until = random_rule(rng)
        found = expected(rule, start, until)
        if found is None:
            continue
        made += 1
        yield rule, start, until, found


# ---- the C library ---------------------------------------------------------------------------------------------------

def words_of(rule):
    """The rule as sl_date_rule (csrc/dates/rule.h), its COUNT and its UNTIL."""
    parts = dict(part.split("=") for part in rule.split(";"))
    sizes = [("FREQ", 1), ("INTERVAL", 1), ("WKST", 1), ("SKIP", 1), ("BYMONTH", 1), ("BYMONTHDAY", 2), ("BYYEARDAY", 24),
             ("BYWEEKNO", 4), ("BYDAY", 1), ("NTH", 28), ("BYHOUR", 1), ("BYMINUTE", 2), ("BYSECOND", 2), ("BYSETPOS", 24)]
    at, total = {}, 0
    for name, size in sizes:
        at[name] = total
        total += size
    words = [0] * total

    def put(name, bit, offset=0):
        words[at[name] + offset + bit // 32] |= 1 << (bit % 32)

    words[at["FREQ"]] = FREQUENCIES.index(parts["FREQ"])
    words[at["INTERVAL"]] = int(parts.get("INTERVAL", 1))
    words[at["WKST"]] = DAYS.index(parts.get("WKST", "MO"))
    for name, half in [("BYMONTH", 0), ("BYMONTHDAY", 1), ("BYYEARDAY", 12), ("BYWEEKNO", 2), ("BYHOUR", 0), ("BYMINUTE", 0),
                       ("BYSECOND", 0), ("BYSETPOS", 12)]:
        for value in map(int, filter(None, parts.get(name, "").split(","))):
            put(name, abs(value), half if value < 0 else 0)
    for day in filter(None, parts.get("BYDAY", "").split(",")):
        number, name = day[:-2], DAYS.index(day[-2:])
        if number:
            put("NTH", abs(int(number)), name * 4 + (2 if int(number) < 0 else 0))
        else:
            put("BYDAY", name)
    return (ctypes.c_uint32 * total)(*words), float(parts.get("COUNT", "inf")), parts.get("UNTIL")


EPOCH = datetime(1970, 1, 1)


def seconds(moment):
    return float((moment - EPOCH) // timedelta(seconds=1))


class Library:
    def __init__(self, path):
        self.lib = lib = ctypes.CDLL(os.path.abspath(path))
        lib.sl_recurrence_create.argtypes = [ctypes.c_void_p] + [ctypes.c_double] * 3 + [ctypes.c_void_p]
        lib.sl_recurrence_list.argtypes = [ctypes.c_void_p, ctypes.c_double, ctypes.c_double, ctypes.c_bool, ctypes.c_size_t,
                                           ctypes.c_void_p, ctypes.c_void_p]
        lib.sl_recurrence_list.restype = None
        lib.sl_recurrence_count.argtypes = [ctypes.c_void_p, ctypes.c_double, ctypes.c_double]
        lib.sl_recurrence_count.restype = ctypes.c_double
        lib.sl_recurrence_destroy.argtypes = [ctypes.c_void_p]
        lib.sl_recurrence_destroy.restype = None

    def occurrences(self, rule, start, until):
        words, count, end = words_of(rule)
        last = seconds(datetime.strptime(end, "%Y%m%dT%H%M%S")) if end else 2932896 * 86400.0 + 86399
        handle = ctypes.c_void_p()
        status = self.lib.sl_recurrence_create(words, seconds(start), last, count, ctypes.byref(handle))
        if status != 0:
            return f"status {status}"
        out, written = (ctypes.c_double * MOST)(), ctypes.c_size_t()
        first, last = seconds(start), seconds(until)
        self.lib.sl_recurrence_list(handle, first, last, False, MOST, out, ctypes.byref(written))
        found = list(out[:written.value])
        if found:
            # The same by counting, and backwards from the last.
            if self.lib.sl_recurrence_count(handle, first, found[-1]) != len(found):
                found.append("count differs")
            back = (ctypes.c_double * MOST)()
            self.lib.sl_recurrence_list(handle, first, found[len(out[:written.value]) - 1], True, MOST, back, ctypes.byref(written))
            if list(back[:written.value])[::-1] != found:
                found.append("backward differs")
        self.lib.sl_recurrence_destroy(handle)
        return found


def too_long(*_):
    raise TimeoutError


def main():
    signal.signal(signal.SIGVTALRM, too_long)
    parser = argparse.ArgumentParser()
    parser.add_argument("--library")
    parser.add_argument("--rules", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.library:
        library, wrong = Library(options.library), 0
        for rule, start, until, found in cases(options.seed, options.rules):
            ours = library.occurrences(rule, start, until)
            if ours != [seconds(t) for t in found]:
                wrong += 1
                if wrong <= 10:
                    print(rule, stamp(start), "to", stamp(until))
                    print("  dateutil", [stamp(t) for t in found[:12]])
                    print("  ours    ", ours if isinstance(ours, str) else
                          [stamp(EPOCH + timedelta(seconds=t)) if isinstance(t, float) else t for t in ours[:12]])
        print(f"{options.rules} rules, {wrong} differ")
        return
    rows = [[rule, stamp(start), stamp(until), [stamp(t) for t in found[:12]], len(found)]
            for rule, start, until, found in cases(options.seed, options.rules)]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rules.json")
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
