#!/usr/bin/env python3
# Least squares by LAPACK (numpy.linalg.lstsq: the shortest answer), and by scipy's lsmr, lsqr and minres, which must agree with
# it. Debian: python3-scipy. Writes scipy.json beside this file.
import json
import os

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import lsmr, lsqr, minres

rng = np.random.default_rng(13)


def sixteenths(k):
    return rng.integers(-64, 65, k) / 16


def drawn(m, n, density):
    return sp.random(m, n, density=density, random_state=rng, data_rvs=sixteenths).tocoo()


def case(name, a, damping=0.0, columns=1, symmetric=False):
    a = sp.coo_matrix(a)
    m, n = a.shape
    b = np.round(rng.standard_normal((m, columns)) * 16) / 16
    dense = np.vstack([a.toarray(), damping * np.eye(n)])
    x, _, rank, s = np.linalg.lstsq(dense, np.vstack([b, np.zeros((n, columns))]), rcond=1e-11)
    scale = max(1e-300, abs(x).max())
    for c in range(columns):
        answers = [
            lsmr(a, b[:, c], damp=damping, atol=1e-14, btol=1e-14, conlim=0, maxiter=20000)[0],
            lsqr(a, b[:, c], damp=damping, atol=1e-14, btol=1e-14, conlim=0, iter_lim=20000)[0],
        ]
        if symmetric and rank == n:
            answers.append(minres(a, b[:, c], tol=1e-14, maxiter=20000)[0])
        for other in answers:
            assert np.allclose(other, x[:, c], atol=1e-7 * scale), (name, abs(other - x[:, c]).max() / scale)
    return {
        'name': name,
        'rows': m,
        'cols': n,
        'rowIndices': a.row.tolist(),
        'columnIndices': a.col.tolist(),
        'values': a.data.tolist(),
        'b': b.T.ravel().tolist(),
        'damping': damping,
        'symmetric': symmetric,
        'rank': int(rank),
        'residuals': [float(r) for r in np.linalg.norm(b - a @ x, axis=0)],
        'wanted': x.T.ravel().tolist(),
    }


tall = drawn(60, 20, 0.2)
indefinite = drawn(40, 40, 0.08)
path = sp.diags([-np.ones(24), np.concatenate([[1], 2 * np.ones(23), [1]]), -np.ones(24)], [-1, 0, 1])
twice = drawn(30, 9, 0.4)
cases = [
    case('more equations than unknowns', tall),
    case('more unknowns than equations', drawn(18, 50, 0.15)),
    case('damped', drawn(40, 30, 0.1), damping=0.75),
    case('damped, more unknowns', drawn(20, 45, 0.15), damping=0.25, columns=2),
    case('each column twice', sp.hstack([twice, twice])),
    case('rows and columns without entries', sp.block_diag([drawn(15, 8, 0.3), sp.coo_matrix((4, 3))]), columns=2),
    case('indefinite', indefinite + indefinite.T + 3 * sp.eye(40), columns=3, symmetric=True),
    case('singular: a path', path, columns=2, symmetric=True),
    case('one column', drawn(12, 1, 0.6)),
    case('one row', drawn(1, 12, 0.6)),
]
with open(os.path.join(os.path.dirname(__file__), 'scipy.json'), 'w') as file:
    json.dump(cases, file, separators=(',', ':'))
    file.write('\n')
