# Reference values for test/gnn, by dense linear algebra of NumPy and the minimiser of SciPy:
#
#   python3 generate.py        (Debian: python3-numpy python3-scipy; writes gnn.json)
#
# Smoothing: the limit alpha (I - (1 - alpha) S)^-1 X by numpy.linalg.solve. Logistic regression: scipy.optimize.minimize
# (trust-exact) on the loss as it is written down in csrc/gnn/logistic.h. Networks: the formulas of arXiv:1609.02907 (GCN),
# arXiv:1706.02216 (GraphSAGE, mean) and arXiv:1710.10903 (GAT) over dense matrices.
import json

import numpy as np
import scipy.optimize

rng = np.random.default_rng(7)


def graph(n, m, weighted, directed):
    pairs = [(u, v) for u in range(n) for v in range(n) if (u < v or (directed and u != v))]
    chosen = rng.choice(len(pairs), m, replace=False)
    ends = [pairs[i] for i in sorted(chosen)]
    weights = [round(float(x), 3) for x in rng.uniform(0.2, 3, m)] if weighted else None
    return {'nodeCount': n, 'from': [u for u, _ in ends], 'to': [v for _, v in ends], 'weights': weights, 'directed': directed}


def heard(g):  # a[i, j]: weight of the edge from j to i
    a = np.zeros((g['nodeCount'],) * 2)
    for k, (u, v) in enumerate(zip(g['from'], g['to'])):
        w = g['weights'][k] if g['weights'] else 1
        a[v, u] += w
        if not g['directed']:
            a[u, v] += w
    return a


def f32(*shape):
    return rng.uniform(-1, 1, shape).astype(np.float32)


def plain(x):
    return [float(v) for v in np.asarray(x).ravel()]


def limit(g, x, alpha, symmetric, loops):
    a = heard(g)
    if g['directed']:
        a = a + a.T
    if loops:
        a = a + np.eye(len(a)) * (np.mean(g['weights']) if g['weights'] else 1)
    d = a.sum(1)
    with np.errstate(divide='ignore', invalid='ignore'):
        s = a / np.sqrt(np.outer(d, d)) if symmetric else a / d[:, None]
    s[~np.isfinite(s)] = 0
    return np.linalg.solve(np.eye(len(a)) - (1 - alpha) * s, alpha * x.astype(float))


smoothing = []
for weighted, directed, symmetric, loops in [(0, 0, 1, 1), (1, 0, 0, 1), (1, 1, 1, 0), (0, 1, 0, 0)]:
    g = graph(20, 45, weighted, bool(directed))
    x = f32(20, 3)
    smoothing.append({'graph': g, 'features': plain(x), 'alpha': 0.2, 'normalization': 'symmetric' if symmetric else 'row',
                      'selfLoops': bool(loops), 'limit': plain(limit(g, x, 0.2, symmetric, loops))})


def fit(x, y, classes, l2, class_weights):
    n, d = x.shape
    s = np.asarray(class_weights)[y]
    s = s / s.sum()

    def loss(p):
        w = p.reshape(classes, d + 1)
        z = x @ w[:, :d].T + w[:, d]
        m = z.max(1, keepdims=True)
        e = np.exp(z - m)
        q = e / e.sum(1, keepdims=True)
        r = (q - np.eye(classes)[y]) * s[:, None]
        value = np.sum(s * (m[:, 0] + np.log(e.sum(1)) - z[np.arange(n), y])) + l2 / 2 * np.sum(w[:, :d] ** 2)
        g = np.hstack([r.T @ x + l2 * w[:, :d], r.sum(0)[:, None]])
        return value, g.ravel()

    r = scipy.optimize.minimize(loss, np.zeros(classes * (d + 1)), jac=True, method='BFGS', options={'gtol': 1e-11, 'maxiter': 5000})
    w = r.x.reshape(classes, d + 1)
    return r.fun, w


