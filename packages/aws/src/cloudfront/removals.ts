import type { Finding, Keeping, Move, Seen } from "@handfast/core";
import { shortenName } from "../digest-sets.ts";
import { cloudfrontBudget } from "../distribution/deployment.ts";
import { functionObject, listName, listObject } from "../revocation/names.ts";
import { fileObject, joinKey } from "../s3/keys.ts";
import type { CloudFrontAction } from "./actions.ts";
import { bundleKey, crlKey, listPlace, storeObject } from "./names.ts";
import { type CloudFrontState, listInUse, storeOf } from "./state.ts";
import type { CloudFrontStep, StepOptions } from "./step.ts";
import type { CloudFrontTarget } from "./target.ts";

/** Deletes what handfast made and nothing refers to any more, with the files that it was made of. */
export function cloudFrontRemovals(
  target: CloudFrontTarget,
  { now }: Pick<Seen<CloudFrontState>, "now">,
  keeping: Keeping<CloudFrontState>,
  options: StepOptions,
): Move<CloudFrontAction> {
  const remover = new Remover(target.distribution, now, keeping, options);
  const stores = remover.stores();
  const revocation = remover.revocation();
  return { steps: [...stores, ...revocation, ...remover.looseFiles()], findings: remover.left() };
}

class Remover {
  readonly #distribution: string;
  readonly #now: CloudFrontState;
  readonly #named: ReadonlySet<string>;
  readonly #options: StepOptions;
  readonly #keptStores: ReadonlySet<string | undefined>;
  readonly #keptFunctions: ReadonlySet<string | null | undefined>;
  readonly #keptLists: ReadonlySet<string | undefined>;
  /** Files of what stays, and those that go with what is deleted. */
  readonly #claimed = new Set<string>();
  readonly #gone = new Set<string>();

  constructor(
    distribution: string,
    now: CloudFrontState,
    { keep, made }: Keeping<CloudFrontState>,
    options: StepOptions,
  ) {
    const images = [now, ...keep];
    this.#distribution = distribution;
    this.#now = now;
    this.#named = new Set(made);
    this.#options = options;
    this.#keptStores = new Set(images.map((image) => storeOf(image.distribution?.viewer)));
    this.#keptFunctions = new Set(images.map((image) => image.distribution?.connectionFunction));
    this.#keptLists = new Set(images.map(listInUse));
  }

  stores(): CloudFrontStep[] {
    const names = Object.keys(this.#now.stores).toSorted();
    const gone = names.filter((store) => this.#isIdle(store) && this.#isNamed(this.#storeObject(store)));
    for (const store of names) this.#claimed.add(bundleKey(store, this.#options.prefix));
    return gone.map((store) => {
      const files = this.#filesOfOurs([bundleKey(store, this.#options.prefix)]);
      return this.#step(this.#storeObject(store), 4, {
        action: { kind: "delete-store", store, files },
        what: `trust store ${shortenName(store)}${this.#withFiles(files)}`,
        never: "a deleted store does not come back; one with the same content can be made anew",
      });
    });
  }

