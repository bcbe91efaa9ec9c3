import { day, now, type Purpose, type Usage } from "../make-certificate.ts";
import { fresh, type Made, makeCa, makeLeaf, makeLine, makeRoot, type Variation } from "../make-chain.ts";
import { at, family, type MatrixCase, places, shownLine } from "../matrix-case.ts";

/** What of a line is sent, and what of it the verifier has: leaf first, root last. */
const parts: readonly [string, (line: readonly Made[]) => Pick<MatrixCase, "sent" | "anchors">][] = [
  ["all but the root sent", (line) => ({ sent: line.slice(1, -1), anchors: line.slice(-1) })],
  ["root sent too", (line) => ({ sent: line.slice(1), anchors: line.slice(-1) })],
  ["in the wrong order", (line) => ({ sent: line.slice(1).reverse(), anchors: line.slice(-1) })],
  ["sent twice", (line) => ({ sent: [...line.slice(1, -1), ...line.slice(1, -1)], anchors: line.slice(-1) })],
  ["the leaf sent along", (line) => ({ sent: line, anchors: line.slice(-1) })],
  ["nothing sent", (line) => ({ sent: [], anchors: line.slice(-1) })],
  ["the last CA missing", (line) => ({ sent: line.slice(1, -2), anchors: line.slice(-1) })],
  ["the first CA missing", (line) => ({ sent: line.slice(2, -1), anchors: line.slice(-1) })],
  ["all CAs are anchors", (line) => ({ sent: [], anchors: line.slice(1) })],
  ["the issuing CA alone is an anchor", (line) => ({ sent: line.slice(1, -1), anchors: line.slice(1, 2) })],
  ["the topmost CA alone is an anchor", (line) => ({ sent: line.slice(1, -1), anchors: line.slice(-2, -1) })],
  ["the leaf alone is an anchor", (line) => ({ sent: line.slice(1, -1), anchors: line.slice(0, 1) })],
  [
    "the leaf is an anchor too",
    (line) => ({ sent: line.slice(1, -1), anchors: [...line.slice(0, 1), ...line.slice(-1)] }),
  ],
  ["a stranger's root", (line) => ({ sent: line.slice(1, -1), anchors: [makeRoot()] })],
];

/** How long a chain is, what of it is sent, what the verifier has. */
function depths(): MatrixCase[] {
  return [0, 1, 2, 3, 5].flatMap((cas) =>
    [false, true].flatMap((partial) =>
      [undefined, 0, 2].flatMap((depth) =>
        parts.map(([what, partsOf]): MatrixCase => {
          const line = [...makeLine(at<Variation>(cas, 0, {}))].reverse();
          const name = `${cas} CAs, ${what}${partial ? ", partial" : ""}, depth ${depth ?? 100}`;
          const options = { partial, ...(depth === undefined ? {} : { depth }) };
          return { name, leaf: line[0] as Made, ...partsOf(line), ...options };
        }),
      ),
    ),
  );
}

function dates(): MatrixCase[] {
  const kinds: readonly [string, Variation][] = [
    ["expired", { notAfter: now - day }],
    ["expired by a second", { notAfter: now - 1_000 }],
    ["ends now", { notAfter: now }],
    ["ends in a second", { notAfter: now + 1_000 }],
    ["not valid yet", { notBefore: now + day }],
    ["begins now", { notBefore: now }],
    ["begins in a second", { notBefore: now + 1_000 }],
    ["ends after 2050", { notAfter: Date.UTC(2060, 0, 1) }],
    ["never valid", { notBefore: now + day, notAfter: now - day }],
  ];
  return [0, 1, 2].flatMap((cas) =>
    places(cas).flatMap((place) =>
      kinds.map(([kind, variation]) =>
        shownLine(`${kind} at ${place} of ${cas}`, makeLine(at(cas, place, variation))),
      ),
    ),
  );
}

