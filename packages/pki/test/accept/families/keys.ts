import { day, type Hash, now, otherKeys, type PoolKey, p256 } from "../make-certificate.ts";
import {
  fresh,
  issuerAndSerial,
  keyIdOnly,
  type Made,
  makeCa,
  makeLeaf,
  makeLine,
  makeRoot,
  type Variation,
} from "../make-chain.ts";
import { at, family, type MatrixCase, places, shownLine } from "../matrix-case.ts";

/** By what a certificate is signed, and how strong that must be. The pool's keys sign ECDSA, so hashes are of ECDSA. */
function hashes(): MatrixCase[] {
  const all: readonly Hash[] = ["sha1", "sha224", "sha256", "sha384", "sha512"];
  return places(1).flatMap((place) =>
    all.flatMap((hash) =>
      [0, 1, 2, 3, 4].map((level) =>
        shownLine(`${hash} at ${place}, level ${level}`, makeLine(at(1, place, { hash })), { level }),
      ),
    ),
  );
}

function strengths(): MatrixCase[] {
  const kinds = Object.entries({ ...otherKeys, p256: p256[0] as PoolKey });
  return places(1).flatMap((place) =>
    kinds.flatMap(([kind, key]) =>
      [0, 1, 2, 3, 4].map((level) =>
        shownLine(`${kind} at ${place}, level ${level}`, makeLine(at(1, place, { key })), { level }),
      ),
    ),
  );
}

function rsaHashes(): MatrixCase[] {
  const all: readonly Hash[] = ["md5", "sha1", "sha256", "sha512"];
  return all.flatMap((hash) =>
    [0, 1, 2].map((level) => {
      const root = makeRoot({ key: otherKeys.rsa2048 });
      return shownLine(`RSA with ${hash}, level ${level}`, [root, makeLeaf(root, { hash })], { level });
    }),
  );
}

function signatures(): MatrixCase[] {
  return [0, 1, 2].flatMap((cas) =>
    places(cas).flatMap((place) => [
      shownLine(`flipped at ${place} of ${cas}`, makeLine(at(cas, place, { damage: "flipped" }))),
      shownLine(
        `another key's at ${place} of ${cas}`,
        makeLine(at(cas, place, { signer: p256[0] as PoolKey, key: p256[1] as PoolKey }).map(avoid(place))),
      ),
      shownLine(
        `another algorithm outside at ${place} of ${cas}`,
        makeLine(at(cas, place, { damage: "other algorithm outside" })),
      ),
      shownLine(
        `a key of another kind at ${place} of ${cas}`,
        makeLine(at(cas, place, { signer: otherKeys.rsa2048 })),
      ),
    ]),
  );
}

/** The other places have keys that did not sign. */
function avoid(place: number) {
  return (variation: Variation | Record<string, never>, index: number): Variation =>
    index === place ? variation : { ...variation, key: p256[2 + (index % 3)] as PoolKey };
}

/** Key identifiers that agree, contradict, or are left out; issuer and serial too. */
function keyIds(): MatrixCase[] {
  const other = Uint8Array.from({ length: 20 }, () => 7);
  const kinds: readonly [string, (issuer: Made) => Variation][] = [
    ["agrees", () => ({})],
    ["left out", () => ({ aki: null })],
    ["contradicts", () => ({ aki: keyIdOnly(other) })],
    ["empty", () => ({ aki: Uint8Array.of(0x30, 0) })],
    ["issuer and serial agree", ({ spec }) => ({ aki: issuerAndSerial(spec.issuer, spec.serial) })],
    ["all three agree", ({ spec }) => ({ aki: issuerAndSerial(spec.issuer, spec.serial, spec.key.id) })],
    ["serial contradicts", ({ spec }) => ({ aki: issuerAndSerial(spec.issuer, 5, spec.key.id) })],
    [
      "issuer contradicts",
      ({ spec }) => ({ aki: issuerAndSerial([["CN", "else"]], spec.serial, spec.key.id) }),
    ],
  ];
  return kinds.flatMap(([kind, aki]) =>
    [true, false].flatMap((withSki) => {
      const ski = withSki ? {} : { ski: null };
      const root = makeRoot(ski);
      const ca = makeCa(root, { ...aki(root), ...ski });
      const second = makeCa(root, ski);
      const third = makeRoot({ ...ski, aki: keyIdOnly(other) });
      const name = `${kind}${withSki ? "" : ", without subject key identifier"}`;
      return [
        shownLine(`${name}, on a leaf`, [root, makeLeaf(root, aki(root))]),
        shownLine(`${name}, on a CA`, [root, ca, makeLeaf(ca)]),
        shownLine(`${name}, on a leaf below a CA`, [root, second, makeLeaf(second, aki(second))]),
        shownLine(
          `${name}, on a leaf below a CA that is an anchor`,
          [second, makeLeaf(second, aki(second))],
          { partial: true },
        ),
        shownLine(`${name}, below a root that contradicts itself`, [third, makeLeaf(third, aki(third))]),
      ];
    }),
  );
}

