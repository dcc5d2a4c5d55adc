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

# symmetric and definite, more of them: so that every method for such systems has forty
case("two equations, semidefinite pair", [[2.0, -2.0], [-2.0, 2.0]], [1.0, -1.0], singular=True)
case("three equations", [[3.0, -1, 0], [-1, 3, -1], [0, -1, 3]], [1.0, 0, 2])
case("three equations, negative", [[-3.0, 1, 0], [1, -3, 1], [0, 1, -3]], [1.0, 0, 2])
case("graded diagonal", np.diag(10.0 ** np.linspace(-3, 3, 24)) + toeplitz(24, -1e-4, 2e-4, -1e-4))
case("graded couplings", (lambda w: np.diag(w) + np.diag(np.append(w[1:], 0)) - np.diag(w[1:], 1) - np.diag(w[1:], -1))(
    10.0 ** np.linspace(0, 3, 18)))
case("arrow, dominant", laplacian(21, [(0, i, 0.5) for i in range(1, 21)]) + 0.05 * np.eye(21))
case("arrow pointing down", np.flipud(np.fliplr(laplacian(21, [(0, i, 0.5) for i in range(1, 21)]) + 0.05 * np.eye(21))))
case("dense block", laplacian(26, [(i, j, 0.1) for i in range(13) for j in range(i)] + [(i, i + 1) for i in range(12, 25)])
     + 0.1 * np.eye(26))
