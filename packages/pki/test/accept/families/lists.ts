import { element } from "../../../src/der/write-der.ts";
import { day, extension, now, type PoolKey, p256 } from "../make-certificate.ts";
import {
  keyIdOnly,
  type Made,
  makeCa,
  makeLeaf,
  makeLine,
  makeRoot,
  uri,
  type Variation,
} from "../make-chain.ts";
import { distributionPoint, type ListVariation, makeList } from "../make-list.ts";
import { at, family, type MatrixCase, places, shownLine } from "../matrix-case.ts";

const here = uri("http://crl.example.com/a");
const elsewhere = uri("http://crl.example.com/b");

const kinds: readonly (readonly [string, ListVariation | null])[] = [
  ["sound", {}],
  ["missing", null],
  ["without nextUpdate", { nextUpdate: null }],
  ["out of date", { nextUpdate: now - day }],
  ["due now", { nextUpdate: now }],
  ["due in a second", { nextUpdate: now + 1_000 }],
  ["not valid yet", { thisUpdate: now + day }],
  ["begins now", { thisUpdate: now }],
  ["flipped", { damage: "flipped" }],
  ["without key identifier", { aki: null }],
  ["with another key identifier", { aki: keyIdOnly(Uint8Array.of(1, 2, 3)) }],
  ["of version 1", { version: 1 }],
  ["for user certificates", { point: distributionPoint([1]) }],
  ["for CA certificates", { point: distributionPoint([2]) }],
  ["for attribute certificates", { point: distributionPoint([5]) }],
  ["for users and CAs", { point: distributionPoint([1, 2]) }],
  ["for some reasons", { point: distributionPoint([3]) }],
  ["of a distribution point", { point: distributionPoint([], [here]) }],
  ["with an empty distribution point", { point: distributionPoint([]) }],
  ["with an unknown critical extension", { more: [extension("1.2.3.4", Uint8Array.of(5, 0), "critical")] }],
  ["with an unknown extension", { more: [extension("1.2.3.4", Uint8Array.of(5, 0))] }],
  ["revokes others", { revoked: [1, 2, 3] }],
  [
    "with a critical extension of an entry",
    { revoked: [{ serial: 1, extension: extension("1.2.3.4", Uint8Array.of(5, 0), "critical") }] },
  ],
  [
    "with a reason",
    { revoked: [{ serial: 1, extension: extension("2.5.29.21", element(0x0a, Uint8Array.of(1))) }] },
  ],
];

/** One list of each CA, all sound but for one. */
const ofEachCa = (): MatrixCase[] =>
  [0, 1, 2].flatMap((cas) =>
    places(cas)
      .slice(0, -1)
      .flatMap((place) =>
        kinds.flatMap(([kind, variation]) => {
          const line = makeLine(at<Variation>(cas, 0, {}));
          const lists = line.slice(0, -1).flatMap((ca, index) => {
            const differs = index === place ? variation : {};
            return differs === null ? [] : [makeList(ca, differs)];
          });
          // without any list nobody would look for one
          return lists.length === 0 ? [] : [shownLine(`${kind} at ${place} of ${cas}`, line, { lists })];
        }),
      ),
  );

function revoked(): MatrixCase[] {
  return [0, 1, 2].flatMap((cas) =>
    places(cas).flatMap((place) =>
      [false, true].map((isStale) => {
        const line = makeLine(at<Variation>(cas, 0, {}));
        const serial = line[place]?.spec.serial ?? 0;
        const signer = Math.max(place - 1, 0);
        const lists = line
          .slice(0, -1)
          .map((ca, index) =>
            makeList(
              ca,
              index === signer
                ? { revoked: [1, serial, 2], ...(isStale ? { nextUpdate: now - day } : {}) }
                : {},
            ),
          );
        return shownLine(`${place} of ${cas}${isStale ? ", by a list that is out of date" : ""}`, line, {
          lists,
        });
      }),
    ),
  );
}

/** Several lists of the same CA. */
function several(): MatrixCase[] {
  const pairs: readonly (readonly [string, (serial: number) => readonly [ListVariation, ListVariation]])[] = [
    ["the newer revokes", (serial) => [{ thisUpdate: now - 3 * day }, { revoked: [serial] }]],
    ["the older revokes", (serial) => [{ thisUpdate: now - 3 * day, revoked: [serial] }, {}]],
    [
      "the one out of date revokes",
      (serial) => [{ nextUpdate: now - day / 2, revoked: [serial] }, { thisUpdate: now - 5 * day }],
    ],
    ["one is out of date", () => [{ nextUpdate: now - day / 2 }, {}]],
    ["the newer is not valid yet", (serial) => [{}, { thisUpdate: now + day, revoked: [serial] }]],
    [
      "one is for CAs, the other for users",
      () => [{ point: distributionPoint([2]) }, { point: distributionPoint([1]) }],
    ],
    [
      "one is for CAs, the other is too",
      () => [{ point: distributionPoint([2]) }, { point: distributionPoint([2]), thisUpdate: now - 2 * day }],
    ],
    ["one is of some reasons", (serial) => [{ point: distributionPoint([3]), revoked: [serial] }, {}]],
    [
      "one has an unknown critical extension",
      (serial) => [
        { more: [extension("1.2.3.4", Uint8Array.of(5, 0), "critical")], revoked: [serial] },
        { thisUpdate: now - 4 * day },
      ],
    ],
    ["the newer is flipped", () => [{ thisUpdate: now - 3 * day }, { damage: "flipped" }]],
    ["the older is flipped", () => [{ thisUpdate: now - 3 * day, damage: "flipped" }, {}]],
    [
      "one is of another key's identifier",
      (serial) => [{ aki: keyIdOnly(Uint8Array.of(9)), revoked: [serial] }, {}],
    ],
  ];
  return pairs.flatMap(([name, variations]) =>
    [false, true].map((isReversed) => {
      const root = makeRoot();
      const leaf = makeLeaf(root);
      const lists = variations(leaf.spec.serial).map((variation) => makeList(root, variation));
      // the root asks for a list of its own certificate too
      return shownLine(`${name}${isReversed ? ", in the other order" : ""}`, [root, leaf], {
        lists: isReversed ? [...lists].reverse() : lists,
      });
    }),
  );
}

