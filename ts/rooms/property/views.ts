// Snapshots and transactions of a graph.
import type { PropertyGraph as RawGraph } from '../../generated/raw/property.js';
import { adopt } from '../../runtime/object.js';
import { shareHosts } from './host.js';
import type { Raw } from './queries.js';
import { GraphState } from './reading.js';
import type { GraphChanges } from './types.js';

/** SL_PROPERTY_CHANGES, sl_property_as */
const CHANGES = 8;
const SNAPSHOT = 1;
const TRANSACTION = 2;

/** A state of a graph, or what changes it. */
abstract class GraphView extends GraphState {
  /** @internal The graph, which must not be collected before. */
  declare graph: GraphState;

  /** @internal */
  protected static make<T extends GraphView>(
    operation: string,
    graph: GraphState,
    Class: { prototype: T },
    as: number,
  ): T {
    const { runtime } = graph;
    const raw: RawGraph | null = runtime.raw.PropertyGraph.view(graph.use(operation), as);
    if (raw === null) throw runtime.failure(operation);
    const view = adopt(runtime, operation, Class, raw as Raw);
    Object.defineProperty(view, 'graph', { value: graph });
    shareHosts(graph, view);
    return view;
  }
}

/**
 * A graph as it was at one moment, while it goes on changing: {@link PropertyGraph.snapshot}. What would change it is an error
 * (`STATE`). Saving it does not stop writers.
 */
export class GraphSnapshot extends GraphView {
  /** @internal */
  static of(operation: string, graph: GraphState): GraphSnapshot {
    return GraphView.make(operation, graph, GraphSnapshot, SNAPSHOT);
  }
}

/**
 * Statements that are committed or rolled back together: {@link PropertyGraph.begin}. A statement that fails does nothing, and the
 * transaction goes on. Rows that are still coming from a query of the transaction end with `STATE` when a later statement of it
 * changes the graph.
 */
export class GraphTransaction extends GraphView {
  /** @internal */
  static of(operation: string, graph: GraphState): GraphTransaction {
    return GraphView.make(operation, graph, GraphTransaction, TRANSACTION);
  }

  /**
   * Ends it: everybody sees what its statements have changed.
   *
   * @returns what they have changed in all: what one made and another deleted does not count
   *
   * @throws SublinearError `STATE` when it has ended, or has a statement that has not; `MEMORY`: it is still open then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using transaction = graph.begin();
   * transaction.query('CREATE (:A), (:B)');
   * transaction.query('MATCH (b:B) DELETE b');
   * const { nodesCreated, nodesDeleted } = transaction.commit();
   * console.log(nodesCreated, nodesDeleted, graph.nodeCount); // 1 0 1
   * ```
   */
  commit(): GraphChanges {
    const operation = 'GraphTransaction.commit';
    const { runtime } = this;
    const raw = this.use(operation);
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(CHANGES);
      runtime.check(operation, raw.commit(at));
      const n = runtime.copyF64(at, CHANGES);
      return {
        nodesCreated: n[0] as number,
        nodesDeleted: n[1] as number,
        relationshipsCreated: n[2] as number,
        relationshipsDeleted: n[3] as number,
        propertiesSet: n[4] as number,
        propertiesRemoved: n[5] as number,
        labelsAdded: n[6] as number,
        labelsRemoved: n[7] as number,
      };
    });
  }

  /**
   * Ends it: nothing of it has happened. `dispose()` does the same for a transaction that is open.
   *
   * @throws SublinearError `STATE` when it has ended
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/property';
   *
   * const { PropertyGraph } = await load();
   * using graph = PropertyGraph.create();
   * using transaction = graph.begin();
   * transaction.query('CREATE (:A), (:B)');
   * transaction.rollback();
   * console.log(graph.nodeCount); // 0
   * ```
   */
  rollback(): void {
    const operation = 'GraphTransaction.rollback';
    this.runtime.check(operation, this.use(operation).rollBack());
  }
}

/** What `body` gives; the transaction is committed with it, or rolled back. */
export function within<T>(
  transaction: GraphTransaction,
  body: (transaction: GraphTransaction) => T,
): T {
  const leave = () => {
    if (!transaction.disposed) transaction.dispose();
  };
  const done = <R>(result: R): R => {
    transaction.commit();
    leave();
    return result;
  };
  let later = false;
  try {
    const result = body(transaction);
    if (!isPromise(result)) return done(result);
    later = true;
    return result.then(done).finally(leave) as T;
  } finally {
    if (!later) leave();
  }
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof (value as Promise<unknown> | undefined)?.then === 'function';
