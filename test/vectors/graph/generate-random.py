"""What networkx and igraph say of 10,000 random graphs of up to 30 nodes, for test/native/paths_peers.c, cuts_peers.c and
communities_peers.c.

    /usr/bin/python3 test/vectors/graph/generate-random.py             writes test/vectors/graph/random.h
    /usr/bin/python3 test/vectors/graph/generate-random.py GRAPH NAME  prints what one answer on one graph is

The answers are too long to keep: of every 100 graphs and question there is one number, an FNV-1a hash of all answers. Values
that are not whole are rounded to a fixed grid, whose step is no fraction of small numbers. Where both libraries have a
function their answers are compared first. Debian 12: apt-get install python3-networkx python3-igraph python3-scipy.
"""

import itertools
import math
import multiprocessing
import pathlib
import sys

import igraph
import networkx as nx
from scipy.optimize import linear_sum_assignment

GRAPHS, BLOCK = 10_000, 100
NONE, CYCLE = 0xFFFFFFFF, 0xFFFFFFFE
STEPS = 1000003.14159265

paths = [
    "tree", "levels", "near", "all", "routes", "simple", "order", "critical", "extent", "closeness", "harmonic",
    "betweenness", "reduction", "signed",
]  # fmt: skip
cuts = [
    "components", "strong", "blocks", "bridged", "sides", "cores", "triangles", "spanning", "flow", "minimum", "tree_of_cuts",
    "matching", "weighted", "colours", "changes", "assignment",
]  # fmt: skip
communities = ["modularity", "potts", "alike", "propagation"]


class Random:
    """Knuth's MMIX generator; test/native/peers.h has the same."""

    def __init__(self, seed):
        self.state = (seed * 2654435761 + 12345) % 2**64

    def below(self, count):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % count


class Drawn:
    def __init__(self, number):
        rng = Random(number)
        self.n = n = 1 + rng.below(30)
        self.directed = rng.below(2) == 1
        self.weighted = rng.below(2) == 1
        loops = rng.below(4) == 0
        # Half of the directed graphs lead upwards, so that orders exist.
        upwards = self.directed and rng.below(2) == 0
        self.edges, seen = [], set()
        for _ in range(rng.below(1 + n * (1 + rng.below(4)))):
            u, v, weight = rng.below(n), rng.below(n), 1 + rng.below(9)
            if upwards or not self.directed:
                u, v = min(u, v), max(u, v)
            if (u == v and (upwards or not loops)) or (u, v) in seen:
                continue
            seen.add((u, v))
            self.edges.append((u, v, weight if self.weighted else 1))
        self.labels = [[rng.below(min(4, n)) for _ in range(n)] for _ in range(2)]
        rows, cols = 1 + rng.below(6), 1 + rng.below(6)
        self.costs = [[rng.below(31) - 10 for _ in range(cols)] for _ in range(rows)]

        self.graph = nx.DiGraph() if self.directed else nx.Graph()
        self.graph.add_nodes_from(range(n))
        self.graph.add_weighted_edges_from(self.edges)
        self.other = igraph.Graph(n, [e[:2] for e in self.edges], directed=self.directed)
        self.weights = [w for *_, w in self.edges]
        # Without loops, which are in no triangle, block and cut.
        simple = [e for e in self.edges if e[0] != e[1]]
        self.plain = nx.Graph()
        self.plain.add_nodes_from(range(n))
        self.plain.add_weighted_edges_from(simple)
        self.bare = igraph.Graph(n, [e[:2] for e in simple])
        self.bare_weights = [w for *_, w in simple]


def same(a, b):
    a, b = list(a), list(b)
    assert len(a) == len(b) and all(x == y or abs(x - y) < 1e-9 for x, y in zip(a, b)), (a, b)


def grid(value):
    return NONE if math.isinf(value) else math.floor(value * STEPS + 0.5)


def whole(value):
    return NONE if math.isinf(value) else int(value)


def first_seen(groups, n):
    of = {u: i for i, group in enumerate(groups) for u in group}
    numbers = {}
    return [numbers.setdefault(of[u], len(numbers)) for u in range(n)]


def fnv(values, state=0x811C9DC5):
    for value in values:
        value %= 2**32
        for _ in range(4):
            state = ((state ^ (value & 255)) * 0x01000193) % 2**32
            value >>= 8
    return state


