#!/usr/bin/env python3
# Eigenvalues of random sparse symmetric matrices by LAPACK (numpy.linalg.eigvalsh) and by ARPACK (scipy eigsh with
# shift-invert), which must agree with each other. Debian: python3-scipy. Writes scipy.json beside this file.
import json
import os

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import eigsh

rng = np.random.default_rng(7)


def random_symmetric(n, density, shift):
    a = sp.random(n, n, density=density, random_state=rng, data_rvs=lambda k: rng.integers(-64, 65, k) / 16)
    return (a + a.T + shift * sp.eye(n)).tocoo()


def clustered(n, values):
    q, _ = np.linalg.qr(rng.standard_normal((n, n)))
    a = np.round(q @ np.diag(values) @ q.T * 2**20) / 2**20
    return sp.coo_matrix((a + a.T) / 2)


def case(name, a, which, k, sigma):
    dense = np.linalg.eigvalsh(a.toarray())
    if which == 'nearest':
        wanted = sorted(dense[np.argsort(abs(dense - sigma))[:k]])
        other = sorted(eigsh(a.tocsc(), k=k, sigma=sigma, which='LM')[0])
    else:
        wanted = list(dense[:k] if which == 'smallest' else dense[-k:])
        other = sorted(eigsh(a.tocsc(), k=k, which='SA' if which == 'smallest' else 'LA')[0])
    assert np.allclose(wanted, other, atol=1e-8 * abs(dense).max()), name
    return {
        'name': name,
        'n': a.shape[0],
        'rows': a.row.tolist(),
        'columns': a.col.tolist(),
        'values': a.data.tolist(),
        'asked': {'which': which, 'k': k, 'sigma': sigma},
        'wanted': [float(x) for x in wanted],
    }


sparse = random_symmetric(120, 0.02, 0)
definite = random_symmetric(90, 0.03, 40)
close = clustered(30, np.concatenate([np.full(6, 1.0), 1 + 1e-4 * np.arange(4), np.linspace(2, 9, 20)]))
cases = [
    case('indefinite, smallest', sparse, 'smallest', 6, 0),
    case('indefinite, largest', sparse, 'largest', 6, 0),
    case('indefinite, nearest to 0.3', sparse, 'nearest', 7, 0.3),
    case('definite, smallest', definite, 'smallest', 5, 0),
    case('definite, nearest to 41', definite, 'nearest', 4, 41),
    case('a cluster, smallest', close, 'smallest', 12, 0),
    case('a cluster, nearest to 1.5', close, 'nearest', 9, 1.5),
]
with open(os.path.join(os.path.dirname(__file__), 'scipy.json'), 'w') as file:
    json.dump(cases, file, separators=(',', ':'))
    file.write('\n')
