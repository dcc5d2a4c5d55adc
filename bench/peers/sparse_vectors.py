#!/usr/bin/env python3
# The ten largest inner products with sparse vectors by SciPy, as protocol.h speaks.
#
#   load FOLDER     starts.u32, indices.u32, values.f32 of the vectors, and the same of the queries with a q in front
#   run columns Q   query Q: the columns of its indices (CSC), times its values, the ten largest
#   run rows Q      the same by a product of all rows (CSR) with the query as a dense vector
#   write FILE      ids of the last run, as f64
import sys
import time

import numpy as np
import scipy.sparse as sp

WIDTH = 30_000


def load(folder):
    global rows, columns, queries, found
    read = lambda name, kind: np.fromfile(f'{folder}/{name}', kind)
    made = lambda q: (read(f'{q}starts.u32', np.uint32), read(f'{q}indices.u32', np.uint32), read(f'{q}values.f32', np.float32))
    starts, indices, values = made('')
    rows = sp.csr_matrix((values, indices.astype(np.int32), starts.astype(np.int32)), (len(starts) - 1, WIDTH))
    columns = rows.tocsc()
    rows.sort_indices()
    starts, indices, values = made('q')
    queries = [(indices[a:b].astype(np.int32), values[a:b]) for a, b in zip(starts, starts[1:])]
    found = np.zeros(0)


def best(scores):
    top = np.argpartition(-scores, 10)[:10]
    return top[np.lexsort((top, -scores[top]))]


def run(method, q):
    global found
    indices, values = queries[q]
    dense = np.zeros(WIDTH, np.float32)
    dense[indices] = values
    start = time.perf_counter()
    found = best(columns[:, indices] @ values if method == 'columns' else rows @ dense)
    return 1000 * (time.perf_counter() - start)


for line in sys.stdin:
    command, *words = line.split()
    try:
        if command == 'load':
            load(words[0])
            print('ok', flush=True)
        elif command == 'run':
            print(f'ok {run(words[0], int(words[1]))} 0', flush=True)
        elif command == 'write':
            found.astype(np.float64).tofile(words[0])
            print('ok', flush=True)
        else:
            print(f'error unknown command {command}', flush=True)
    except Exception as error:
        print(f'error {error}', flush=True)
