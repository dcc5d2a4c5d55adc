#!/usr/bin/env python3
"""The rules of dateutil's own tests: each frequency with each combination of parts (tests/test_rrule.py, RRuleTest), all from
1997-09-02 09:00, and what python3-dateutil (Debian), which passes those tests, finds for them. Easter is no part of RFC 5545.

    /usr/bin/python3 test/vectors/dates/own-rules.py      writes own-rules.json
"""
import json
import os
from datetime import datetime

from dateutil.rrule import rrulestr

START = datetime(1997, 9, 2, 9, 0)
LARGE = {"YEARLY": 100, "MONTHLY": 18, "WEEKLY": 20, "DAILY": 92, "HOURLY": 769, "MINUTELY": 1501, "SECONDLY": 90061}
PARTS = [
    "", "INTERVAL=2", "BYMONTH=1,3", "BYMONTHDAY=1,3", "BYMONTH=1,3;BYMONTHDAY=5,7", "BYDAY=TU,TH", "BYDAY=1TU,-1TH",
    "BYDAY=3TU,-3TH", "BYMONTH=1,3;BYDAY=TU,TH", "BYMONTH=1,3;BYDAY=1TU,-1TH", "BYMONTH=1,3;BYDAY=3TU,-3TH",
    "BYMONTHDAY=1,3;BYDAY=TU,TH", "BYMONTH=1,3;BYMONTHDAY=1,3;BYDAY=TU,TH", "BYYEARDAY=1,100,200,365",
    "BYYEARDAY=-365,-266,-166,-1", "BYMONTH=4,7;BYYEARDAY=1,100,200,365", "BYMONTH=4,7;BYYEARDAY=-365,-266,-166,-1",
    "BYWEEKNO=20", "BYWEEKNO=1;BYDAY=MO", "BYWEEKNO=52;BYDAY=SU", "BYWEEKNO=-1;BYDAY=SU", "BYWEEKNO=53;BYDAY=MO", "BYHOUR=6,18",
    "BYMINUTE=6,18", "BYSECOND=6,18", "BYHOUR=6,18;BYMINUTE=6,18", "BYHOUR=6,18;BYSECOND=6,18", "BYMINUTE=6,18;BYSECOND=6,18",
    "BYHOUR=6,18;BYMINUTE=6,18;BYSECOND=6,18",
]
POSITIONS = {
    "YEARLY": "BYMONTHDAY=15;BYHOUR=6,18;BYSETPOS=3,-3", "MONTHLY": "BYMONTHDAY=13,17;BYHOUR=6,18;BYSETPOS=3,-3",
    "WEEKLY": "BYDAY=TU,TH;BYHOUR=6,18;BYSETPOS=3,-3", "DAILY": "BYHOUR=6,18;BYMINUTE=15,45;BYSETPOS=3,-3",
    "HOURLY": "BYMINUTE=15,45;BYSECOND=15,45;BYSETPOS=3,-3", "MINUTELY": "BYSECOND=15,30,45;BYSETPOS=3,-3",
}


def main():
    rows = []
    for frequency, large in LARGE.items():
        own = [POSITIONS[frequency]] if frequency in POSITIONS else []
        for parts in [*PARTS, f"INTERVAL={large}", *own]:
            rule = ";".join(filter(None, [f"FREQ={frequency}", "COUNT=4", parts]))
            rows.append([rule, [t.isoformat() for t in rrulestr(rule, dtstart=START)]])
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "own-rules.json")
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