case("binary tree", laplacian(31, [(i, (i - 1) // 2) for i in range(1, 31)]) + 0.02 * np.eye(31))
case("binary tree, nothing added", laplacian(31, [(i, (i - 1) // 2) for i in range(1, 31)]), zero_mean(31), singular=True)
case("ladder", laplacian(40, [(i, i + 2) for i in range(38)] + [(2 * i, 2 * i + 1) for i in range(20)]) + 0.01 * np.eye(40))
case("wheel", laplacian(16, [(0, i) for i in range(1, 16)] + [(i, i % 15 + 1) for i in range(1, 16)]), zero_mean(16),
     singular=True)
case("two cliques and a bridge", laplacian(20, [(i + o, j + o) for o in (0, 10) for i in range(10) for j in range(i)]
                                          + [(9, 10, 0.01)]) + 0.01 * np.eye(20))
case("bipartite", laplacian(14, [(i, 7 + j) for i in range(7) for j in range(7) if (i + j) % 3]), zero_mean(14), singular=True)
case("hypercube", laplacian(32, [(i, i ^ 1 << k) for i in range(32) for k in range(5) if i < i ^ 1 << k]) + 0.1 * np.eye(32))
case("torus", laplacian(36, [(6 * i + j, 6 * i + (j + 1) % 6) for i in range(6) for j in range(6)]
                        + [(6 * i + j, 6 * ((i + 1) % 6) + j) for i in range(6) for j in range(6)]), zero_mean(36), singular=True)
case("anisotropic grid", laplacian(64, [(8 * i + j, 8 * i + j + 1, 1.0) for i in range(8) for j in range(7)]
                                   + [(8 * i + j, 8 * i + j + 8, 0.01) for i in range(7) for j in range(8)]) + 0.001 * np.eye(64))
case("jumping coefficients", laplacian(49, [(7 * i + j, 7 * i + j + 1, 100.0 if i < 3 else 0.1) for i in range(7) for j in range(6)]
                                       + [(7 * i + j, 7 * i + j + 7, 100.0 if i < 3 else 0.1) for i in range(6) for j in range(7)])
     + 0.01 * np.eye(49))
case("nine-point stencil", laplacian(49, [(7 * i + j, 7 * k + m, 1.0 if i == k or j == m else 0.25) for i in range(7)
                                          for j in range(7) for k in range(7) for m in range(7)
                                          if (i, j) < (k, m) and abs(i - k) <= 1 and abs(j - m) <= 1]) + 0.01 * np.eye(49))
case("random graph", laplacian(50, [(int(rng.integers(0, i)), i, float(rng.uniform(0.5, 2))) for i in range(1, 50)]
                               + [(i, (7 * i + 3) % 50, 0.3) for i in range(50) if i != (7 * i + 3) % 50]) + 0.05 * np.eye(50))
case("random graph, shuffled", (lambda a, p: a[p][:, p])(grid(6, 7) + 0.02 * np.eye(42), rng.permutation(42)))
case("couplings of both signs", (lambda s: s + np.diag(np.abs(s).sum(1) + 0.1))(
    (lambda m: np.round(m + m.T, 3) - np.diag(np.diag(np.round(m + m.T, 3))))(np.triu(sparse_random(30, 3), 1))))
case("couplings of both signs, no slack on most rows", (lambda s: s + np.diag(np.abs(s).sum(1)) + np.diag([1.0] + [0.0] * 23))(
    toeplitz(24, 1, 0, 1)))
case("signed grid", (lambda s: s @ (grid(5, 6) + 0.1 * np.eye(30)) @ s)(np.diag(rng.choice([-1.0, 1.0], 30))))
case("negative definite grid", -(grid(5, 5) + 0.1 * np.eye(25)))
case("float32 grid", grid(4, 5) + 0.25 * np.eye(20), values="float32")
case("three components, one of them regular", scipy.linalg.block_diag(laplacian(3, [(0, 1), (1, 2)]), toeplitz(4, -1, 3, -1),
                                                                    laplacian(2, [(0, 1)])),
     np.concatenate([zero_mean(3), rng.uniform(-1, 1, 4), [0.5, -0.5]]), singular=True)
# asymmetric
case("row dominant, shuffled triangle", (lambda a, p: a[p][:, p])(
    np.tril(-rng.uniform(0.01, 0.05, (18, 18)), -1) + np.eye(18), rng.permutation(18)))
case("graded rows", np.diag(10.0 ** np.linspace(-2, 2, 20)) @ dominant(20, 3, 0.5))
case("graded columns", dominant(20, 3, 0.5).T @ np.diag(10.0 ** np.linspace(-1, 1, 20)))
case("complex spectrum", 2.5 * np.eye(24) + np.roll(np.eye(24), 1, 1) - np.roll(np.eye(24), 1, 0) + 0.5 * np.roll(np.eye(24), 2, 1))
case("column dominant with positive couplings", np.abs(dominant(30, 4, 0.3)).T)
case("upwind", np.eye(40) * 1.5 - np.diag(np.ones(39), -1) - np.diag(np.full(35, 0.3), -5))
case("cycle with leak", np.eye(30) - 0.9 * np.roll(np.eye(30), 1, 1))
case("block triangular", np.block([[dominant(10, 3, 0.3), np.zeros((10, 10))], [sparse_random(10, 2), dominant(10, 3, 0.3)]]))


def methods_for(each):
    """Methods that promise an answer, by what scipy says about the dense matrix; the others promise none."""
    a = np.zeros((each["n"], each["n"]))
    values = each["values"] or [1.0] * len(each["rows"])
    for i, j, v in zip(each["rows"], each["columns"], values):
        a[i, j] += np.float32(v) if each["type"] == "float32" else v
    n, found, d = len(a), [], np.diag(a)
    off = np.abs(a).sum(1) - np.abs(d)
    symmetric = bool((a == a.T).all())
    has_diagonal = bool((d[off > 0] != 0).all()) and (symmetric or bool((d != 0).all()))
    one_sign = bool((d >= 0).all() or (d <= 0).all())
    if n <= 400:
        found.append("lu")
    if symmetric and has_diagonal and one_sign:
        spectrum = scipy.linalg.eigvalsh(a if (d >= 0).all() else -a)
        if spectrum[0] >= -1e-12 * max(spectrum[-1], 1e-300):
            found += ["cg", "amg", "symmetricGaussSeidel", "incompleteCholesky"] + (["cholesky"] if n <= 400 else [])
            if (np.abs(d) >= off * (1 - 1e-13)).all():
                found.append("approximateCholesky")
    if has_diagonal and (d != 0).all():
        # The sweeps' iteration matrix; an eigenvalue of 1 belongs to a null vector.
        sizes = np.abs(scipy.linalg.eigvals(np.eye(n) - scipy.linalg.solve_triangular(np.tril(a), a, lower=True)))
        if (sizes[np.abs(sizes - 1) > 1e-9] < 0.97).all():
            found.append("gaussSeidel")
    return found


for each in cases:
    each["methods"] = methods_for(each)
for method in ("cg", "amg", "symmetricGaussSeidel", "incompleteCholesky", "cholesky", "approximateCholesky", "gaussSeidel", "lu"):
    print(method, sum(method in each["methods"] for each in cases))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "systems.json"), "w") as out:
    out.write("[\n" + ",\n".join(json.dumps(each) for each in cases) + "\n]\n")
print(len(cases), "cases")
