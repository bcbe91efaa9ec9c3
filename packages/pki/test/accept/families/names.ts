import { element, integer, text } from "../../../src/der/write-der.ts";
import { extension, type NameSpec } from "../make-certificate.ts";
import {
  address,
  directoryName,
  dnsName,
  email,
  fresh,
  makeCa,
  makeLeaf,
  makeLine,
  makeRoot,
  nameConstraints,
  otherName,
  registeredId,
  uri,
  type Variation,
} from "../make-chain.ts";
import { at, family, type MatrixCase, shownLine } from "../matrix-case.ts";

const organisation: NameSpec = [
  ["C", "DE"],
  ["O", "Example"],
];

const sets: readonly (readonly [string, Uint8Array])[] = [
  ["DNS example.com", nameConstraints([dnsName("example.com")])],
  ["DNS .example.com", nameConstraints([dnsName(".example.com")])],
  ["DNS EXAMPLE.COM or example.org", nameConstraints([dnsName("EXAMPLE.COM"), dnsName("example.org")])],
  ["DNS anything", nameConstraints([dnsName("")])],
  ["not DNS bad.example.com", nameConstraints([], [dnsName("bad.example.com")])],
  [
    "DNS example.com, not bad.example.com",
    nameConstraints([dnsName("example.com")], [dnsName("bad.example.com")]),
  ],
  ["not any DNS", nameConstraints([], [dnsName("")])],
  ["address 10.0.0.0/8", nameConstraints([address(10, 0, 0, 0, 255, 0, 0, 0)])],
  ["not address 10.1.0.0/16", nameConstraints([], [address(10, 1, 0, 0, 255, 255, 0, 0)])],
  ["address fd00::/8", nameConstraints([address(0xfd, ...zeros(15), 255, ...zeros(15))])],
  ["address of a wrong length", nameConstraints([address(10, 0, 0, 0)])],
  ["not any IPv4", nameConstraints([], [address(...zeros(8))])],
  ["e-mail host example.com", nameConstraints([email("example.com")])],
  ["e-mail domain .example.com", nameConstraints([email(".example.com")])],
  ["e-mail Ann@example.com", nameConstraints([email("Ann@example.com")])],
  ["not e-mail bob@example.com", nameConstraints([], [email("bob@example.com")])],
  ["URI host example.com", nameConstraints([uri("example.com")])],
  ["URI domain .example.com", nameConstraints([uri(".example.com")])],
  ["not URI bad.example.com", nameConstraints([], [uri("bad.example.com")])],
  ["directory C=DE, O=Example", nameConstraints([directoryName(organisation)])],
  [
    "directory c=de, O=EXAMPLE spelt otherwise",
    nameConstraints([
      directoryName([
        ["C", "de", 0x13],
        ["O", " EXAMPLE ", 0x13],
      ]),
    ]),
  ],
  ["not directory C=DE, O=Example", nameConstraints([], [directoryName(organisation)])],
  ["directory O=Example", nameConstraints([directoryName([["O", "Example"]])])],
  ["any directory", nameConstraints([directoryName([])])],
  ["registered id", nameConstraints([registeredId("1.2.3")])],
  ["other name", nameConstraints([otherName("1.2.3.4", text(0x0c, "x"))])],
  ["DNS with a maximum", nameConstraints([dnsName("example.com")], [], [element(0x81, Uint8Array.of(3))])],
  [
    "DNS with a minimum of 1",
    nameConstraints([dnsName("example.com")], [], [element(0x80, Uint8Array.of(1))]),
  ],
  [
    "DNS with a minimum of 0 spelt out",
    nameConstraints([dnsName("example.com")], [], [element(0x80, Uint8Array.of(0))]),
  ],
];

