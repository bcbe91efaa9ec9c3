import { parseArn } from "../arn.ts";
import type { Showing } from "./state.ts";

/** What is shown, in a few words for a person: no digest longer than twelve characters. */
export function describe(shows: Showing): string {
  if (shows === "nothing") return "nothing";
  const id = shows.arn === undefined ? undefined : parseArn(shows.arn).resource.split("/")[1];
  if ("unknown" in shows) return `ACM certificate ${id}`;
  const name = `certificate ${shows.certificate.slice(0, 12)}`;
  return id === undefined ? name : `${name} (ACM ${id})`;
}

/** The distribution's id: people know it by that. */
export function idOf(distribution: string): string {
  return parseArn(distribution).resource.replace("distribution/", "");
}
