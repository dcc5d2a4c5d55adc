# Logits of a small made-up transformer of the form of Llama, by torch in float64. Debian: python3-torch. Writes llama.json
# beside this file.
#   python3 test/vectors/inference/llama.py
import json
import os

import torch

torch.manual_seed(20261130)
torch.set_default_dtype(torch.float64)
CONFIG = {
    "model_type": "llama",
    "vocab_size": 13,
    "hidden_size": 12,
    "intermediate_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 4,
    "max_position_embeddings": 100,
    "rms_norm_eps": 1e-5,
    "rope_theta": 1000.0,
}
WIDTH, HIDDEN, HEADS, GROUPS, SIZE = 12, 20, 4, 2, 4


def numbers(*shape, around=0.0):
    """Few decimals, so that the file is short; what counts is the float32 nearest to them."""
    return (torch.randn(*shape) * 0.4 + around).mul(1000).round().div(1000).float().double()


weights = {"model.embed_tokens.weight": numbers(13, WIDTH)}
for l in range(2):
    at = f"model.layers.{l}."
    weights[at + "input_layernorm.weight"] = numbers(WIDTH, around=1)
    weights[at + "self_attn.q_proj.weight"] = numbers(HEADS * SIZE, WIDTH)
    weights[at + "self_attn.k_proj.weight"] = numbers(GROUPS * SIZE, WIDTH)
    weights[at + "self_attn.v_proj.weight"] = numbers(GROUPS * SIZE, WIDTH)
    weights[at + "self_attn.o_proj.weight"] = numbers(WIDTH, HEADS * SIZE)
    weights[at + "post_attention_layernorm.weight"] = numbers(WIDTH, around=1)
    weights[at + "mlp.gate_proj.weight"] = numbers(HIDDEN, WIDTH)
    weights[at + "mlp.up_proj.weight"] = numbers(HIDDEN, WIDTH)
    weights[at + "mlp.down_proj.weight"] = numbers(WIDTH, HIDDEN)
weights["model.norm.weight"] = numbers(WIDTH, around=1)
weights["lm_head.weight"] = numbers(13, WIDTH)


def norm(x, name):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + CONFIG["rms_norm_eps"]) * weights[name]


def rotate(x):
    """tokens x heads x size, halves as Hugging Face has them."""
    angle = torch.arange(x.shape[0])[:, None] / CONFIG["rope_theta"] ** (torch.arange(0, SIZE, 2) / SIZE)
    cos, sin = [torch.cat([f(angle)] * 2, -1)[:, None] for f in (torch.cos, torch.sin)]
    return x * cos + torch.cat([-x[..., SIZE // 2 :], x[..., : SIZE // 2]], -1) * sin


def logits(ids):
    x = weights["model.embed_tokens.weight"][ids]
    n = len(ids)
    unseen = torch.full((n, n), float("-inf")).triu(1)
    for l in range(2):
        at = f"model.layers.{l}."
        h = norm(x, at + "input_layernorm.weight")
        q, k, v = [
            torch.nn.functional.linear(h, weights[f"{at}self_attn.{name}_proj.weight"]).reshape(n, -1, SIZE)
            for name in "qkv"
        ]
        q, k = rotate(q), rotate(k)
        k, v = [each.repeat_interleave(HEADS // GROUPS, 1) for each in (k, v)]
        scores = torch.einsum("ihs,jhs->hij", q, k) / SIZE**0.5 + unseen
        h = torch.einsum("hij,jhs->ihs", scores.softmax(-1), v).reshape(n, -1)
        x = x + torch.nn.functional.linear(h, weights[at + "self_attn.o_proj.weight"])
        h = norm(x, at + "post_attention_layernorm.weight")
        gate, up = [torch.nn.functional.linear(h, weights[f"{at}mlp.{name}_proj.weight"]) for name in ("gate", "up")]
        x = x + torch.nn.functional.linear(torch.nn.functional.silu(gate) * up, weights[at + "mlp.down_proj.weight"])
    return torch.nn.functional.linear(norm(x, "model.norm.weight"), weights["lm_head.weight"])


ids = torch.randint(13, (80,))
greedy = ids[:3].tolist()
while len(greedy) < 23:
    greedy.append(int(logits(torch.tensor(greedy))[-1].argmax()))
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "llama.json"), "w") as file:
    json.dump(
        {
            "config": CONFIG,
            "weights": {
                name: {"shape": list(w.shape), "data": [round(x, 3) for x in w.flatten().tolist()]}
                for name, w in weights.items()
            },
            "ids": ids.tolist(),
            "logits": [round(x, 7) for x in logits(ids).flatten().tolist()],
            "greedy": greedy,
        },
        file,
    )
    file.write("\n")
