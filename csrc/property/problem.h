// What a query can be refused for, at compile time and at run time, by the names of the openCypher
// Technology Compatibility Kit: an error has a type ("SyntaxError"), a phase and a detail
// ("UndefinedVariable"). The lists are here, once; the engine uses the same record for what fails
// while a query runs.
#ifndef SL_PROPERTY_PROBLEM_H
#define SL_PROPERTY_PROBLEM_H

#include <stddef.h>
#include <stdint.h>

#define SL_CYPHER_ERROR_LIST(X)                                                                    \
  X(SYNTAX, "SyntaxError")                                                                         \
  X(SEMANTIC, "SemanticError")                                                                     \
  X(PARAMETER_MISSING, "ParameterMissing")                                                         \
  X(CONSTRAINT_VERIFICATION, "ConstraintVerificationFailed")                                       \
  X(CONSTRAINT_VALIDATION, "ConstraintValidationFailed")                                           \
  X(ENTITY_NOT_FOUND, "EntityNotFound")                                                            \
  X(TYPE, "TypeError")                                                                             \
  X(ARGUMENT, "ArgumentError")                                                                     \
  X(ARITHMETIC, "ArithmeticError")                                                                 \
  X(PROCEDURE, "ProcedureError")

#define SL_CYPHER_DETAIL_LIST(X)                                                                   \
  X(AMBIGUOUS_AGGREGATION, "AmbiguousAggregationExpression")                                       \
  X(COLUMN_NAME_CONFLICT, "ColumnNameConflict")                                                    \
  X(CREATING_VAR_LENGTH, "CreatingVarLength")                                                      \
  X(DELETE_CONNECTED_NODE, "DeleteConnectedNode")                                                  \
  X(DELETED_ENTITY_ACCESS, "DeletedEntityAccess")                                                  \
  X(DIFFERENT_COLUMNS_IN_UNION, "DifferentColumnsInUnion")                                         \
  X(DIVISION_BY_ZERO, "DivisionByZero")                                                            \
  X(FLOATING_POINT_OVERFLOW, "FloatingPointOverflow")                                              \
  X(INTEGER_OVERFLOW, "IntegerOverflow")                                                           \
  X(INVALID_AGGREGATION, "InvalidAggregation")                                                     \
  X(INVALID_ARGUMENT_PASSING_MODE, "InvalidArgumentPassingMode")                                   \
  X(INVALID_ARGUMENT_TYPE, "InvalidArgumentType")                                                  \
  X(INVALID_ARGUMENT_VALUE, "InvalidArgumentValue")                                                \
  X(INVALID_CLAUSE_COMPOSITION, "InvalidClauseComposition")                                        \
  X(INVALID_DELETE, "InvalidDelete")                                                               \
  X(INVALID_NUMBER_LITERAL, "InvalidNumberLiteral")                                                \
  X(INVALID_NUMBER_OF_ARGUMENTS, "InvalidNumberOfArguments")                                       \
  X(INVALID_PARAMETER_USE, "InvalidParameterUse")                                                  \
  X(INVALID_PROPERTY_TYPE, "InvalidPropertyType")                                                  \
  X(INVALID_RELATIONSHIP_PATTERN, "InvalidRelationshipPattern")                                    \
  X(INVALID_UNICODE_CHARACTER, "InvalidUnicodeCharacter")                                          \
  X(INVALID_UNICODE_LITERAL, "InvalidUnicodeLiteral")                                              \
  X(LIST_ELEMENT_ACCESS_BY_NON_INTEGER, "ListElementAccessByNonInteger")                           \
  X(MAP_ELEMENT_ACCESS_BY_NON_STRING, "MapElementAccessByNonString")                               \
  X(MERGE_READ_OWN_WRITES, "MergeReadOwnWrites")                                                   \
  X(MISSING_PARAMETER, "MissingParameter")                                                         \
  X(NEGATIVE_INTEGER_ARGUMENT, "NegativeIntegerArgument")                                          \
  X(NESTED_AGGREGATION, "NestedAggregation")                                                       \
  X(NO_EXPRESSION_ALIAS, "NoExpressionAlias")                                                      \
  X(NO_SINGLE_RELATIONSHIP_TYPE, "NoSingleRelationshipType")                                       \
  X(NO_VARIABLES_IN_SCOPE, "NoVariablesInScope")                                                   \
  X(NON_CONSTANT_EXPRESSION, "NonConstantExpression")                                              \
  X(NUMBER_OUT_OF_RANGE, "NumberOutOfRange")                                                       \
  X(PROCEDURE_NOT_FOUND, "ProcedureNotFound")                                                      \
  X(PROPERTY_ACCESS_ON_NON_MAP, "PropertyAccessOnNonMap")                                          \
  X(RELATIONSHIP_UNIQUENESS_VIOLATION, "RelationshipUniquenessViolation")                          \
  X(REQUIRES_DIRECTED_RELATIONSHIP, "RequiresDirectedRelationship")                                \
  X(UNDEFINED_VARIABLE, "UndefinedVariable")                                                       \
  X(UNEXPECTED_SYNTAX, "UnexpectedSyntax")                                                         \
  X(UNKNOWN_FUNCTION, "UnknownFunction")                                                           \
  X(VARIABLE_ALREADY_BOUND, "VariableAlreadyBound")                                                \
  X(VARIABLE_TYPE_CONFLICT, "VariableTypeConflict")

typedef enum sl_cypher_error {
#define X(name, text) SL_CYPHER_ERROR_##name,
  SL_CYPHER_ERROR_LIST(X)
#undef X
} sl_cypher_error;

typedef enum sl_cypher_detail {
#define X(name, text) SL_CYPHER_##name,
  SL_CYPHER_DETAIL_LIST(X)
#undef X
} sl_cypher_detail;

#define SL_CYPHER_MESSAGE 512

// Why a query was refused. `message` is UTF-8 and ends with a zero byte; for errors of the compiler
// it has three lines: a sentence with line and column, the line of the query (a part of it when it
// is long) and a caret under the place.
typedef struct sl_cypher_problem {
  sl_cypher_error error;
  sl_cypher_detail detail;
  uint32_t position; // byte in the query text
  uint32_t line;     // from 1
  uint32_t column;   // from 1, in code points
  char message[SL_CYPHER_MESSAGE];
} sl_cypher_problem;

// Names as the kit writes them ("SyntaxError", "UndefinedVariable"). Static; never null.
const char *sl_cypher_error_name(sl_cypher_error error);
const char *sl_cypher_detail_name(sl_cypher_detail detail);

// Fills `problem`: `what` is a sentence without its full stop; `text` (length bytes) the query, from
// which line, column and the caret line are made. Safe for any position and any bytes.
void sl_cypher_problem_set(sl_cypher_problem *problem, sl_cypher_error error,
                           sl_cypher_detail detail, const char *text, size_t length,
                           uint32_t position, const char *what);

#endif
