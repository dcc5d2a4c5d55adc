// What the compared packages do not say about themselves.
declare module 'ngraph.pagerank' {
  export default function pageRank(
    graph: unknown,
    damping: number,
    tolerance: number,
  ): Record<string, number>;
}
