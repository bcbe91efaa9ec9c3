import { shortenName } from "../digest-sets.ts";
import type { Front, Viewer } from "./state.ts";

/** One line for a person, and the part of a step's key that tells one switch from another. */
export function describe({ viewer, connectionFunction }: Front): string {
  const looking = connectionFunction === null ? [] : [`and function ${connectionFunction}`];
  return [describeViewer(viewer), ...looking].join(" ");
}

function describeViewer(viewer: Viewer): string {
  if (!("store" in viewer)) return viewer.mode;
  const { mode, store, ignoreExpiry, advertiseNames } = viewer;
  const flags = [ignoreExpiry && "ignoring expiry", advertiseNames && "naming its CAs"];
  return [`${mode} with`, shortenName(store), ...flags.filter((flag) => flag !== false)].join(" ");
}
