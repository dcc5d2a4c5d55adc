# Steps of optimisers, and losses with their gradients, by torch in f64:
#   /usr/bin/python3 test/vectors/train/generate.py > test/vectors/train/torch.txt
# Debian packages: python3-torch 1.13.1. Numbers alone, in the order in which test/native/train.c reads them; what goes
# in is rounded to f32 first.
import torch

torch.manual_seed(19)
real = dict(dtype=torch.float64)


def f32(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).float().double()


def show(*values):
    print(" ".join(repr(x) for v in values for x in (v.reshape(-1).tolist() if torch.is_tensor(v) else [v])))


# kind, rate, momentum, beta1, beta2, epsilon, decay
optimisers = [
    (0, 0.1, 0.0, 0, 0, 1, 0.0), (0, 0.05, 0.9, 0, 0, 1, 0.0), (0, 0.05, 0.9, 0, 0, 1, 0.01),
    (1, 0.01, 0, 0.9, 0.999, 1e-8, 0.0), (1, 0.01, 0, 0.8, 0.99, 1e-6, 0.1), (2, 0.02, 0, 0.9, 0.999, 1e-8, 0.05)]
show(len(optimisers))
for kind, rate, momentum, beta1, beta2, epsilon, decay in optimisers:
    n, steps = 7, 25
    p = f32(n)
    show(kind, rate, momentum, beta1, beta2, epsilon, decay, n, steps, p)
    p = p.clone().requires_grad_(True)
    if kind == 0:
        o = torch.optim.SGD([p], lr=rate, momentum=momentum, weight_decay=decay)
    else:
        o = (torch.optim.Adam if kind == 1 else torch.optim.AdamW)(
            [p], lr=rate, betas=(beta1, beta2), eps=epsilon, weight_decay=decay)
    for _ in range(steps):
        p.grad = f32(n)
        show(p.grad)
        o.step()
    show(p.detach())

# rows, classes, scale of the scores
entropies = [(1, 2, 1.0), (5, 3, 1.0), (4, 9, 5.0), (3, 1, 1.0), (6, 17, 30.0)]
show(len(entropies))
for rows, classes, scale in entropies:
    scores = f32(rows, classes, scale=scale)
    labels = torch.randint(classes, (rows,))
    show(rows, classes, scores, labels)
    scores.requires_grad_(True)
    loss = torch.nn.functional.cross_entropy(scores, labels)
    loss.backward()
    show(loss.item(), scores.grad)

# rows, keys, dimension, temperature, numbers of keys that repeat
contrasts = [(1, 1, 3, 1.0, 0), (4, 4, 5, 0.5, 0), (6, 10, 8, 0.1, 0), (5, 9, 4, 0.2, 3), (66, 70, 9, 0.05, 40)]
show(len(contrasts))
for rows, count, dimension, temperature, distinct in contrasts:
    q, k = f32(rows, dimension), f32(count, dimension)
    same = torch.arange(count) if distinct == 0 else torch.randint(distinct, (count,))
    show(rows, count, dimension, temperature, distinct, q, k, same)
    q.requires_grad_(True)
    k.requires_grad_(True)
    unit = torch.nn.functional.normalize
    scores = unit(q, dim=1) @ unit(k, dim=1).T / temperature
    hidden = (same[:rows, None] == same[None, :]) & ~torch.eye(rows, count, dtype=torch.bool)
    loss = torch.nn.functional.cross_entropy(scores.masked_fill(hidden, float("-inf")), torch.arange(rows))
    loss.backward()
    show(loss.item(), q.grad, k.grad)
