#!/usr/bin/env python3
# scipy's eigsh (ARPACK) with shift-invert, as protocol.h speaks: the smallest eigenvalues of the matrix of a system.
# A run factorises and iterates. METHOD: smallest<k>; TOLERANCE: the shift.
import sys
import time

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import eigsh

matrix = None
result = np.zeros(0)


def load(path):
    with open(path, 'rb') as file:
        n, nnz = np.fromfile(file, np.uint32, 2)
        pointers = np.fromfile(file, np.uint32, n + 1)
        columns = np.fromfile(file, np.uint32, nnz)
        values = np.fromfile(file, np.float64, nnz)
    return sp.csr_matrix((values, columns.astype(np.int32), pointers.astype(np.int32)), shape=(n, n)).tocsc()


for line in sys.stdin:
    word, *rest = line.split()
    if word == 'load':
        matrix = load(line[5:].rstrip('\n'))
        print('ok', flush=True)
    elif word == 'run' and rest[0].startswith('smallest'):
        start = time.perf_counter()
        result = eigsh(matrix, k=int(rest[0][8:]), sigma=float(rest[1]), which='LM')[0]
        print(f'ok {1000 * (time.perf_counter() - start):.6f} 0', flush=True)
    elif word == 'write':
        np.sort(result).tofile(line[6:].rstrip('\n'))
        print('ok', flush=True)
    else:
        print('error unknown command', flush=True)
