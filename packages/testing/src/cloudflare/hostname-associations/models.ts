import { type Versions, versionInEffect } from "../settling.ts";

/** The hostnames of a zone at which visitors are asked for a certificate, by the id of the CA, or `managed`. */
export type AskingHostnames = Map<string, Versions<readonly string[]>>;

/** Stands for the CA that the provider runs. */
export const managedCa = "managed";

/** What was written last for a CA. */
export function writtenHostnames(asking: AskingHostnames, ca: string): readonly string[] {
  return asking.get(ca)?.at(-1)?.value ?? [];
}

/** Whether the edge asks at a hostname, for whichever CA. */
export function isAskedAt(asking: AskingHostnames, hostname: string, now: number): boolean {
  return [...asking.values()].some((versions) => versionInEffect(versions, now)?.includes(hostname) === true);
}

/** How far a CA is in use in a zone; undefined when it is not. A CA that was taken off stays in use until that has settled. */
export function useOf(
  asking: AskingHostnames,
  ca: string,
  now: number,
): "active" | "pending_deployment" | "pending_deletion" | undefined {
  const last = asking.get(ca)?.at(-1);
  if (last === undefined) return undefined;
  const settled = last.from <= now;
  if (last.value.length > 0) return settled ? "active" : "pending_deployment";
  const wasUsed = asking.get(ca)?.some(({ value }) => value.length > 0);
  return settled || wasUsed !== true ? undefined : "pending_deletion";
}
