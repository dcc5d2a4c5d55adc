"""Graphs as networkx writes them in several formats, for test/graph/formats.test.ts.

    /usr/bin/python3 test/vectors/graph-files/generate.py > test/vectors/graph-files/files.json

Debian 12: apt-get install python3-networkx python3-scipy. Each case holds the text of each format, and the edges that networkx
reads back from it: names of both ends and the weight, sorted.
"""

import io
import json
import sys

import networkx as nx
import scipy.io
import scipy.sparse

cases = {}


def named(graph, weighted):
    triples = []
    for u, v, data in graph.edges(data=True):
        pair = [str(u), str(v)] if graph.is_directed() else sorted([str(u), str(v)])
        triples.append([*pair, float(data["weight"]) if weighted else 1.0])
    return sorted(triples)


def text_of(write, graph):
    file = io.BytesIO()
    write(graph, file)
    return file.getvalue().decode()


def add(name, graph, weighted):
    files = {
        "graphml": text_of(nx.write_graphml_xml, graph),
        "gexf": text_of(nx.write_gexf, graph),
        "pajek": text_of(nx.write_pajek, graph),
        "json": json.dumps(nx.node_link_data(graph)),
    }
    read = {
        "graphml": nx.read_graphml(io.BytesIO(files["graphml"].encode())),
        "gexf": nx.read_gexf(io.BytesIO(files["gexf"].encode())),
        "json": nx.node_link_graph(json.loads(files["json"])),
    }
    edges = named(graph, weighted)
    for form, again in read.items():
        assert named(again, weighted) == edges, form
    cases[name] = {
        "files": files,
        "nodes": [str(node) for node in graph.nodes],
        "directed": graph.is_directed(),
        "weighted": weighted,
        "edges": edges,
    }


names = ["Ada", "Bob & Co", "C<3>", 'D "quoted"', "Éva", "node 6"]
friends = nx.Graph()
friends.add_nodes_from(names[:3])
friends.add_weighted_edges_from([("Ada", "Bob & Co", 2), ("Bob & Co", "C<3>", 0.5), ("Ada", "C<3>", 4)])
friends.add_node("Éva")
add("names and weights", friends, True)
arrows = nx.DiGraph([("a", "b"), ("b", "c"), ("c", "a"), ("a", "a"), ("d", "a")])
add("directed, a loop", arrows, False)
numbered = nx.gnp_random_graph(12, 0.3, seed=5)
add("numbers", numbered, False)
heavy = nx.gnp_random_graph(9, 0.4, seed=6, directed=True)
for k, (u, v) in enumerate(heavy.edges):
    heavy[u][v]["weight"] = 0.25 * (k + 1)
add("directed, weights", heavy, True)

markets = {}
for name, graph in [("symmetric", numbered), ("general", heavy)]:
    file = io.BytesIO()
    matrix = nx.to_scipy_sparse_array(graph, format="coo")
    scipy.io.mmwrite(file, scipy.sparse.coo_matrix(matrix), symmetry=None if name == "symmetric" else "general")
    markets[name] = {"file": file.getvalue().decode(), "edges": graph.number_of_edges()}
cases_out = {"graphs": cases, "markets": markets}
json.dump(cases_out, sys.stdout, indent=1, ensure_ascii=False)
print()
