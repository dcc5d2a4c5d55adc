// Films, who made them and who plays in them: the graph of the tab.
export const FILMS = `
CREATE (metropolis:Film {title: 'Metropolis', year: 1927}), (m:Film {title: 'M', year: 1931}),
  (general:Film {title: 'The General', year: 1926}), (sherlock:Film {title: 'Sherlock Jr.', year: 1924}),
  (nosferatu:Film {title: 'Nosferatu', year: 1922}), (sunrise:Film {title: 'Sunrise', year: 1927}),
  (kid:Film {title: 'The Kid', year: 1921}), (lights:Film {title: 'City Lights', year: 1931}),
  (spies:Film {title: 'Spies', year: 1928}), (mabuse:Film {title: 'Dr. Mabuse', year: 1922}),
  (lang:Person {name: 'Fritz Lang', born: 1890}), (harbou:Person {name: 'Thea von Harbou', born: 1888}),
  (lorre:Person {name: 'Peter Lorre', born: 1904}), (keaton:Person {name: 'Buster Keaton', born: 1895}),
  (bruckman:Person {name: 'Clyde Bruckman', born: 1894}), (murnau:Person {name: 'F. W. Murnau', born: 1888}),
  (schreck:Person {name: 'Max Schreck', born: 1879}), (gaynor:Person {name: 'Janet Gaynor', born: 1906}),
  (chaplin:Person {name: 'Charlie Chaplin', born: 1889}), (coogan:Person {name: 'Jackie Coogan', born: 1914}),
  (cherrill:Person {name: 'Virginia Cherrill', born: 1908}), (klein:Person {name: 'Rudolf Klein-Rogge', born: 1885}),
  (helm:Person {name: 'Brigitte Helm', born: 1906}), (maurus:Person {name: 'Gerda Maurus', born: 1903}),
  (lang)-[:DIRECTED]->(metropolis), (lang)-[:DIRECTED]->(m), (lang)-[:DIRECTED]->(spies), (lang)-[:DIRECTED]->(mabuse),
  (harbou)-[:WROTE]->(metropolis), (harbou)-[:WROTE]->(m), (harbou)-[:WROTE]->(spies), (harbou)-[:WROTE]->(mabuse),
  (lorre)-[:PLAYS_IN]->(m), (klein)-[:PLAYS_IN]->(metropolis), (klein)-[:PLAYS_IN]->(spies), (klein)-[:PLAYS_IN]->(mabuse),
  (helm)-[:PLAYS_IN]->(metropolis), (maurus)-[:PLAYS_IN]->(spies),
  (keaton)-[:DIRECTED]->(general), (keaton)-[:PLAYS_IN]->(general), (bruckman)-[:DIRECTED]->(general), (bruckman)-[:WROTE]->(sherlock),
  (keaton)-[:DIRECTED]->(sherlock), (keaton)-[:PLAYS_IN]->(sherlock),
  (murnau)-[:DIRECTED]->(nosferatu), (murnau)-[:DIRECTED]->(sunrise), (schreck)-[:PLAYS_IN]->(nosferatu), (gaynor)-[:PLAYS_IN]->(sunrise),
  (chaplin)-[:DIRECTED]->(kid), (chaplin)-[:PLAYS_IN]->(kid), (coogan)-[:PLAYS_IN]->(kid),
  (chaplin)-[:DIRECTED]->(lights), (chaplin)-[:PLAYS_IN]->(lights), (cherrill)-[:PLAYS_IN]->(lights),
  (harbou)-[:MARRIED {from: 1922, to: 1933}]->(lang)`;

export const EXAMPLES = {
  'MATCH (p:Person)-[r:DIRECTED]->(f:Film)<-[w:WROTE]-(q:Person)\nRETURN p, r, f, w, q':
    'Written by another',
  'MATCH (p:Person)-[:PLAYS_IN]->(f:Film)\nRETURN p.name AS name, count(f) AS films, min(f.year) AS first\nORDER BY films DESC, name LIMIT 5':
    'Who plays most',
  "MATCH (a {name: 'Peter Lorre'}), (b {name: 'Gerda Maurus'})\nMATCH path = shortestPath((a)-[*]-(b))\nRETURN path, length(path) AS steps":
    'From one to another',
  'MATCH (p:Person)-[d:DIRECTED]->(f)<-[a:PLAYS_IN]-(p)\nRETURN p, d, f, a': 'In their own films',
  "MERGE (f:Film {title: 'Faust'}) SET f.year = 1926\nMERGE (p:Person {name: 'F. W. Murnau'})\nMERGE (p)-[r:DIRECTED]->(f)\nRETURN p, r, f":
    'Add a film',
} as const;
