"""Reference answers for contributions and pairs (test/contributions/contributions.cases.ts), and for resistances and
potentials of the same graphs (test/resistance/resistance.cases.ts).

    /usr/bin/python3 test/vectors/contributions/generate.py

writes test/vectors/contributions/contributions.json and test/vectors/resistance/resistances.json.
Debian 12: apt-get install python3-networkx python3-scipy. Graphs are networkx's. Scores are networkx's pagerank from every
source (power iteration to 1e-14 a node), resistances networkx's resistance_distance of each component, compared with the
pseudoinverse, and potentials scipy's solution of the harmonic equations.
"""

import json
import pathlib
import random

import networkx as nx
import numpy as np
import scipy.sparse.linalg


def shapes():
    yield "one node", 1, []
    yield "one node with a loop", 1, [(0, 0)]
    yield "two nodes apart", 2, []
    yield "two nodes joined", 2, [(0, 1)]
    yield "two nodes joined twice", 2, [(0, 1), (0, 1), (1, 0)]
    yield "path", 7, list(nx.path_graph(7).edges())
    yield "cycle", 8, list(nx.cycle_graph(8).edges())
    yield "star", 8, list(nx.star_graph(7).edges())
    yield "star inwards", 6, [(i, 0) for i in range(1, 6)]
    yield "complete", 6, list(nx.complete_graph(6).edges())
    yield "complete bipartite", 7, list(nx.complete_bipartite_graph(3, 4).edges())
    yield "wheel", 7, list(nx.wheel_graph(7).edges())
    yield "ladder", 10, list(nx.ladder_graph(5).edges())
    yield "binary tree", 15, list(nx.balanced_tree(2, 3).edges())
    yield "grid", 16, [(4 * a + b, 4 * c + d) for (a, b), (c, d) in nx.grid_2d_graph(4, 4).edges()]
    yield "barbell", 9, list(nx.barbell_graph(4, 1).edges())
    yield "lollipop", 8, list(nx.lollipop_graph(5, 3).edges())
    yield "Petersen", 10, list(nx.petersen_graph().edges())
    yield "hypercube", 8, [(i, i ^ (1 << b)) for i in range(8) for b in range(3) if i < i ^ (1 << b)]
    yield "loops", 5, [(0, 0), (0, 1), (1, 2), (2, 2), (2, 3), (3, 4), (4, 4)]
    yield "two components", 7, [(0, 1), (1, 2), (2, 0), (4, 5), (5, 6)]
    yield "isolated nodes", 6, [(1, 2), (2, 4)]
    yield "dangling ends", 6, [(0, 1), (0, 2), (1, 3), (2, 3), (4, 0)]
    yield "parallel edges", 5, [(0, 1), (0, 1), (1, 2), (2, 3), (2, 3), (2, 3), (3, 4), (4, 0)]
    yield "karate", 34, list(nx.karate_club_graph().edges())


def build(n, edges, weights, directed):
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(range(n))
    for k, (u, v) in enumerate(edges):
        weight = weights[k] if weights else 1.0
        if weights and graph.has_edge(u, v):
            graph[u][v]["weight"] += weight
        else:
            graph.add_edge(u, v, weight=weight)
    return graph


def contributions(graph, n, damping, target):
    scores = []
    for source in range(n):
        found = nx.pagerank(graph, alpha=damping, personalization={source: 1.0}, tol=1e-14, max_iter=100000)
        scores.append(float(found[target]))
    return scores


def resistances(graph, n, pairs):
    laplacian = np.zeros((n, n))
    for u, v, data in graph.edges(data=True):
        if u != v:
            laplacian[[u, v], [u, v]] += data["weight"]
            laplacian[[u, v], [v, u]] -= data["weight"]
    inverse = np.linalg.pinv(laplacian)
    found = []
    for s, t in pairs:
        component = nx.node_connected_component(graph, s)
        if t not in component:
            found.append(None)
            continue
        inner = graph.subgraph(component).copy()
        inner.remove_edges_from(nx.selfloop_edges(inner))
        value = 0.0 if s == t else float(nx.resistance_distance(inner, s, t, weight="weight", invert_weight=False))
        exact = inverse[s, s] + inverse[t, t] - 2 * inverse[s, t]
        assert abs(value - exact) < 1e-9 * max(1.0, exact), (s, t, value, exact)
        found.append(float(exact))
    return found


def potentials(graph, n, boundary, values):
    held = dict(zip(boundary, values))
    reached = set().union(*(nx.node_connected_component(graph, u) for u in boundary))
    inside = [u for u in range(n) if u in reached and u not in held]
    place = {u: i for i, u in enumerate(inside)}
    found = [held.get(u) for u in range(n)]
    if inside:
        matrix = scipy.sparse.lil_matrix((len(inside), len(inside)))
        right = np.zeros(len(inside))
        for u in inside:
            for v, data in graph[u].items():
                if v == u:
                    continue
                matrix[place[u], place[u]] += data["weight"]
                if v in held:
                    right[place[u]] += data["weight"] * held[v]
                else:
                    matrix[place[u], place[v]] -= data["weight"]
        solution = np.atleast_1d(scipy.sparse.linalg.spsolve(matrix.tocsc(), right))
        for u in inside:
            found[u] = float(solution[place[u]])
    return found


def main():
    random.seed(5)
    questions, networks = [], []
    for name, n, edges in shapes():
        for weighted in (False, True):
            weights = [round(random.uniform(0.1, 9), 3) for _ in edges] if weighted else None
            if weighted and not edges:
                continue
            for directed in (True, False):
                graph = build(n, edges, weights, directed)
                damping = random.choice([0.3, 0.85, 0.95])
                target = random.randrange(n)
                given = {
                    "name": f"{name}{', weighted' if weighted else ''}{', directed' if directed else ''}",
                    "nodeCount": n,
                    "from": [u for u, _ in edges],
                    "to": [v for _, v in edges],
                    "weights": weights,
                    "directed": directed,
                }
                answers = {
                    "damping": damping,
                    "target": target,
                    "contributions": contributions(graph, n, damping, target),
                }
                questions.append(given | answers)
                if directed:
                    continue
                pairs = [(random.randrange(n), random.randrange(n)) for _ in range(4)] + [(0, n - 1)]
                boundary = sorted({0, n // 2, n - 1})
                values = [round(random.uniform(-3, 3), 2) for _ in boundary]
                answers = {
                    "pairs": pairs,
                    "resistances": resistances(graph, n, pairs),
                    "boundary": boundary,
                    "values": values,
                    "potentials": potentials(graph, n, boundary, values),
                }
                networks.append(given | answers)
    folder = pathlib.Path(__file__).parent
    for path, cases in ("contributions.json", questions), ("../resistance/resistances.json", networks):
        text = json.dumps({"networkx": nx.__version__, "cases": cases}, separators=(",", ":"))
        (folder / path).write_text(text + "\n")


if __name__ == "__main__":
    main()
