// A matrix from a file of any of the formats.
import { type NpyArray, readNpyAsync } from '../npy.js';
import type { SparseMatrix } from '../rooms/sparse/sparse.js';
import { formatOf } from '../runtime/formats.js';
import { explain } from './engine.js';
import { nameOf, opened } from './files.js';
import { CliError, interrupt, type Progress } from './terminal.js';

/** Reads Matrix Market, SciPy .npz, NumPy .npy, or what `--save` wrote. `-` is standard input. */
export async function readMatrix(
  Matrix: typeof SparseMatrix,
  file: string,
  progress: Progress,
): Promise<SparseMatrix> {
  try {
    const { head, bytes } = await opened(file, progress);
    const { signal } = interrupt;
    switch (formatOf(head.bytes)) {
      case 'saved':
        return await Matrix.loadAsync(bytes, { signal });
      case 'zip':
        return await Matrix.fromNpzAsync(bytes);
      case 'npy':
        return column(Matrix, await readNpyAsync(bytes), file);
      default:
        return await Matrix.fromMatrixMarketAsync(bytes, { signal });
    }
  } catch (error) {
    throw explain(error, {}, file);
  }
}

/** A NumPy array of one axis, or of one column, is a side; one of two axes a matrix. */
function column(Matrix: typeof SparseMatrix, { shape, data }: NpyArray, file: string) {
  const [rows = 1, cols = 1, more] = shape;
  if (shape.length === 0 || more !== undefined)
    throw new CliError(`${nameOf(file)}: an array of ${shape.length} axes, expected one or two`);
  const values = Float64Array.from(data as ArrayLike<number | bigint>, Number);
  return Matrix.fromDense({ rows, cols, values });
}
