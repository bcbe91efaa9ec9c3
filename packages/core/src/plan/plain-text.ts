/** Text that others wrote, made fit for one line: names, summaries and messages may hold anything. */

/** Obeyed by terminals, or breaks a line. */
const controls = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;
/** Turns the direction of what follows, so that a name reads as another. */
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * One line of at most so many characters, without control characters, marks of direction and halves of characters.
 *
 * @param most counted in UTF-16 units; what is cut ends in "…"
 */
export function oneLine(text: string, most = 2_000): string {
  const line = text
    .slice(0, 4 * most)
    .toWellFormed()
    .replaceAll(controls, " ")
    .replaceAll(directions, "")
    .replaceAll(/ {2,}/g, " ");
  return line.length <= most ? line : `${line.slice(0, most - 1).toWellFormed()}…`;
}

/** `1 step`, `2 steps`. */
export function countOf(many: number, one: string): string {
  return `${many} ${one}${many === 1 ? "" : "s"}`;
}
