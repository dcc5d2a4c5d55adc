"""Reference answers for test/paths/reduction.cases.ts: what networkx leaves of graphs without cycles.

    /usr/bin/python3 test/vectors/paths/generate-reduction.py

writes test/vectors/paths/reduction.json. Debian 12: apt-get install python3-networkx.
"""

import json
import pathlib
import random

import networkx as nx

here = pathlib.Path(__file__).parent
rng = random.Random(1972)
cases = []
for n, share in ((1, 0), (2, 1), (5, 0.5), (9, 0.3), (14, 0.9), (20, 0.2), (30, 0.1), (40, 0.4)):
    order = list(range(n))
    rng.shuffle(order)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    for i in range(n):
        for j in range(i + 1, n):
            if rng.random() < share:
                graph.add_edge(order[i], order[j], weight=rng.randint(1, 9))
    edges = list(graph.edges(data="weight"))
    cases.append(
        {
            "nodeCount": n,
            "from": [u for u, *_ in edges],
            "to": [v for _, v, _ in edges],
            "weights": [w for *_, w in edges],
            "kept": sorted([u, v, graph[u][v]["weight"]] for u, v in nx.transitive_reduction(graph).edges()),
        }
    )
(here / "reduction.json").write_text(
    json.dumps({"networkx": nx.__version__, "cases": cases}, separators=(",", ":")) + "\n"
)
print(len(cases), "graphs")
