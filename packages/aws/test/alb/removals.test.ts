import { describe, expect, it } from "vitest";
import { bundleKey, crlKey } from "../../src/alb/keys.ts";
import { albRemovals } from "../../src/alb/removals.ts";
import { type AlbState, storeObject } from "../../src/alb/state.ts";
import { fileObject } from "../../src/s3/keys.ts";
import { digest, listener, nameOf, off, options, state, store, target, verify } from "./states.ts";

const [a, b, crl] = [digest("a"), digest("b"), digest("crl")];
const old = store([a], [crl]);
const current = store([a, b], [crl]);
const nameOfObject = (one: typeof old): string => storeObject(nameOf(one), listener);
const file = (key: string): string => fileObject(key, listener, "bundles");
const filesOf = (one: typeof old): string[] => [
  file(bundleKey("known" in one.anchors ? one.anchors.known : [], "handfast")),
  file(crlKey(crl, "handfast")),
];
/** All that a run made which made the stores of a state. */
const madeFor = ({ stores }: AlbState): string[] =>
  [old, current].flatMap((one) => (nameOf(one) in stores ? [nameOfObject(one), ...filesOf(one)] : []));

function removed(now: AlbState, keep: readonly AlbState[] = [], made: readonly string[] = madeFor(now)) {
  const { steps, findings } = albRemovals(target, { now }, { keep, made }, options);
  return { actions: steps.map(({ action }) => action), steps, codes: findings.map(({ code }) => code) };
}

describe("albRemovals", () => {
  it("deletes a store that was made and nothing refers to, with the files that no other store is made of", () => {
    const { actions, steps, codes } = removed(state(verify(nameOf(current)), [old, current]));
    expect(actions).toEqual([
      { kind: "delete-store", store: nameOf(old), files: [bundleKey([a], "handfast")] },
    ]);
    expect(steps).toMatchObject([
      { effect: "remove", object: nameOfObject(old), key: `delete-store ${nameOf(old)}` },
    ]);
    expect(codes).toEqual([]);
  });

  it("deletes all files with the last store", () => {
    expect(removed(state(off, [old])).actions).toEqual([
      {
        kind: "delete-store",
        store: nameOf(old),
        files: [bundleKey([a], "handfast"), crlKey(crl, "handfast")],
      },
    ]);
  });

  it("is not held up by an image of a store that is gone already", () => {
    const image = state(verify(nameOf(current)), [old, current]);
    expect(removed(state(off, [old]), [image]).actions).toEqual([
      {
        kind: "delete-store",
        store: nameOf(old),
        files: [bundleKey([a], "handfast"), crlKey(crl, "handfast")],
      },
    ]);
  });

  it("deletes a file that two stores are made of once", () => {
    const files = removed(state(off, [old, current])).actions.flatMap((action) =>
      action !== undefined && typeof action === "object" && "files" in action
        ? (action.files as string[])
        : [],
    );
    expect(files.toSorted()).toEqual(
      [bundleKey([a], "handfast"), bundleKey([a, b], "handfast"), crlKey(crl, "handfast")].toSorted(),
    );
  });

  it("deletes files of which no store was made, or none is left, once, and no other's", () => {
    const now = state(verify(nameOf(current)), [current]);
    const others = ["arn:aws:s3:::bundles/notes.txt", "arn:aws:s3:::elsewhere/handfast/trust/x.pem"];
    const { steps, actions } = removed(now, [], [...madeFor(now), ...filesOf(old), ...others]);
    expect(actions).toEqual([{ kind: "delete-file", file: bundleKey([a], "handfast") }]);
    expect(steps[0]).toMatchObject({ effect: "remove", object: file(bundleKey([a], "handfast")) });
    expect(steps[0]?.summary).toMatch(/^delete s3:\/\/bundles\/handfast\/trust\/[0-9a-f]{12}\.pem, /);
  });

  it("leaves files that another made", () => {
    const { actions } = removed(state(off, [old]), [], [nameOfObject(old), file(crlKey(crl, "handfast"))]);
    expect(actions).toMatchObject([{ files: [crlKey(crl, "handfast")] }]);
  });

  it.each([
    ["the listener refers to", state(verify(nameOf(old)), [old]), []],
    ["an unretired run may go back to", state(off, [old]), [state(verify(nameOf(old)), [old])]],
    ["another listener refers to", state(off, { [nameOf(old)]: { ...old, taken: true } }), []],
  ])("keeps a store that %s", (_why, now, keep) => {
    expect(removed(now, keep)).toMatchObject({ actions: [], codes: [] });
  });

  it("keeps a tagged store that no journal here made, and says so", () => {
    expect(removed(state(off, [old]), [], [])).toMatchObject({ actions: [], codes: ["store-left"] });
  });

  it("never deletes a store of another account", () => {
    const key = "444455556666/shared";
    const now = state(off, { [key]: { ...old, ours: false } });
    expect(removed(now, [], [storeObject(key, listener)]).actions).toEqual([]);
  });

  it("deletes a store of somebody else's once the user named it", () => {
    const now = state(off, { "from-terraform": { ...old, ours: false } });
    expect(removed(now, [], [storeObject("from-terraform", listener)]).actions).toMatchObject([
      { store: "from-terraform" },
    ]);
    expect(removed(now)).toMatchObject({ actions: [], codes: [] });
  });
});
