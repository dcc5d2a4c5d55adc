// Addresses of the package's modules, as the build has named them.
import networkScalar from 'sublinear/network.scalar.wasm?url';
import networkSimd from 'sublinear/network.simd.wasm?url';
import solverScalar from 'sublinear/solver.scalar.wasm?url';
import solverSimd from 'sublinear/solver.simd.wasm?url';
import vectorRelaxed from 'sublinear/vector.relaxed.wasm?url';
import vectorScalar from 'sublinear/vector.scalar.wasm?url';
import vectorSimd from 'sublinear/vector.simd.wasm?url';

/** Those that an engine with these capabilities loads. */
export function urlsOf(hasSimd: boolean, hasRelaxedSimd: boolean): string[] {
  const urls = [
    hasSimd ? networkSimd : networkScalar,
    hasSimd ? solverSimd : solverScalar,
    hasRelaxedSimd ? vectorRelaxed : hasSimd ? vectorSimd : vectorScalar,
  ];
  return urls.map((url) => new URL(url, location.href).href);
}
