// Arguments of learners, as the C core takes them.
import { learnerOptions, learnerQuestion } from '../../generated/fields/continual.js';
import type { Learner as RawLearner } from '../../generated/raw/training.js';
import { giveOver } from '../../runtime/fields.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { IndexArray, RealArray, Scratch } from '../../runtime/scratch.js';
import * as check from '../../runtime/validate.js';
import type { LearnerOptions, LearnOptions } from './types.js';

/** @internal */
export const learnerKeys = [
  'inputs',
  'outputs',
  'hidden',
  'activation',
  'loss',
  'optimizer',
  'learningRate',
  'momentum',
  'weightDecay',
  'clip',
  'replay',
  'replayRows',
  'replayWeight',
  'balanced',
  'ewc',
  'ewcDecay',
  'distillation',
  'temperature',
  'checkpoints',
  'seed',
] as const satisfies readonly (keyof LearnerOptions)[];

/** @internal */
export const learnKeys = ['epochs', 'batch', 'step', 'maxTimeMs'] as const;

/** @internal The C object. */
export function make(
  runtime: Runtime,
  operation: string,
  given: LearnerOptions,
): RawLearner | null {
  const number = (name: keyof LearnerOptions) =>
    given[name] === undefined ? undefined : check.number(operation, name, given[name]);
  const integer = (name: keyof LearnerOptions) =>
    given[name] === undefined ? undefined : check.integer(operation, name, given[name]);
  const word = (name: 'activation' | 'loss' | 'optimizer', words: Record<string, number>) =>
    given[name] === undefined ? undefined : check.choice(operation, name, given[name], words);
  const replay = replayOf(operation, given.replay);
  const options = {
    inputs: check.integer(operation, 'inputs', given.inputs),
    outputs: check.integer(operation, 'outputs', given.outputs),
    activation: word('activation', { relu: 0, tanh: 1 }),
    loss: word('loss', { crossEntropy: 0, squared: 1 }),
    optimizer: word('optimizer', { sgd: 0, adam: 1 }),
    learningRate: number('learningRate'),
    momentum: number('momentum'),
    weightDecay: number('weightDecay'),
    clip: number('clip'),
    ...replay,
    replayRows: integer('replayRows'),
    replayWeight: number('replayWeight'),
    balanced:
      given.balanced === undefined
        ? undefined
        : check.boolean(operation, 'balanced', given.balanced),
    ewc: number('ewc'),
    ewcDecay: number('ewcDecay'),
    distillation: number('distillation'),
    temperature: number('temperature'),
    checkpoints: integer('checkpoints'),
    seed: integer('seed'),
  };
  return runtime.scratch(operation, (scratch) => {
    const hidden = scratch.indices('hidden', given.hidden ?? []);
    const at = giveOver(runtime, learnerOptions, (to) => runtime.raw.learnerDefaults(to), {
      ...options,
      hidden: hidden.address,
      hiddenLayers: hidden.length,
    });
    return runtime.raw.Learner.create(at);
  });
}

function replayOf(operation: string, replay: LearnerOptions['replay']) {
  if (replay === undefined) return {};
  if (typeof replay === 'number')
    return { replay: check.integer(operation, 'replay', replay), perClass: 0 };
  const { perClass } = check.options(operation, replay, ['perClass']);
  return { replay: check.integer(operation, 'replay.perClass', perClass), perClass: 1 };
}

/** @internal The shape of what a learner takes and gives. */
export interface Shape {
  inputs: number;
  outputs: number;
  /** sl_learner_loss: 0 where answers are classes. */
  loss: number;
}

/** @internal Examples where C reads them: a function that writes the question, to be called last. */
export function examples(
  runtime: Runtime,
  operation: string,
  scratch: Scratch,
  shape: Shape,
  inputs: RealArray,
  answers?: IndexArray | RealArray,
  options: LearnOptions = {},
): () => number {
  const numbers = scratch.floats('inputs', inputs);
  if (numbers.length % shape.inputs !== 0)
    throw check.rangeError(
      operation,
      'inputs',
      `a multiple of ${shape.inputs} numbers`,
      numbers.length,
    );
  const rows = numbers.length / shape.inputs;
  const expect = (wanted: number, length: number) => {
    if (length !== wanted) throw check.shapeError(operation, 'answers', wanted, length);
  };
  let labels = 0;
  let values = 0;
  if (answers !== undefined && shape.loss === 0) {
    const block = scratch.indices('answers', answers as IndexArray);
    expect(rows, block.length);
    labels = block.address;
  } else if (answers !== undefined) {
    const block = scratch.floats('answers', answers as RealArray);
    expect(rows * shape.outputs, block.length);
    values = block.address;
  }
  const integer = (name: 'epochs' | 'batch') =>
    options[name] === undefined ? undefined : check.integer(operation, name, options[name]);
  const question = {
    rows,
    inputs: numbers.address,
    labels,
    values,
    epochs: integer('epochs'),
    batch: integer('batch'),
    step: options.step === undefined ? undefined : check.number(operation, 'step', options.step),
  };
  return () =>
    giveOver(runtime, learnerQuestion, (to) => runtime.raw.learnerQuestion(to), question);
}
