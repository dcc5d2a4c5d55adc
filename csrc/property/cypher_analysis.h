// What a query means: names become slots, and what the openCypher kit calls compile-time errors is
// refused.
#ifndef SL_PROPERTY_CYPHER_ANALYSIS_H
#define SL_PROPERTY_CYPHER_ANALYSIS_H

#include "property/cypher_tree.h"

// Completes the tree of parser; parser->status tells whether it is right.
void sl_cypher_analyse(sl_cypher_parser *parser);

#endif
