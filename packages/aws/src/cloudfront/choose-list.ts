import type { Digest } from "@handfast/core";
import { holdsExactly } from "../digest-sets.ts";
import { functionName } from "../revocation/names.ts";
import { listNameFor, listPlace } from "./names.ts";
import { type CloudFrontState, type ListState, listInUse, storeOf, type Viewer } from "./state.ts";

/** Where CRLs go. */
export interface ListChoice {
  readonly list: string;
  /** The connection function that is associated then. */
  readonly connectionFunction: string;
  /** Whether the list in use is written, and nothing else changes: the quick way, since no edge is deployed anew. */
  readonly inPlace: boolean;
}

/** What is wanted of a distribution's revocation, beside whom it trusts. */
export interface ListWish {
  readonly crls: readonly Digest[];
  readonly viewer: Viewer;
  /** Of the store that the viewer setting refers to. */
  readonly ocsp: boolean;
}

/**
 * Where CRLs go, from a state on. A list that is in use is written in place when nothing else changes. Where whom the
 * distribution trusts changes with it, another list is made beside it, so that one write of the distribution switches
 * both: two writes would let revoked certificates in, or keep good ones out, in between.
 */
export function chooseList(
  distribution: string,
  { crls, viewer, ocsp }: ListWish,
  from: CloudFrontState,
): ListChoice {
  const front = from.distribution;
  const used = isGenuine(from) ? listInUse(from) : undefined;
  const beside = (list: string): ListChoice => ({
    list,
    connectionFunction: functionName(listPlace(distribution, list), { ocsp }),
    inPlace: false,
  });
  const isEdited = (list: string): boolean => from.functions[beside(list).connectionFunction] === "edited";
  if (used !== undefined && front !== null) {
    const asBefore = { list: used, connectionFunction: front.connectionFunction ?? "" };
    if (isFilled(from.lists[used], crls)) {
      const before = storeOf(front.viewer);
      const knewOcsp = before === undefined ? undefined : from.stores[before]?.ocsp;
      if (knewOcsp === ocsp) return { ...asBefore, inPlace: false };
      if (!isEdited(used)) return beside(used);
    }
    if (sameViewer(front.viewer, viewer)) return { ...asBefore, inPlace: true };
  }
  const inUse = listInUse(from);
  const isUsable = (name: string): boolean => name !== inUse && !isEdited(name);
  const filled = Object.keys(from.lists)
    .toSorted()
    .find((name) => isUsable(name) && isFilled(from.lists[name], crls));
  if (filled !== undefined) return beside(filled);
  for (let turn = 1; ; turn += 1) {
    const name = listNameFor(distribution, crls, turn);
    if (isUsable(name) && isNew(from.lists[name])) return beside(name);
  }
}

/** Whether a list holds just these CRLs. */
export function isFilled(list: ListState | undefined, crls: readonly Digest[]): boolean {
  return list?.ready === true && !list.halfway && holdsExactly(list.crls, crls);
}

/** A list that nothing was written into yet, as far as can be told; or that is not there. */
function isNew(list: ListState | undefined): boolean {
  return list === undefined || !list.ready || holdsExactly(list.crls, []);
}

/** Whether the connection function in use, if it is one of ours, is as its name says. */
function isGenuine({ distribution, functions }: CloudFrontState): boolean {
  return functions[distribution?.connectionFunction ?? ""] === "live";
}

function sameViewer(a: Viewer, b: Viewer): boolean {
  if (!("store" in a) || !("store" in b)) return a.mode === b.mode;
  return (
    a.mode === b.mode &&
    a.store === b.store &&
    a.ignoreExpiry === b.ignoreExpiry &&
    a.advertiseNames === b.advertiseNames
  );
}
