// Verbs of indexes of vectors and texts, and of property graphs: their arguments, options and examples.
import { type Command, Option } from 'commander';
import { counter, fieldNames, natural, share, sparseVector, vector } from './options.js';
import { answering, common } from './shared.js';
import { CliError, type Progress } from './terminal.js';
import { condition } from './where.js';

export function addIndexVerbs(program: Command, progress: Progress): void {
  common(progress, program.command('index'))
    .description('build an index of vectors, or of texts with --text; - is standard input')
    .argument(
      '<file>',
      'NumPy .npy, a row a vector, or .npz of one array; or plain little-endian float32 with --dimension; with --text documents, a JSON object a line',
    )
    .requiredOption('-o, --output <file>', 'write the index there; - is standard output')
    .option('--labels <file>', 'a name for each vector, one a line; absent: numbers from 0 on')
    .addOption(
      new Option(
        '--text <fields>',
        'full-text search: the fields of documents, with commas',
      ).argParser(fieldNames),
    )
    .addOption(
      new Option(
        '--keyword <fields>',
        'with --text: fields with values, which count as a whole',
      ).argParser(fieldNames),
    )
    .option(
      '--vector <field>',
      'with --text or --sparse: the field with the vector, an array of numbers',
    )
    .option(
      '--sparse <field>',
      'the field with a sparse vector: { "indices": [...], "values": [...] }, or values by index',
    )
    .addOption(
      new Option(
        '--metadata <fields>',
        'with --text or --sparse: fields kept for --where of search (default with --vector or --sparse: all others)',
      ).argParser(fieldNames),
    )
    .option(
      '--id <field>',
      'with --text or --sparse: the field with the id (default: "id", or the place)',
    )
    .addOption(
      new Option('--language <name>', 'with --text: how words are stemmed')
        .choices(['english', 'none'])
        .default('english'),
    )
    .option('--dimension <count>', 'numbers in a vector of plain float32', counter)
    .addOption(
      new Option('--metric <name>', 'what near means; hamming takes packed bits (u1)')
        .choices(['cosine', 'dot', 'euclidean', 'manhattan', 'hamming', 'poincare'])
        .default('cosine'),
    )
    .addOption(
      new Option('--exact', 'no graph: every search compares with every vector').conflicts([
        'm',
        'efConstruction',
        'seed',
        'recall',
        'prefix',
        'threads',
      ]),
    )
    .addOption(
      new Option(
        '--threads <count>',
        'link vectors with so many threads, to the same file with any number of them; an id or a label that comes twice is refused then',
      ).argParser(counter),
    )
    .option('--m <count>', 'links a vector; more: better recall, more memory', counter, 16)
    .option('--ef-construction <count>', 'candidates an insertion looks at', counter, 200)
    .option('--seed <number>', 'of the random levels', natural, 42)
    .addOption(
      new Option(
        '--codes <name>',
        'compare codes of vectors: int8, float16, rabitq (1 bit a dimension; rabitq2, rabitq4 and rabitq8: so many) or binary take less memory; sketch more, for the same answers sooner; auto: the fewest bytes that still find --recall of the nearest; with --exact also pq, but not binary, sketch and auto',
      )
        .choices([
          'none',
          'auto',
          'int8',
          'float16',
          'rabitq',
          'rabitq2',
          'rabitq4',
          'rabitq8',
          'pq',
          'binary',
          'sketch',
        ])
        .default('none'),
    )
    .addOption(
      new Option(
        '--recall <share>',
        'with --codes auto: the share of the nearest that searches must find, tried on some thousand of the vectors (default: 0.95)',
      ).argParser(share),
    )
    .addOption(
      new Option(
        '--rerank <name>',
        'with int8, rabitq, pq, binary or --prefix: what the best are compared with again (default: "float16")',
      ).choices(['none', 'float16', 'float32', 'rabitq4']),
    )
    .option(
      '--prefix <count>',
      'walk the graph with the first numbers of the vectors, which are trained for it (Matryoshka), and rank again by all',
      counter,
    )
    .addHelpText(
      'after',
      `
Examples:
  sublinear index vectors.npy -o words.slv --labels words.txt
  sublinear index vectors.f32 --dimension 384 -o small.slv --codes int8
  python3 embed.py | sublinear index - -o notes.slv --metric dot
  sublinear index vectors.npy -o words.slv --threads 4
  sublinear index vectors.npy -o words.slv --codes auto --recall 0.98
  sublinear index documents.jsonl -o documents.slv --text title,body --keyword tags
  sublinear index documents.jsonl -o documents.slv --text title,body --vector embedding
  sublinear index documents.jsonl -o documents.slv --sparse splade`,
    )
    .action(async (file: string, options) => {
      const { text, vector: field, metadata, sparse } = options;
      const whole = field !== undefined || metadata !== undefined || sparse !== undefined;
      if (text === undefined && sparse === undefined && whole)
        throw new CliError('--vector and --metadata: only with --text or --sparse');
      if (field === undefined && (text !== undefined || sparse !== undefined))
        for (const [name, value] of Object.entries({
          threads: options.threads,
          codes: options.codes === 'none' ? undefined : options.codes,
          rerank: options.rerank,
          prefix: options.prefix,
        }))
          if (value !== undefined) throw new CliError(`--${name} ${value}: only for vectors`);
      if (whole) return (await import('./collections.js')).buildCollection(file, options, progress);
      if (text !== undefined)
        return (await import('./texts.js')).buildTextIndex(file, options, progress);
      return (await import('./build-index.js')).buildIndex(file, options, progress);
    });

  common(progress, program.command('publish'))
    .description(
      'write vectors, texts or a graph as a file that is searched on a web server, without downloading it; anything else that save() wrote as one whose segments are read by ranges',
    )
    .argument(
      '<file>',
      'what --save or save() wrote; NumPy .npy; plain little-endian float32 with --dimension; with --graph a graph of any format',
    )
    .requiredOption('-o, --output <file>', 'write it there; - is standard output')
    .option('--sections', 'of an index or a graph: its own sections by ranges, not for searches')
    .option('--graph', 'it is a graph: an edge list, CSV, METIS, JSON, GraphML, ...')
    .option('--undirected', 'of a graph: an edge of a list or of CSV leads both ways')
    .option('--labels <file>', 'a name for each vector, one a line')
    .option('--dimension <count>', 'numbers in a vector of plain float32', counter)
    .addOption(
      new Option(
        '--metric <name>',
        'what near means (default: that of the index, or "cosine")',
      ).choices(['cosine', 'dot', 'euclidean']),
    )
    .option('--cells <count>', 'cells; more: a query reads less, opening more', counter)
    .addOption(
      new Option('--copies <count>', 'cells that each vector is in')
        .choices(['1', '2'])
        .default('2'),
    )
    .option('--exact', 'the vectors as well, as float32: searches give exact distances')
    .option('--seed <number>', 'of the cells', natural, 0)
    .addHelpText(
      'after',
      `
Examples:
  sublinear publish words.slv -o words.slvr
  sublinear publish vectors.npy --labels words.txt -o words.slvr
  sublinear search https://example.org/words.slvr --query "0.1, -0.3, 0.2"
  sublinear publish documents.slv -o documents.sltx
  sublinear publish friends.csv --graph --undirected -o friends.slgr
  sublinear rank https://example.org/friends.slgr --source Ada
  sublinear publish factors.slv -o factors.slr        any saved file; "segments" reads it`,
    )
    .action(async (file: string, options) =>
      (await import('./publish.js')).publish(file, options, progress),
    );

  answering(common(progress, program.command('segments')))
    .description('list what is in a file of this package, or write one segment of it, by ranges')
    .argument('<file>', 'a file that save() or "sublinear publish" wrote, or its address')
    .argument('[name]', 'of a segment: its bytes are written')
    .option('-o, --output <file>', 'where the bytes go; - is standard output')
    .option('--from <row>', 'of the first dimension: from this row on', natural)
    .option('--to <row>', 'up to this row, without it', natural)
    .option('--saved', 'write what save() wrote, from a published file')
    .addHelpText(
      'after',
      `
Examples:
  sublinear segments graph.slg
  sublinear segments https://example.org/factors.slr
  sublinear segments https://example.org/matrix.slr vals --from 1000 --to 2000 -o part.f64
  sublinear segments https://example.org/graph.slr --saved -o graph.slg`,
    )
    .action(async (file: string, name: string | undefined, options) =>
      (await import('./segments.js')).segments(file, name, options, progress),
    );

  answering(common(progress, program.command('search')))
    .description(
      'find vectors or texts in an index that "sublinear index", "sublinear publish" or save() wrote',
    )
    .argument(
      '<index>',
      'file of an index, - is standard input; or the address of a published one: https://...',
    )
    .argument('[words]', 'of texts: words, "phrases", +must, -not, field:word, word*, word~1')
    .option('--query <numbers>', 'a vector: numbers with commas or spaces between them', vector)
    .option('--queries <file>', 'many: NumPy .npy or plain float32, a row a query')
    .addOption(
      new Option(
        '--sparse <pairs>',
        'a sparse vector, as 2054:0.4,3899:1.7; alone, or beside words, --query and --like',
      ).argParser(sparseVector),
    )
    .option('--like <label>', 'a stored vector, by its label or number')
    .addOption(
      new Option(
        '--where <condition>',
        "only items whose metadata satisfy it, as 'year>2020'; may be given several times",
      ).argParser(condition),
    )
    .option('--top <count>', 'how many neighbours of each', counter, 10)
    .option('--ef <count>', 'candidates kept; more: better recall, slower', counter, 64)
    .option(
      '--probes <count>',
      'of a published index: cells that are read (default: by recall)',
      counter,
    )
    .addHelpText(
      'after',
      `
Examples:
  sublinear search words.slv --like coffee
  sublinear search words.slv --query "0.1, -0.3, 0.2" --top 5
  sublinear search words.slv --queries questions.npy --ef 200 --json
  sublinear search documents.slv "quiet hotel -station" --where 'year>2020'
  sublinear search documents.slv --sparse 2054:0.4,3899:1.7
  sublinear search https://example.org/documents.sltx "quiet hotel"`,
    )
    .action(async (file: string, words: string | undefined, options) => {
      const local = await import('./search.js');
      const remote = await import('./search-remote.js');
      await remote.assertIndex(file);
      if (words !== undefined) {
        const { isRemoteText, searchTextsRemote } = await import('./text-remote.js');
        if (await isRemoteText(file)) return searchTextsRemote(file, words, options);
      }
      if (words !== undefined || options.sparse !== undefined)
        return local.searchParts(file, words, options, progress);
      if (!(await remote.isRemoteIndex(file))) return local.search(file, options, progress);
      return remote.searchRemote(file, options, progress);
    });

  answering(common(progress, program.command('query')))
    .description('ask or change a property graph in openCypher')
    .argument(
      '<graph>',
      'a file of PropertyGraph.save(), - for standard input; "new" for an empty graph',
    )
    .argument(
      '[text]',
      'the query; without it queries are read as they are typed, each with a ; at its end',
    )
    .option('--parameters <json>', 'an object: what $name stands for')
    .option('--top <count>', 'at most so many rows', counter, 1000)
    .option('-o, --output <file>', 'where the graph goes afterwards')
    .option('--explain', 'print the plan instead')
    .addHelpText(
      'after',
      `
Examples:
  sublinear query new "CREATE (:Person {name: 'Ada'})" -o people.slv
  sublinear query people.slv 'MATCH (p {name: $name}) RETURN p' --parameters '{"name": "Ada"}' --json
  sublinear query people.slv < queries.cypher

LOAD CSV WITH HEADERS FROM 'people.csv' AS row reads files of this machine; so does CALL sublinear.loadJson('people.json').`,
    )
    .action(async (graph: string, text: string | undefined, options) =>
      (await import('./query.js')).queryGraph(graph, text, options, progress),
    );
}