function purposesOfAll(): MatrixCase[] {
  const sets: readonly (readonly Purpose[] | null)[] = [
    null,
    [],
    ["client"],
    ["server"],
    ["any"],
    ["client", "server"],
    ["any", "client"],
    ["email", "ocsp"],
    ["unknown"],
    ["unknown", "client"],
  ];
  return [0, 1, 2].flatMap((cas) =>
    places(cas).flatMap((place) =>
      sets.map((purposes) =>
        shownLine(
          `${purposes?.join("+") ?? "none"} at ${place} of ${cas}`,
          makeLine(at(cas, place, { purposes })),
        ),
      ),
    ),
  );
}

function usages(): MatrixCase[] {
  const sets: readonly (readonly Usage[] | null)[] = [
    null,
    [],
    ["digitalSignature"],
    ["keyAgreement"],
    ["keyEncipherment"],
    ["nonRepudiation"],
    ["keyCertSign"],
    ["cRLSign"],
    ["keyCertSign", "cRLSign"],
    ["keyCertSign", "digitalSignature"],
    ["digitalSignature", "keyEncipherment"],
  ];
  return [0, 1, 2].flatMap((cas) =>
    places(cas).flatMap((place) =>
      sets.map((usage) =>
        shownLine(`${usage?.join("+") ?? "none"} at ${place} of ${cas}`, makeLine(at(cas, place, { usage }))),
      ),
    ),
  );
}

function constraints(): MatrixCase[] {
  const kinds: readonly [string, Variation][] = [
    ["a CA", { basic: { ca: true } }],
    ["no CA", { basic: { ca: false } }],
    ["left out", { basic: null }],
    ["left out, no key usage", { basic: null, usage: null }],
    ["left out, key usage for signing", { basic: null, usage: ["digitalSignature"] }],
    ["a CA without key usage", { basic: { ca: true }, usage: null }],
    ["no CA with a path length", { basic: { ca: false, pathLength: 1 } }],
    ["version 1", { version: 1 }],
    ["no CA with keyCertSign", { basic: { ca: false }, usage: ["keyCertSign", "digitalSignature"] }],
  ];
  return [0, 1, 2].flatMap((cas) =>
    places(cas).flatMap((place) =>
      kinds.flatMap(([kind, variation]) => [
        shownLine(`${kind} at ${place} of ${cas}`, makeLine(at(cas, place, variation))),
        shownLine(`${kind} at ${place} of ${cas}, partial`, makeLine(at(cas, place, variation)), {
          partial: true,
        }),
        ...(place === 0 || place > cas
          ? []
          : [
              shownLine(
                `${kind} at ${place} of ${cas}, an anchor`,
                makeLine(at(cas, place, variation)).slice(place),
                { partial: true },
              ),
            ]),
      ]),
    ),
  );
}

/** Path lengths, with CAs that are self-issued in between: these do not count. */
function pathLengths(): MatrixCase[] {
  const cases: MatrixCase[] = [];
  for (const cas of [0, 1, 2, 3]) {
    for (const limit of [0, 1, 2, 3]) {
      for (const place of places(cas))
        cases.push(
          shownLine(
            `${limit} at ${place} of ${cas}`,
            makeLine(at(cas, place, { basic: { ca: place !== cas + 1, pathLength: limit } })),
          ),
        );
      for (const twice of [false, true]) {
        const root = makeRoot({ basic: { ca: true, pathLength: limit } });
        const cas1 = Array.from({ length: cas }).reduce<(typeof root)[]>(
          (line) => [...line, makeCa(line.at(-1) ?? root)],
          [root],
        );
        const top = cas1.at(-1) ?? root;
        const renewed = makeCa(top, { subject: top.spec.subject, serial: 0x900000 + fresh() });
        const last = twice ? makeCa(renewed, { subject: top.spec.subject }) : renewed;
        const line = [...cas1, renewed, ...(twice ? [last] : []), makeLeaf(last)];
        cases.push(shownLine(`${limit} with ${cas} CAs and ${twice ? "two" : "one"} self-issued`, line));
      }
    }
  }
  return cases;
}

export const lines = (): readonly MatrixCase[] => [
  ...family("depth", depths()),
  ...family("dates", dates()),
  ...family("purposes", purposesOfAll()),
  ...family("key usage", usages()),
  ...family("basic constraints", constraints()),
  ...family("path length", pathLengths()),
];
