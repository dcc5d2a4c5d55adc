"""Layers in float64 with numpy, written from their definitions: python3 generate.py > numpy.json"""
import json
import math
import sys

import numpy as np

rng = np.random.default_rng(20261129)
erf = np.vectorize(math.erf)


def f32(*shape, scale=1.0):
    return (scale * rng.standard_normal(shape)).astype(np.float32).astype(np.float64)


def rotate(x, base, position, rotated, interleaved):
    """Pairs as complex numbers, x: tokens x heads x size."""
    y = x.copy()
    half = rotated // 2
    angles = np.outer(position + np.arange(x.shape[0]), base ** (-2.0 * np.arange(half) / rotated))
    turn = np.exp(1j * angles)[:, None, :]
    if interleaved:
        z = (x[..., 0:rotated:2] + 1j * x[..., 1:rotated:2]) * turn
        y[..., 0:rotated:2], y[..., 1:rotated:2] = z.real, z.imag
    else:
        z = (x[..., :half] + 1j * x[..., half:rotated]) * turn
        y[..., :half], y[..., half:rotated] = z.real, z.imag
    return y


def lists(value):
    if isinstance(value, dict):
        return {key: lists(each) for key, each in value.items()}
    return [float(f"{x:.12g}") for x in value.ravel()] if isinstance(value, np.ndarray) else value


x = f32(5, 12, scale=2)
gain, bias = f32(12), f32(12)
e = np.exp(x - x.max(1, keepdims=True))
centred = x - x.mean(1, keepdims=True)
tokens = f32(4, 3, 8)
up = f32(5, 12)
a, b, c = f32(7, 33), f32(33, 9), f32(7, 9)
added = f32(9)
signal, kernel = f32(20, 3), f32(4 * 3, 5)
padded = np.concatenate([np.zeros((3, 3)), signal])
places = range(0, 20, 2)
json.dump(
    lists(
        {
            "x": x, "gain": gain, "bias": bias, "up": up,
            "softmax": e / e.sum(1, keepdims=True),
            "layerNorm": centred / np.sqrt((centred**2).mean(1, keepdims=True) + 1e-5) * gain + bias,
            "rmsNorm": x / np.sqrt((x**2).mean(1, keepdims=True) + 1e-6) * gain,
            "gelu": 0.5 * x * (1 + erf(x / math.sqrt(2))),
            "geluTanh": 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
            "silu": x / (1 + np.exp(-x)),
            "swiglu": x / (1 + np.exp(-x)) * up,
            "tokens": tokens,
            "neox": rotate(tokens, 10000.0, 5, 8, False),
            "interleaved": rotate(tokens, 500.0, 0, 6, True),
            "a": a, "b": b, "c": c, "added": added,
            "product": np.maximum(0.5 * (a @ b) - 2 * c + added, 0),
            "signal": signal, "kernel": kernel,
            "conv": np.stack([padded[t : t + 4].ravel() @ kernel for t in places]),
        }
    ),
    sys.stdout,
    separators=(",", ":"),
)
