# Writes matrices.json: matrices as scipy builds, transposes, multiplies and writes them. Run with Debian's python3-scipy:
#   python3 test/vectors/sparse/generate.py
import io
import json
import pathlib

import numpy as np
import scipy.io
import scipy.sparse as sp

rng = np.random.default_rng(20260101)


def market(matrix, **options):
    out = io.BytesIO()
    scipy.io.mmwrite(out, matrix, **options)
    return out.getvalue().decode()


def case(name, rows, cols, i, j, v, dtype, text_options):
    """Coordinates with duplicates in, and what scipy makes of them."""
    coo = sp.coo_matrix((v, (i, j)), shape=(rows, cols))
    csr = coo.tocsr()
    csr.sum_duplicates()
    csr.sort_indices()
    transposed = csr.T.tocsr()
    transposed.sort_indices()
    x = rng.integers(-8, 9, cols).astype(float)
    y = rng.integers(-8, 9, rows).astype(float)
    dense = csr.toarray()
    return {
        "name": name,
        "rows": rows,
        "cols": cols,
        "dtype": dtype,
        "rowIndices": [int(k) for k in i],
        "columnIndices": [int(k) for k in j],
        "values": [float(k) for k in v],
        "csr": {
            "rowPointers": csr.indptr.tolist(),
            "columns": csr.indices.tolist(),
            "values": [float(k) for k in csr.data],
        },
        "transposed": {
            "rowPointers": transposed.indptr.tolist(),
            "columns": transposed.indices.tolist(),
            "values": [float(k) for k in transposed.data],
        },
        "x": x.tolist(),
        "product": (dense @ x).tolist(),
        "y": y.tolist(),
        "productTranspose": (dense.T @ y).tolist(),
        "diagonal": dense.diagonal().tolist(),
        "normInfinity": float(np.abs(dense).sum(axis=1).max()),
        "norm1": float(np.abs(dense).sum(axis=0).max()),
        "symmetric": bool(rows == cols and (dense == dense.T).all()),
        "text": market(csr, **text_options),
        "nnz": int(csr.nnz),
    }


# Values are multiples of 1/16, so that every sum is exact and order does not matter.
def values(count):
    return rng.integers(-40, 41, count) / 16


cases = []
for rows, cols, count in [(1, 1, 1), (1, 1, 3), (2, 2, 0), (1, 5, 4), (5, 1, 4), (3, 4, 9), (8, 8, 30), (17, 9, 60), (40, 40, 200)]:
    for dtype in ["float64", "float32"]:
        cases.append(case(f"{rows} x {cols}, {count} entries, {dtype}", rows, cols, rng.integers(0, rows, count),
                          rng.integers(0, cols, count), values(count), dtype, {"symmetry": "general"}))

n = 12
i, j = rng.integers(0, n, 30), rng.integers(0, n, 30)
v = values(30)
for kind, sign in [("symmetric", 1), ("skew-symmetric", -1)]:
    off = i != j
    ii = np.concatenate([i[off], j[off]])
    jj = np.concatenate([j[off], i[off]])
    vv = np.concatenate([v[off], sign * v[off]])
    if sign == 1:
        ii, jj, vv = np.append(ii, [0, 3]), np.append(jj, [0, 3]), np.append(vv, [2.5, -1])
    cases.append(case(kind, n, n, ii, jj, vv, "float64", {"symmetry": kind}))

grid = sp.kronsum(sp.diags([-1, 2, -1], [-1, 0, 1], (4, 4)), sp.diags([-1, 2, -1], [-1, 0, 1], (3, 3))).tocoo()
cases.append(case("grid Laplacian, Dirichlet", 12, 12, grid.row, grid.col, grid.data, "float64", {"symmetry": "symmetric"}))

# Hard values to read: written by scipy with 17 digits, to be read as the same bits.
hard = np.array([0.1, 1 / 3, 2 / 3, np.pi * 1e-300, 5e-324, 1.7976931348623157e308, 1e23, 123456789012345680.0, -2.2250738585072011e-308])
numbers = [market(sp.coo_matrix((hard, (np.arange(9), np.zeros(9, int))), shape=(9, 1)), precision=17)]
arrays = []
for symmetry, matrix in [("general", np.array([[1.5, 0, -2], [0.25, 4, 0]])),
                         ("symmetric", np.array([[1.0, 2, 0], [2, 0, -3], [0, -3, 5]])),
                         ("skew-symmetric", np.array([[0.0, 2, -1], [-2, 0, 0.5], [1, -0.5, 0]]))]:
    arrays.append({"text": market(matrix, symmetry=symmetry), "rows": matrix.shape[0], "cols": matrix.shape[1],
                   "dense": matrix.ravel().tolist()})
integers = {"text": market(sp.coo_matrix(np.array([[1, 0], [-7, 2 ** 40]]))), "rows": 2, "cols": 2, "dense": [1, 0, -7, 2 ** 40]}
pattern = {"text": market(sp.coo_matrix(np.array([[1.0, 0], [1, 1]])), field="pattern"), "rows": 2, "cols": 2, "dense": [1, 0, 1, 1]}

out = {"scipy": scipy.__version__, "matrices": cases,
       "texts": arrays + [integers, pattern], "hardText": numbers[0], "hardValues": hard.tolist()}
path = pathlib.Path(__file__).with_name("matrices.json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
