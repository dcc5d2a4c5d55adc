"""Arrays as NumPy writes them, for test/cli/cli-vectors.test.ts.

    /usr/bin/python3 test/vectors/npy/generate.py > test/vectors/npy/files.json

Debian 12: apt-get install python3-numpy. Each case holds a whole .npy file in base64 and, where it can be read, its rows
as numbers.
"""

import base64
import io
import json
import sys

import numpy as np

rows = np.array([[1, 2, 3], [-4, 5, 0.5], [0, -1, 7], [100, -100, 0.25]])
cases = {}


def add(name, array, version=None, readable=True):
    file = io.BytesIO()
    if version is None:
        np.save(file, array)
    else:
        np.lib.format.write_array(file, array, version=version)
    cases[name] = {"file": base64.b64encode(file.getvalue()).decode()}
    if readable:
        cases[name]["rows"] = array.astype("<f8").tolist()


for dtype in ["<f4", "<f8", "<f2", "|i1", "|u1"]:
    add(f"of type {dtype}", (np.abs(rows) if dtype == "|u1" else rows).astype(dtype))
add("of version 2.0", rows.astype("<f4"), (2, 0))
add("of version 3.0", rows.astype("<f4"), (3, 0))
add("of one row", rows[:1].astype("<f4"))
add("of one axis", rows[0].astype("<f4"), readable=False)
add("of no axis", np.float32(3), readable=False)
add("of three axes", np.zeros((2, 2, 3), "<f4"), readable=False)
add("of no rows", np.zeros((0, 3), "<f4"), readable=False)
add("of empty rows", np.zeros((3, 0), "<f4"), readable=False)
add("in Fortran order", np.asfortranarray(rows.astype("<f4")))
add("big-endian", rows.astype(">f4"))
add("of long integers", rows.astype("<i8"))
add("of truth values", rows > 0)
add("of complex numbers", rows.astype("<c8"), readable=False)
add("of texts", np.array([["a", "b"]]), readable=False)
add("of records", np.zeros(3, [("x", "<f4"), ("y", "<f4")]), readable=False)
json.dump(cases, sys.stdout, indent=1)
print()
