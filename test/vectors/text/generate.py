# Scores by SQLite's FTS5 and stems by Snowball's Python package, for test/text:
#
#   /usr/bin/python3 test/vectors/text/generate.py > test/vectors/text/text.json
#
# Debian: python3, python3-snowballstemmer (2.2). FTS5's bm25() has k1 = 1.2, b = 0.75 and Robertson's idf, which is not below 1e-6;
# the test puts ours in its place.
import json
import random
import sqlite3

import snowballstemmer

random.seed(7)
WORDS = """sea hotel quiet room view beach sand wave boat port fish market old town stone bridge river hill wine garden night
music square church tower light train station bus road map walk path forest tree bird lake winter snow summer rain wind""".split()
documents = []
for _ in range(160):
    length = random.choice([3, 5, 8, 13, 30])
    documents.append(" ".join(WORDS[int(len(WORDS) * random.random() ** 2)] for _ in range(length)))

database = sqlite3.connect(":memory:")
database.execute("create virtual table texts using fts5(text)")
database.executemany("insert into texts(rowid, text) values (?, ?)", enumerate(documents))

queries = [word for word in WORDS[::3]]
queries += [f"{a} OR {b}" for a, b in (random.sample(WORDS, 2) for _ in range(12))]
queries += [f"{a} AND {b}" for a, b in (random.sample(WORDS[:14], 2) for _ in range(8))]
queries += [f'"{a} {b}"' for a, b in (random.sample(WORDS[:6], 2) for _ in range(8))]
found = []
for query in queries:
    rows = database.execute("select rowid, -bm25(texts) from texts where texts match ? order by bm25(texts), rowid", [query]).fetchall()
    found.append({"query": query, "ids": [row[0] for row in rows], "scores": [row[1] for row in rows]})

stemmer = snowballstemmer.stemmer("english")
FORMS = """running runs ran happiness happily generously communities arsenal dying skies idly news inning proceed succeed earring hopping hoping
hoped agreed feed luxuriated hopefulness formalize electricity relational conditional rationalization sensibility vietnamization
cries by say boy's boys' knightly singly consistency oscillators adoption allegation analogies skating wooded pressed university
national nationally ponies caresses gas this kiwis gaps ties yes enjoy employees owed bowing fluently replacement adjustment effective
bowdlerize rate cease controll roll beautifully argument department communism generation""".split()
stems = [[word, stemmer.stemWord(word)] for word in FORMS]
print(json.dumps({"sqlite": sqlite3.sqlite_version, "documents": documents, "found": found, "stems": stems}, indent=None, separators=(",", ":")))
