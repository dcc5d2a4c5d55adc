# What recall is worth under a load, with SciPy's distributions, and by a simulation of the rule with NumPy.
#   /usr/bin/python3 test/vectors/continual/one-shot.py > test/vectors/continual/one-shot.json
# Debian packages: python3-scipy 1.10.1, python3-numpy 1.24.2.
import json
import math

import numpy
from scipy.stats import binom


def threshold(k, rest, plateau):
    """The sum from which a plateau is more probable than none, the sum of k being binomial at 1/2 or at `rest`."""
    return (math.log((1 - plateau) / plateau) + k * math.log(2 * (1 - rest))) / math.log((1 - rest) / rest)


def chances(inputs, active, cue, items, plateau, connected):
    share = active / inputs
    rest = (1 - (1 - share * plateau) ** items) / 2
    others = numpy.arange(0, items)
    weights = binom.pmf(others, items - 1, plateau)
    p = (1 - (1 - share) ** others) / 2
    hit = wrong = 0.0
    for k in range(cue + 1):
        degree = binom.pmf(k, cue, connected)
        least = max(1, math.ceil(threshold(k, rest, plateau)))
        hit += degree * binom.sf(least - 1, k, 0.5)
        wrong += degree * float((weights * binom.sf(least - 1, k, p)).sum())
    return {'hit': hit, 'falseAlarm': wrong, 'weight': rest}


def simulate(inputs, neurons, active, cue, items, plateau, connected, seed=5):
    rng = numpy.random.default_rng(seed)
    there = rng.random((inputs, neurons)) < connected
    w = numpy.zeros((inputs, neurons), bool)
    stored = []
    for _ in range(items):
        x = numpy.flatnonzero(rng.random(inputs) < active / inputs)
        j = numpy.flatnonzero(rng.random(neurons) < plateau)
        w[numpy.ix_(x, j)] ^= there[numpy.ix_(x, j)] & (rng.random((len(x), len(j))) < 0.5)
        stored.append((x, j))
    rest = (1 - (1 - active / inputs * plateau) ** items) / 2
    hits = held = wrong = others = 0
    for x, j in stored[:: max(1, items // 100)]:
        x = x[: round(len(x) * cue / active)]
        sums, degrees = w[x].sum(0), there[x].sum(0)
        fires = (sums > 0) & (sums >= [threshold(k, rest, plateau) for k in degrees])
        had = numpy.zeros(neurons, bool)
        had[j] = True
        hits, held = hits + int((fires & had).sum()), held + len(j)
        wrong, others = wrong + int((fires & ~had).sum()), others + neurons - len(j)
    return {'hit': hits / held, 'falseAlarm': wrong / others}


loads = [
    # The sizes of the paper, under growing load, whole cues and those of which a third is masked.
    *[(25000, 125, cue, items, 0.005, 0.6) for items in (100, 1000, 10000, 30000, 100000) for cue in (125, 84)],
    (1000, 40, 40, 200, 0.02, 1.0),
    (1000, 40, 20, 1000, 0.02, 0.5),
    (50, 5, 5, 1, 0.1, 1.0),
]
names = ['inputs', 'active', 'cue', 'items', 'plateau', 'connected']
print(
    json.dumps(
        {
            'chances': [{'load': dict(zip(names, load)), **chances(*load)} for load in loads],
            'simulated': [
                {
                    'load': dict(zip(names, (1000, 40, cue, items, 0.02, 0.6))),
                    **simulate(1000, 1000, 40, cue, items, 0.02, 0.6),
                }
                for items in (200, 1000)
                for cue in (40, 28)
            ],
        },
        indent=1,
    )
)
