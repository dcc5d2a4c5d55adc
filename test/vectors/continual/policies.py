# Losses of policies and their gradients by PyTorch in float64; advantages by sums that are written out.
#   /usr/bin/python3 test/vectors/continual/policies.py > test/vectors/continual/policies.json
# Debian packages: python3-torch 1.13.1.
import json
import math
import random

import torch

random.seed(4)
torch.set_default_dtype(torch.float64)


def f32(x):
    """What the number is in single precision: what goes in is exact."""
    return torch.tensor(x, dtype=torch.float32).item()


def numbers(n, scale=1.0):
    return [f32(random.uniform(-scale, scale)) for _ in range(n)]


def layers(parameters, widths):
    out, at = [], 0
    for a, b in zip(widths, widths[1:]):
        out.append((parameters[at : at + a * b].reshape(a, b), parameters[at + a * b : at + a * b + b]))
        at += a * b + b
    return out, at


def forward(x, network, activation):
    for i, (w, b) in enumerate(network):
        x = x @ w + b
        if i + 1 < len(network):
            x = torch.tanh(x) if activation == 'tanh' else torch.relu(x)
    return x


def case(name, method, activation, inputs, actions, hidden, rows, entropy, value_weight, clip):
    first = [inputs, *hidden, actions]
    second = [inputs, *hidden, 1]
    count = sum((a + 1) * b for w in (first, second) for a, b in zip(w, w[1:]))
    given = {
        'parameters': numbers(count, 0.8),
        'observations': numbers(rows * inputs, 2),
        'actions': [random.randrange(actions) for _ in range(rows)],
        'advantages': numbers(rows, 2),
        'returns': numbers(rows, 3),
    }
    p = torch.tensor(given['parameters'], requires_grad=True)
    network, at = layers(p, first)
    critic, _ = layers(p[at:], second)
    x = torch.tensor(given['observations']).reshape(rows, inputs)
    every = torch.log_softmax(forward(x, network, activation), 1)
    own = every[torch.arange(rows), torch.tensor(given['actions'])]
    # Some ratios within the clip, some beyond it on either side.
    given['logarithms'] = [f32(min(0.0, l + random.choice([0, 0.05, -0.05, 0.6, -0.6]))) for l in own.tolist()]
    old = torch.tensor(given['logarithms'])
    advantages = torch.tensor(given['advantages'])
    ratio = torch.exp(own - old)
    if method == 'ppo':
        loss = -torch.minimum(ratio * advantages, torch.clamp(ratio, 1 - clip, 1 + clip) * advantages)
    else:
        loss = -own * advantages
    chaos = -(every.exp() * every).sum(1)
    errors = forward(x, critic, activation)[:, 0] - torch.tensor(given['returns'])
    total = (loss - entropy * chaos + value_weight * 0.5 * errors**2).mean()
    total.backward()
    return {
        'name': name,
        'options': {
            'method': method,
            'activation': activation,
            'inputs': inputs,
            'actions': actions,
            'hidden': hidden,
            'entropy': entropy,
            'valueWeight': value_weight,
            **({'clip': clip} if method == 'ppo' else {}),
        },
        **given,
        'loss': total.item(),
        'gradient': p.grad.tolist(),
    }


def advantages(steps, environments, discount, weight):
    n = steps * environments
    given = {
        'environments': environments,
        'rewards': numbers(n),
        'values': numbers(n),
        'next': numbers(n),
        'ended': [random.choice([0, 0, 0, 1, 2]) for _ in range(n)],
        'discount': discount,
        'lambda': weight,
    }
    out = []
    for t in range(steps):
        for e in range(environments):
            # The sum over what comes, term by term, up to the end of the episode.
            terms = []
            for k in range(t, steps):
                i = k * environments + e
                follows = 0 if given['ended'][i] == 1 else given['next'][i]
                delta = given['rewards'][i] + discount * follows - given['values'][i]
                terms.append((discount * weight) ** (k - t) * delta)
                if given['ended'][i] != 0:
                    break
            out.append(math.fsum(terms))
    return {**given, 'advantages': out}


print(
    json.dumps(
        {
            'gradients': [
                case('PPO, tanh', 'ppo', 'tanh', 3, 4, [6, 5], 24, 0.02, 0.5, 0.2),
                case('PPO, ReLU, no layer between', 'ppo', 'relu', 5, 2, [], 40, 0, 0.7, 0.1),
                case('REINFORCE, ReLU', 'reinforce', 'relu', 4, 3, [9], 24, 0.1, 1, 0.2),
            ],
            'advantages': [advantages(7, 3, 0.9, 0.8), advantages(12, 1, 1, 1), advantages(5, 2, 0.95, 0)],
        }
    )
)
