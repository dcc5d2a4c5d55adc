#!/usr/bin/python3
"""Writes systems.json: small systems of every structure with reference solutions by scipy and numpy.

Regular systems: scipy.linalg.solve (LAPACK gesv) on the dense matrix. Singular symmetric ones: the
minimum norm least squares solution (numpy.linalg.lstsq, LAPACK gelsd), which for a Laplacian is the
solution with zero mean on each component. Needs Debian's python3-scipy:  python3 generate.py
"""
import json
import os

import numpy as np
import scipy.linalg

class Rounded:
    """Random numbers of three digits: the file stays small."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def uniform(self, *arguments):
        return np.round(self.rng.uniform(*arguments), 3)

    def __getattr__(self, name):
        return getattr(self.rng, name)


rng = Rounded(20240607)
cases = []


def case(name, a, b=None, singular=False, outcome="converged", values="float64", coo=None, method=None):
    a = np.array(a, dtype=float)
    n = len(a)
    if values == "float32":
        a = a.astype(np.float32).astype(float)
    b = np.array(b if b is not None else rng.uniform(-1, 1, n), dtype=float)
    if singular:
        x = np.linalg.lstsq(a, b, rcond=1e-12)[0]
    elif outcome == "singular":
        x = None
    else:
        x = scipy.linalg.solve(a, b)
    if coo is None:
        rows, columns = np.nonzero(a)
        entries = a[rows, columns]
    else:
        rows, columns, entries = (np.array(part) for part in coo)
    condition = np.linalg.cond(a) if not singular and outcome == "converged" else None
    cases.append({
        "name": name, "n": n, "rows": rows.tolist(), "columns": columns.tolist(),
        "values": None if values == "none" else [float(v) for v in entries], "type": values,
        "b": b.tolist(), "x": None if x is None else x.tolist(), "outcome": outcome,
        "condition": condition, **({"method": method} if method else {}),
    })


def toeplitz(n, lower, diagonal, upper):
    return np.diag([diagonal] * n) + np.diag([upper] * (n - 1), 1) + np.diag([lower] * (n - 1), -1)


def laplacian(n, edges):
    a = np.zeros((n, n))
    for edge in edges:
        i, j = edge[:2]
        w = edge[2] if len(edge) > 2 else 1.0
        a[i, i] += w
        a[j, j] += w
        a[i, j] -= w
        a[j, i] -= w
    return a


def grid(rows, columns):
    edges = []
    for i in range(rows):
        for j in range(columns):
            if j + 1 < columns:
                edges.append((i * columns + j, i * columns + j + 1))
            if i + 1 < rows:
                edges.append((i * columns + j, i * columns + j + columns))
    return laplacian(rows * columns, edges)


def zero_mean(n):
    b = rng.uniform(-1, 1, n)
    b = b - b.mean()
    b[0] -= b.sum()
    return b


def sparse_random(n, degree):
    a = np.zeros((n, n))
    for i in range(n):
        for j in rng.integers(0, n, degree):
            a[i, j] = rng.uniform(-1, 1)
    return a


def dominant(n, degree, slack):
    a = sparse_random(n, degree)
    np.fill_diagonal(a, 0)
    np.fill_diagonal(a, (np.abs(a).sum(1) + 0.01) * (1 + slack))
    return a


# sizes
case("one equation", [[4.0]], [2.0])
case("one equation, negative", [[-0.25]], [2.0])
case("two equations", [[4.0, 1.0], [1.0, 3.0]], [1.0, 2.0])
case("two equations, only off the diagonal", [[0.0, 2.0], [3.0, 0.0]], [1.0, 2.0])
# diagonal and triangular
case("identity", np.eye(7))
case("diagonal of both signs", np.diag([1.0, -2.0, 3.0, -4.0, 1e-6]))
case("lower triangular", np.tril(rng.uniform(0.5, 1.5, (12, 12))) + 3 * np.eye(12))
case("upper triangular", np.triu(rng.uniform(0.5, 1.5, (12, 12))) + 3 * np.eye(12))
case("unit lower triangular with growth", np.tril(-np.ones((15, 15)), -1) + np.eye(15))
case("permutation", np.eye(9)[rng.permutation(9)])
case("antidiagonal", np.fliplr(np.diag(np.arange(1.0, 9.0))))
# symmetric definite
case("second difference", toeplitz(50, -1, 2, -1))
case("second difference, negative", toeplitz(50, 1, -2, 1))
case("fourth difference", toeplitz(30, -1, 2, -1) @ toeplitz(30, -1, 2, -1))
case("grid with shift", grid(9, 11) + 0.01 * np.eye(99))
case("grid, grounded at one node", grid(8, 8) + np.diag([1.0] + [0.0] * 63))
case("positive definite, not dominant", (lambda m: m.T @ m + 0.1 * np.eye(40))(sparse_random(40, 3)))
case("Hilbert, n = 5", scipy.linalg.hilbert(5))
case("arrow", (lambda a: (a.__setitem__((0, slice(1, None)), 1.0), a.__setitem__((slice(1, None), 0), 1.0), a)[2])(
    np.diag([30.0] + [2.0] * 20)))
case("dominant with positive couplings", toeplitz(25, 1, 2.5, 1))
case("no slack, odd cycle of positive couplings", toeplitz(5, 1, 2, 1) + np.fliplr(np.diag([1.0, 0, 0, 0, 1.0])))
case("rows of very different size", np.diag(10.0 ** np.arange(-8, 8)) + 0)
case("definite, badly scaled", (lambda d, a: d @ a @ d)(np.diag(10.0 ** rng.uniform(-3, 3, 20)), toeplitz(20, -1, 2.1, -1)))
# symmetric indefinite
case("indefinite, two by two", [[1.0, 2.0], [2.0, 1.0]])
upper, coupling = toeplitz(12, -1, 2.5, -1), rng.uniform(-1, 1, (12, 5))
case("saddle point", np.block([[upper, coupling], [coupling.T, np.zeros((5, 5))]]))
case("Helmholtz", toeplitz(60, -1, 2 - 0.3, -1))
case("Helmholtz, too large for LU", toeplitz(450, -1, 2 - 2.9, -1))
# asymmetric
case("row dominant", dominant(80, 6, 0.1))
case("column dominant", dominant(80, 6, 0.1).T)
case("row dominant, hardly", dominant(80, 6, 0.001))
case("row dominant, diagonal of both signs", np.diag(rng.choice([-1.0, 1.0], 60)) @ dominant(60, 5, 0.2))
case("convection and diffusion", toeplitz(70, -1.9, 2, -0.1))
case("convection, too large for LU", toeplitz(500, -1.5, 2.01, -0.5))
case("skew-symmetric plus identity", np.eye(40) + (lambda m: m - m.T)(sparse_random(40, 3)))
case("rotation", [[np.cos(1.0), -np.sin(1.0)], [np.sin(1.0), np.cos(1.0)]])
case("circulant", scipy.linalg.circulant([3.0, -1.0, 0.0, 0.0, 0.5, 0.0, 0.0, -1.0]))
walk = np.abs(sparse_random(60, 4)) + 0.01 * np.roll(np.eye(60), 1, 0)
case("random walk with restart", np.eye(60) - 0.85 * walk / walk.sum(1, keepdims=True))
case("general", sparse_random(100, 5) + 0.5 * np.eye(100))
case("general with zeros on the diagonal", (lambda m: m - np.diag(np.diag(m)))(sparse_random(90, 6)) + np.roll(np.eye(90), 1, 0) * 2)
case("largest for LU", toeplitz(400, -1, 0.5, 1.2))
case("Vandermonde", np.vander([0.5, 1.0, 1.5, 2.0, -1.0]))
# storage
case("float32 values", toeplitz(20, -0.3, 1.1, -0.7), values="float32")
case("pattern", np.tril(np.ones((8, 8))), values="none")
case("explicit zeros", toeplitz(4, 0, 2, -1), coo=([0, 0, 1, 1, 1, 2, 2, 2, 3, 3], [0, 1, 0, 1, 2, 1, 2, 3, 2, 3],
                                                   [2.0, -1.0, 0.0, 2.0, -1.0, 0.0, 2.0, -1.0, 0.0, 2.0]))
case("duplicates are summed", toeplitz(3, -1, 3, -1), coo=([0, 0, 0, 1, 1, 1, 1, 2, 2], [0, 0, 1, 0, 1, 1, 2, 1, 2],
                                                           [1.0, 2.0, -1.0, -1.0, 2.5, 0.5, -1.0, -1.0, 3.0]))
case("two blocks that do not touch", scipy.linalg.block_diag(toeplitz(6, -1, 2, -1), dominant(6, 2, 0.5)))
# singular
case("path", laplacian(10, [(i, i + 1) for i in range(9)]), zero_mean(10), singular=True)
case("cycle", laplacian(11, [(i, (i + 1) % 11) for i in range(11)]), zero_mean(11), singular=True)
case("star", laplacian(12, [(0, i) for i in range(1, 12)]), zero_mean(12), singular=True)
case("complete graph", laplacian(9, [(i, j) for i in range(9) for j in range(i)]), zero_mean(9), singular=True)
case("weighted graph", laplacian(15, [(int(rng.integers(0, i)), i, float(rng.uniform(0.1, 5))) for i in range(1, 15)]
                                 + [(0, 14, 2.5), (3, 9, 0.7)]), zero_mean(15), singular=True)
case("grid Laplacian", grid(21, 20), zero_mean(420), singular=True)
case("two components", laplacian(7, [(0, 1), (1, 2), (3, 4), (4, 5), (5, 6), (6, 3)]),
     np.concatenate([zero_mean(3), zero_mean(4)]), singular=True)
case("isolated nodes", laplacian(6, [(1, 2), (2, 4)]), [0.0, 1.0, -3.0, 0.0, 2.0, 0.0], singular=True)
signs = np.diag([1.0, 1, -1, 1, -1, -1, 1, -1])
signed = signs @ laplacian(8, [(i, (i + 1) % 8) for i in range(8)]) @ signs
case("signed null vector", signed, signs @ zero_mean(8), singular=True)
case("negative Laplacian", -laplacian(9, [(i, i + 1) for i in range(8)]), zero_mean(9), singular=True)
case("inconsistent", laplacian(5, [(i, i + 1) for i in range(4)]), [1.0, 0, 0, 0, 0], singular=True,
     outcome="inconsistent")
case("inconsistent on one of two components", laplacian(6, [(0, 1), (1, 2), (3, 4), (4, 5)]),
     [1.0, -1.0, 0, 1.0, 1.0, 1.0], singular=True, outcome="inconsistent")
case("inconsistent, constant right-hand side", laplacian(5, [(i, i + 1) for i in range(4)]), np.ones(5), singular=True,
     outcome="inconsistent")
case("zero matrix", np.zeros((3, 3)), np.zeros(3), singular=True)
case("singular and asymmetric", [[1.0, 2, 3], [4, 5, 6], [7, 8, 9]], [1.0, 0, 0], outcome="singular")
case("row of zeros", [[1.0, 2, 3], [0, 0, 0], [1, 0, 1]], [1.0, 1, 1], outcome="singular")
case("column of zeros", [[1.0, 0, 3], [2, 0, 1], [1, 0, 1]], [1.0, 1, 1], outcome="singular")
case("zero right-hand side", toeplitz(6, -1, 3, -1), np.zeros(6))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "systems.json"), "w") as out:
    out.write("[\n" + ",\n".join(json.dumps(each) for each in cases) + "\n]\n")
print(len(cases), "cases")
