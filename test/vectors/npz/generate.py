"""Files as numpy.savez, numpy.save and scipy.sparse.save_npz write them, for test/sparse/npz.test.ts.

    /usr/bin/python3 test/vectors/npz/generate.py > test/vectors/npz/files.json

Debian 12: apt-get install python3-numpy python3-scipy. Each case holds a whole file in base64, and what is in it.
"""

import base64
import io
import json
import sys

import numpy as np
import scipy.sparse as sp

rng = np.random.default_rng(12)


def packed(write):
    file = io.BytesIO()
    write(file)
    return base64.b64encode(file.getvalue()).decode()


arrays = {}
block = rng.integers(0, 120, (2, 3, 4))
for descr in ["i1", "u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<i8", ">i8", "<u8", ">u8",
              "<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "?"]:
    for order in "CF":
        array = np.array((block % 2 if descr == "?" else block).astype(descr), order=order)
        arrays[f"{descr} {order}"] = {
            "file": packed(lambda f: np.save(f, array)),
            "shape": list(array.shape),
            "values": array.astype("<f8").ravel(order="C").tolist(),
        }
extremes = {
    "halves": np.array([0, -0.0, 1, -2, 65504, 6e-8, 6.1e-5, np.inf, -np.inf], "<f2"),
    "long integers": np.array([2**63 - 1, -(2**63), 9007199254740993], "<i8"),
    "a number": np.float64(2.5),
    "none": np.zeros((0, 3)),
    "Fortran vector": np.asfortranarray(np.arange(4.0)),
    "Fortran table": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}
for name, array in extremes.items():
    arrays[name] = {
        "file": packed(lambda f: np.save(f, array)),
        "shape": list(array.shape),
        "values": [str(x) for x in np.asarray(array).ravel(order="C").tolist()],
    }

several = {"first": np.arange(6, dtype="<f4").reshape(2, 3), "second": np.array([True, False])}
archives = {
    "stored": packed(lambda f: np.savez(f, **several)),
    "deflated": packed(lambda f: np.savez_compressed(f, **several)),
    "one": packed(lambda f: np.savez_compressed(f, vectors=np.arange(8, dtype="<f4").reshape(4, 2))),
}

a = sp.random(7, 5, density=0.35, random_state=3, data_rvs=lambda n: rng.integers(-4, 9, n).astype("<f8") / 4)
square = sp.random(6, 6, density=0.4, random_state=4)
matrices = {}


def add(name, matrix, compressed=True):
    dense = matrix.toarray().astype("<f8")
    matrices[name] = {
        "file": packed(lambda f: sp.save_npz(f, matrix, compressed=compressed)),
        "rows": dense.shape[0],
        "cols": dense.shape[1],
        "dense": dense.ravel().tolist(),
    }


for form in ["csr", "csc", "coo", "dia", "bsr"]:
    add(form, a.asformat(form))
    add(f"{form}, float32", square.asformat(form).astype("<f4"))
add("stored", a.tocsr(), compressed=False)
add("whole numbers", (a * 4).tocsr().astype("<i8"))
add("truth values", (a != 0).tocsr())
add("blocks of 2 x 3", sp.bsr_matrix(np.kron(np.eye(3), [[1, 2, 0], [0, 3, 4]]), blocksize=(2, 3)))
add("diagonals beyond the corner", sp.diags([[1, 2, 3, 8], [4, 5, 6, 7]], [2, -1], shape=(5, 6)).todia())
duplicates = sp.coo_matrix(([1.0, 2.0, 4.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
add("entries given twice", duplicates)
wide = a.tocsr()
wide.indices = wide.indices.astype("<i8")
wide.indptr = wide.indptr.astype("<i8")
add("long indices", wide)
complex_file = packed(lambda f: sp.save_npz(f, square.tocsr().astype("<c16")))

json.dump({"arrays": arrays, "archives": archives, "matrices": matrices, "complex": complex_file}, sys.stdout, indent=1)
print()
