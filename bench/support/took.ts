// How long a call took where other programs run beside it.

/**
 * Milliseconds of a call. One that the machine interrupts takes longer by the clock, and one beside which other threads of the
 * process work takes longer by the processor: what it took itself is at most the smaller of both.
 */
export function took(call: () => unknown): number {
  const before = process.cpuUsage();
  const start = performance.now();
  call();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  return Math.min(wall, (user + system) / 1000);
}
