// Why @neo4j-cypher/language-support 2.0.0-next.38 and this library do not agree on queries of the openCypher kit.

export interface Reason {
  name: string;
  /** Who refuses: they, or this library. */
  theyRefuse: boolean;
  /** What is said by who refuses. */
  says?: RegExp;
  /** What the text has. */
  asks?: RegExp;
  /** How many there are: a number that may only become smaller. */
  most: number;
  why: string;
}

/** The first one that fits counts. What is said to be of the kit stands there as an expectation, and is tested as one. */
export const reasons: readonly Reason[] = [
  {
    name: 'aggregates in ORDER BY alone',
    theyRefuse: false,
    says: /^InvalidAggregation/,
    asks: /ORDER BY/,
    most: 26,
    why: 'The kit refuses them where no item has one.',
  },
  {
    name: 'aggregates beside what is not grouped by',
    theyRefuse: false,
    says: /^AmbiguousAggregation/,
    most: 1,
    why: 'So does the kit.',
  },
  {
    name: 'a node that is bound, with labels or properties, in CREATE and MERGE',
    theyRefuse: false,
    says: /^VariableAlreadyBound/,
    asks: /CREATE/,
    most: 6,
    why: 'So does the kit.',
  },
  {
    name: 'a relationship that stands twice in a pattern',
    theyRefuse: false,
    says: /^RelationshipUniquenessViolation/,
    most: 1,
    why: 'So does the kit.',
  },
  {
    name: 'rand() in an aggregating function',
    theyRefuse: false,
    says: /^NonConstantExpression/,
    most: 1,
    why: 'So does the kit.',
  },
  {
    name: 'functions that are not there',
    theyRefuse: false,
    says: /^UnknownFunction/,
    most: 1,
    why: 'The peer refuses them only where it was given a list of functions.',
  },
  {
    name: 'procedures and their arguments',
    theyRefuse: false,
    says: /^(ProcedureNotFound|InvalidNumberOfArguments: The procedure|InvalidArgumentPassingMode|InvalidArgumentType: The procedure)/,
    asks: /CALL/,
    most: 8,
    why: 'The peer was not told of those of the kit.',
  },
  {
    name: 'escapes of characters that are none',
    theyRefuse: false,
    says: /^InvalidUnicodeLiteral/,
    most: 1,
    why: 'So does the kit.',
  },
  {
    name: 'types of what is put into lists, maps and functions',
    theyRefuse: true,
    says: /^Type mismatch/,
    most: 31,
    why: 'Types are known before it runs, where the kit wants the query to fail while it runs, or null.',
  },
];
