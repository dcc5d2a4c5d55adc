// A graph as an electrical network: effective resistances and potentials. Graphs live in another module than the systems
// that are solved here; a copy is made at the first question and kept with the graph.

import type { Runtime } from '../../runtime/runtime.js';
import { Graph } from '../graph/class.js';
import { createPotentials, type PotentialFunctions } from './potentials.js';

export type { OutcomeName } from '../../generated/codes.js';
export * from '../../runtime/errors.js';
export type { EdgeResistance, NodeScore } from '../../runtime/iterable.js';
export type { IndexArray, RealArray } from '../../runtime/scratch.js';
export type { AsyncOptions } from '../../runtime/steps.js';
export type { Graph } from '../graph/class.js';
export type { QuestionProgress } from '../graph/question.js';
export type {
  EdgeResistances,
  EdgeResistancesOptions,
  HarmonicPotentials,
  PotentialFunctions,
  PotentialsOptions,
  Resistance,
  ResistanceOptions,
  Resistances,
  ResistancesOptions,
} from './potentials.js';

/** What the module has. */
export interface ResistanceRoom extends PotentialFunctions {
  readonly Graph: typeof Graph;
}

/** @internal */
export function createRoom(runtime: Runtime, network: Runtime): ResistanceRoom {
  return { Graph: network.bind(Graph), ...createPotentials(runtime) };
}
