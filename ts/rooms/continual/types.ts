// What learners take and give.
import type { OutcomeName } from '../../generated/codes.js';

/** Options of `ContinualLearner.create`. */
export interface LearnerOptions {
  /** Numbers of an example, 1 to 65,536. */
  inputs: number;
  /** Classes (2 or more), or numbers of an answer with the squared loss; up to 65,536. */
  outputs: number;
  /** Widths of the layers between, up to four; none by default: a linear model. At most 2^22 parameters in all. */
  hidden?: readonly number[];
  /** Of the layers between; `'relu'` by default. */
  activation?: 'relu' | 'tanh';
  /** `'crossEntropy'` (the default): answers are classes. `'squared'`: answers are numbers. */
  loss?: 'crossEntropy' | 'squared';
  /** `'adam'` (the default, with decoupled weight decay) or `'sgd'` with momentum. */
  optimizer?: 'adam' | 'sgd';
  /** Above 0, at most 100; 0.001 by default, which is little for `'sgd'`. */
  learningRate?: number;
  /** Of `'sgd'`, 0 to below 1; 0.9 by default. */
  momentum?: number;
  /** 0 to 1; 0 by default. */
  weightDecay?: number;
  /** Gradients that are longer are shortened to this; no limit by default. */
  clip?: number;
  /** Examples that are kept, a uniform sample of all that came: in all, or of each class. None by default. */
  replay?: number | { perClass: number };
  /** Examples drawn from memory beside each batch, 1 to 4096; 32 by default. */
  replayRows?: number;
  /** Weight of their mean loss, 0 to 1000; 1 by default. */
  replayWeight?: number;
  /**
   * Whether the loss allows for how often each class comes, so that answers do not lean to the classes of the last call.
   * True by default.
   */
  balanced?: boolean;
  /** Weight of elastic weight consolidation: half of it times sum F (w - anchor)^2 is added to the loss. 0 by default. */
  ewc?: number;
  /** What is left of the earlier Fisher information at each consolidation, 0 to 1; 1 by default. */
  ewcDecay?: number;
  /** Weight of distillation: how much the answers of the network at the last consolidation are kept. 0 by default. */
  distillation?: number;
  /** Of distillation's softmax, 0.1 to 100; 2 by default. */
  temperature?: number;
  /** Checkpoints that are kept at most, 0 to 64; 4 by default. The one with the largest loss makes room. */
  checkpoints?: number;
  /** Of the first weights, the order of examples and the memory; 1 by default. */
  seed?: number;
}

/** A time limit. */
export interface LimitedOptions {
  /** Milliseconds. No limit by default. */
  maxTimeMs?: number;
}

/** Options of `ContinualLearner.learn`. */
export interface LearnOptions extends LimitedOptions {
  /** Passes over the examples; 1 by default. */
  epochs?: number;
  /** Examples of an update, 1 to 4096; 32 by default. */
  batch?: number;
  /**
   * How far the weights go towards those that were learned, above 0 and at most 1, the default. Less is a step of Reptile:
   * the call is one task of many, and what is learned is where to begin.
   */
  step?: number;
}

/** What a call of `learn` did. */
export interface Learned {
  /** `'converged'`: all epochs were made. `'timeLimit'`; `'breakdown'`: it diverged, the weights are those from before. */
  outcome: OutcomeName;
  /** Examples of the last epoch that were used. */
  rows: number;
  updates: number;
  /** Mean loss of the new examples in the last epoch, as it went; NaN where none were used or it diverged. */
  loss: number;
}

/** What held-out examples say. */
export interface Evaluation {
  outcome: OutcomeName;
  /** Examples that were measured: all of them without a time limit. */
  rows: number;
  /** Mean loss. */
  loss: number;
  /** Share of the right classes; NaN with the squared loss. */
  accuracy: number;
}

/** Answers to examples. */
export interface Prediction {
  /** Classes: probabilities, `outputs` for each example; else numbers. A class that no example had gets 0. */
  values: Float32Array<ArrayBuffer>;
  /** The most probable class of each example; empty with the squared loss. */
  labels: Uint32Array<ArrayBuffer>;
}

/** Weights that are kept. */
export interface Checkpoint {
  /** From 1, of all that were ever made. */
  id: number;
  /** On held-out examples. */
  loss: number;
  /** Examples that had been learned from until then. */
  examples: number;
}

/** Options of `ContinualLearner.review`. */
export interface ReviewOptions {
  /** A loss up to (1 + tolerance) times the smallest one is no reason to go back; 0.05 by default. */
  tolerance?: number;
}

/** What a review came to. */
export interface Review extends Evaluation {
  /** Whether the weights went back to the checkpoint. */
  rolledBack: boolean;
  /** The one that was made, or gone back to. */
  checkpoint: Checkpoint;
}
