# Determinants of unsymmetric matrices by SuperLU, for test/native/direct_lu.c:
#   python3 determinants.py > determinants.txt      (Debian: python3-scipy)
# A matrix: n, entries, log |det|, sign; then row, column and value of each entry. Numbers are exact.
import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as sl


def sign(permutation):
    seen, result = set(), 1
    for k in range(len(permutation)):
        while k not in seen:
            seen.add(k)
            k = permutation[k]
            result = -result if k not in seen else result
    return result


def write(matrix):
    matrix = sp.coo_matrix(matrix)
    lu = sl.splu(sp.csc_matrix(matrix))
    diagonal = lu.U.diagonal()
    s = int(np.prod(np.sign(diagonal))) * sign(lu.perm_r) * sign(lu.perm_c)
    print(matrix.shape[0], matrix.nnz, float(np.log(np.abs(diagonal)).sum()).hex(), s)
    for i, j, v in zip(matrix.row, matrix.col, matrix.data):
        print(i, j, float(v).hex())


rng = np.random.default_rng(13)
for n in (1, 2, 5, 17, 40, 90):
    for density in (0.03, 0.15):
        a = sp.random(n, n, density, random_state=rng, data_rvs=lambda k: rng.standard_normal(k))
        # A permutation is added, so that the matrix is regular whatever the density.
        p = sp.coo_matrix((rng.standard_normal(n) + 3, (np.arange(n), rng.permutation(n))), (n, n))
        a = sp.coo_matrix(a + p)
        scale = sp.diags(10.0 ** rng.integers(-6, 7, n))
        write(scale @ a if density > 0.1 else a)
