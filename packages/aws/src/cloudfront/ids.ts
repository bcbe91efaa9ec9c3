import type { ViewerBlock } from "../distribution/port.ts";
import type { Viewer } from "./state.ts";

/** Names by the service's ids: of trust stores, or of connection functions. */
export type NamesById = ReadonlyMap<string, string>;

/**
 * The service's own ids, which no state or plan has, as they were read last. What is deleted and made again gets another
 * one, so whoever goes by these and meets an error asks anew.
 */
export class Ids {
  #stores: NamesById = new Map();
  readonly #functions = new Map<string, string>();

  get stores(): NamesById {
    return this.#stores;
  }

  get functions(): NamesById {
    return this.#functions;
  }

  /** Takes the list of all stores. */
  sawStores(all: readonly { readonly id: string; readonly name: string }[]): void {
    this.#stores = namesById(all);
  }

  /** Takes some functions. */
  sawFunctions(some: readonly { readonly id: string; readonly name: string }[]): void {
    for (const { id, name } of some) {
      for (const [other, one] of this.#functions)
        if (one === name && other !== id) this.#functions.delete(other);
      this.#functions.set(id, name);
    }
  }
}

function namesById(all: readonly { readonly id: string; readonly name: string }[]): NamesById {
  return new Map(all.map(({ id, name }) => [id, name]));
}

/** The id behind a name. */
export function idIn(names: NamesById, name: string): string | undefined {
  return [...names].find(([, one]) => one === name)?.[0];
}

/** A viewer setting with its store by name. One that is not to be seen keeps its id. */
export function namedViewer(viewer: ViewerBlock, names: NamesById): Viewer {
  if (!("storeId" in viewer)) return viewer;
  const { storeId, ...rest } = viewer;
  return { ...rest, store: names.get(storeId) ?? storeId };
}
