"""Gradients of attention by torch's autograd in float64: python3 gradient.py > gradient.json"""
import json
import math
import sys

import torch

torch.manual_seed(20261130)
torch.set_default_dtype(torch.float64)


def numbers(*shape):
    """Few decimals, so that the file is short; what counts is the float32 nearest to them."""
    return torch.randn(*shape).mul(1000).round().div(1000).float().double()


cases = []
for name, batch, queries, keys, heads, kv_heads, size, options in [
    ("plain", 2, 5, 5, 2, 2, 8, {}),
    ("causal, grouped", 1, 7, 12, 6, 2, 5, {"causal": True}),
    ("all heads share keys", 2, 6, 6, 3, 1, 4, {"scale": 0.7}),
    ("window", 1, 20, 20, 2, 1, 4, {"window": 4}),
    ("causal window", 1, 20, 23, 2, 2, 3, {"window": 5, "causal": True}),
]:
    q, k, v = numbers(batch, queries, heads, size), numbers(batch, keys, kv_heads, size), numbers(batch, keys, kv_heads, size)
    upstream = numbers(batch, queries, heads, size)
    for each in (q, k, v):
        each.requires_grad_(True)
    group = heads // kv_heads
    scores = torch.einsum("bihd,bjhd->bhij", q, k.repeat_interleave(group, 2)) * options.get("scale", 1 / math.sqrt(size))
    p, j = torch.arange(queries)[:, None] + keys - queries, torch.arange(keys)[None]
    seen = torch.ones(queries, keys, dtype=torch.bool)
    if "window" in options:
        seen &= (p - j).abs() < options["window"]
    if options.get("causal"):
        seen &= j <= p
    weights = scores.masked_fill(~seen, float("-inf")).softmax(-1)
    out = torch.einsum("bhij,bjhd->bihd", weights, v.repeat_interleave(group, 2))
    (out * upstream).sum().backward()
    flat = lambda x, digits: [round(y, digits) for y in x.flatten().tolist()]
    cases.append(
        {
            "name": name,
            "options": {"heads": heads, "kvHeads": kv_heads, "size": size, "batch": batch, **options},
            "given": [flat(x.detach(), 3) for x in (q, k, v, upstream)],
            "gradients": [flat(x.grad, 8) for x in (q, k, v)],
        }
    )
json.dump(cases, sys.stdout, separators=(",", ":"))
print()
