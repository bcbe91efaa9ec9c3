import { setImmediate } from "node:timers/promises";
import type { LeafRequest } from "./authority.ts";
import type { Issuing } from "./issuing.ts";
import { type Leaf, makeLeaf } from "./leaf.ts";
import type { LeafMaker } from "./prepare-leaves.ts";
import { signDer, syncSigner } from "./sign-der.ts";

/** So long the event loop is held at most. */
const turnMs = 10;
/** After so many leaves the clock is looked at: that takes time too. */
const looks = 16;
/** Signatures under way at once at a key behind a promise. */
const atOnce = 8;

/** Leaves for public keys, in the order given. */
export async function* issueMany(
  requests: Iterable<LeafRequest> | AsyncIterable<LeafRequest>,
  prepare: () => LeafMaker,
  issuing: Issuing,
  above: string,
): AsyncGenerator<Leaf, void, undefined> {
  const maker = prepare();
  const sign = syncSigner(issuing.key);
  if (sign === undefined) return yield* issueByPromise(requests, maker, issuing, above);
  const issue = (request: LeafRequest): Leaf => {
    const { content, dropped } = maker.fromPublicKey(request);
    return makeLeaf(sign(content), above, dropped);
  };
  if (Symbol.asyncIterator in requests) {
    for await (const request of requests) yield issue(request);
    return;
  }
  let turn = performance.now();
  let sinceLook = 0;
  for (const request of requests) {
    yield issue(request);
    sinceLook += 1;
    if (sinceLook < looks) continue;
    sinceLook = 0;
    if (performance.now() - turn < turnMs) continue;
    await setImmediate();
    turn = performance.now();
  }
}

async function* issueByPromise(
  requests: Iterable<LeafRequest> | AsyncIterable<LeafRequest>,
  maker: LeafMaker,
  issuing: Issuing,
  above: string,
): AsyncGenerator<Leaf, void, undefined> {
  const underWay: Promise<Leaf>[] = [];
  const issue = async (request: LeafRequest): Promise<Leaf> => {
    const { content, dropped } = maker.fromPublicKey(request);
    return makeLeaf(await signDer(content, issuing.key), above, dropped);
  };
  const failures: unknown[] = [];
  for await (const request of untilFailure(requests, failures)) {
    const leaf = issue(request);
    // It is awaited in its turn; until then nobody listens, which Node would take for a crash.
    leaf.catch(() => undefined);
    underWay.push(leaf);
    const [first] = underWay;
    if (underWay.length < atOnce || first === undefined) continue;
    underWay.shift();
    yield await first;
  }
  for (const leaf of underWay) yield await leaf;
  if (failures.length > 0) throw failures[0];
}

/** What a source gives until it fails. What was signed by then is given out first, or nobody would know of it. */
async function* untilFailure<Item>(
  source: Iterable<Item> | AsyncIterable<Item>,
  failures: unknown[],
): AsyncGenerator<Item, void, undefined> {
  try {
    yield* source;
  } catch (cause) {
    failures.push(cause);
  }
}
