import { createHash } from "node:crypto";

/** The request ids of a service: the same in every run, never the same twice. */
export function requestIds(service: string): () => string {
  let issued = 0;
  return () => {
    issued += 1;
    const hex = createHash("sha256").update(`${service} ${issued}`).digest("hex");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
  };
}
