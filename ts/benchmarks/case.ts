// The one table of benchmark cases: the files of this folder, each with the cases of a module, named `<module>.<case>`.
// `engine.benchmark()`, `sublinear bench`, the playground and bench/ run them; comparisons add their contestants to what a case
// gives. Nothing here is carried by a program that does not measure.

/** Something to measure. `prepare` makes it from a module and a size; `run` does it once. */
export interface Case<Room, Made extends PreparedCase = PreparedCase> {
  /** What is done, for people. Only of cases that give whole answers. */
  title?: (size: number) => string;
  /** Elements, unknowns or nodes. */
  defaultSize: number;
  prepare(room: Room, size: number): Made;
}

export interface PreparedCase {
  run: () => unknown;
  /** Floating-point operations of one run; 0 where they are not counted. */
  operations: number;
  /** Bytes read and written by one run; 0 where they are not counted. */
  bytes: number;
  dispose: () => void;
  /** Of cases whose `run` gives a whole answer. */
  answer?: Answered;
}

/** What is known of a whole answer. */
export interface Answered {
  accuracyIs: string;
  /** What `run` asks for, in the same measure; undefined where more is better. */
  asked: number | undefined;
  /** Computed by code that is nobody's. */
  accuracy: (answer: ArrayLike<number>) => number;
  /** The same work done by plain JavaScript over typed arrays. */
  plain: { name: string; run: () => ArrayLike<number> };
}

/** A prepared case with a whole answer, and the data that it was made from, for other contestants. */
export interface PreparedAnswer<Data> extends PreparedCase {
  run: () => ArrayLike<number>;
  answer: Answered;
  data: Data;
}
