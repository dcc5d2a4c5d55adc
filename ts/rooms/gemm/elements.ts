// How numbers are kept.

/** How the elements of a `DenseMatrix` are kept. */
export type ElementType = 'float32' | 'float64' | 'int8' | 'int4';

/** Numbers of sl_element. */
export const elements: Record<ElementType, number> = { float32: 1, float64: 2, int8: 3, int4: 4 };
export const F32 = 1;
export const F64 = 2;
export const I8 = 3;