/** Several CAs of the same name: others, older ones, renewed ones, cross-signed ones. */
function namesakes(): MatrixCase[] {
  const [a, b] = [p256[3] as PoolKey, p256[4] as PoolKey];
  const cases: MatrixCase[] = [];
  for (const withIds of [true, false]) {
    const ids = withIds ? {} : { ski: null };
    const noAki = withIds ? {} : { aki: null };
    const of = withIds ? "" : ", no key identifiers";
    const twins = (first: Variation = {}, second: Variation = {}): readonly [Made, Made] => {
      const subject = [["CN", `Twin ${fresh()}`]] as const;
      return [
        makeRoot({ subject, key: a, ...ids, ...first }),
        makeRoot({ subject, key: b, ...ids, ...second }),
      ];
    };
    const both = (
      name: string,
      pair: readonly [Made, Made],
      issuer: 0 | 1,
      more: Partial<MatrixCase> = {},
    ): void => {
      cases.push({
        name: `${name}${of}`,
        leaf: makeLeaf(pair[issuer], noAki),
        sent: [],
        anchors: pair,
        ...more,
      });
    };
    both("two roots, of the first", twins(), 0);
    both("two roots, of the second", twins(), 1);
    both("two roots, the first expired, of the first", twins({ notAfter: now - day }), 0);
    both("two roots, the first expired, of the second", twins({ notAfter: now - day }), 1);
    both(
      "two roots, both expired, of the first",
      twins({ notAfter: now - day }, { notAfter: now - 2 * day }),
      0,
    );
    both(
      "two roots, both expired, of the second",
      twins({ notAfter: now - day }, { notAfter: now - 2 * day }),
      1,
    );
    both("two roots, the second ends later, of the first", twins({}, { notAfter: now + 2_000 * day }), 0);
    both("two roots, the second ends later, of the second", twins({}, { notAfter: now + 2_000 * day }), 1);
    both(
      "two roots, the second ends later and is not valid yet, of the first",
      twins({}, { notBefore: now + day, notAfter: now + 2_000 * day }),
      0,
    );
    both("renewed with the same key, of the first", twins({}, { key: a }), 0);
    both("renewed with the same key, of the second", twins({}, { key: a }), 1);
    both("renewed with the same key, the old one expired", twins({ notAfter: now - day }, { key: a }), 0);
    both(
      "renewed with the same key, the new one not valid yet",
      twins({}, { key: a, notBefore: now + day }),
      1,
    );
    for (const issuer of [0, 1] as const) {
      const renewed = twins({}, { key: a });
      cases.push({
        name: `renewed, issued by ${issuer}, anchor the other${of}`,
        leaf: makeLeaf(renewed[issuer], noAki),
        sent: [],
        anchors: [renewed[1 - issuer] as Made],
      });
      const mimic = twins();
      cases.push({
        name: `a root of the same name is sent, of ${issuer}${of}`,
        leaf: makeLeaf(mimic[issuer], noAki),
        sent: [mimic[1]],
        anchors: [mimic[0]],
      });
      const strict = twins({ basic: { ca: false } });
      both(`the first is no CA, of ${issuer}`, strict, issuer);
      both(`the first is for servers, of ${issuer}`, twins({ purposes: ["server"] }, { key: a }), issuer);
    }
    cases.push(...crossSigned(of, ids, noAki));
  }
  return cases;
}

