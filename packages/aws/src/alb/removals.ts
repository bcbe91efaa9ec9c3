import type { Finding, Keeping, Move, Seen, Step } from "@handfast/core";
import { shortenName } from "../digest-sets.ts";
import { rehearsalRemovals } from "../rehearsal/rehearsal.ts";
import { fileObject } from "../s3/keys.ts";
import type { AlbAction } from "./actions.ts";
import { filesOf } from "./keys.ts";
import { type AlbState, referredTo, storeObject } from "./state.ts";
import type { StepOptions } from "./steps.ts";
import type { AlbTarget } from "./target.ts";

type AlbStep = Step<AlbAction>;

/** Deletes the stores that handfast made and nothing refers to any more, with the files that they were made of. */
export function albRemovals(
  target: AlbTarget,
  { now }: Pick<Seen<AlbState>, "now">,
  { keep, made }: Keeping<AlbState>,
  options: StepOptions,
): Move<AlbAction> {
  const kept = new Set([now, ...keep].flatMap(({ listener }) => referredTo(listener?.authentication)));
  const named = new Set(made);
  const isNamed = (key: string): boolean => named.has(storeObject(key, target.listener));
  const idle = Object.entries(now.stores).filter(
    ([key, { taken }]) => !kept.has(key) && !taken && !key.includes("/"),
  );
  const gone = idle.filter(([key]) => isNamed(key)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const goneKeys = new Set(gone.map(([key]) => key));
  // Only what there is counts: a store that an image refers to and that is gone is made anew from the journal's blobs.
  const claimed = new Set(
    Object.entries(now.stores)
      .filter(([key]) => !goneKeys.has(key))
      .flatMap(([, one]) => filesOf(one, options.prefix)),
  );
  const steps = gone.map(([store, state]): AlbStep => {
    const files = filesOf(state, options.prefix).filter(
      (key) => !claimed.has(key) && named.has(fileObject(key, target.listener, options.bucket)),
    );
    for (const file of files) claimed.add(file);
    return {
      key: `delete-store ${store}`,
      object: storeObject(store, target.listener),
      action: { kind: "delete-store", store, files },
      effect: "remove",
      back: { never: "a deleted store does not come back; one with the same content can be made anew" },
      settles: { by: "call" },
      cost: { budget: `aws.elbv2/${options.region}`, calls: 3 },
      summary: `delete trust store ${shortenName(store)} and ${files.length === 1 ? "its file" : `its ${files.length} files`} in s3://${options.bucket}`,
    };
  });
  steps.push(...rehearsalRemovals(target, now, made, options.region));
  steps.push(...looseFiles(target, claimed, made, options));
  const findings = idle
    .filter(([key, { ours }]) => ours && !isNamed(key))
    .map(
      ([key]): Finding => ({
        code: "store-left",
        severity: "info",
        message: `trust store ${key} is tagged as handfast's and unused, but no run known here made it`,
        mend: `retire it by its name ${storeObject(key, target.listener)} when no other pipeline needs it`,
      }),
    );
  return { steps, findings };
}

/** Files that a run put, and of which no store was made, or none that is still there. */
function looseFiles(
  { listener }: AlbTarget,
  claimed: ReadonlySet<string>,
  made: readonly string[],
  { bucket, prefix, region }: StepOptions,
): AlbStep[] {
  const root = fileObject("", listener, bucket);
  const folders = ["trust/", "crl/"].map((folder) => (prefix === "" ? folder : `${prefix}/${folder}`));
  return made
    .flatMap((key) => (key.startsWith(root) ? [key.slice(root.length)] : []))
    .filter((file) => folders.some((folder) => file.startsWith(folder)) && !claimed.has(file))
    .toSorted()
    .map((file) => ({
      key: `delete-file ${file}`,
      object: fileObject(file, listener, bucket),
      action: { kind: "delete-file", file },
      effect: "remove",
      back: { never: "a deleted file does not come back; one with the same content can be put anew" },
      settles: { by: "call" },
      cost: { budget: `aws.s3/${region}`, calls: 1 },
      summary: `delete s3://${bucket}/${file.replace(/[0-9a-f]{64}/, (digest) => digest.slice(0, 12))}, of which no trust store is left`,
    }));
}
