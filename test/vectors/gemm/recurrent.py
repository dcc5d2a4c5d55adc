"""LSTM and GRU layers by torch in float64: /usr/bin/python3 recurrent.py > recurrent.json"""
import json
import sys

import torch

torch.manual_seed(20261130)
torch.set_default_dtype(torch.float64)


def short(x):
    return x.mul(1000).round().div(1000).float().double()


flat = lambda x, digits: [round(y, digits) for y in x.flatten().tolist()]
cases = []
for kind, inputs, size, batch, tokens, both, bias, given in [
    ("lstm", 3, 4, 1, 5, False, True, False),
    ("lstm", 5, 3, 2, 40, True, True, True),
    ("gru", 3, 4, 1, 5, False, True, False),
    ("gru", 4, 5, 6, 7, True, True, True),
    ("lstm", 2, 2, 5, 3, False, False, True),
]:
    layer = getattr(torch.nn, kind.upper())(inputs, size, batch_first=True, bidirectional=both, bias=bias)
    for p in layer.parameters():
        p.data = short(p.data)
    x = short(torch.randn(batch, tokens, inputs))
    states = [short(torch.randn(1 + both, batch, size)) for _ in range(2 if kind == "lstm" else 1)]
    first = (tuple(states) if kind == "lstm" else states[0]) if given else None
    output, last = layer(x, first)
    weights = []
    for suffix in ["", "_reverse"][: 1 + both]:
        one = {"input": flat(getattr(layer, "weight_ih_l0" + suffix), 3), "own": flat(getattr(layer, "weight_hh_l0" + suffix), 3)}
        if bias:
            one["inputBias"] = flat(getattr(layer, "bias_ih_l0" + suffix), 3)
            one["ownBias"] = flat(getattr(layer, "bias_hh_l0" + suffix), 3)
        weights.append(one)
    hidden, cell = last if kind == "lstm" else (last, None)
    cases.append(
        {
            "type": kind,
            "size": size,
            "batch": batch,
            "weights": weights,
            "x": flat(x, 3),
            "first": [flat(s, 3) for s in states] if given else [],
            "output": flat(output, 8),
            "hidden": flat(hidden, 8),
            "cell": [] if cell is None else flat(cell, 8),
        }
    )
json.dump(cases, sys.stdout, separators=(",", ":"))
print()