logistic = []
for classes, l2, weights in [(2, 0.1, [1, 1]), (3, 0.01, [1, 2, 0.5]), (4, 0.5, [1, 1, 1, 1])]:
    y = rng.integers(0, classes, 30)
    y[:classes] = np.arange(classes)
    x = (rng.normal(size=(30, 4)) + y[:, None] * np.array([0.5, -0.3, 0, 0.1])).astype(np.float32)
    value, w = fit(x.astype(float), y, classes, l2, weights)
    z = x.astype(float) @ w[:, :4].T + w[:, 4]
    e = np.exp(z - z.max(1, keepdims=True))
    logistic.append({'features': plain(x), 'labels': [int(v) for v in y], 'classes': classes, 'l2': l2, 'classWeights': weights,
                     'loss': float(value), 'weights': plain(w[:, :4]), 'probabilities': plain(e / e.sum(1, keepdims=True))})

active = {'none': lambda z: z, 'relu': lambda z: np.maximum(z, 0), 'elu': lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0)))}


def run(g, layers, x):
    a = heard(g)
    n = len(a)
    x = x.astype(float)
    for l in layers:
        heads, o = l.get('heads', 1), l['outputs']
        w = np.array(l['weights']).reshape(heads * o, l['inputs'])
        b = np.array(l['bias'])
        y = x @ w.T
        if l['type'] == 'gcn':
            t = a + np.diag((np.diag(a) == 0).astype(float))
            d = t.sum(1)
            z = t / np.sqrt(np.outer(d, d)) @ y
        elif l['type'] == 'sage':
            count = (a > 0).sum(1, keepdims=True)
            z = (a > 0) @ y / np.maximum(count, 1) + x @ np.array(l['selfWeights']).reshape(o, l['inputs']).T
        else:
            z = np.zeros((n, heads, o))
            for h in range(heads):
                yh = y[:, h * o:(h + 1) * o]
                e = (yh @ np.array(l['sourceAttention'])[h * o:(h + 1) * o])[None, :] + (yh @ np.array(l['targetAttention'])[h * o:(h + 1) * o])[:, None]
                e = np.where(e > 0, e, 0.2 * e)
                p = np.where((a > 0) | np.eye(n, dtype=bool), np.exp(e - e.max()), 0)
                z[:, h] = p / p.sum(1, keepdims=True) @ yh
            z = z.mean(1) if l.get('average') else z.reshape(n, heads * o)
        x = active[l['activation']](z + b)
    return x


def layer(kind, i, o, activation, heads=1, average=False):
    l = {'type': kind, 'inputs': i, 'outputs': o, 'activation': activation, 'weights': plain(f32(heads * o, i)),
         'bias': plain(f32(o if average else heads * o))}
    if kind == 'sage':
        l['selfWeights'] = plain(f32(o, i))
    if kind == 'gat':
        l.update(heads=heads, average=average, sourceAttention=plain(f32(heads, o)), targetAttention=plain(f32(heads, o)))
    return l


networks = []
for weighted, directed, layers in [
    (0, 0, [layer('gcn', 5, 4, 'relu'), layer('gcn', 4, 3, 'none')]),
    (1, 1, [layer('gcn', 5, 3, 'elu')]),
    (0, 1, [layer('sage', 5, 6, 'relu'), layer('sage', 6, 2, 'none')]),
    (1, 0, [layer('gat', 5, 4, 'elu', 2), layer('gat', 8, 3, 'none', 3, True)]),
]:
    g = graph(24, 50, weighted, bool(directed))
    x = f32(24, 5)
    networks.append({'graph': g, 'layers': layers, 'features': plain(x), 'outputs': plain(run(g, layers, x))})

with open('gnn.json', 'w') as out:
    json.dump({'smoothing': smoothing, 'logistic': logistic, 'networks': networks}, out, separators=(',', ':'))
    out.write('\n')