const leaves: readonly (readonly [string, Variation])[] = [
  ["no names", { subject: [["O", "Nobody"]] }],
  ["DNS a.example.com", { names: [dnsName("a.example.com")] }],
  ["DNS example.com", { names: [dnsName("Example.COM")] }],
  ["DNS notexample.com", { names: [dnsName("notexample.com")] }],
  ["DNS a.bad.example.com", { names: [dnsName("a.bad.example.com")] }],
  ["DNS *.example.com", { names: [dnsName("*.example.com")] }],
  ["DNS of both kinds", { names: [dnsName("a.example.com"), dnsName("a.example.net")] }],
  ["common name a.example.com", { subject: [["CN", "a.example.com"]] }],
  ["common name a.example.net", { subject: [["CN", "a.example.net"]] }],
  ["common name a.example.net in UTF-16", { subject: [["CN", utf16("a.example.net"), 0x1e]] }],
  ["common name a_b.example.net", { subject: [["CN", "a_b.example.net"]] }],
  ["common name -a.example.net", { subject: [["CN", "-a.example.net"]] }],
  ["common name with a blank", { subject: [["CN", "Ann of example.net"]] }],
  ["common name of one label", { subject: [["CN", "localhost"]] }],
  ["common name with a NUL", { subject: [["CN", "a.example.net\0.example.com"]] }],
  [
    "two common names",
    {
      subject: [
        ["CN", "a.example.com"],
        ["CN", "a.example.net"],
      ],
    },
  ],
  ["common name beside DNS", { subject: [["CN", "a.example.net"]], names: [dnsName("a.example.com")] }],
  ["common name beside an address", { subject: [["CN", "a.example.net"]], names: [address(10, 0, 0, 1)] }],
  ["address 10.1.2.3", { names: [address(10, 1, 2, 3)] }],
  ["address 192.0.2.1", { names: [address(192, 0, 2, 1)] }],
  ["address fd00::1", { names: [address(0xfd, ...zeros(14), 1)] }],
  ["address of five bytes", { names: [address(1, 2, 3, 4, 5)] }],
  ["e-mail Ann@example.com", { names: [email("Ann@example.com")] }],
  ["e-mail ann@EXAMPLE.com", { names: [email("ann@EXAMPLE.com")] }],
  ["e-mail bob@a.example.com", { names: [email("bob@a.example.com")] }],
  [
    "e-mail bob@example.com in the subject",
    {
      subject: [
        ["CN", "Bob"],
        ["E", "bob@example.com"],
      ],
    },
  ],
  [
    "e-mail in the subject in UTF-8",
    {
      subject: [
        ["CN", "Bob"],
        ["E", "bob@example.com", 0x0c],
      ],
    },
  ],
  ["e-mail without an at sign", { names: [email("example.com")] }],
  ["URI https://a.example.com/x", { names: [uri("https://a.example.com/x")] }],
  ["URI https://example.com:8443", { names: [uri("https://example.com:8443")] }],
  ["URI spiffe://bad.example.com/y", { names: [uri("spiffe://bad.example.com/y")] }],
  ["URI urn:example", { names: [uri("urn:example")] }],
  ["subject C=DE, O=Example", { subject: [...organisation, ["CN", "x"]] }],
  [
    "subject of another case and type",
    {
      subject: [
        ["C", "DE", 0x13],
        ["O", "EXAMPLE", 0x13],
        ["CN", "x"],
      ],
    },
  ],
  [
    "subject C=FR, O=Example",
    {
      subject: [
        ["C", "FR"],
        ["O", "Example"],
        ["CN", "x"],
      ],
    },
  ],
  ["directory name C=DE, O=Example", { names: [directoryName(organisation)], subject: [["O", "Else"]] }],
  ["registered id", { names: [registeredId("1.2.3")] }],
  ["other name", { names: [otherName("1.2.3.4", text(0x0c, "x"))] }],
  ["other name of another type", { names: [otherName("1.2.3.5", text(0x0c, "x"))] }],
];

const constrained = (): MatrixCase[] =>
  sets.flatMap(([set, constraints], index) =>
    leaves.map(([what, leaf]) => {
      // in turn: on the root, on the CA that issues, on one further up
      const place = index % 3;
      const line: Variation[] = [{}, {}, {}, leaf];
      line[place] = { constraints };
      return shownLine(`${what} below ${set}`, makeLine(line));
    }),
  );

