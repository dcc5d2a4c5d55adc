"""Reference answers for test/communities/communities.cases.ts: what networkx, igraph and leidenalg say of 40 graphs.

    /usr/bin/python3 test/vectors/communities/generate.py

writes test/vectors/communities/communities.json. Debian 12: apt-get install python3-networkx python3-igraph
python3-leidenalg. `optimum` is the largest modularity of all partitions, by integer programming (igraph), where the graph
is small and undirected.
"""

import json
import pathlib
import random

import igraph
import leidenalg
import networkx as nx

rng = random.Random(17)


def numbered(graph):
    return nx.convert_node_labels_to_integers(nx.Graph(graph) if not graph.is_directed() else nx.DiGraph(graph))


def loops(graph, nodes):
    graph.add_edges_from((u, u) for u in nodes)
    return graph


def weighted(graph, most=9):
    for _, _, data in graph.edges(data=True):
        data["weight"] = rng.randint(1, most)
    return graph


def plain(graph):
    for _, _, data in graph.edges(data=True):
        data.pop("weight", None)
    return graph


def shapes():
    yield "Zachary's karate club", plain(numbered(nx.karate_club_graph()))
    yield "karate club, weighted", numbered(nx.karate_club_graph())
    yield "Les Miserables, weighted", numbered(nx.les_miserables_graph())
    yield "Davis southern women", plain(numbered(nx.davis_southern_women_graph()))
    yield "Florentine families", plain(numbered(nx.florentine_families_graph()))
    yield "one node", nx.empty_graph(1)
    yield "one node with a loop", loops(nx.empty_graph(1), [0])
    yield "one edge", nx.path_graph(2)
    yield "path", nx.path_graph(9)
    yield "cycle", nx.cycle_graph(10)
    yield "star", nx.star_graph(7)
    yield "complete", nx.complete_graph(6)
    yield "complete bipartite", nx.complete_bipartite_graph(3, 4)
    yield "barbell", nx.barbell_graph(5, 1)
    yield "ring of cliques", nx.ring_of_cliques(6, 4)
    yield "caveman", nx.connected_caveman_graph(4, 5)
    yield "grid", numbered(nx.grid_2d_graph(5, 5))
    yield "grid, weighted", weighted(numbered(nx.grid_2d_graph(4, 6)))
    yield "binary tree", nx.balanced_tree(2, 3)
    yield "Petersen", nx.petersen_graph()
    yield "two triangles apart", nx.disjoint_union(nx.complete_graph(3), nx.complete_graph(3))
    yield "cliques and lone nodes", nx.disjoint_union(nx.ring_of_cliques(3, 3), nx.empty_graph(3))
    yield "loops", loops(nx.cycle_graph(6), [0, 2, 3])
    yield "loops, weighted", weighted(loops(nx.wheel_graph(7), [0, 5]))
    yield "planted", plain(numbered(nx.planted_partition_graph(4, 8, 0.8, 0.05, seed=4)))
    yield "planted, weighted", weighted(numbered(nx.planted_partition_graph(3, 10, 0.7, 0.1, seed=5)))
    for seed in range(4):
        yield f"random {seed}", nx.gnp_random_graph(18, 0.2, seed=seed)
    yield "directed path", nx.DiGraph([(i, i + 1) for i in range(7)])
    yield "directed cycle", nx.DiGraph([(i, (i + 1) % 8) for i in range(8)])
    yield "both directions", nx.DiGraph([(0, 1), (1, 0), (1, 2), (2, 0), (2, 3), (3, 4), (4, 5), (5, 3)])
    yield "directed loops, weighted", weighted(loops(nx.DiGraph([(0, 1), (1, 2), (2, 0), (3, 2), (3, 4)]), [0, 3]))
    for seed in range(3):
        yield f"directed random {seed}", nx.gnp_random_graph(15, 0.15, seed=seed, directed=True)
        yield f"directed random {seed}, weighted", weighted(nx.gnp_random_graph(15, 0.2, seed=9 + seed, directed=True))


def groups(labels):
    return [{u for u, label in enumerate(labels) if label == one} for one in sorted(set(labels))]


def adjusts(a, b):
    """Whether igraph has an adjusted Rand index: not where both are one community, or all nodes are alone in both."""
    return not (len(set(a)) == len(set(b)) and len(set(a)) in (1, len(a)))


def cases():
    for name, shape in shapes():
        # Nodes in the order of their numbers: networkx's label propagation depends on it.
        graph = type(shape)()
        graph.add_nodes_from(range(len(shape)))
        graph.add_edges_from(shape.edges(data=True))
        n, directed = len(graph), graph.is_directed()
        edges = list(graph.edges(data="weight"))
        has_weights = any(w is not None for *_, w in edges)
        other = igraph.Graph(n, [(u, v) for u, v, _ in edges], directed=directed)
        weights = [w or 1 for *_, w in edges]
        labelings = []
        for most in (2, max(2, n // 3)):
            labels = [rng.randrange(min(most, n)) for _ in range(n)]
            resolution = rng.choice([0.5, 1, 1.75])
            entry = {"labels": labels, "resolution": resolution}
            if edges:
                entry["modularity"] = nx.community.modularity(graph, groups(labels), resolution=resolution)
                # igraph 0.10.2 for Python passes no resolution on.
                check = other.modularity(labels, weights=weights, directed=directed)
                assert abs(check - nx.community.modularity(graph, groups(labels))) < 1e-12, name
            part = leidenalg.CPMVertexPartition(
                other, initial_membership=labels, weights=weights or None, resolution_parameter=resolution
            )
            # leidenalg counts every pair twice in undirected graphs, and each node as a pair with itself where there
            # are loops.
            pairs = part.quality() / (1 if directed else 2)
            entry["potts"] = pairs + (resolution * n if nx.number_of_selfloops(graph) else 0)
            labelings.append(entry)
        a, b = (entry["labels"] for entry in labelings)
        case = {
            "name": name,
            "nodeCount": n,
            "from": [u for u, *_ in edges],
            "to": [v for _, v, _ in edges],
            **({"weights": weights} if has_weights else {}),
            "directed": directed,
            "labelings": labelings,
            "alike": {
                "nmi": igraph.compare_communities(a, b, method="nmi"),
                "variationOfInformation": igraph.compare_communities(a, b, method="vi"),
                **({"adjustedRand": igraph.compare_communities(a, b, method="adjusted_rand")} if adjusts(a, b) else {}),
            },
        }
        if not directed and not has_weights:
            found = list(nx.community.label_propagation_communities(graph))
            case["propagated"] = [next(i for i, c in enumerate(found) if u in c) for u in range(n)]
        if not directed and edges and n <= 34:
            best = other.community_optimal_modularity(weights=weights)
            case["optimum"] = other.modularity(best, weights=weights)
        yield case


out = {
    "networkx": nx.__version__,
    "igraph": igraph.__version__,
    "leidenalg": leidenalg.version,
    "cases": list(cases()),
}
path = pathlib.Path(__file__).parent / "communities.json"
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(len(out["cases"]), "cases")
