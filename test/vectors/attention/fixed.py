"""The block of csrc/attention/fixed.h in Python's integers, beside the same block in float64: /usr/bin/python3 fixed.py > fixed.json

Integers are computed with nothing but Python's own, from the formulas of the header. Weights come from a
generator that is written out here and in the test, so that the file holds none.
"""
import json
import math
import sys


def generator(seed):
    state = seed

    def following(least, most):
        nonlocal state
        state = (state * 1664525 + 1013904223) % 2**32
        return least + (state >> 8) % (most - least + 1)

    return following


def fnv(text):
    """FNV-1a of 64 bits."""
    state = 0xCBF29CE484222325
    for byte in text.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    return f"{state:016x}"


def rounded(a, shift):
    return a if shift == 0 else (a + (1 << (shift - 1))) >> shift


def within(a, most):
    return max(-most, min(most, a))


def normalize(x):
    n = len(x)
    mean = (sum(x) + n // 2) // n
    d = [v - mean for v in x]
    s = max(1, math.isqrt(((sum(v * v for v in d) // n) << 16)))
    return [within((2 * v * 2**13 + s) // (2 * s), 127) for v in d]


def power(t):
    n, f = t >> 16, t & 65535
    if n > 30:
        return 0
    p = 7404667
    for c in (-57282716, 257194052, -744184760):
        p = c + (f * p >> 16)
    return (2**30 + (f * p >> 16)) >> n


def matrix(values, outputs, inputs):
    return [values[i * inputs : (i + 1) * inputs] for i in range(outputs)]


def product(part, x):
    return [sum(w * v for w, v in zip(row, x)) + b for row, b in zip(part["rows"], part["bias"])]


def scaled(part, x):
    return [rounded(s * part["multiplier"], part["shift"]) for s in product(part, x)]


def block(x, heads, causal, scores, parts):
    width = len(x[0])
    n = width // heads
    normal = [normalize(t) for t in x]
    q, k, v = ([[within(a, 127) for a in scaled(parts[name], t)] for t in normal] for name in ("query", "key", "value"))
    out = []
    for i, token in enumerate(x):
        row = []
        for h in range(heads):
            cut = slice(h * n, (h + 1) * n)
            end = i + 1 if causal else len(x)
            u = [within(rounded(sum(a * b for a, b in zip(q[i][cut], k[j][cut])) * scores["multiplier"], scores["shift"]), 2**30) for j in range(end)]
            e = [power((max(u) - a) * 94548 >> 16) for a in u]
            p = [(2 * a * 2**15 + sum(e)) // (2 * sum(e)) for a in e]
            row += [within(rounded(sum(p[j] * v[j][cut][c] for j in range(end)), 15), 127) for c in range(n)]
        add = lambda t, d: [within(a + within(b, 2**22), 2**22) for a, b in zip(t, d)]
        token = add(token, scaled(parts["output"], row))
        hidden = [max(0, within(a, 127)) for a in scaled(parts["up"], normalize(token))]
        out.append(add(token, scaled(parts["down"], hidden)))
    return out


def in_floats(x, heads, causal, scores, parts):
    """The same network in float64, without a rounding: what the integers stand for."""
    width = len(x[0])
    n = width // heads
    norm = lambda t: (lambda m, s: [(v - m) / s * 32 for v in t])(sum(t) / width, math.sqrt(sum((v - sum(t) / width) ** 2 for v in t) / width))
    ratio = lambda s: s["multiplier"] / 2 ** s["shift"]
    times = lambda part, t: [a * ratio(part) for a in product(part, t)]
    normal = [norm(t) for t in x]
    q, k, v = ([times(parts[name], t) for t in normal] for name in ("query", "key", "value"))
    out = []
    for i, token in enumerate(x):
        row = []
        for h in range(heads):
            cut = slice(h * n, (h + 1) * n)
            end = i + 1 if causal else len(x)
            u = [sum(a * b for a, b in zip(q[i][cut], k[j][cut])) * ratio(scores) / 65536 for j in range(end)]
            e = [math.exp(a - max(u)) for a in u]
            row += [sum(e[j] * v[j][cut][c] for j in range(end)) / sum(e) for c in range(n)]
        token = [a + b for a, b in zip(token, times(parts["output"], row))]
        hidden = [max(0, a) for a in times(parts["up"], norm(token))]
        out.append([a + b for a, b in zip(token, times(parts["down"], hidden))])
    return out


NAMES = ["query", "key", "value", "output", "up", "down"]
cases = []
for name, width, heads, inner, tokens, causal, seed, largest in [
    ("small", 8, 2, 12, 5, False, 1, 2000),
    ("causal, odd sizes", 15, 3, 21, 9, True, 2, 3000),
    ("wide", 64, 4, 128, 24, True, 3, 1500),
    ("numbers at their ends", 6, 1, 5, 4, False, 4, 2**22),
    ("all equal", 4, 2, 4, 3, False, 5, 0),
]:
    next_of = generator(seed)
    parts = {}
    # A sum of n products of int8, as large as random ones are, becomes about 40 of 127.
    for part in NAMES:
        inputs, outputs = (inner if part == "down" else width), (inner if part == "up" else width)
        rows = matrix([next_of(-127, 127) for _ in range(inputs * outputs)], outputs, inputs)
        bias = [next_of(-2000, 2000) for _ in range(outputs)]
        size = 40 / (73 * 32 * math.sqrt(inputs)) * (4 if part in ("output", "down") else 1)
        shift = 31 - math.ceil(math.log2(size))
        parts[part] = {"rows": rows, "bias": bias, "multiplier": round(size * 2**shift), "shift": shift}
    scores = {"multiplier": round(65536 / 500 * 2**20), "shift": 20}
    x = [[next_of(-largest, largest) for _ in range(width)] for _ in range(tokens)]
    out = block(x, heads, causal, scores, parts)
    flat = [a for row in out for a in row]
    case = {
        "name": name,
        "shape": {"width": width, "heads": heads, "inner": inner, "causal": causal},
        "tokens": tokens,
        "seed": seed,
        "largest": largest,
        "scores": scores,
        "scales": [[parts[part]["multiplier"], parts[part]["shift"]] for part in NAMES],
        "first": flat[:8],
        "hash": fnv(",".join(map(str, flat))),
    }
    if 0 < largest < 2**20:
        real = [a for row in in_floats(x, heads, causal, scores, parts) for a in row]
        start = [a for row in x for a in row]
        error = math.sqrt(sum((a - b) ** 2 for a, b in zip(flat, real)) / len(flat))
        change = math.sqrt(sum((a - b) ** 2 for a, b in zip(start, real)) / len(flat))
        case["error"] = [round(error, 4), round(change, 4)]
        case["real"] = [round(a, 3) for a in real[:8]]
    cases.append(case)
json.dump(cases, sys.stdout, separators=(",", ":"))
print()