/** Names of CAs are held against the constraints above them too, but for those that are self-issued. */
function ofCas(): MatrixCase[] {
  const inside: NameSpec = [...organisation, ["CN", `CA ${fresh()}`]];
  const outside: NameSpec = [
    ["C", "FR"],
    ["CN", `CA ${fresh()}`],
  ];
  const constraints = nameConstraints([directoryName(organisation)]);
  const leaf: Variation = { subject: [...organisation, ["CN", "x"]] };
  const root = (): Variation => ({
    constraints,
    subject: [
      ["O", "Root"],
      ["CN", `Root ${fresh()}`],
    ],
  });
  const renewedRoot = makeRoot(root());
  const renewed = makeCa(renewedRoot, { subject: renewedRoot.spec.subject });
  return [
    shownLine("a CA inside", makeLine([root(), { subject: inside }, leaf])),
    shownLine("a CA outside", makeLine([root(), { subject: outside }, leaf])),
    shownLine("a self-issued CA outside", [renewedRoot, renewed, makeLeaf(renewed, leaf)]),
    shownLine("two constraints, both met", makeLine([root(), { subject: inside, constraints }, leaf])),
    shownLine(
      "two constraints, the lower one not met",
      makeLine([
        root(),
        {
          subject: [...organisation, ["CN", `CA ${fresh()}`]],
          constraints: nameConstraints([dnsName("example.com")]),
        },
        { ...leaf, names: [dnsName("a.example.net")] },
      ]),
    ),
    shownLine(
      "a CA with a DNS name outside",
      makeLine([
        { constraints: nameConstraints([dnsName("example.com")]) },
        { names: [dnsName("a.example.net")] },
        {},
      ]),
    ),
    shownLine(
      "a CA whose common name is outside",
      makeLine([
        { constraints: nameConstraints([dnsName("example.com")]) },
        { subject: [["CN", `ca${fresh()}.example.net`]] },
        { subject: [["CN", "a.example.com"]] },
      ]),
    ),
    shownLine(
      "constraints on the leaf",
      makeLine([
        {},
        {},
        { constraints: nameConstraints([], [dnsName("")]), names: [dnsName("a.example.com")] },
      ]),
    ),
    shownLine(
      "constraints of an anchor that is an intermediate",
      makeLine([{}, { constraints }, { subject: outside }]).slice(1),
      { partial: true },
    ),
    shownLine(
      "empty constraints",
      makeLine([{ constraints: nameConstraints([]) }, {}, { names: [dnsName("a.example.com")] }]),
    ),
  ];
}

/** The issuer's name as the certificate below spells it. */
function spellings(): MatrixCase[] {
  const tag = fresh();
  const cases: readonly (readonly [string, NameSpec, NameSpec])[] = [
    ["case", [["CN", `Root A ${tag}`]], [["CN", `ROOT a ${tag}`]]],
    ["blanks", [["CN", `Root B ${tag}`]], [["CN", `  Root   B ${tag} `]]],
    ["string type", [["CN", `Root C ${tag}`, 0x13]], [["CN", `Root C ${tag}`, 0x0c]]],
    ["UTF-16", [["CN", utf16(`Root D ${tag}`), 0x1e]], [["CN", `Root D ${tag}`]]],
    [
      "Latin 1",
      [["CN", Uint8Array.from(Buffer.from(`Zürich ${tag}`, "latin1")), 0x14]],
      [["CN", `Zürich ${tag}`]],
    ],
    ["letters beyond ASCII", [["CN", `zürich ä ${tag}`]], [["CN", `zürich Ä ${tag}`]]],
    [
      "order",
      [
        ["O", `E ${tag}`],
        ["CN", "E"],
      ],
      [
        ["CN", "E"],
        ["O", `E ${tag}`],
      ],
    ],
    ["attribute", [["CN", `F ${tag}`]], [["O", `F ${tag}`]]],
    [
      "length",
      [["CN", `G ${tag}`]],
      [
        ["CN", `G ${tag}`],
        ["O", "more"],
      ],
    ],
    ["a tab for a blank", [["CN", `Root H ${tag}`]], [["CN", `Root\tH ${tag}`]]],
  ];
  return cases.flatMap(([what, subject, issuer]) =>
    [true, false].map((withAki) => {
      const aki = withAki ? {} : { aki: null };
      const root = makeRoot({ subject: [...subject, ["O", String(withAki)]] });
      const leaf = makeLeaf(root, { issuer: [...issuer, ["O", String(withAki)]], ...aki });
      return shownLine(`${what}${withAki ? "" : ", no key identifier"}`, [root, leaf]);
    }),
  );
}

