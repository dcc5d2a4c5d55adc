"""Reference answers for test/cuts/changes.cases.ts: the minimum cuts of graphs that change, and matchings of largest weight.

    /usr/bin/python3 test/vectors/cuts/generate-changes.py

writes test/vectors/cuts/changes.json. Debian 12: apt-get install python3-networkx.
"""

import json
import pathlib
import random

import networkx as nx

here = pathlib.Path(__file__).parent


def least_cut(graph):
    return nx.stoer_wagner(graph)[0] if nx.is_connected(graph) else 0


def edges_of(graph):
    edges = list(graph.edges(data="weight"))
    return {
        "nodeCount": len(graph),
        "from": [u for u, *_ in edges],
        "to": [v for _, v, _ in edges],
        "weights": [w for *_, w in edges],
        "directed": False,
    }


def drawn(rng, n, m, most):
    graph = nx.gnm_random_graph(n, m, seed=rng.randint(0, 9999))
    for _, _, data in graph.edges(data=True):
        data["weight"] = rng.randint(1, most)
    return graph


def sequence(rng, n, m, most, count):
    """Half of the changes take away: an edge, some of its weight, or what was added last."""
    graph = drawn(rng, n, m, most)
    start, changes, values, last = edges_of(graph), [], [least_cut(graph)], None
    for _ in range(count):
        if last and rng.random() < 0.2:
            u, v, change = last[0], last[1], -last[2]
        elif graph.number_of_edges() > 0 and rng.random() < 0.5:
            u, v, weight = rng.choice(list(graph.edges(data="weight")))
            change = -weight if rng.random() < 0.5 else -rng.randint(1, weight)
        else:
            u, v = rng.sample(range(n), 2)
            change = rng.randint(1, most)
        weight = (graph[u][v]["weight"] if graph.has_edge(u, v) else 0) + change
        if weight > 0:
            graph.add_edge(u, v, weight=weight)
        else:
            graph.remove_edge(u, v)
        last = (u, v, change)
        changes.append(last)
        values.append(least_cut(graph))
    return {
        "name": f"{n} nodes, {m} edges, weights up to {most}",
        **start,
        "changes": [list(part) for part in zip(*changes)],
        "values": values,
    }


def sequences():
    rng = random.Random(2101)
    for n, m, most in ((2, 1, 3), (5, 7, 1), (8, 14, 4), (12, 20, 1), (16, 40, 9), (24, 60, 1), (30, 90, 50)):
        yield sequence(rng, n, m, most, 120)


def matchings():
    rng = random.Random(1986)
    for n, m in ((1, 0), (3, 3), (6, 9), (9, 20), (15, 30), (20, 60), (30, 70), (40, 60), (60, 200)):
        for most in (1, 5, 1000):
            graph = drawn(rng, n, m, most)
            found = {}
            for name, maximum in (("heaviest", False), ("full", True)):
                mates = nx.max_weight_matching(graph, maxcardinality=maximum)
                found[name] = sum(graph[u][v]["weight"] for u, v in mates)
                if maximum:
                    found["size"] = len(mates)
            yield {"name": f"{n} nodes, {m} edges, weights up to {most}", **edges_of(graph), **found}


out = {"networkx": nx.__version__, "sequences": list(sequences()), "matchings": list(matchings())}
(here / "changes.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(len(out["sequences"]), "sequences,", len(out["matchings"]), "matchings")
