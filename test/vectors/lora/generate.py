# Adapters by torch in f64:
#   /usr/bin/python3 test/vectors/lora/generate.py > test/vectors/lora/torch.txt
# Debian packages: python3-torch 1.13.1. Numbers alone, in the order in which test/native/lora_learn.c reads them; what goes
# in is rounded to f32 first.
import torch

torch.manual_seed(23)


def f32(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).float().double()


def show(*values):
    print(" ".join(repr(x) for v in values for x in (v.reshape(-1).tolist() if torch.is_tensor(v) else [v])))


def adapter(x, w, a, b, scale):
    return (x if w is None else x @ w.T) + scale * (x @ a.T) @ b.T


# Forward and backward: inputs, outputs, rank, alpha, weights, rows
shapes = [(1, 1, 1, 1.0, 0, 1), (5, 5, 2, 4.0, 0, 3), (7, 3, 3, 1.5, 1, 6), (12, 20, 4, 8.0, 1, 5), (11, 11, 9, 3.0, 0, 70)]
show(len(shapes))
for inputs, outputs, rank, alpha, weights, rows in shapes:
    w = f32(outputs, inputs, scale=0.5) if weights else None
    a, b, x, slopes = f32(rank, inputs), f32(outputs, rank), f32(rows, inputs), f32(rows, outputs)
    show(inputs, outputs, rank, alpha, weights, rows, *([w] if weights else []), a, b, x, slopes)
    for t in (a, b, x):
        t.requires_grad_(True)
    y = adapter(x, w, a, b, alpha / rank)
    y.backward(slopes)
    show(y.detach(), a.grad, b.grad, x.grad)

# Steps over all rows at once, with momentum and a clipped gradient: loss, inputs, outputs, rank, rows, documents, both
runs = [(0, 6, 4, 2, 9, 0, 0), (1, 6, 5, 2, 20, 0, 0), (2, 6, 6, 2, 12, 15, 0), (2, 6, 6, 3, 12, 15, 1)]
show(len(runs))
for loss, inputs, outputs, rank, rows, documents, both in runs:
    w = f32(outputs, inputs, scale=0.5) if loss < 2 else None
    a, b, x = f32(rank, inputs), f32(outputs, rank, scale=0.3), f32(rows, inputs)
    show(loss, inputs, outputs, rank, rows, documents, both, *([w] if loss < 2 else []), a, b, x)
    if loss == 0:
        targets = f32(rows, outputs)
    elif loss == 1:
        targets = torch.randint(outputs, (rows,))
    else:
        targets, k = torch.randint(documents, (rows,)), f32(documents, outputs)
        lists = torch.randint(documents, (rows, 2))  # two negatives for each query
        show(k, lists)
    show(targets)
    a.requires_grad_(True)
    b.requires_grad_(True)
    optimiser = torch.optim.SGD([a, b], lr=0.05, momentum=0.9)
    scale, losses = 2.0 / rank, []
    for _ in range(12):
        y = adapter(x, w, a, b, scale)
        if loss == 0:
            value = torch.nn.functional.mse_loss(y, targets)
        elif loss == 1:
            value = torch.nn.functional.cross_entropy(y, targets)
        else:
            unit = torch.nn.functional.normalize
            ids = torch.cat([targets, lists.reshape(-1)])
            keys = k[ids]
            keys = unit(adapter(keys, w, a, b, scale) if both else keys, dim=1)
            scores = unit(y, dim=1) @ keys.T / 0.2
            hidden = (ids[:rows, None] == ids[None, :]) & ~torch.eye(rows, len(ids), dtype=torch.bool)
            value = torch.nn.functional.cross_entropy(scores.masked_fill(hidden, float("-inf")), torch.arange(rows))
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_([a, b], 0.5)
        optimiser.step()
        losses.append(value.item())
    show(torch.tensor(losses, dtype=torch.float64), a.detach(), b.detach())
