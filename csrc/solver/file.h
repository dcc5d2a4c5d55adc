// The kind of file that holds a prepared solver: its matrix, as sparse/file.h saves one, and
// options that the host writes and reads itself. docs/format.md describes every byte.
#ifndef SL_SOLVER_FILE_H
#define SL_SOLVER_FILE_H

#include "base/container.h"

SL_FILE_KIND(SL_FILE_SOLVER, SL_TAG('S', 'O', 'L', 'V'), "PreparedSolver");

#endif
