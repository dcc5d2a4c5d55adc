# Writes graphs.json: graphs as networkx builds, counts and writes them. Run with Debian's python3-networkx:
#   python3 test/vectors/graph/generate.py
import json
import pathlib

import networkx as nx
import numpy as np

rng = np.random.default_rng(20260102)


def case(name, graph, weighted, extra=()):
    """`extra` edges are given a second time: parallel ones are merged, weights added up."""
    n = graph.number_of_nodes()
    directed = graph.is_directed()
    edges = [(int(u), int(v), float(d.get("weight", 1))) for u, v, d in graph.edges(data=True)] + list(extra)
    merged = graph.__class__()
    merged.add_nodes_from(range(n))
    for u, v, w in edges:
        if weighted and merged.has_edge(u, v):
            merged[u][v]["weight"] += w
        else:
            merged.add_edge(u, v, weight=w)
    weight = "weight" if weighted else None
    result = {
        "name": name,
        "nodeCount": n,
        "directed": directed,
        "weighted": weighted,
        "from": [u for u, _, _ in edges],
        "to": [v for _, v, _ in edges],
        "weights": [w for _, _, w in edges],
        "edgeCount": merged.number_of_edges(),
        "neighbors": [sorted(merged.successors(u) if directed else merged.neighbors(u)) for u in range(n)],
        "adjacency": nx.to_numpy_array(merged, nodelist=range(n), weight=weight).tolist(),
        "outDegree": [len(merged[u]) for u in range(n)],
        "inDegree": [len(merged.pred[u]) if directed else len(merged[u]) for u in range(n)],
        "edgeList": "# written by networkx\n" + "\n".join(
            nx.generate_edgelist(merged, data=["weight"] if weighted else False)) + "\n",
    }
    components = (nx.weakly_connected_components if directed else nx.connected_components)(merged)
    labels = [0] * n
    for number, component in enumerate(sorted(components, key=min)):
        for node in component:
            labels[node] = number
    result["components"] = labels
    if not directed:
        # Loops do not count in the Laplacian.
        plain = merged.copy()
        plain.remove_edges_from(list(nx.selfloop_edges(plain)))
        result["laplacian"] = nx.laplacian_matrix(plain, nodelist=range(n), weight=weight).toarray().astype(float).tolist()
    return result


def weigh(graph):
    for _, _, data in graph.edges(data=True):
        data["weight"] = float(rng.integers(1, 64)) / 8
    return graph


cases = [
    case("one edge", nx.path_graph(2), False),
    case("path", nx.path_graph(7), False),
    case("star", nx.star_graph(6), False),
    case("cycle, each way", nx.cycle_graph(5, create_using=nx.DiGraph), False),
    case("complete", nx.complete_graph(6), False),
    case("karate club", nx.convert_node_labels_to_integers(nx.karate_club_graph()), True),
    case("karate club, unweighted", nx.convert_node_labels_to_integers(nx.karate_club_graph()), False),
    case("two components and two isolated nodes", nx.disjoint_union_all([nx.path_graph(3), nx.cycle_graph(4), nx.empty_graph(2)]), False),
    case("Barabasi-Albert", weigh(nx.barabasi_albert_graph(60, 3, seed=42)), True),
    case("random, directed", weigh(nx.gnp_random_graph(40, 0.1, seed=7, directed=True)), True),
    case("random, directed, unweighted", nx.gnp_random_graph(40, 0.1, seed=8, directed=True), False),
]
loops = nx.path_graph(4)
loops.add_edges_from([(1, 1), (3, 3)])
cases.append(case("loops", weigh(loops), True))
cases.append(case("parallel edges", weigh(nx.path_graph(4)), True, [(1, 0, 2.0), (2, 3, 0.5), (2, 3, 0.25)]))
cases.append(case("parallel edges, directed", weigh(nx.path_graph(4, create_using=nx.DiGraph)), True, [(1, 0, 2.0), (2, 3, 0.5)]))

out = {"networkx": nx.__version__, "graphs": cases}
path = pathlib.Path(__file__).with_name("graphs.json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
