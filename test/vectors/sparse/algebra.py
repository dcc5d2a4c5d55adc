"""Sums, products and parts of matrices as scipy computes them, for test/sparse/sparse.cases.ts.

    /usr/bin/python3 test/vectors/sparse/algebra.py > test/vectors/sparse/algebra.json

Debian 12: apt-get install python3-scipy. Values are multiples of 1/4, so that every order of summing gives the same.
"""

import json
import sys

import numpy as np
import scipy.sparse as sp

rng = np.random.default_rng(7)
cases = []


def parts(matrix):
    csr = matrix.tocsr()
    csr.sum_duplicates()
    return {
        "rows": csr.shape[0],
        "cols": csr.shape[1],
        "rowPointers": csr.indptr.tolist(),
        "columns": csr.indices.tolist(),
        "values": csr.data.tolist(),
    }


for rows, middle, cols, density in [(1, 1, 1, 1), (4, 3, 5, 0.5), (9, 9, 9, 0.3), (20, 30, 10, 0.1), (6, 6, 6, 0)]:
    def make(n, m):
        return sp.random(n, m, density, random_state=rng, data_rvs=lambda k: rng.integers(-8, 9, k) / 4)

    a, b, c = make(rows, middle), make(rows, middle), make(middle, cols)
    take = rng.integers(0, rows, 5).tolist()
    keep = rng.permutation(middle)[: max(1, middle // 2)].tolist()
    cases.append({
        "a": parts(a), "b": parts(b), "c": parts(c),
        "sum": (2 * a - 0.5 * b).toarray().ravel().tolist(),
        "scaled": (a * -1.5).toarray().ravel().tolist(),
        "product": (a @ c).toarray().ravel().tolist(),
        "take": take, "keep": keep,
        "part": a.tocsr()[take][:, keep].toarray().ravel().tolist(),
    })
json.dump(cases, sys.stdout)
print()
