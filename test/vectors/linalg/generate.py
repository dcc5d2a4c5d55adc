#!/usr/bin/env python3
"""Systems with their solutions, determinants and inverses in exact rational arithmetic, and the factors of LAPACK.

    python3 test/vectors/linalg/generate.py > test/vectors/linalg/lapack.json     (numpy 1.24, scipy 1.10)
    python3 test/vectors/linalg/generate.py orthogonal > test/vectors/linalg/orthogonal.json
"""
import json
import math
import sys
from fractions import Fraction

import numpy as np
import scipy.linalg

rng = np.random.default_rng(20)


def exact(a, sides):
    """Determinant and X of A X = B, by elimination with fractions."""
    n = len(a)
    rows = [[Fraction(float(x)) for x in a[i]] + [Fraction(float(x)) for x in sides[i]] for i in range(n)]
    det = Fraction(1)
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(rows[i][k]))
        if rows[pivot][k] == 0:
            return Fraction(0), None
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            det = -det
        det *= rows[k][k]
        for i in range(n):
            if i != k and rows[i][k] != 0:
                by = rows[i][k] / rows[k][k]
                rows[i] = [x - by * y for x, y in zip(rows[i], rows[k])]
    return det, [[rows[i][n + j] / rows[i][i] for j in range(len(sides[0]))] for i in range(n)]


def logarithm(x):
    """log |x| of a fraction of any size."""
    x = abs(x)
    shift = x.numerator.bit_length() - x.denominator.bit_length()
    return math.log(x / Fraction(2) ** shift) + shift * math.log(2)


def spd(n):
    a = np.round(rng.standard_normal((n, n)), 3)
    s = a @ a.T + np.eye(n)
    return (s + s.T) / 2


def orthogonal():
    """LAPACK's singular values, shortest least squares answers, eigenvalues and R of matrices of several shapes."""
    tall, wide = rng.standard_normal((17, 6)), rng.standard_normal((5, 14))
    flat = tall.copy()
    flat[:, 4] = flat[:, 0] - 2 * flat[:, 2]
    symmetric = rng.standard_normal((11, 11))
    tridiagonal = np.diag([2.0] * 12) - np.diag([1.0] * 11, 1) - np.diag([1.0] * 11, -1)
    out = []
    for name, a in {
        "tall": tall, "wide": wide, "square": rng.standard_normal((9, 9)), "of rank 5": flat,
        "symmetric": symmetric + symmetric.T, "tridiagonal": tridiagonal,
        "Hilbert 9": scipy.linalg.hilbert(9), "ones": np.ones((4, 7)), "zeros": np.zeros((3, 2)),
    }.items():
        m, n = a.shape
        b = np.array([[float((i * 7 + j * 3) % 11 - 4) for j in range(2)] for i in range(m)])
        tolerance = 2.0**-52 * max(m, n)
        x, _, rank, values = scipy.linalg.lstsq(a, b, cond=tolerance)
        own = m == n and np.array_equal(a, a.T)
        out.append({
            "name": name, "rows": m, "columns": n, "matrix": a.ravel().tolist(), "b": b.ravel().tolist(),
            "singular": np.linalg.svd(a, compute_uv=False).tolist(), "rank": int(rank),
            "solution": x.ravel().tolist(), "residuals": np.linalg.norm(b - a @ x, axis=0).tolist(),
            "r": np.abs(scipy.linalg.qr(a, mode="economic")[1]).ravel().tolist(),
            "eigenvalues": np.linalg.eigvalsh(a).tolist() if own else None,
        })
    print(json.dumps(out, separators=(",", ":")))


if sys.argv[1:] == ["orthogonal"]:
    orthogonal()
    sys.exit()

hilbert = [[1 / (i + j + 1) for j in range(8)] for i in range(8)]
toeplitz = (np.diag([2.0] * 12) - np.diag([1.0] * 11, 1) - np.diag([1.0] * 11, -1)).tolist()
graded = [[(1 + ((3 * i + 5 * j) % 7)) * 10.0 ** (-3 * i) for j in range(6)] for i in range(6)]
matrices = {
    "one by one": [[-3.0]],
    "exchanged rows": [[0.0, 2.0, 0.0], [0.0, 0.0, -5.0], [3.0, 0.0, 0.0]],
    "random 5": rng.standard_normal((5, 5)).tolist(),
    "random 13": rng.standard_normal((13, 13)).tolist(),
    "random 21": rng.standard_normal((21, 21)).tolist(),
    "Hilbert 8": hilbert,
    "Vandermonde 7": np.vander(np.linspace(-1, 2, 7), increasing=True).tolist(),
    "tridiagonal Toeplitz 12": toeplitz,
    "graded rows 6": graded,
    "definite 9": spd(9).tolist(),
    "definite 16": spd(16).tolist(),
}

out = []
for name, a in matrices.items():
    n = len(a)
    b = [[float((i * 7 + j * 3) % 11 - 4) for j in range(2)] for i in range(n)]
    det, x = exact(a, [row + [1.0 if i == j else 0.0 for j in range(n)] for i, row in enumerate(b)])
    inverse = [[float(v) for v in row[2:]] for row in x]
    norm = lambda m: max(sum(abs(Fraction(float(m[i][j]))) for i in range(n)) for j in range(n))
    p, l, u = scipy.linalg.lu(np.array(a))
    symmetric = np.array_equal(np.array(a), np.array(a).T)
    lower = None
    if symmetric:
        try:
            lower = scipy.linalg.cholesky(np.array(a), lower=True).ravel().tolist()
        except np.linalg.LinAlgError:
            pass
    out.append({
        "name": name, "n": n, "matrix": np.array(a).ravel().tolist(), "b": np.array(b).ravel().tolist(),
        "solution": [float(v) for row in x for v in row[:2]], "inverse": np.array(inverse).ravel().tolist(),
        "sign": 1 if det > 0 else -1, "logarithm": logarithm(det), "determinant": float(det),
        "condition": float(norm(a) * norm(inverse)),
        "permutation": np.argmax(p, axis=0).tolist(), "lower": l.ravel().tolist(), "upper": u.ravel().tolist(),
        "cholesky": lower,
    })
print(json.dumps(out, separators=(",", ":")))
