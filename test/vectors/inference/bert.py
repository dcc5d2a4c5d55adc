"""A small made-up BERT in float64 with torch's own encoder layers (norms after the parts, GELU): python3 bert.py > bert.json"""
import json

import numpy as np
import torch

rng = np.random.default_rng(20261201)
torch.set_default_dtype(torch.float64)


def numbers(*shape, size=0.5, around=0.0):
    """Few decimals, so that the file is short; what counts is the float32 nearest to them."""
    return np.round(rng.standard_normal(shape) * size + around, 3).astype(np.float32)


VOCABULARY = "[PAD] [UNK] [CLS] [SEP] [MASK] the river bank of a money water run ##ning ##s cat . , sea".split()
WIDTH, HIDDEN, LAYERS, HEADS, POSITIONS, EPSILON = 12, 20, 3, 3, 16, 1e-12
weights = {
    "embeddings.word_embeddings.weight": numbers(len(VOCABULARY), WIDTH),
    "embeddings.position_embeddings.weight": numbers(POSITIONS, WIDTH),
    "embeddings.token_type_embeddings.weight": numbers(2, WIDTH),
}


def add_norm(name):
    weights[f"{name}.weight"] = numbers(WIDTH, size=0.2, around=1)
    weights[f"{name}.bias"] = numbers(WIDTH)


def add_linear(name, inputs, outputs):
    weights[f"{name}.weight"] = numbers(outputs, inputs)
    weights[f"{name}.bias"] = numbers(outputs)


add_norm("embeddings.LayerNorm")
for l in range(LAYERS):
    at = f"encoder.layer.{l}"
    for name in ("query", "key", "value"):
        add_linear(f"{at}.attention.self.{name}", WIDTH, WIDTH)
    add_linear(f"{at}.attention.output.dense", WIDTH, WIDTH)
    add_norm(f"{at}.attention.output.LayerNorm")
    add_linear(f"{at}.intermediate.dense", WIDTH, HIDDEN)
    add_linear(f"{at}.output.dense", HIDDEN, WIDTH)
    add_norm(f"{at}.output.LayerNorm")


def given(name):
    return torch.from_numpy(weights[name].astype(np.float64))


layers = []
for l in range(LAYERS):
    at = f"encoder.layer.{l}"
    layer = torch.nn.TransformerEncoderLayer(
        WIDTH, HEADS, HIDDEN, dropout=0, activation="gelu", layer_norm_eps=EPSILON, batch_first=True, norm_first=False
    )
    self = f"{at}.attention.self"
    state = {
        "self_attn.in_proj_weight": torch.cat([given(f"{self}.{name}.weight") for name in ("query", "key", "value")]),
        "self_attn.in_proj_bias": torch.cat([given(f"{self}.{name}.bias") for name in ("query", "key", "value")]),
    }
    for ours, theirs in (
        ("self_attn.out_proj", "attention.output.dense"),
        ("norm1", "attention.output.LayerNorm"),
        ("linear1", "intermediate.dense"),
        ("linear2", "output.dense"),
        ("norm2", "output.LayerNorm"),
    ):
        for part in ("weight", "bias"):
            state[f"{ours}.{part}"] = given(f"{at}.{theirs}.{part}")
    layer.load_state_dict(state)
    layers.append(layer.eval())


def encode(ids):
    x = given("embeddings.word_embeddings.weight")[ids]
    x = x + given("embeddings.position_embeddings.weight")[: len(ids)] + given("embeddings.token_type_embeddings.weight")[0]
    x = torch.nn.functional.layer_norm(
        x, (WIDTH,), given("embeddings.LayerNorm.weight"), given("embeddings.LayerNorm.bias"), EPSILON
    )[None]
    for layer in layers:
        x = layer(x)
    both = [x[0].mean(0), x[0, 0]]
    return [torch.nn.functional.normalize(v, dim=0).tolist() for v in both]


def tokens(words):
    """Texts here are pieces, or one of these two."""
    cut = {"Running": ["run", "##ning"], "banks": ["bank", "##s"], "zebra": ["[UNK]"]}
    pieces = [p for w in words.split() for p in cut.get(w, [w.lower()])][: POSITIONS - 2]
    return [VOCABULARY.index(p) for p in ["[CLS]", *pieces, "[SEP]"]]


TEXTS = ["", "the bank of the river", "Running water , the sea .", "a zebra banks money", "cat", "The Cat " * 30]


def in_order():
    """Tensors as csrc/inference/encoder.h wants them."""
    place = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    norm = lambda name: [weights[f"{name}.weight"], weights[f"{name}.bias"]]
    linear = lambda *names: [
        np.concatenate([weights[f"{name}.weight"].T for name in names], axis=1),
        np.concatenate([weights[f"{name}.bias"] for name in names]),
    ]
    out = [weights["embeddings.word_embeddings.weight"], place, *norm("embeddings.LayerNorm")]
    for l in range(LAYERS):
        at = f"encoder.layer.{l}"
        out += norm(f"{at}.attention.output.LayerNorm")
        out += linear(*[f"{at}.attention.self.{name}" for name in ("query", "key", "value")])
        out += linear(f"{at}.attention.output.dense") + norm(f"{at}.output.LayerNorm")
        out += linear(f"{at}.intermediate.dense") + linear(f"{at}.output.dense")
    return out


def flat(t):
    """Sums have more digits than their parts, in float32."""
    return [float(str(x)) for x in t.ravel()]


print(
    json.dumps(
        {
            "config": {
                "model_type": "bert",
                "hidden_act": "gelu",
                "hidden_size": WIDTH,
                "intermediate_size": HIDDEN,
                "num_hidden_layers": LAYERS,
                "num_attention_heads": HEADS,
                "max_position_embeddings": POSITIONS,
                "layer_norm_eps": EPSILON,
            },
            "vocabulary": VOCABULARY,
            "weights": {name: {"shape": list(t.shape), "data": flat(t)} for name, t in weights.items()},
            "tensors": [flat(t) for t in in_order()],
            "texts": [
                {
                    "text": text,
                    "tokens": tokens(text),
                    "cut": len(text.split()) > POSITIONS - 2,
                    "mean": [round(x, 9) for x in encode(tokens(text))[0]],
                    "cls": [round(x, 9) for x in encode(tokens(text))[1]],
                }
                for text in TEXTS
            ],
        }
    )
)
