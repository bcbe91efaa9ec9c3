/**
 * Which steps wait for each step; one that nobody waits for has no entry.
 *
 * @param waitsFor what a step waits for, by default its "after" edges
 */
export function dependantsOf<S extends { readonly id: string; readonly after: readonly string[] }>(
  steps: readonly S[],
  waitsFor: (step: S) => Iterable<string> = ({ after }) => after,
): ReadonlyMap<string, readonly S[]> {
  const found = new Map<string, S[]>();
  for (const step of steps)
    for (const id of new Set(waitsFor(step))) {
      const known = found.get(id);
      if (known === undefined) found.set(id, [step]);
      else known.push(step);
    }
  return found;
}