/** A CA that two roots have signed. */
function crossSigned(of: string, ids: Variation, noAki: Variation): MatrixCase[] {
  const kinds: readonly [string, Variation, Variation][] = [
    ["both sound", {}, {}],
    ["the first expired", { notAfter: now - day }, {}],
    ["the second expired", {}, { notAfter: now - day }],
    ["both expired", { notAfter: now - day }, { notAfter: now - 2 * day }],
    ["the first not for clients", { purposes: ["server"] }, {}],
    ["the first without room below", { basic: { ca: true, pathLength: 0 } }, {}],
    ["the first with a bad signature", { damage: "flipped" }, {}],
  ];
  return kinds.flatMap(([kind, first, second]) => {
    const make = (): { roots: readonly [Made, Made]; cross: readonly [Made, Made]; leaf: Made } => {
      const roots = [makeRoot(ids), makeRoot(ids)] as const;
      const same = { subject: [["CN", `Cross ${fresh()}`]], key: p256[5] as PoolKey, ...ids } as const;
      const cross = [
        makeCa(roots[0], { ...same, ...noAki, ...first }),
        makeCa(roots[1], { ...same, ...noAki, ...second }),
      ] as const;
      return { roots, cross, leaf: makeLeaf(cross[0], noAki) };
    };
    const variants: readonly [
      string,
      (made: ReturnType<typeof make>) => Pick<MatrixCase, "sent" | "anchors" | "partial">,
    ][] = [
      ["both sent, both roots", ({ cross, roots }) => ({ sent: cross, anchors: roots })],
      ["both sent, the first root", ({ cross, roots }) => ({ sent: cross, anchors: [roots[0]] })],
      ["both sent, the second root", ({ cross, roots }) => ({ sent: cross, anchors: [roots[1]] })],
      [
        "both sent, the second first",
        ({ cross, roots }) => ({ sent: [cross[1], cross[0]], anchors: [roots[1]] }),
      ],
      ["the first sent, the second root", ({ cross, roots }) => ({ sent: [cross[0]], anchors: [roots[1]] })],
      [
        "both are anchors beside the second root",
        ({ cross, roots }) => ({ sent: [], anchors: [...cross, roots[1]] }),
      ],
      [
        "the second is an anchor, the first is sent",
        ({ cross, roots }) => ({ sent: [cross[0]], anchors: [cross[1], roots[1]] }),
      ],
      [
        "the second is the only anchor, partial",
        ({ cross }) => ({ sent: [cross[0]], anchors: [cross[1]], partial: true }),
      ],
    ];
    return variants.map(([what, pick]) => {
      const made = make();
      return { name: `cross-signed, ${kind}, ${what}${of}`, leaf: made.leaf, ...pick(made) };
    });
  });
}

/** Leaves that sign themselves, and roots that are shown. */
function selfSigned(): MatrixCase[] {
  const kinds: readonly [string, Variation][] = [
    ["a root", {}],
    ["one that is no CA", { basic: null, usage: ["digitalSignature"], purposes: ["client"] }],
    ["one without extensions", { basic: null, usage: null, ski: null }],
    ["one of version 1", { version: 1 }],
    ["one whose key spells its curve out", { key: otherKeys.explicit, usage: null }],
    ["one for servers", { usage: ["digitalSignature"], purposes: ["server"] }],
    ["one that may not sign a handshake", { usage: ["keyEncipherment"] }],
    ["one that has expired", { usage: null, notAfter: now - day }],
    ["one with a bad signature", { usage: null, damage: "flipped" }],
  ];
  return kinds.flatMap(([kind, variation]) =>
    [false, true].flatMap((partial) => {
      const trusted = makeRoot(variation);
      const stranger = makeRoot(variation);
      const sent = makeRoot(variation);
      const below = makeRoot(variation);
      return [
        {
          name: `${kind}, an anchor${partial ? ", partial" : ""}`,
          leaf: trusted,
          sent: [],
          anchors: [trusted],
          partial,
        },
        {
          name: `${kind}, no anchor${partial ? ", partial" : ""}`,
          leaf: stranger,
          sent: [],
          anchors: [makeRoot()],
          partial,
        },
        {
          name: `${kind}, no anchor, sent twice${partial ? ", partial" : ""}`,
          leaf: sent,
          sent: [sent],
          anchors: [makeRoot()],
          partial,
        },
        {
          name: `below ${kind}${partial ? ", partial" : ""}`,
          leaf: makeLeaf(below),
          sent: [],
          anchors: [below],
          partial,
        },
      ];
    }),
  );
}

export const keys = (): readonly MatrixCase[] => [
  ...family("hash", hashes()),
  ...family("hash", rsaHashes()),
  ...family("key", strengths()),
  ...family("signature", signatures()),
  ...family("key identifiers", keyIds()),
  ...family("namesakes", namesakes()),
  ...family("self-signed", selfSigned()),
];
