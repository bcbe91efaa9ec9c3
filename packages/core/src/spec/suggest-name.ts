const SHOWN = 12;
const LONGEST = 80;

/** A name as it may stand in a message: quoted, on one line, never long. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name);
}

/** `; did you mean "shop"? declared: shop, api`, or what of it applies. */
export function suggestName(wrong: string, declared: readonly string[], word = "declared"): string {
  const close = closestName(wrong, declared);
  const meant = close === undefined ? "" : ` did you mean ${quoteName(close)}?`;
  const more = declared.length > SHOWN ? ` and ${declared.length - SHOWN} more` : "";
  const list = declared.length === 0 ? "none" : `${declared.slice(0, SHOWN).join(", ")}${more}`;
  return `;${meant} ${word}: ${list}`;
}

function closestName(wrong: string, declared: readonly string[]): string | undefined {
  if (wrong.length > LONGEST) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wrong.length / 3)) + 1;
  for (const name of declared) {
    if (Math.abs(name.length - wrong.length) >= least) continue;
    const distance = countEdits(wrong.toLowerCase(), name.toLowerCase());
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function countEdits(left: string, right: string): number {
  let before: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        at(last, column) + 1,
        at(next, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, at(before, column - 2) + 1);
      next.push(cost);
    }
    before = last;
    last = next;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0;
}
