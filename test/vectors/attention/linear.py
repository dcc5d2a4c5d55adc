"""Linear attention (elu + 1) and its gradients by torch's autograd in float64: /usr/bin/python3 linear.py > linear.json"""
import json
import sys

import torch

torch.manual_seed(20261130)
torch.set_default_dtype(torch.float64)


def numbers(*shape):
    """Few decimals, so that the file is short; what counts is the float32 nearest to them."""
    return torch.randn(*shape).mul(1000).round().div(1000).float().double()


cases = []
for name, batch, queries, keys, heads, kv_heads, size, options in [
    ("all keys", 2, 5, 7, 2, 2, 4, {}),
    ("more queries than keys", 1, 6, 3, 2, 1, 3, {}),
    ("causal, grouped", 1, 7, 12, 6, 2, 5, {"causal": True}),
    ("causal, all heads share keys", 2, 6, 6, 3, 1, 8, {"causal": True}),
]:
    q, k, v = numbers(batch, queries, heads, size), numbers(batch, keys, kv_heads, size), numbers(batch, keys, kv_heads, size)
    upstream = numbers(batch, queries, heads, size)
    for each in (q, k, v):
        each.requires_grad_(True)
    group = heads // kv_heads
    phi = lambda x: torch.nn.functional.elu(x) + 1
    # The whole matrix of weights: another way than the sums of the state.
    weights = torch.einsum("bihd,bjhd->bhij", phi(q), phi(k.repeat_interleave(group, 2)))
    if options.get("causal"):
        seen = torch.arange(keys)[None] <= torch.arange(queries)[:, None] + keys - queries
        weights = weights * seen
    weights = weights / weights.sum(-1, keepdim=True)
    out = torch.einsum("bhij,bjhd->bihd", weights, v.repeat_interleave(group, 2))
    (out * upstream).sum().backward()
    flat = lambda x, digits: [round(y, digits) for y in x.flatten().tolist()]
    cases.append(
        {
            "name": name,
            "options": {"heads": heads, "kvHeads": kv_heads, "size": size, "batch": batch, **options},
            "given": [flat(x.detach(), 3) for x in (q, k, v, upstream)],
            "out": flat(out.detach(), 8),
            "gradients": [flat(x.grad, 8) for x in (q, k, v)],
        }
    )
json.dump(cases, sys.stdout, separators=(",", ":"))
print()
