"""Hyperbolic attention in float64 with numpy, in Klein's coordinates (another way than the C core's): /usr/bin/python3 hyperbolic.py > hyperbolic.json"""
import json
import sys

import numpy as np

rng = np.random.default_rng(20261130)


def ball(*shape):
    """Points with |x| < 1, some of them near the boundary."""
    x = rng.standard_normal(shape)
    length = rng.random(shape[:-1] + (1,)) ** 0.3 * 0.97
    return (x / np.linalg.norm(x, axis=-1, keepdims=True) * length).round(4).astype(np.float32).astype(np.float64)


def lorentz(x):
    """The same points on the hyperboloid, rounded to float32 as they are given."""
    below = 1 - (x * x).sum(-1, keepdims=True)
    space = (2 * x / below).astype(np.float32).astype(np.float64)
    time = np.sqrt(1 + (space * space).sum(-1, keepdims=True)).astype(np.float32).astype(np.float64)
    return np.concatenate([time, space], -1)


def klein_of_ball(x):
    return 2 * x / (1 + (x * x).sum(-1, keepdims=True))


def distance(x, y):
    d = ((x - y) ** 2).sum(-1)
    return np.arccosh(1 + 2 * d / ((1 - (x * x).sum(-1)) * (1 - (y * y).sum(-1))))


cases = []
for name, batch, queries, keys, heads, kv_heads, size, options in [
    ("all keys", 1, 4, 6, 2, 2, 3, {}),
    ("causal, grouped, curved", 2, 5, 7, 4, 2, 2, {"causal": True, "curvature": 2.5, "beta": 1.7}),
    ("hyperboloid", 1, 4, 5, 2, 1, 3, {"model": "lorentz", "causal": True}),
]:
    q, k, v = ball(batch, queries, heads, size), ball(batch, keys, kv_heads, size), ball(batch, keys, kv_heads, size)
    model = options.get("model", "poincare")
    if model == "lorentz":
        given = [lorentz(x) for x in (q, k, v)]
        q, k, v = [x[..., 1:] / (1 + x[..., :1]) for x in given]
    else:
        given = [q, k, v]
    out = np.zeros(given[0].shape)
    for b in range(batch):
        for h in range(heads):
            for i in range(queries):
                end = keys - queries + i + 1 if options.get("causal") else keys
                g = h // (heads // kv_heads)
                d = np.array([distance(q[b, i, h], k[b, j, g]) for j in range(end)])
                w = np.exp(-options.get("beta", 1) * d / np.sqrt(options.get("curvature", 1)))
                w /= w.sum()
                u = klein_of_ball(v[b, :end, g])
                gamma = 1 / np.sqrt(1 - (u * u).sum(-1))
                m = (w * gamma) @ u / (w @ gamma)
                low = np.sqrt(1 - m @ m)
                if model == "lorentz":
                    out[b, i, h] = np.concatenate([[1 / low], m / low])
                else:
                    out[b, i, h] = m / (1 + low)
    flat = lambda x: [float(f"{y:.10g}") for y in x.ravel()]
    size_given = given[0].shape[-1]
    cases.append(
        {
            "name": name,
            "options": {"heads": heads, "kvHeads": kv_heads, "size": size_given, "batch": batch, **options},
            "given": [flat(x) for x in given],
            "out": flat(out),
        }
    )
json.dump(cases, sys.stdout, separators=(",", ":"))
print()
