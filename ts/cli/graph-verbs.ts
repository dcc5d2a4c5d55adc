// The verbs of the command line that read a graph: their arguments, options and examples.
import { type Command, Option } from 'commander';
import type { CentralityOptions } from './centrality.js';
import type { ClassifyOptions } from './classify.js';
import type { CommunitiesOptions } from './communities.js';
import type { ComponentsOptions, CoresOptions, CutOptions } from './cuts.js';
import type { MatchingOptions } from './matching.js';
import { counter, formats, list, natural, positive, share } from './options.js';
import type { PathOptions } from './path.js';
import { answering, common } from './shared.js';
import type { Progress } from './terminal.js';

export function addGraphVerbs(program: Command, progress: Progress): void {
  directionOptions(graphOptions(progress, program.command('rank')))
    .description(
      'rank the nodes of a graph by PageRank: near to a source, or of the whole graph; - is standard input',
    )
    .option(
      '--source <node,...>',
      'rank by nearness to this node or these, by number or name; may be repeated; absent: the whole graph',
      list,
    )
    .option('--top <count>', 'how many nodes to print', counter, 10)
    .option(
      '--damping <share>',
      'probability of following an edge instead of starting again',
      share,
      0.85,
    )
    .option(
      '--tolerance <number>',
      'largest sum of all errors of the scores (default: 1e-6; of a published graph: none)',
      positive,
    )
    .option(
      '--epsilon <number>',
      'of a published graph: nodes with less than that, times their degree, are not followed (default: 1e-5)',
      positive,
    )
    .option('--method <name>', 'auto, or the name of a method', 'auto')
    .addHelpText(
      'after',
      `
Examples:
  sublinear rank wiki-Vote.txt.gz --source 42 --top 20
  sublinear rank people.csv --source Ada --from-column who --to-column whom
  sublinear rank friends.csv --undirected --source 3,8 --source 21 --format csv
  zcat edges.txt.gz | sublinear rank - --source 7 --json
  sublinear rank https://example.org/friends.slgr --source Ada`,
    )
    .action(async (file: string, options) =>
      (await import('./rank.js')).rank(file, options, progress),
    );

  directionOptions(graphOptions(progress, program.command('path')))
    .description(
      'the shortest way between two nodes of a graph, or several by rising length; - is standard input',
    )
    .requiredOption('--from <node>', 'where it begins, by number or name')
    .requiredOption('--to <node>', 'where it ends')
    .option('--count <count>', 'how many ways, none with a node twice', counter, 1)
    .option('--unweighted', 'every edge has length 1; by default its weight, where there are some')
    .addHelpText(
      'after',
      `
Examples:
  sublinear path roads.csv --from Ulm --to Kiel
  sublinear path roads.csv --from Ulm --to Kiel --count 3 --undirected
  sublinear path wiki-Vote.txt.gz --from 30 --to 8274 --json`,
    )
    .action(async (file: string, options: PathOptions) =>
      (await import('./path.js')).path(file, options, progress),
    );

  directionOptions(graphOptions(progress, program.command('cut')))
    .description(
      'the lightest edges without which a graph falls apart, or without which one node no longer reaches another; - is standard input',
    )
    .option('--from <node>', 'the source of a flow, by number or name; absent: a cut of the whole')
    .option('--to <node>', 'its target')
    .option(
      '--changes <file>',
      'the cut of the whole after each change: two nodes and what is added to the weight of their edge a line, - for an edge that goes; whole weights',
    )
    .addHelpText(
      'after',
      `
Examples:
  sublinear cut friends.csv
  sublinear cut pipes.csv --from Ulm --to Kiel
  sublinear cut roads.graph --from 1 --to 900 --json
  sublinear cut network.csv --changes failures.csv --format csv`,
    )
    .action(async (file: string, options: CutOptions) =>
      (await import('./cuts.js')).cut(file, options, progress),
    );

  graphOptions(progress, program.command('matching'))
    .description(
      'pairs of neighbours whose edges weigh most in all, no node in two; edges go both ways; - is standard input',
    )
    .option('--most', 'as many pairs as there can be, and the heaviest of those')
    .addHelpText(
      'after',
      `
Examples:
  sublinear matching likings.csv
  sublinear matching likings.csv --most --format csv`,
    )
    .action(async (file: string, options: MatchingOptions) =>
      (await import('./matching.js')).matching(file, options, progress),
    );

  directionOptions(graphOptions(progress, program.command('centrality')))
    .description(
      'which nodes of a graph matter, by distances and shortest paths; - is standard input',
    )
    .addOption(
      new Option(
        '--measure <name>',
        'shortest paths through a node, nearness to all, its inverse distances, or its largest distance',
      )
        .choices(['betweenness', 'closeness', 'harmonic', 'eccentricity'])
        .default('betweenness'),
    )
    .option('--top <count>', 'how many nodes to print', counter, 10)
    .option('--unweighted', 'every edge has length 1; by default its weight, where there are some')
    .option('--epsilon <share>', 'betweenness from samples, off by at most so much', share)
    .option('--confidence <share>', 'of samples: that no node is further off (default: 0.9)', share)
    .option('--seed <number>', 'of samples (default: 0)', natural)
    .option(
      '--graph-out <file>',
      'the graph with the answer at its nodes, for other programs: .graphml, .gexf, .json, .cyjs',
    )
    .addHelpText(
      'after',
      `
Examples:
  sublinear centrality friends.csv --undirected
  sublinear centrality wiki-Vote.txt.gz --epsilon 0.01 --confidence 0.99
  sublinear centrality roads.csv --measure closeness --format csv`,
    )
    .action(async (file: string, options: CentralityOptions) =>
      (await import('./centrality.js')).centrality(file, options, progress),
    );

  directionOptions(graphOptions(progress, program.command('components')))
    .description('what hangs together in a graph; - is standard input')
    .addOption(
      new Option('--kind <name>', 'strong follows directions, biconnected holds without any node')
        .choices(['connected', 'strong', 'biconnected'])
        .default('connected'),
    )
    .option('--top <count>', 'how many components the table has', counter, 10)
    .addHelpText(
      'after',
      `
Examples:
  sublinear components wiki-Vote.txt.gz --kind strong
  sublinear components roads.csv --kind biconnected --json`,
    )
    .action(async (file: string, options: ComponentsOptions) =>
      (await import('./cuts.js')).components(file, options, progress),
    );

  graphOptions(progress, program.command('cores'))
    .description(
      'the nodes of a graph in its densest parts, with triangles and clustering; edges go both ways; - is standard input',
    )
    .option('--top <count>', 'how many nodes to print', counter, 10)
    .addHelpText(
      'after',
      `
Examples:
  sublinear cores friends.csv --top 20
  sublinear cores wiki-Vote.txt.gz --format csv`,
    )
    .action(async (file: string, options: CoresOptions) =>
      (await import('./cuts.js')).cores(file, options, progress),
    );

  graphOptions(progress, program.command('cluster'))
    .description(
      'find the cluster around nodes of a graph whose edges go both ways; - is standard input',
    )
    .requiredOption(
      '--source <node,...>',
      'the node or nodes that it is around, by number or name; may be repeated',
      list,
    )
    .addOption(
      new Option('--scores <name>', 'what orders the nodes before the best cut')
        .choices(['pagerank', 'heat'])
        .default('pagerank'),
    )
    .option(
      '--damping <share>',
      'with pagerank: probability of following an edge instead of starting again',
      share,
      0.85,
    )
    .option('--time <steps>', 'with heat: how long to walk', positive, 5)
    .option(
      '--tolerance <number>',
      'largest sum of all errors of the scores; larger looks less far',
      positive,
      1e-4,
    )
    .option('--max-nodes <count>', 'most nodes of the cluster', counter)
    .option('--max-volume <number>', 'largest sum of the degrees of its nodes', positive)
    .addHelpText(
      'after',
      `
Examples:
  sublinear cluster friends.csv --source Ada
  sublinear cluster edges.txt.gz --source 42,99 --max-nodes 200 --format tsv
  sublinear cluster edges.txt --source 42 --scores heat --time 8 --json`,
    )
    .action(async (file: string, options) =>
      (await import('./cluster.js')).cluster(file, options, progress),
    );

  graphOptions(progress, program.command('communities'))
    .description(
      'divide the nodes of a graph into communities: a label for each node; - is standard input',
    )
    .addOption(
      new Option('--method <name>', 'how')
        .choices(['leiden', 'louvain', 'propagation'])
        .default('leiden'),
    )
    .addOption(
      new Option('--objective <name>', 'what is to be large (default: "modularity")').choices([
        'modularity',
        'cpm',
      ]),
    )
    .option(
      '--resolution <number>',
      'the larger, the smaller the communities (default: 1)',
      positive,
    )
    .option(
      '--iterations <count>',
      'how often to begin again from what was found (default: 2, louvain 1)',
      counter,
    )
    .option('--seed <number>', 'of the random orders', natural, 0)
    .option('--unweighted', 'every edge has weight 1; by default its weight, where there are some')
    .addOption(new Option('--directed', 'edges go one way; by default both ways'))
    .option(
      '--graph-out <file>',
      'the graph with the answer at its nodes, for other programs: .graphml, .gexf, .json, .cyjs',
    )
    .addHelpText(
      'after',
      `
Examples:
  sublinear communities friends.csv > labels.txt
  sublinear communities friends.csv --graph-out friends.gexf
  sublinear communities edges.txt.gz --objective cpm --resolution 0.05 --format csv
  sublinear communities wiki-Vote.txt.gz --iterations 10 --seed 3 --json`,
    )
    .action(async (file: string, options: CommunitiesOptions) =>
      (await import('./communities.js')).communities(file, options, progress),
    );

  graphOptions(progress, program.command('classify'))
    .description(
      'classes of all nodes of a graph from those of a few: a class for each node, with its score; - is standard input',
    )
    .requiredOption('--labels <file>', 'known classes: a node and its class a line')
    .option('--features <file>', 'NumPy .npy, a row a node, by the numbers of the nodes')
    .option('--rows', 'divide each row of the features by its sum')
    .addOption(
      new Option(
        '--method <name>',
        'spread known classes, smooth features for a regression, or train a graph convolution (default: "spread", with features "smooth")',
      ).choices(['spread', 'smooth', 'network']),
    )
    .option('--alpha <share>', 'of spread and smooth: what a node keeps of its own', share)
    .option('--steps <count>', 'of spread and smooth: rounds over the edges', counter)
    .option('--l2 <number>', 'of smooth and network: the penalty of weights', positive)
    .option('--seed <number>', 'of network', natural)
    .option('--correct', 'spread the errors on known nodes to the others')
    .option('--unweighted', 'every edge has weight 1; by default its weight, where there are some')
    .addOption(new Option('--directed', 'edges go one way; by default both ways'))
    .addHelpText(
      'after',
      `
Examples:
  sublinear classify friends.csv --labels known.csv
  sublinear classify edges.csv --labels known.csv --features words.npy --rows --alpha 0.1
  sublinear classify edges.csv --labels known.csv --features words.npy --rows --method network --correct --json`,
    )
    .action(async (file: string, options: ClassifyOptions) =>
      (await import('./classify.js')).classify(file, options, progress),
    );

  graphOptions(progress, program.command('resistance'))
    .description(
      'effective resistances of a graph whose edges go both ways, weights taken as conductances: between nodes, or of all edges; - is standard input',
    )
    .option('--source <node,...>', 'one end of each pair; may be repeated', list)
    .option(
      '--target <node,...>',
      'the other end, each with each source; without both options: all edges',
      list,
    )
    .option('--tolerance <number>', 'of pairs: error over resistance (default: 1e-6)', share)
    .option('--epsilon <number>', 'of all edges: error over resistance (default: 0.3)', share)
    .option(
      '--confidence <share>',
      'of all edges: probability that all are within epsilon (default: 0.99)',
      share,
    )
    .option('--seed <number>', 'of all edges: of the random signs (default: 0)', natural)
    .addHelpText(
      'after',
      `
Examples:
  sublinear resistance grid.mtx --source 1 --target 20,30
  sublinear resistance friends.csv --source Ada --target Bob --json
  sublinear resistance edges.txt --epsilon 0.2 --format csv > resistances.csv`,
    )
    .action(async (file: string, options) =>
      (await import('./resistance.js')).resistance(file, options, progress),
    );
}

