"""Random sparse symmetric matrices with their inertia, determinant and condition number, by numpy (LAPACK).

    python3 test/vectors/direct/inertia.py > test/vectors/direct/inertia.txt

Each matrix: a line `n entries positive negative log|det| condition`, the condition number in the 1-norm, then a line
`row column value` for each entry of its lower half. Entries are quarters, so that they are exact.
"""
import numpy

rng = numpy.random.default_rng(20240607)
count = 0
while count < 60:
    n = int(rng.integers(1, 31))
    kind = count % 4
    a = numpy.zeros((n, n))
    for _ in range(int(rng.integers(n, 4 * n + 1))):
        i, j = rng.integers(0, n, 2)
        a[i, j] = a[j, i] = rng.integers(-8, 9) / 4
    if kind == 0:  # dominant, of both signs
        for i in range(n):
            a[i, i] = rng.choice([-1, 1]) * (numpy.abs(a[i]).sum() + 1)
    elif kind == 1:  # definite
        a += (numpy.ceil(-numpy.linalg.eigvalsh(a)[0]) + 1) * numpy.eye(n)
    elif kind == 2:  # a saddle point
        half = n - n // 3
        a[half:, half:] = 0
        for i in range(half):
            a[i, i] += 4
        for i in range(half, n):
            a[i, i - half] = a[i - half, i] = 3
    values = numpy.linalg.eigvalsh(a)
    if numpy.abs(values).min() < 1e-4:
        continue
    count += 1
    rows, columns = numpy.nonzero(numpy.tril(a))
    condition = numpy.linalg.norm(a, 1) * numpy.linalg.norm(numpy.linalg.inv(a), 1)
    _, log = numpy.linalg.slogdet(a)
    print(n, len(rows), (values > 0).sum(), (values < 0).sum(), f"{log:.15g}", f"{condition:.15g}")
    for i, j in zip(rows, columns):
        print(i, j, f"{a[i, j]:g}")
