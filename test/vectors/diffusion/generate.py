"""Reference PageRank vectors from networkx, for test/diffusion/diffusion.cases.ts.

    /usr/bin/python3 test/vectors/diffusion/generate.py > test/vectors/diffusion/pagerank.json

Debian 12: apt-get install python3-networkx python3-scipy. Each case holds a graph as edges, a source distribution, the
damping, and networkx's pagerank (power iteration to 1e-15 a node) checked against a dense solve of the defining equation.
"""

import json
import random
import sys

import networkx as nx
import numpy as np

TOLERANCE = 1e-15


def dense(graph, nodes, damping, source):
    """p = (1 - d) s + d (P^T p + (dangling mass) s), solved as a linear system."""
    n = len(nodes)
    matrix = np.eye(n)
    for u in nodes:
        strength = sum(data.get("weight", 1.0) for _, _, data in graph.edges(u, data=True))
        if strength == 0:
            matrix[:, u] -= damping * source
        for _, v, data in graph.edges(u, data=True):
            matrix[v, u] -= damping * data.get("weight", 1.0) / strength
    return np.linalg.solve(matrix, (1 - damping) * source)


def case(name, n, edges, directed, damping=0.85, source=None, weighted=False):
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(range(n))
    for edge in edges:
        u, v = edge[:2]
        weight = edge[2] if weighted else 1.0
        if weighted and graph.has_edge(u, v):
            graph[u][v]["weight"] += weight
        else:
            graph.add_edge(u, v, weight=weight)
    s = np.full(n, 1.0 / n)
    if source is not None:
        s = np.zeros(n)
        for node, weight in source:
            s[node] += weight
        s /= s.sum()
    personalization = None if source is None else {u: float(s[u]) for u in range(n)}
    found = nx.pagerank(graph, alpha=damping, personalization=personalization, tol=TOLERANCE, max_iter=100000)
    scores = np.array([found[u] for u in range(n)])
    # networkx counts an undirected loop once in its scipy matrix, as this library does.
    exact = dense(graph, range(n), damping, s)
    worst = np.abs(scores - exact).sum()
    assert worst < 1e-12, (name, worst)
    return {
        "name": name,
        "nodeCount": n,
        "from": [e[0] for e in edges],
        "to": [e[1] for e in edges],
        "weights": [e[2] for e in edges] if weighted else None,
        "directed": directed,
        "damping": damping,
        "source": source,
        "scores": [float(x) for x in exact],
    }


def graphs():
    path = [(i, i + 1) for i in range(7)]
    cycle = [(i, (i + 1) % 9) for i in range(9)]
    star = [(0, i) for i in range(1, 8)]
    complete = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    tree = [((i - 1) // 2, i) for i in range(1, 15)]
    grid = [(i, i + 1) for i in range(25) if i % 5 < 4] + [(i, i + 5) for i in range(20)]
    barbell = [(i, j) for i in range(4) for j in range(i)] + [(i + 4, j + 4) for i in range(4) for j in range(i)] + [(3, 4)]
    yield "one node", 1, [], 1
    yield "one node with a loop", 1, [(0, 0)], 1
    yield "two nodes apart", 2, [], 2
    yield "two nodes joined", 2, [(0, 1)], 2
    yield "path", 8, path, 2
    yield "cycle", 9, cycle, 2
    yield "star", 8, star, 2
    yield "complete", 6, complete, 2
    yield "tree", 15, tree, 2
    yield "grid", 25, grid, 2
    yield "barbell", 8, barbell, 2
    yield "loops", 4, [(0, 0), (0, 1), (1, 2), (2, 2), (2, 3)], 2
    yield "two components", 7, [(0, 1), (1, 2), (2, 0), (4, 5), (5, 6)], 2
    yield "dangling ends", 6, [(0, 1), (0, 2), (1, 3), (2, 3), (4, 0)], 2
    yield "karate", 34, list(nx.karate_club_graph().edges()), 2


def main():
    random.seed(11)
    cases = []
    for name, n, edges, kinds in graphs():
        for directed in (True, False)[: kinds if edges else 1]:
            kind = "directed" if directed else "undirected"
            cases.append(case(f"{name}, {kind}, global", n, edges, directed))
            cases.append(case(f"{name}, {kind}, from one node", n, edges, directed, 0.7, [(n // 2, 1.0)]))
            spread = [(0, 1.0), (n - 1, 3.0), (n // 3, 0.5), (0, 0.25)]
            cases.append(case(f"{name}, {kind}, from a distribution", n, edges, directed, 0.95, spread))
    for number in range(6):
        n = 30
        edges = [(random.randrange(n), random.randrange(n), round(random.uniform(0.1, 9), 3)) for _ in range(80)]
        # networkx keeps one undirected edge whichever way it was written, and sums what we add.
        directed = number % 2 == 0
        cases.append(case(f"random weighted {number}", n, edges, directed, 0.85, [(number, 1.0)], True))
        cases.append(case(f"random weighted {number}, global", n, edges, directed, 0.5, None, True))
    json.dump({"networkx": nx.__version__, "cases": cases}, sys.stdout, indent=None, separators=(",", ":"))
    print()


main()
