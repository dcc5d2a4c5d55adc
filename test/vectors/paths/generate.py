"""Reference answers for test/paths/paths.cases.ts: what networkx says of 25 graphs, each undirected with lengths of 1, and
directed with lengths 1 .. 9.

    /usr/bin/python3 test/vectors/paths/generate.py

writes test/vectors/paths/paths.json. Debian 12: apt-get install python3-networkx. Without a path: null.
"""

import importlib.util
import itertools
import json
import pathlib
import random

import networkx as nx

here = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("questions", here.parent / "diffusion" / "generate_questions.py")
questions = importlib.util.module_from_spec(spec)
spec.loader.exec_module(questions)


def predecessors(graph, source, distance):
    """Of the neighbours on a shortest path the smallest."""
    found = []
    for v in range(len(graph)):
        tight = [
            u
            for u in (graph.predecessors(v) if graph.is_directed() else graph.neighbors(v))
            if u in distance and v in distance and v != source and distance[u] + graph[u][v]["weight"] == distance[v]
        ]
        found.append(min(tight, default=None))
    return found


def answers(graph):
    n = len(graph)
    distance = dict(nx.all_pairs_dijkstra_path_length(graph))
    table = [[distance[u].get(v) for v in range(n)] for u in range(n)]
    each = [max(distance[u].values()) for u in range(n)]
    weight = None if all(w == 1 for *_, w in graph.edges(data="weight")) else "weight"
    yield "distances", table
    yield "predecessors", predecessors(graph, 0, distance[0])
    yield "eccentricities", each
    yield "closeness", list(nx.closeness_centrality(graph, distance=weight).values())
    yield "harmonic", [float(x) for x in nx.harmonic_centrality(graph, distance=weight).values()]
    yield "betweenness", list(nx.betweenness_centrality(graph, weight=weight).values())
    target = max(distance[0], key=lambda v: (distance[0][v], v))
    simple = [] if target == 0 else itertools.islice(nx.shortest_simple_paths(graph, 0, target, weight="weight"), 6)
    yield "target", target
    yield "simple", [nx.path_weight(graph, path, "weight") for path in simple]
    if graph.is_directed():
        acyclic = nx.is_directed_acyclic_graph(graph)
        yield "order", list(nx.lexicographical_topological_sort(graph)) if acyclic else None
        yield "longest", nx.dag_longest_path_length(graph) if acyclic else None


def cases():
    rng = random.Random(16)
    for name, n, edges in questions.shapes():
        for directed in (False, True):
            lengths = [rng.randint(1, 9) if directed else 1 for _ in edges]
            # Every other shape without its loops and turned upwards, so that orders exist.
            if directed and len(edges) % 2 == 0:
                edges = [(min(e), max(e)) for e in edges if e[0] != e[1]]
                lengths = lengths[: len(edges)]
            unique = dict(zip(edges, lengths))
            graph = nx.DiGraph() if directed else nx.Graph()
            graph.add_nodes_from(range(n))
            graph.add_weighted_edges_from((u, v, w) for (u, v), w in unique.items())
            yield {
                "name": f"{name}, {'directed, weighted' if directed else 'undirected'}",
                "nodeCount": n,
                "from": [u for u, _ in unique],
                "to": [v for _, v in unique],
                **({"weights": list(unique.values())} if directed else {}),
                "directed": directed,
                **dict(answers(graph)),
            }


out = {"networkx": nx.__version__, "cases": list(cases())}
(here / "paths.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(len(out["cases"]), "cases")