/** Extensions that are not known, stand twice, or can't be read. */
function extensions(): MatrixCase[] {
  const sound: readonly (readonly [string, Uint8Array])[] = [
    ["1.2.3.4", text(0x0c, "x")],
    ["2.5.29.32", Uint8Array.from([0x30, 0x06, 0x30, 0x04, 0x06, 0x02, 0x2a, 0x03])],
    ["2.5.29.36", Uint8Array.from([0x30, 0x03, 0x80, 0x01, 0x00])],
    ["2.5.29.54", integer(Uint8Array.of(0))],
    ["1.3.6.1.5.5.7.48.1.5", Uint8Array.of(5, 0)],
    ["2.5.29.18", Uint8Array.from([0x30, 0x03, 0x82, 0x01, 0x61])],
    ["1.3.6.1.5.5.7.1.1", Uint8Array.of(0x30, 0)],
    ["2.16.840.1.113730.1.1", Uint8Array.of(3, 2, 7, 0x80)],
    ["2.16.840.1.113730.1.1", Uint8Array.of(3, 2, 6, 0x40)],
    [
      "1.3.6.1.5.5.7.1.14",
      Uint8Array.from([0x30, 0x0c, 0x30, 0x0a, 0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 0x15, 1]),
    ],
    ["2.5.29.31", Uint8Array.from([0x30, 0x09, 0x30, 0x07, 0xa0, 0x05, 0xa0, 0x03, 0x86, 0x01, 0x61])],
  ];
  const broken: readonly (readonly [string, Variation])[] = [
    ["basic constraints", { basic: null, more: [extension("2.5.29.19", text(0x0c, "x"))] }],
    [
      "a negative path length",
      { basic: null, more: [extension("2.5.29.19", Uint8Array.from([0x30, 6, 1, 1, 0xff, 2, 1, 0xff]))] },
    ],
    ["key usage", { usage: null, more: [extension("2.5.29.15", text(0x0c, "x"))] }],
    ["extended key usage", { purposes: null, more: [extension("2.5.29.37", text(0x0c, "x"))] }],
    ["a subject alternative name", { more: [extension("2.5.29.17", text(0x0c, "x"))] }],
    ["name constraints", { more: [extension("2.5.29.30", text(0x0c, "x"))] }],
    ["key usage twice", { more: [extension("2.5.29.15", Uint8Array.of(3, 2, 0, 0x86))] }],
    ["distribution points", { more: [extension("2.5.29.31", text(0x0c, "x"))] }],
  ];
  return [0, 1, 2].flatMap((place) => [
    ...sound.flatMap(([type, value]) =>
      (["critical", ""] as const).map((critical) =>
        shownLine(
          `${critical} ${type} ${Buffer.from(value).toString("hex")} at ${place}`,
          makeLine(at(1, place, { more: [extension(type, value, critical)] })),
        ),
      ),
    ),
    ...broken.map(([what, variation]) =>
      shownLine(`broken: ${what} at ${place}`, makeLine(at(1, place, variation))),
    ),
  ]);
}

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}

function utf16(value: string): Uint8Array {
  return Uint8Array.from(Buffer.from(value, "utf16le").swap16());
}

export const names = (): readonly MatrixCase[] => [
  ...family("name constraints", constrained()),
  ...family("names of CAs", ofCas()),
  ...family("spelling", spellings()),
  ...family("extensions", extensions()),
];
