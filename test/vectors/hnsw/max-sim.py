# Writes max-sim.json: documents of several vectors, questions of several vectors, and the best documents by MaxSim.
#
#   /usr/bin/python3 test/vectors/hnsw/max-sim.py > test/vectors/hnsw/max-sim.json        (Debian: python3-numpy)
import json

import numpy as np

rng = np.random.default_rng(7)
DIMENSION, DOCUMENTS, QUESTIONS = 6, 300, 8
# Multiples of 1/64: exact in float32, and readable.
draw = lambda rows: np.round(rng.normal(size=(rows, DIMENSION)) * 64) / 64
documents = [draw(int(rng.integers(1, 7))) for _ in range(DOCUMENTS)]
questions = [draw(int(rng.integers(1, 6))) for _ in range(QUESTIONS)]
unit = lambda x: x / np.linalg.norm(x, axis=1, keepdims=True)
similarities = {
    "dot": lambda q, d: q @ d.T,
    "cosine": lambda q, d: unit(q) @ unit(d).T,
    "euclidean": lambda q, d: -np.linalg.norm(q[:, None, :] - d[None, :, :], axis=2),
}
found = []
for metric, similarity in similarities.items():
    for i, q in enumerate(questions):
        scores = np.array([similarity(q, d).max(axis=1).sum() for d in documents])
        best = np.argsort(-scores, kind="stable")[:20]
        found.append({"metric": metric, "question": i, "documents": best.tolist(), "scores": scores[best].tolist()})
print(json.dumps({
    "documents": [d.tolist() for d in documents],
    "questions": [q.tolist() for q in questions],
    "found": found,
}, separators=(",", ":")))
