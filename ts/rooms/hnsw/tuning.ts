// The smallest `ef` that reaches a recall: by halving over a list, or from where a chooser says.
import * as check from '../../runtime/validate.js';
import type {
  LearnedEf,
  RecallEstimate,
  RecallEstimateOptions,
  TunedEf,
  TuneFeatures,
  TuneOptions,
  VectorArray,
} from './types.js';

const EFS = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048];
/** Standard errors below the estimate: 95 % on one side. */
const Z = 1.645;
/** Vectors whose neighbours say how hard the data are. */
const PROBES = 50;
const NEAR = 20;

/** What is asked of an index. */
interface Searched {
  readonly dimension: number;
  readonly size: number;
  readonly ids: Uint32Array;
  get(id: number): VectorArray;
  search(query: VectorArray, options: { k: number; ef: number }): { distances: Float32Array };
}

/** What a chooser may know of an index and of what is asked of it. */
export function tuneFeatures(
  operation: string,
  index: Searched,
  asked: { k: number; recall: number },
): TuneFeatures {
  const { k, recall } = readAsked(operation, check.options(operation, asked, ['k', 'recall']));
  const { dimension, size, ids } = index;
  // The intrinsic dimension around a vector (Levina and Bickel 2004), from the distances to its nearest neighbours.
  let [sum, count] = [0, 0];
  const step = Math.max(1, Math.floor(size / PROBES));
  for (let i = 0; i < size && count < PROBES; i += step) {
    const { distances } = index.search(index.get(ids[i] as number), { k: NEAR, ef: 2 * NEAR });
    const far = distances.at(-1) ?? 0;
    const near = Array.from(distances).filter((distance) => distance > 0 && far > 0);
    if (near.length < 2) continue;
    const mean = near.reduce((logs, distance) => logs + Math.log(far / distance), 0) / near.length;
    if (mean > 0) {
      sum += 1 / mean;
      count++;
    }
  }
  return { size, dimension, intrinsicDimension: count === 0 ? 0 : sum / count, k, recall };
}

/** What is asked for, read. */
function readAsked(
  operation: string,
  { k = 10, recall = 0.95 }: { k?: number | undefined; recall?: number | undefined },
): { k: number; recall: number } {
  check.integer(operation, 'k', k, 1);
  if (!(check.number(operation, 'recall', recall) >= 0 && recall <= 1))
    throw check.rangeError(operation, 'recall', 'a number from 0 to 1', recall);
  return { k, recall };
}

/** The mean of the shares found, and its spread. */
export function recallOf(found: Uint32Array, all: Uint32Array): RecallEstimate {
  const queries = found.length;
  const shares = Array.from(found, (hit, i) => (all[i] === 0 ? 1 : hit / (all[i] as number)));
  const recall = queries === 0 ? 1 : shares.reduce((sum, share) => sum + share, 0) / queries;
  const squares = shares.reduce((sum, share) => sum + (share - recall) ** 2, 0);
  const standardError = queries < 2 ? 0 : Math.sqrt(squares / (queries * (queries - 1)));
  return { recall, standardError, queries };
}

type Estimate = (options: RecallEstimateOptions) => RecallEstimate;

function eligibleEfs(operation: string, learn: LearnedEf, least: number): string[] {
  const isChooser =
    typeof learn === 'object' &&
    learn !== null &&
    typeof learn.choose === 'function' &&
    typeof learn.report === 'function' &&
    Array.isArray(learn.methods);
  if (!isChooser) throw check.typeError(operation, 'learn', 'a chooser', learn);
  const eligible = learn.methods.filter((name) => Number(name) >= least);
  const wrong = learn.methods.find((name) => !Number.isInteger(Number(name)) || Number(name) < 1);
  if (wrong !== undefined || eligible.length === 0)
    throw check.rangeError(
      operation,
      'learn',
      `a chooser whose methods are values of ef, one of them at least ${least}`,
      wrong ?? learn.methods,
    );
  return eligible.sort((a, b) => Number(a) - Number(b));
}

const notChosen =
  "a chooser that answers at once with one of its eligible methods (in a worker: a Chooser of the worker's engine)";

/** Finds it; `estimate` is {@link Hnsw.recallEstimate} of the index. */
export function tuneEf(
  operation: string,
  index: Searched,
  options: TuneOptions | undefined,
  estimate: Estimate,
): TunedEf {
  const given = check.options(operation, options, ['recall', 'k', 'sample', 'queries', 'learn']);
  const { sample, queries, learn } = given;
  const { k, recall } = readAsked(operation, given);
  const names = learn === undefined ? undefined : eligibleEfs(operation, learn, k);
  const efs = names?.map(Number) ?? [...new Set([k, ...EFS.filter((ef) => ef > k)])];
  const tried = new Map<number, RecallEstimate>();
  const own = {
    ...(sample !== undefined && { sample }),
    ...(queries !== undefined && { queries }),
  };
  const reaches = (at: number): boolean => {
    const ef = efs[at] as number;
    const found = tried.get(ef) ?? estimate({ ...own, k, ef });
    tried.set(ef, found);
    return found.recall - Z * found.standardError >= recall;
  };
  // The first place that reaches it lies in low..high; high = efs.length: none does.
  let [low, high] = [0, efs.length];
  let id: number | undefined;
  if (learn !== undefined && names !== undefined) {
    const choice = learn.choose(tuneFeatures(operation, index, { k, recall }), { eligible: names });
    id = choice?.id;
    // Step by step away from there: it knows the place, or is one off.
    let at = names.indexOf(choice?.method);
    if (at < 0) throw check.typeError(operation, 'learn', notChosen, choice);
    if (reaches(at)) {
      while (at > 0 && reaches(at - 1)) at--;
      [low, high] = [at, at];
    } else {
      while (at + 1 < efs.length && !reaches(at + 1)) at++;
      [low, high] = [at + 1, at + 1];
    }
  }
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reaches(middle)) high = middle;
    else low = middle + 1;
  }
  if (learn !== undefined && id !== undefined)
    for (const [ef, found] of tried)
      learn.report(id, String(ef), {
        cost: ef,
        solved: found.recall - Z * found.standardError >= recall,
      });
  const ef = efs[Math.min(low, efs.length - 1)] as number;
  const last = tried.get(ef) ?? estimate({ ...own, k, ef });
  return { ...last, ef, reached: low < efs.length, estimates: tried.size };
}
