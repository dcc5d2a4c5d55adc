"""The selective scan of Mamba in float64 with torch, as its published reference states it: /usr/bin/python3 selective.py > selective.json"""
import json
import sys

import torch

torch.manual_seed(20261130)
torch.set_default_dtype(torch.float64)


def numbers(*shape):
    return torch.randn(*shape).mul(100).round().div(100).float().double()


cases = []
for name, batch, tokens, channels, states, groups, has in [
    ("plain", 1, 6, 3, 4, 1, ""),
    ("softplus, bias, skip and gate", 2, 5, 6, 5, 1, "sbdz"),
    ("groups of channels", 1, 7, 4, 16, 2, "sdz"),
]:
    x, delta = numbers(batch, tokens, channels), numbers(batch, tokens, channels)
    if "s" not in has:
        delta = delta.abs()
    a = -numbers(channels, states).exp().mul(100).round().div(100).float().double()
    b, c = numbers(batch, tokens, groups, states), numbers(batch, tokens, groups, states)
    d = numbers(channels) if "d" in has else None
    bias = numbers(channels) if "b" in has else None
    z = numbers(batch, tokens, channels) if "z" in has else None
    pace = delta + (bias if bias is not None else 0)
    if "s" in has:
        pace = torch.nn.functional.softplus(pace)
    each = channels // groups
    wide = lambda t: t.repeat_interleave(each, 2)  # batch x tokens x channels x states
    decay = torch.exp(torch.einsum("blc,cn->blcn", pace, a))
    enters = torch.einsum("blc,blcn,blc->blcn", pace, wide(b), x)
    h = torch.zeros(batch, channels, states)
    ys = []
    for t in range(tokens):
        h = decay[:, t] * h + enters[:, t]
        ys.append(torch.einsum("bcn,bcn->bc", h, wide(c)[:, t]))
    y = torch.stack(ys, 1)
    if d is not None:
        y = y + d * x
    if z is not None:
        y = y * torch.nn.functional.silu(z)
    flat = lambda t, digits=8: None if t is None else [round(v, digits) for v in t.flatten().tolist()]
    cases.append(
        {
            "name": name,
            "shape": {"batch": batch, "channels": channels, "states": states, "groups": groups, "softplus": "s" in has},
            "a": flat(a, 2),
            "d": flat(d, 2),
            "deltaBias": flat(bias, 2),
            "x": flat(x, 2),
            "delta": flat(delta, 2),
            "b": flat(b, 2),
            "c": flat(c, 2),
            "z": flat(z, 2),
            "y": flat(y),
            "state": flat(h),
        }
    )
json.dump(cases, sys.stdout, separators=(",", ":"))
print()
