// Addresses of the package's modules, as the build has named them.
const urls: Record<string, string> = import.meta.glob('../../../dist/wasm/*.wasm', {
  query: '?url',
  import: 'default',
  eager: true,
});

/** Those that an engine with these capabilities loads: of each bundle the first variant that there is. */
export function urlsOf(hasSimd: boolean, hasRelaxedSimd: boolean): string[] {
  const variants = [...(hasRelaxedSimd ? ['relaxed'] : []), ...(hasSimd ? ['simd'] : []), 'scalar'];
  const named = new Map(
    Object.entries(urls).map(([path, url]) => [
      path.slice(path.lastIndexOf('/') + 1, -'.wasm'.length),
      url,
    ]),
  );
  const bundles = new Set([...named.keys()].map((name) => name.split('.')[0]!));
  return [...bundles].map((bundle) => {
    const variant = variants.find((each) => named.has(`${bundle}.${each}`));
    return new URL(named.get(`${bundle}.${variant}`)!, location.href).href;
  });
}