def answers_of_paths(d):
    graph, n, edges = d.graph, d.n, d.edges
    distance = dict(nx.all_pairs_dijkstra_path_length(graph))
    table = [[distance[u].get(v, math.inf) for v in range(n)] for u in range(n)]
    same(itertools.chain(*table), itertools.chain(*d.other.distances(weights=d.weights or None)))
    into = graph.predecessors if d.directed else graph.neighbors
    before = [
        min(
            (u for u in into(v) if v != 0 and table[0][v] < math.inf and table[0][u] + graph[u][v]["weight"] == table[0][v]),
            default=NONE,
        )
        for v in range(n)
    ]
    yield "tree", [whole(x) for x in table[0]] + before
    levels = nx.single_source_shortest_path_length(graph, 0)
    same([levels.get(v, math.inf) for v in range(n)], d.other.distances(source=0)[0])
    yield "levels", [levels.get(v, NONE) for v in range(n)]
    near = nx.multi_source_dijkstra_path_length(graph, {0, n - 1}, cutoff=6)
    yield "near", [near.get(v, NONE) for v in range(n)]
    yield "all", [whole(x) for x in itertools.chain(*table)]
    yield "routes", [whole(table[0][n - 1]), whole(table[n // 2][0])]
    simple = []
    if n > 1 and table[0][n - 1] < math.inf:
        found = itertools.islice(nx.shortest_simple_paths(graph, 0, n - 1, weight="weight"), 4)
        simple = [nx.path_weight(graph, path, "weight") for path in found]
        other = d.other.get_k_shortest_paths(0, n - 1, k=4, mode="out", weights=d.weights, output="epath")
        same(simple, [sum(d.weights[e] for e in path) for path in other])
    yield "simple", simple
    acyclic = d.directed and nx.is_directed_acyclic_graph(graph)
    if d.directed:
        assert acyclic == d.other.is_dag()
    yield "order", list(nx.lexicographical_topological_sort(graph)) if acyclic else [CYCLE]
    yield "critical", [nx.dag_longest_path_length(graph)] if acyclic else [CYCLE]
    each = [max(x for x in row if x < math.inf) for row in table]
    connected = all(x < math.inf for row in table for x in row)
    if not d.weighted:
        same(each, d.other.eccentricity(mode="out"))
    yield "extent", each + [max(each), min(each), int(connected)]
    weight = "weight" if d.weighted else None
    yield "closeness", [grid(x) for x in nx.closeness_centrality(graph, distance=weight).values()]
    harmonic = list(nx.harmonic_centrality(graph, distance=weight).values())
    if n > 1:
        other = d.other.harmonic_centrality(mode="in", weights=d.weights or None)
        same(harmonic, [x * (n - 1) for x in other])
    yield "harmonic", [grid(x) for x in harmonic]
    between = list(nx.betweenness_centrality(graph, weight=weight).values())
    if n > 2:
        pairs = (n - 1) * (n - 2) / (1 if d.directed else 2)
        # igraph counts no path through a loop, which none takes.
        same(between, [x / pairs for x in d.other.betweenness(directed=d.directed, weights=d.weights or None)])
    yield "betweenness", [grid(x) for x in between]
    yield "reduction", [x for e in sorted(nx.transitive_reduction(graph).edges()) for x in e] if acyclic else [CYCLE]
    lengths = nx.DiGraph()
    lengths.add_nodes_from(range(n))
    lengths.add_weighted_edges_from((u, v, w - 2) for u, v, w in edges)
    try:
        found = nx.single_source_bellman_ford_path_length(lengths, 0)
        signed = [found.get(v, NONE) for v in range(n)]
    except nx.NetworkXUnbounded:
        signed = [CYCLE]
    yield "signed", signed


def answers_of_cuts(d):
    graph, n, plain, bare = d.graph, d.n, d.plain, d.bare
    parts = first_seen(nx.weakly_connected_components(graph) if d.directed else nx.connected_components(graph), n)
    same(parts, first_seen(d.other.connected_components(mode="weak"), n))
    yield "components", parts
    if d.directed:
        strong = list(nx.strongly_connected_components(graph))
        labels = first_seen(strong, n)
        same(labels, first_seen(d.other.connected_components(mode="strong"), n))
        yield "strong", labels + [nx.condensation(graph).number_of_edges()]
    pairs = [(0, n - 1), (n // 2, 0)]
    flows = []
    for u, v in pairs:
        if u == v:
            continue
        flows.append(nx.maximum_flow_value(graph, u, v, capacity="weight"))
        same(flows[-1:], [d.other.maxflow_value(u, v, capacity=d.weights) if d.edges else 0])
    yield "flow", flows
    assignment = linear_sum_assignment(d.costs)
    yield "assignment", [int(sum(d.costs[i][j] for i, j in zip(*assignment)))]
    if d.directed:
        return
    blocks = sorted(sorted(c) for c in nx.biconnected_components(plain))
    same(itertools.chain(*blocks), itertools.chain(*sorted(sorted(c) for c in bare.biconnected_components())))
    points = sorted(nx.articulation_points(plain))
    same(points, sorted(bare.articulation_points()))
    bridges = sorted(sorted(e) for e in nx.bridges(plain))
    yield "blocks", [sum(fnv(b) for b in blocks)] + points + list(itertools.chain(*bridges))
    whole_parts = plain.copy()
    whole_parts.remove_edges_from(bridges)
    yield "bridged", first_seen(nx.connected_components(whole_parts), n)
    two = nx.is_bipartite(graph)
    assert two == d.other.is_bipartite()
    sides = [CYCLE]
    if two:
        sides = [0] * n
        for part in nx.connected_components(graph):
            for u, steps in nx.single_source_shortest_path_length(graph, min(part)).items():
                sides[u] = steps % 2
        colour = nx.bipartite.color(graph)
        assert all(colour[u] != colour[v] and sides[u] != sides[v] for u, v in graph.edges())
    yield "sides", sides
    cores = nx.core_number(plain)
    same([cores[u] for u in range(n)], bare.coreness())
    yield "cores", [cores[u] for u in range(n)]
    clustering = [nx.clustering(plain)[u] for u in range(n)]
    same(clustering, bare.transitivity_local_undirected(mode="zero"))
    mean = [nx.average_clustering(plain), nx.transitivity(plain)]
    same(mean[1:], [bare.transitivity_undirected(mode="zero")])
    yield "triangles", list(nx.triangles(plain).values()) + [grid(x) for x in clustering + mean]
    totals = [
        sum(e["weight"] for *_, e in find(plain, data=True)) for find in (nx.minimum_spanning_edges, nx.maximum_spanning_edges)
    ]
    other = bare.spanning_tree(weights=d.bare_weights, return_tree=False)
    same(totals[:1], [sum(d.bare_weights[e] for e in other)])
    yield "spanning", totals + [max(parts) + 1]

    def least(weights):
        """The global minimum cut of a graph with these weights."""
        kept = nx.Graph()
        kept.add_nodes_from(range(n))
        kept.add_weighted_edges_from((u, v, w) for (u, v), w in weights.items())
        if not nx.is_connected(kept):
            return 0
        value = nx.stoer_wagner(kept)[0]
        same([value], [igraph.Graph(n, list(weights)).mincut(capacity=list(weights.values())).value])
        return value

    weights = {(min(u, v), max(u, v)): w for u, v, w in plain.edges(data="weight")}
    yield "minimum", [least(weights)] if n > 1 else []
    tree = bare.gomory_hu_tree(capacity=d.bare_weights) if n > 1 and d.bare_weights else None
    between = []
    for u in range(n):
        for v in range(u):
            if tree is None:
                between.append(0)
                continue
            way = tree.get_shortest_paths(u, to=v, output="epath")[0]
            between.append(int(min(tree.es[e]["flow"] for e in way)))
    yield "tree_of_cuts", between
    matching = nx.max_weight_matching(nx.Graph(plain.edges()), maxcardinality=True)
    yield "matching", [len(matching)]
    totals = []
    for most in (False, True):
        pairs = nx.max_weight_matching(plain, maxcardinality=most)
        totals.append(sum(plain[u][v]["weight"] for u, v in pairs))
    yield "weighted", totals
    colours = nx.greedy_color(plain, "largest_first")
    dsatur = max(nx.greedy_color(plain, "DSATUR").values()) + 1 if nx.is_bipartite(plain) else CYCLE
    yield "colours", [colours[u] for u in range(n)] + [dsatur]
    values = []
    if n > 1:
        changed = dict(weights)
        if weights:
            first = min(weights)
            changed.pop(first)
            values.append(least(changed))
        for u, v, by in ((0, n - 1, 3), (0, n // 2, 2), (n // 2, n - 1, 1)):
            if u == v:
                continue
            changed[(u, v)] = changed.get((u, v), 0) + by
            values.append(least(changed))
        changed[(0, n - 1)] -= 3
        if changed[(0, n - 1)] == 0:
            changed.pop((0, n - 1))
        values.append(least(changed))
    yield "changes", values


def answers_of_communities(d):
    graph, n = d.graph, d.n
    groups = [{u for u in range(n) if d.labels[0][u] == label} for label in sorted(set(d.labels[0]))]
    if d.edges:
        value = nx.community.modularity(graph, groups)
        same([value], [d.other.modularity(d.labels[0], weights=d.weights, directed=d.directed)])
        yield "modularity", [grid(value), grid(nx.community.modularity(graph, groups, resolution=0.5))]
    inside = sum(graph.subgraph(group).size(weight="weight") for group in groups)
    pairs = sum(len(group) * (len(group) - 1) for group in groups) / (1 if d.directed else 2)
    yield "potts", [grid(inside - 0.25 * pairs)]
    a, b = d.labels
    alike = [igraph.compare_communities(a, b, method=method) for method in ("nmi", "vi")]
    if n > 1:
        alike.append(igraph.compare_communities(a, b, method="rand"))
    if not (len(set(a)) == len(set(b)) and len(set(a)) in (1, n)):
        alike.append(igraph.compare_communities(a, b, method="adjusted_rand"))
    yield "alike", [grid(x) for x in alike]
    if not d.directed:
        # Nodes in the order of their numbers: the method depends on it.
        yield "propagation", first_seen(nx.community.label_propagation_communities(graph), n)


ROOMS = (
    ("paths", paths, answers_of_paths),
    ("cuts", cuts, answers_of_cuts),
    ("communities", communities, answers_of_communities),
)


def block(first):
    states = {(room, name): 0x811C9DC5 for room, names, _ in ROOMS for name in names}
    for number in range(first, first + BLOCK):
        drawn = Drawn(number)
        for room, _, answers in ROOMS:
            for name, values in answers(drawn):
                states[room, name] = fnv(values, states[room, name])
    return states


def main():
    if len(sys.argv) > 1:
        drawn = Drawn(int(sys.argv[1]))
        print(drawn.n, "directed" if drawn.directed else "undirected", drawn.edges)
        for _, names, answers in ROOMS:
            if sys.argv[2] in names:
                print([values for name, values in answers(drawn) if name == sys.argv[2]])
        return
    with multiprocessing.Pool(2) as pool:
        found = pool.map(block, range(0, GRAPHS, BLOCK), chunksize=1)
    lines = [
        "// clang-format off",
        "#include <stdint.h>",
        f"// Made by generate-random.py with networkx {nx.__version__} and igraph {igraph.__version__}: hashes of what they say of",
        f"// {GRAPHS} random graphs, one for each {BLOCK} of them and question.",
        f"#define PEER_GRAPHS {GRAPHS}",
        f"#define PEER_BLOCK {BLOCK}",
    ]
    for room, names, _ in ROOMS:
        upper = room.upper()
        lines += [
            f"#ifdef PEERS_OF_{upper}",
            f"enum {{ {', '.join('PEER_' + name.upper() for name in names)}, PEER_COUNT }};",
            "static const char *const peer_names[PEER_COUNT] = {" + ", ".join(f'"{name}"' for name in names) + "};",
            "static const uint32_t peer_hashes[PEER_GRAPHS / PEER_BLOCK][PEER_COUNT] = {",
            *("  {" + ", ".join(f"0x{states[room, name]:08x}" for name in names) + "}," for states in found),
            "};",
            "#endif",
        ]
    path = pathlib.Path(__file__).parent / "random.h"
    path.write_text("\n".join(lines) + "\n")
    print(GRAPHS, "graphs")


if __name__ == "__main__":
    main()