function scopes(): MatrixCase[] {
  const point = (names: readonly Uint8Array[], more: readonly Uint8Array[] = []): Uint8Array =>
    extension("2.5.29.31", sequenceOf(sequenceOf(element(0xa0, element(0xa0, ...names)), ...more)));
  const leaves: readonly (readonly [string, Variation])[] = [
    ["no point", {}],
    ["the same point", { more: [point([here])] }],
    ["another point", { more: [point([elsewhere])] }],
    ["both points", { more: [point([elsewhere, here])] }],
    ["a point of another issuer", { more: [point([here], [element(0xa2, elsewhere)])] }],
  ];
  return leaves.flatMap(([what, leaf]) =>
    [undefined, [here], [elsewhere, here]].map((names) => {
      const root = makeRoot({ more: leaf.more ?? [] });
      const lists = [makeList(root, names === undefined ? {} : { point: distributionPoint([], names) })];
      return shownLine(`${what}, list of ${names?.length ?? "no"} points`, [root, makeLeaf(root, leaf)], {
        lists,
      });
    }),
  );
}

/** Who signs the list: a CA that may not, one with an older key, another one. */
function signers(): MatrixCase[] {
  const noCrlSign: Variation = { usage: ["keyCertSign"] };
  const noUsage: Variation = { usage: null };
  const cases: MatrixCase[] = [];
  for (const [what, variation] of [
    ["may not sign lists", noCrlSign],
    ["has no key usage", noUsage],
    ["is of version 1", { version: 1 }],
  ] as const) {
    const root = makeRoot(variation);
    cases.push(
      shownLine(`a root that ${what}`, [root, makeLeaf(root)], { lists: [makeList(root, { aki: null })] }),
    );
    const line = makeLine([{}, variation, {}]);
    cases.push(shownLine(`a CA that ${what}`, line, { lists: line.slice(0, -1).map((ca) => makeList(ca)) }));
  }
  for (const withAki of [true, false]) {
    const aki = withAki ? {} : { aki: null };
    const listsOf: readonly (readonly [string, (old: Made, rolled: Made) => readonly Uint8Array[]])[] = [
      ["the old key", (old) => [makeList(old, aki)]],
      ["the new key", (_, rolled) => [makeList(rolled, aki)]],
      ["both keys", (old, rolled) => [makeList(old, aki), makeList(rolled, aki)]],
      ["both keys, the new one first", (old, rolled) => [makeList(rolled, aki), makeList(old, aki)]],
    ];
    for (const [what, lists] of listsOf) {
      const old = makeRoot({ key: p256[0] as PoolKey });
      const rolled = makeCa(old, { subject: old.spec.subject, key: p256[1] as PoolKey });
      const name = `rolled over, a list of ${what}${withAki ? "" : ", no key identifier"}`;
      cases.push(shownLine(name, [old, rolled, makeLeaf(rolled)], { lists: lists(old, rolled) }));
    }
  }
  const [stranger, root, other] = [makeRoot(), makeRoot(), makeRoot()];
  cases.push(
    shownLine("a stranger's list under the same name", [root, makeLeaf(root)], {
      lists: [makeList(stranger, { issuer: root.spec.subject, aki: null })],
    }),
    shownLine("a stranger's list", [other, makeLeaf(other)], { lists: [makeList(stranger)] }),
  );
  const partial = makeLine([{}, {}, {}]);
  cases.push(
    shownLine("an anchor that is no root", partial.slice(1), {
      partial: true,
      lists: partial.slice(0, -1).map((ca) => makeList(ca)),
    }),
  );
  const trusted = makeRoot({ usage: ["digitalSignature", "keyCertSign", "cRLSign"] });
  cases.push({
    name: "a root that is shown itself",
    leaf: trusted,
    sent: [],
    anchors: [trusted],
    lists: [makeList(trusted)],
  });
  const listed = makeRoot({ usage: ["digitalSignature", "keyCertSign", "cRLSign"] });
  cases.push({
    name: "a root that is shown itself and revokes itself",
    leaf: listed,
    sent: [],
    anchors: [listed],
    lists: [makeList(listed, { revoked: [listed.spec.serial] })],
  });
  return cases;
}

function sequenceOf(...parts: readonly Uint8Array[]): Uint8Array {
  return element(0x30, ...parts);
}

export const lists = (): readonly MatrixCase[] => [
  ...family("list", ofEachCa()),
  ...family("revoked", revoked()),
  ...family("several lists", several()),
  ...family("scope", scopes()),
  ...family("signer", signers()),
];
