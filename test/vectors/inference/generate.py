"""A small made-up text encoder in float64 with numpy, its unigram tokenizer written out: python3 generate.py > numpy.json"""
import json
import math
import unicodedata

import numpy as np

rng = np.random.default_rng(20261130)
SIGN = "\u2581"


def numbers(*shape, size=0.4):
    """Few decimals, so that the file is short; what counts is the float32 nearest to them."""
    return np.round(rng.standard_normal(shape) * size, 3).astype(np.float32)


WORDS = "the river bank of a money water runs to sea cat sat mat ab abc bcd c".split()
PIECES = ["\ufffd", "<s>", "</s>", "<1>", "<2>", "<3>"]
PIECES += [SIGN + word for word in WORDS] + ["s", "ing", "run", "n", "e", "t", "h", "ba", "nk", SIGN, "a", "é", "日本", "日", ".", "bcd", SIGN + "e"]
SCORES = [0.0] * 6 + [round(-2 - 0.37 * i % 6, 4) for i in range(6, len(PIECES))]
RESERVED = 6


def tokens(text):
    """All pieces that end at each place, from the left; a later one wins a tie, and a place that none reaches counts 0."""
    text = unicodedata.normalize("NFKC", text)
    symbols = list(SIGN + text.replace(" ", SIGN)) if text else []
    known = {piece: i for i, piece in enumerate(PIECES) if i >= RESERVED}
    ending = [[] for _ in range(len(symbols) + 1)]
    for start in range(len(symbols)):
        found = [
            (start, known[piece], SCORES[known[piece]], len(piece))
            for end in range(start + 1, len(symbols) + 1)
            if (piece := "".join(symbols[start:end])) in known
        ]
        for start_, piece, score, length in found or [(start, 0, 0.0, 1)]:
            ending[start_ + length].append((piece, score, length))
    best, last = [0.0] * len(ending), [(0, 1)] * len(ending)
    for end, ways in enumerate(ending):
        for piece, score, length in ways:
            total = best[end - length] + score
            if best[end] == 0 or total >= best[end]:
                best[end], last[end] = total, (piece, length)
    out, at = [], len(symbols)
    while at > 0:
        piece, length = last[at]
        if not (piece == 0 and out and out[-1] == 0):
            out.append(piece)
        at -= length
    return out[::-1]


D, W, HIDDEN, LAYERS, HEADS, MOST = 8, 12, 10, 2, 4, 128
tensors = [numbers(len(PIECES), D), np.array([1, 0.1, 0.01, 0.001], np.float32)]
for layer in range(LAYERS):
    size = D if layer == 0 else W
    shapes = [(size,), (size,), (size, 3 * size), (3 * size,), (size, W), (W,)]
    shapes += [(size, W), (W,)] if size != W else []
    shapes += [(W,), (W,), (W, HIDDEN), (HIDDEN,), (HIDDEN, W), (W,)]
    for shape in shapes:
        tensors.append(numbers(*shape))
tensors += [numbers(W, W), numbers(W)]


def norm(x, gain, bias):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-6) * gain + bias


def encode(ids):
    given = iter([t.astype(np.float64) for t in tensors])
    table, frequencies = next(given), next(given)
    ids = ids[:MOST]
    place = np.arange(len(ids))[:, None] * frequencies
    x = table[ids] + np.concatenate([np.sin(place), np.cos(place)], axis=1)
    for layer in range(LAYERS):
        size = D if layer == 0 else W
        h = norm(x, next(given), next(given))
        q, k, v = np.split(h @ next(given) + next(given), 3, axis=1)
        heads = []
        for i in range(HEADS):
            part = slice(i * size // HEADS, (i + 1) * size // HEADS)
            scores = q[:, part] @ k[:, part].T / math.sqrt(size // HEADS)
            scores = np.exp(scores - scores.max(1, keepdims=True))
            heads.append(scores / scores.sum(1, keepdims=True) @ v[:, part])
        y = np.concatenate(heads, axis=1) @ next(given) + next(given)
        x = y + (x @ next(given) + next(given) if size != W else x)
        h = norm(x, next(given), next(given))
        x = x + np.maximum(h @ next(given) + next(given), 0) @ next(given) + next(given)
    mean = x.mean(0)
    out = np.tanh(mean @ next(given) + next(given))
    return out / np.linalg.norm(out)


TEXTS = [
    "the river bank of a", "the bank of money", "abcd abc bcd", "a cat sat. the cat", "runs running  run", "unknown ✂✂ zzz",
    "日本 日本日", "ﬁne café", " the sea ", "a", "the the the the the the the the the the", "x\u2581the\u2581sea", "\ud7ff e\u0301", "Ａ ａ bcde", "the sea " * 70,
]
print(
    json.dumps(
        {
            "shape": {"dimension": D, "width": W, "hidden": HIDDEN, "layers": LAYERS, "heads": HEADS, "mostTokens": MOST},
            "pieces": PIECES,
            "scores": SCORES,
            "reserved": RESERVED,
            "tensors": [[round(float(x), 4) for x in t.ravel()] for t in tensors],
            "texts": [{"text": t, "tokens": tokens(t), "vector": [round(float(x), 9) for x in encode(tokens(t))]} for t in TEXTS],
        },
        ensure_ascii=False,
    )
)
