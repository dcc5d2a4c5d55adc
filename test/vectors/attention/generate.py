"""Attention in float64 with numpy, the whole matrix of scores at once: python3 generate.py > numpy.json"""
import json
import math
import sys

import numpy as np

rng = np.random.default_rng(20261129)


def f32(*shape):
    return rng.standard_normal(shape).astype(np.float32).astype(np.float64)


def attention(q, k, v, seen, bias=None, scale=None):
    """q: batch x queries x heads x size, k and v: batch x keys x kvHeads x size; einsum and a mask."""
    group = q.shape[2] // k.shape[2]
    k, v = np.repeat(k, group, axis=2), np.repeat(v, group, axis=2)
    scores = np.einsum("bihd,bjhd->bhij", q, k) * (1 / math.sqrt(q.shape[3]) if scale is None else scale)
    if bias is not None:
        scores = scores + bias
    scores = np.where(seen, scores, -np.inf)
    most = scores.max(-1, keepdims=True)
    weights = np.where(seen, np.exp(scores - np.where(np.isfinite(most), most, 0)), 0)
    total = weights.sum(-1, keepdims=True)
    weights = np.where(total > 0, weights / np.where(total > 0, total, 1), 0)
    return np.einsum("bhij,bjhd->bihd", weights, v)


def positions(queries, keys):
    return (keys - queries + np.arange(queries))[:, None], np.arange(keys)[None, :]


def lists(value):
    if isinstance(value, dict):
        return {key: lists(each) for key, each in value.items()}
    if isinstance(value, list):
        return [lists(each) for each in value]
    return [float(f"{x:.10g}") for x in value.ravel()] if isinstance(value, np.ndarray) else value


cases = []
for name, batch, queries, keys, heads, kv_heads, size, options in [
    ("plain", 2, 9, 9, 2, 2, 8, {}),
    ("causal, grouped", 1, 11, 20, 6, 2, 5, {"causal": True}),
    ("window", 1, 40, 40, 2, 1, 4, {"window": 7}),
    ("causal window", 1, 40, 40, 2, 1, 4, {"window": 7, "causal": True}),
    ("local and global", 1, 40, 40, 1, 1, 4, {"window": 5, "global": 3}),
    ("mask for each item", 2, 6, 10, 2, 2, 3, {"mask": 2}),
    ("mask and bias of heads", 1, 6, 10, 2, 2, 3, {"mask": 1, "bias": 2, "scale": 0.3}),
    ("bias of items and heads, causal", 2, 7, 7, 3, 3, 2, {"bias": 3, "causal": True}),
]:
    q, k, v = f32(batch, queries, heads, size), f32(batch, keys, kv_heads, size), f32(batch, keys, kv_heads, size)
    p, j = positions(queries, keys)
    seen = np.ones((batch, 1, queries, keys), bool)
    if "window" in options:
        near = np.abs(p - j) < options["window"]
        seen &= near | (p < options.get("global", 0)) | (j < options.get("global", 0))
    if options.get("causal"):
        seen &= j <= p
    given = {"heads": heads, "kvHeads": kv_heads, "size": size, "batch": batch}
    given.update({key: options[key] for key in ("causal", "window", "global", "scale") if key in options})
    arrays = {}
    if "mask" in options:
        mask = rng.random((batch if options["mask"] > 1 else 1, 1, queries, keys)) < 0.6
        mask[..., 1, :] = False
        seen &= mask
        arrays["mask"] = mask.astype(int)
    bias = None
    if "bias" in options:
        bias = f32(batch if options["bias"] > 2 else 1, heads if options["bias"] > 1 else 1, queries, keys)
        arrays["bias"] = bias
    out = attention(q, k, v, seen, bias, options.get("scale"))
    cases.append({"name": name, "options": given, "q": q, "k": k, "v": v, "out": out, **arrays})
json.dump(lists(cases), sys.stdout, separators=(",", ":"))
