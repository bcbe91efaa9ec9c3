import type { RandomBytes } from "./run-id.ts";

/** Makes what gives a new text at each call, one that no other process gives. */
export function marksOf(random: RandomBytes): () => string {
  const instance = `${process.pid}-${Buffer.from(random(8)).toString("hex")}`;
  let marks = 0;
  return () => {
    marks += 1;
    return `${instance}-${marks}`;
  };
}
