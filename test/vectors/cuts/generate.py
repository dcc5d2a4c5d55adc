"""Reference answers for test/cuts/cuts.cases.ts: what networkx says of graphs of many shapes, and scipy of matrices of costs.

    /usr/bin/python3 test/vectors/cuts/generate.py

writes test/vectors/cuts/cuts.json. Debian 12: apt-get install python3-networkx python3-scipy.
"""

import json
import pathlib
import random

import networkx as nx
import numpy as np
import scipy
from scipy.optimize import linear_sum_assignment

here = pathlib.Path(__file__).parent


def shapes():
    rng = random.Random(42)
    yield "one node", nx.empty_graph(1)
    yield "two nodes apart", nx.empty_graph(2)
    yield "an edge", nx.path_graph(2)
    yield "a loop beside an edge", nx.Graph([(0, 0), (0, 1)])
    yield "a path", nx.path_graph(9)
    yield "a star", nx.star_graph(8)
    yield "an even ring", nx.cycle_graph(8)
    yield "an odd ring", nx.cycle_graph(7)
    yield "a wheel", nx.wheel_graph(9)
    yield "all pairs", nx.complete_graph(7)
    yield "two sides", nx.complete_bipartite_graph(4, 6)
    yield "two cliques by a bridge", nx.barbell_graph(5, 0)
    yield "two cliques by a path", nx.barbell_graph(4, 3)
    yield "cliques that share a node", nx.windmill_graph(3, 4)
    yield "a grid", nx.convert_node_labels_to_integers(nx.grid_2d_graph(5, 6), ordering="sorted")
    yield "a torus", nx.convert_node_labels_to_integers(nx.grid_2d_graph(4, 5, periodic=True), ordering="sorted")
    yield "a cube", nx.convert_node_labels_to_integers(nx.hypercube_graph(4), ordering="sorted")
    yield "Petersen", nx.petersen_graph()
    yield "Karate club", nx.Graph(nx.karate_club_graph().edges())
    yield "a binary tree", nx.balanced_tree(2, 4)
    yield "a ladder", nx.ladder_graph(8)
    yield "three parts", nx.disjoint_union_all([nx.cycle_graph(5), nx.path_graph(4), nx.empty_graph(2)])
    yield "a small world", nx.watts_strogatz_graph(30, 4, 0.3, seed=5)
    yield "a scale-free graph", nx.barabasi_albert_graph(40, 3, seed=5)
    for n, m in ((12, 14), (25, 40), (40, 90), (60, 70)):
        yield f"random {n}, {m}", nx.gnm_random_graph(n, m, seed=rng.randint(0, 999))


def colours(graph, strategy):
    return max(nx.greedy_color(graph, strategy).values(), default=-1) + 1


def undirected(graph):
    n = len(graph)
    plain = graph.copy()
    plain.remove_edges_from(list(nx.selfloop_edges(graph)))
    yield "components", sorted(sorted(c) for c in nx.connected_components(graph))
    yield "blocks", sorted(sorted(c) for c in nx.biconnected_components(plain))
    yield "points", sorted(nx.articulation_points(plain))
    yield "bridges", sorted(sorted(e) for e in nx.bridges(plain))
    yield "bipartite", nx.is_bipartite(graph)
    yield "cores", [nx.core_number(plain)[u] for u in range(n)]
    yield "triangles", [nx.triangles(plain)[u] for u in range(n)]
    yield "clustering", [nx.clustering(plain)[u] for u in range(n)]
    yield "average", nx.average_clustering(plain)
    yield "transitivity", nx.transitivity(plain)
    yield "dsatur", colours(plain, "DSATUR") if nx.is_bipartite(plain) else None
    for name, maximum in (("least", False), ("largest", True)):
        find = nx.maximum_spanning_edges if maximum else nx.minimum_spanning_edges
        yield name, sum(d["weight"] for *_, d in find(plain, data=True))
    yield "matching", len(nx.max_weight_matching(plain, maxcardinality=True))
    whole = n > 1 and nx.is_connected(plain)
    yield "minimum", nx.stoer_wagner(plain)[0] if whole else (0 if n > 1 else None)
    pairs = [(u, v) for u in range(0, n, 3) for v in range(u + 1, n, 4)]
    yield "between", [
        [u, v, nx.maximum_flow_value(plain, u, v, capacity="weight") if n > 1 else 0] for u, v in pairs
    ]


def directed(graph):
    n = len(graph)
    yield "components", sorted(sorted(c) for c in nx.weakly_connected_components(graph))
    yield "strong", sorted(sorted(c) for c in nx.strongly_connected_components(graph))
    yield "condensed", nx.condensation(graph).number_of_edges()
    pairs = [(u, v) for u in range(0, n, 3) for v in range(1, n, 4) if u != v]
    yield "between", [[u, v, nx.maximum_flow_value(graph, u, v, capacity="weight")] for u, v in pairs]


def cases():
    rng = random.Random(16)
    for name, shape in shapes():
        for kind in ("undirected", "weighted", "directed"):
            graph = nx.DiGraph() if kind == "directed" else nx.Graph()
            graph.add_nodes_from(range(len(shape)))
            for u, v in shape.edges():
                if kind == "directed":
                    for a, b in ((u, v), (v, u)):
                        if rng.random() < 0.7:
                            graph.add_edge(a, b, weight=rng.randint(1, 20))
                else:
                    graph.add_edge(u, v, weight=rng.randint(1, 20) if kind == "weighted" else 1)
            edges = list(graph.edges(data="weight"))
            yield {
                "name": f"{name}, {kind}",
                "nodeCount": len(graph),
                "from": [u for u, *_ in edges],
                "to": [v for _, v, _ in edges],
                **({} if kind == "undirected" else {"weights": [w for *_, w in edges]}),
                "directed": kind == "directed",
                **dict((directed if kind == "directed" else undirected)(graph)),
            }


def assignments():
    rng = np.random.default_rng(7)
    for rows, columns in ((1, 1), (3, 3), (5, 8), (8, 5), (20, 20), (30, 12), (40, 60)):
        for maximum in (False, True):
            costs = rng.integers(-50, 100, (rows, columns))
            taken = linear_sum_assignment(costs, maximum)
            yield {
                "rows": rows,
                "columns": columns,
                "costs": costs.ravel().tolist(),
                "maximum": maximum,
                "value": int(costs[taken].sum()),
            }


out = {
    "networkx": nx.__version__,
    "scipy": scipy.__version__,
    "cases": list(cases()),
    "assignments": list(assignments()),
}
(here / "cuts.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(len(out["cases"]), "graphs,", len(out["assignments"]), "matrices")
