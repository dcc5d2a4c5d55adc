// Procedures of a graph.
import * as check from '../../runtime/validate.js';
import { writeText } from './bytes.js';
import { bytesOfRows, type Host, hostsOf } from './host.js';
import { type Modules, proceduresOf } from './procedures.js';
import { Projections } from './projection.js';
import { GraphState } from './reading.js';
import type { Parameter, Procedure } from './types.js';

/** A graph whose queries can call what is computed elsewhere. */
export abstract class GraphProcedures extends GraphState {
  static {
    // A graph in a worker asks for the rows of a function, which stays with the program.
    Object.assign(GraphProcedures.prototype.defineProcedure, { keepsFunctions: true });
  }

  /**
   * Defines a procedure for `CALL`, so that what is computed elsewhere joins in a query. Not saved with the graph.
   *
   * A table gives the outputs of the rows whose inputs equal the arguments. A function computes rows of outputs from the arguments of
   * each call, while the query waits; an asynchronous query waits for promises as well. Such a procedure cannot be called in a
   * subquery that is an expression (`EXISTS { }`, `COUNT { }`), and the graph is busy while it runs.
   *
   * @param signature `name(input :: TYPE, ...) :: (output :: TYPE, ...)`, with INTEGER, FLOAT, NUMBER, STRING, BOOLEAN, MAP, LIST, NODE,
   *   RELATIONSHIP, PATH, ANY. In rows a node or relationship is its id, and a path a list: the id of its first node, then those of the
   *   relationships that lead on. Rows that name what is not there any more are left out
   * @param rows a list for each row: a value for each input, then for each output; or a function
   *
   * @throws SublinearError `FORMAT` (signature, rows), `STATE` (there are prepared queries), `MEMORY`; TypeError
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * graph.addNodes({ label: 'Page', count: 3, columns: { name: ['a', 'b', 'c'] } });
   * graph.defineProcedure('rank() :: (node :: NODE, score :: FLOAT)', [[2, 0.7], [0, 0.3]]);
   * console.log(graph.query('CALL rank() YIELD node, score RETURN node.name AS name ORDER BY score DESC').rows);
   * // [ { name: 'c' }, { name: 'a' } ]
   * graph.defineProcedure('after(node :: ANY) :: (next :: NODE)', (node) => [[Number(node) + 1]]);
   * console.log(graph.query("MATCH (p {name: 'a'}) CALL after(p) YIELD next RETURN next.name AS name").rows); // [ { name: 'b' } ]
   * ```
   */
  defineProcedure(
    signature: string,
    rows: readonly (readonly Parameter[])[] | Procedure = [],
  ): void {
    const operation = 'PropertyGraph.defineProcedure';
    if (typeof rows !== 'function' && !Array.isArray(rows))
      throw check.typeError(operation, 'rows', 'list of lists or function', rows);
    const given: Uint8Array | Host =
      typeof rows === 'function'
        ? (_, values) => rows(...values)
        : bytesOfRows(operation, 'rows', rows as readonly (readonly Parameter[])[]);
    this.#define(operation, signature, given);
  }

  #define(operation: string, signature: string, rows: Uint8Array | Host): void {
    const { runtime } = this;
    check.string(operation, 'signature', signature);
    const bytes = typeof rows === 'function' ? undefined : rows;
    runtime.scratch(operation, (scratch) => {
      const list = bytes === undefined ? 0 : scratch.bytes(bytes.length + 1);
      const text = writeText(runtime, scratch, signature);
      if (bytes !== undefined) runtime.u8.set(bytes, list);
      const raw = this.use(operation);
      runtime.check(operation, raw.define(text.address, text.bytes, list, bytes?.length ?? 0));
    });
    const name = signature.slice(0, signature.indexOf('(')).trim();
    if (typeof rows === 'function') hostsOf(this).set(name, rows);
    else hostsOf(this).delete(name);
  }

  /**
   * Lets queries call what other modules of the same engine compute: `CALL sublinear.pagerank`, `.personalized`, `.communities`,
   * `.shortestPath`, `.vectorSearch`, `.vectorSearchAmong`, `.embed`, `.loadCsv` and `.loadJson`, those for whose modules are given. `docs/property.md` has
   * their signatures. A graph is copied for them at the first call after a change.
   *
   * @throws TypeError for modules that are none; SublinearError `STATE` (there are prepared queries), `MEMORY`
   *
   * @example
   * ```ts
   * import { getEngine } from 'sublinear';
   *
   * const engine = await getEngine();
   * const { PropertyGraph } = await engine.use('property');
   * using graph = PropertyGraph.create();
   * graph.query("CREATE (a:Page {name: 'a'})-[:LINK]->(b:Page {name: 'b'})-[:LINK]->(a), (:Page {name: 'c'})-[:LINK]->(b)");
   * graph.useProcedures({ diffusion: await engine.use('diffusion') });
   * const { rows } = graph.query(`
   *   CALL sublinear.pagerank({type: 'LINK'}) YIELD node, score, errorBound
   *   RETURN node.name AS name, round(score * 100) AS percent, errorBound < 0.00001 AS sure ORDER BY score DESC LIMIT 1`);
   * console.log(rows); // [ { name: 'b', percent: 49, sure: true } ]
   * ```
   */
  useProcedures(modules: Modules): void {
    const operation = 'PropertyGraph.useProcedures';
    const kept = new Projections();
    const procedures = proceduresOf(operation, modules, kept);
    this.use(operation);
    this.dropCompanion('procedures');
    this.companion(this.runtime, 'procedures', () => ({ delete: () => kept.clear() }));
    for (const [signature, host] of procedures) this.#define(operation, signature, host);
  }
}
