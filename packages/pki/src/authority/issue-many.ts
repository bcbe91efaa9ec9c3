import { setImmediate } from "node:timers/promises";
import type { LeafRequest } from "./authority.ts";
import type { Issuing } from "./issuing.ts";
import { type Leaf, makeLeaf } from "./leaf.ts";
import type { LeafMaker } from "./prepare-leaves.ts";
import { signDer, syncSigner } from "./sign-der.ts";

/** So long the event loop is held at most. */
const turnMs = 10;
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
  let turn = performance.now();
  for await (const request of requests) {
    const { content, dropped } = maker.fromPublicKey(request);
    yield makeLeaf(sign(content), above, dropped);
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
  for await (const request of requests) {
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
}