/** What verbs have in common that read a graph. */
function graphOptions(progress: Progress, command: Command): Command {
  return answering(common(progress, command))
    .argument(
      '<edges>',
      'edge list (SNAP), CSV, Matrix Market, JSON, GraphML, GEXF, Pajek, METIS, or what --save wrote; also as .gz',
    )
    .option('--max-time <seconds>', 'stop after so many seconds', positive)
    .option(
      '--save <file>',
      'save the graph there in binary, which is read faster in place of <edges>',
    )
    .option('--ignore-weights', 'skip what follows the two nodes of a line, for instance times')
    .addOption(
      new Option(
        '--input-format <name>',
        'by what the file holds when absent; METIS by its ending',
      ).choices(Object.keys(formats)),
    )
    .option('--header', 'the first line of an edge list or of CSV names the columns')
    .option('--no-header', 'it does not; found out when neither is said')
    .option('--separator <character>', 'between the fields of CSV; found out when absent')
    .option('--from-column <column>', 'where an edge starts, by name or number from 0')
    .option('--to-column <column>', 'where it ends')
    .option('--weight-column <column>', 'its weight');
}

/** Of verbs to which it matters which way an edge goes. */
function directionOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--directed', 'edges go one way (default where the file says nothing)').conflicts(
        'undirected',
      ),
    )
    .addOption(
      new Option('--undirected', 'edges go both ways (always so for METIS)').conflicts('directed'),
    );
}