  /** Functions first: a list can't be deleted while one refers to it. */
  revocation(): CloudFrontStep[] {
    const steps: CloudFrontStep[] = [];
    for (const name of Object.keys(this.#now.functions).toSorted()) {
      const object = functionObject(name, this.#distribution);
      if (this.#keptFunctions.has(name) || !this.#isNamed(object)) continue;
      this.#gone.add(name);
      steps.push(
        this.#step(object, 3, {
          action: { kind: "delete-function", name, list: listOf(name) },
          what: `connection function ${name}`,
          never: "a deleted function does not come back; the same one can be made anew",
        }),
      );
    }
    for (const list of Object.keys(this.#now.lists).toSorted()) {
      const functions = Object.keys(this.#now.functions).filter((name) => listOf(name) === list);
      const isFree = functions.every((name) => this.#gone.has(name));
      const object = listObject(listPlace(this.#distribution, list));
      if (this.#keptLists.has(list) || !isFree || !this.#isNamed(object)) {
        this.#claimFilesOf(list);
        continue;
      }
      const files = this.#filesOfOurs(this.#madeIn(this.#folderOf(list)));
      for (const file of files) this.#claimed.add(file);
      const after = functions.map((name) => `delete-function ${name}`);
      steps.push({
        ...this.#step(object, 3, {
          action: { kind: "delete-list", list, files },
          what: `key value store ${list}${this.#withFiles(files)}`,
          never: "a deleted list does not come back; one from the same CRLs can be made anew",
        }),
        ...(after.length === 0 ? {} : { after }),
      });
    }
    return steps;
  }

  /** Files that a run put, and of which nothing was made, or nothing that is still there. */
  looseFiles(): CloudFrontStep[] {
    const own = joinKey(this.#options.prefix, `cloudfront/crl/${listName(this.#distribution)}-`);
    const files = [...this.#madeIn(joinKey(this.#options.prefix, "cloudfront/trust/")), ...this.#madeIn(own)];
    return files
      .filter((file) => !this.#claimed.has(file))
      .toSorted()
      .map((file) =>
        this.#step(this.#fileObject(file), 1, {
          action: { kind: "delete-file", file },
          what: `s3://${this.#options.bucket}/${file.replaceAll(/[0-9a-f]{13,}/g, (digest) => digest.slice(0, 12))}, of which nothing is left`,
          never: "a deleted file does not come back; one with the same content can be put anew",
          budget: "aws.s3",
        }),
      );
  }

  /** What has a name of handfast's and is unused, but was made by no run that is known here. */
  left(): Finding[] {
    return Object.entries(this.#now.stores)
      .filter(([store, { ours }]) => ours && this.#isIdle(store) && !this.#isNamed(this.#storeObject(store)))
      .map(([store]) => ({
        code: "store-left",
        severity: "info",
        message: `trust store ${store} has a name of handfast's and is unused, but no run known here made it`,
        mend: `retire it by its name ${this.#storeObject(store)} when no other pipeline needs it`,
      }));
  }

  #isIdle(store: string): boolean {
    return !this.#keptStores.has(store) && this.#now.stores[store]?.taken === false;
  }

  #isNamed(object: string): boolean {
    return this.#named.has(object);
  }

  #storeObject(store: string): string {
    return storeObject(store, this.#distribution);
  }

  #fileObject(key: string): string {
    return fileObject(key, this.#distribution, this.#options.bucket);
  }

  #folderOf(list: string): string {
    return joinKey(this.#options.prefix, `cloudfront/crl/${list}/`);
  }

  /** Keys of what runs put below a folder. */
  #madeIn(folder: string): string[] {
    const root = this.#fileObject("");
    return [...this.#named].flatMap((object) =>
      object.startsWith(`${root}${folder}`) ? [object.slice(root.length)] : [],
    );
  }

  #filesOfOurs(files: readonly string[]): string[] {
    return files.filter((file) => this.#isNamed(this.#fileObject(file))).toSorted();
  }

  /** The CRLs that are in a list are read back from its files; where they can't be told, all of its files stay. */
  #claimFilesOf(list: string): void {
    const { crls, halfway } = this.#now.lists[list] ?? { crls: { known: [] }, halfway: false };
    const files =
      "unknown" in crls || halfway
        ? this.#madeIn(this.#folderOf(list))
        : crls.known.map((crl) => crlKey(crl, list, this.#options.prefix));
    for (const file of files) this.#claimed.add(file);
  }

  #withFiles(files: readonly string[]): string {
    if (files.length === 0) return "";
    return ` and ${files.length === 1 ? "its file" : `its ${files.length} files`} in s3://${this.#options.bucket}`;
  }

  #step(
    object: string,
    calls: number,
    about: {
      readonly action: CloudFrontAction;
      readonly what: string;
      readonly never: string;
      readonly budget?: string;
    },
  ): CloudFrontStep {
    const { action, what, never, budget = cloudfrontBudget } = about;
    return {
      key: `${action.kind} ${nameIn(action)}`,
      object,
      action,
      effect: "remove",
      back: { never },
      settles: { by: "call" },
      cost: { budget, calls },
      summary: `delete ${what}`,
    };
  }
}

function nameIn(action: CloudFrontAction): string {
  if (action.kind === "delete-store") return action.store;
  if (action.kind === "delete-list") return action.list;
  if (action.kind === "delete-file") return action.file;
  return "name" in action ? action.name : action.kind;
}

/** The list that a function of ours looks serials up in. */
function listOf(name: string): string {
  return name.replace(/-[0-9a-f]{8}$/, "");
}
