import { readCrl, readCrls, wouldAccept } from "@handfast/pki";
import { describe, expect, it } from "vitest";
import { element, integer } from "../../src/der/write-der.ts";
import { hasOpenssl, workFolder } from "../openssl.ts";
import { judgeCase } from "./judge-case.ts";
import { day, extension, now, pem } from "./make-certificate.ts";
import { dnsName, type Made, makeLeaf, makeLine, makeRoot, nameConstraints, uri } from "./make-chain.ts";
import { distributionPoint, makeList } from "./make-list.ts";
import { type MatrixCase, shownLine } from "./matrix-case.ts";
import { opensslVerify } from "./openssl-verify.ts";

/** Where the cautious reading is not OpenSSL's: what it says, and what we do. docs/discoveries/openssl-verify.md. */
function cases(): readonly {
  readonly one: MatrixCase;
  /** Any of these: releases differ. */
  readonly openssl: readonly ("OK" | number)[];
  readonly ours: string;
}[] {
  const withList = (name: string, variation: Parameters<typeof makeList>[1]): MatrixCase => {
    const root = makeRoot();
    return shownLine(name, [root, makeLeaf(root)], { lists: [makeList(root, variation)] });
  };
  const withUri = (name: string): MatrixCase =>
    shownLine(
      name,
      makeLine([{ constraints: nameConstraints([uri(".example.com")]) }, { names: [uri(name)] }]),
    );
  const delta = extension("2.5.29.27", integer(Uint8Array.of(3)), "critical");
  const removed = makeRoot();
  const back = makeLeaf(removed);
  const removal = {
    serial: back.spec.serial,
    extension: extension("2.5.29.21", element(0x0a, Uint8Array.of(8))),
  };
  return [
    {
      one: withList("an indirect list alone", { point: distributionPoint([4]) }),
      openssl: [3],
      ours: "unknown crl-indirect",
    },
    {
      one: withList("a list of changes alone", { more: [delta] }),
      // OpenSSL 3.0.19 takes it for a whole one; 3.0.22 finds no list.
      openssl: ["OK", 3],
      ours: "unknown crl-delta",
    },
    {
      one: shownLine("a list that says removeFromCRL", [removed, back], {
        lists: [makeList(removed, { revoked: [removal] })],
      }),
      openssl: ["OK"],
      ours: "refused revoked",
    },
    { one: withUri("https://user@a.example.com/"), openssl: ["OK"], ours: "refused name-constraint" },
    { one: withUri("https://a.example.net?.example.com"), openssl: ["OK"], ours: "refused name-constraint" },
  ];
}

describe.skipIf(!hasOpenssl)("wouldAccept where OpenSSL is odd", () => {
  const folder = workFolder();
  const all = cases();

  it("differs from openssl verify just as is written down", () => {
    const theirs = opensslVerify(
      all.map(({ one }) => one),
      folder.write,
    );
    const seen = all.map(({ one }, index) => {
      const { ok, errors = [] } = theirs[index] ?? {};
      const { verdict, code } = judgeCase(one);
      return { name: one.name, openssl: ok === true ? "OK" : errors[0], ours: `${verdict} ${code}` };
    });
    expect(seen).toEqual(
      all.map(({ one, openssl, ours }) => ({
        name: one.name,
        openssl: expect.toBeOneOf([...openssl]),
        ours,
      })),
    );
  });
});

describe("wouldAccept by other rules than OpenSSL's", () => {
  const name = [["CN", "Twin"]] as const;
  const [first, second] = [makeRoot({ subject: name, ski: null }), makeRoot({ subject: name, ski: null })];
  const leaf = makeLeaf(second, { aki: null });
  const anchors = pem(first.der) + pem(second.der);

  it.each([
    ["first", "refused bad-signature"],
    ["unordered", "unknown order-decides"],
    ["any", "accepted accepted"],
  ] as const)("of two roots of one name, chainChoice %s: %s", (chainChoice, expected) => {
    const { verdict, code } = wouldAccept(pem(leaf.der), { anchors }, { at: now, rules: { chainChoice } });
    expect(`${verdict} ${code}`).toBe(expected);
  });

  it("knows the answer without an order where every order comes to the same", () => {
    const renewed = makeRoot({ subject: name, ski: null, key: second.spec.key });
    const both = pem(renewed.der) + pem(second.der);
    const options = { at: now, rules: { chainChoice: "unordered" } } as const;
    expect(wouldAccept(pem(leaf.der), { anchors: both }, options).verdict).toBe("accepted");
  });

  it.each([
    ["newest", "accepted"],
    ["all", "refused"],
  ] as const)(
    "of an older list that revokes and a newer one that does not, crlChoice %s: %s",
    (crlChoice, expected) => {
      const root = makeRoot();
      const client = makeLeaf(root);
      const crls = [
        makeList(root, { thisUpdate: now - 3 * day, revoked: [client.spec.serial] }),
        makeList(root, { thisUpdate: now - day }),
      ];
      const face = { anchors: pem(root.der), crls };
      expect(wouldAccept(pem(client.der), face, { at: now, rules: { crlChoice } }).verdict).toBe(expected);
    },
  );

  it("does not run away from CAs that all sign each other", () => {
    const subjects = Array.from({ length: 14 }, (_, index) => [["CN", `Mesh ${index}`]] as const);
    const cas = subjects.flatMap((subject) =>
      subjects.map((issuer) => makeRoot({ subject, issuer, ski: null, key: first.spec.key })),
    );
    const client = makeLeaf(cas[1] ?? first, { aki: null });
    const face = { anchors: cas.map(({ der }) => pem(der)).join("") };
    const started = performance.now();
    for (const chainChoice of ["first", "unordered", "any"] as const)
      wouldAccept(pem(client.der), face, { at: now, rules: { chainChoice, maxIntermediates: 20 } });
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe("wouldAccept", () => {
  const [root, ca, leaf] = makeLine([{}, {}, { names: [dnsName("a.example.com")] }]);
  const chain = [leaf, ca].map((one) => pem((one ?? root).der)).join("");
  const face = { anchors: pem(root.der) };

  it("gives the chain that it judged, leaf first", () => {
    const { verdict, code, path } = wouldAccept(chain, face, { at: now });
    expect({ verdict, code }).toEqual({ verdict: "accepted", code: "accepted" });
    expect(path?.map(({ der }) => Buffer.from(der))).toEqual(
      [leaf, ca, root].map((one) => Buffer.from((one ?? root).der)),
    );
  });

  it.each([
    ["off", "accepted not-asked"],
    ["request", "accepted not-asked"],
    ["optional", "accepted accepted"],
    ["required", "refused certificate-required"],
  ] as const)("judges a client without a certificate where the mode is %s: %s", (mode, expected) => {
    const { verdict, code } = wouldAccept("nothing", { ...face, mode }, { at: now });
    expect(`${verdict} ${code}`).toBe(expected);
  });

  it("lets a leaf in that has expired where that is forgiven, and takes DER", () => {
    const old = makeLeaf(root, { notAfter: now - day });
    const verdictOf = (ignoreExpiry: boolean): string =>
      wouldAccept(old.der, { anchors: root.der, ignoreExpiry }, { at: now }).verdict;
    expect([verdictOf(true), verdictOf(false)]).toEqual(["accepted", "refused"]);
  });

  it("takes a face of core's with the facts that it speaks of", () => {
    const path = wouldAccept(chain, face, { at: now }).path ?? [];
    const anchor = path.at(-1)?.sha256 ?? "";
    const facts = {
      certificate: (digest: string) => {
        const found = path.find(({ sha256 }) => sha256 === digest);
        if (found === undefined) throw new RangeError(digest);
        return found;
      },
      crl: () => {
        throw new RangeError("no list");
      },
    };
    const ofCore = {
      role: "verifier",
      mode: "required",
      anchors: { known: [anchor] },
      crls: { known: [] },
      ignoreExpiry: false,
      advertiseNames: false,
    } as const;
    expect(wouldAccept(chain, ofCore, { at: now, facts }).verdict).toBe("accepted");
    expect(
      wouldAccept(chain, { ...ofCore, anchors: { unknown: "unreadable" } }, { at: now, facts }).code,
    ).toBe("anchors-unreadable");
    expect(() => wouldAccept(chain, ofCore, { at: now })).toThrow(TypeError);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Date.parse("next month"), new Date(now)])(
    "judges at no moment that is none: %s",
    (at) => {
      const old = makeLeaf(root, { notAfter: now - day });
      const clock = { now: () => at as number, sleep: () => Promise.resolve() };
      for (const options of [{ at: at as number }, { clock }])
        expect(() => wouldAccept(old.der, face, options)).toThrow(TypeError);
    },
  );

  it("takes CRLs one by one, several in a text, as nginx has them, and as they were read", () => {
    const [mine, other] = [makeRoot(), makeRoot({ subject: [["CN", "other"]] })];
    const revoked = makeLeaf(mine);
    const lists = [makeList(other), makeList(mine, { revoked: [revoked.spec.serial] })];
    const texts = lists.map((der) => pem(der, "X509 CRL"));
    for (const crls of [
      lists,
      texts,
      [texts.join("")],
      [Buffer.from(`# both\r\n${texts.join("\n").replaceAll("\n", "\r\n")}`)],
      readCrls(texts.join("")),
      [readCrl(texts[1] ?? "")],
    ]) {
      const { code, reason } = wouldAccept(revoked.der, { anchors: mine.der, crls }, { at: now });
      expect(code, reason).toBe("revoked");
    }
  });

  it("takes no CRL that does not stand in a list", () => {
    const list = pem(makeList(root as Made), "X509 CRL");
    for (const crls of [list, Buffer.from(list), readCrl(list)])
      expect(() => wouldAccept(chain, { ...face, crls: crls as never }, { at: now })).toThrow(
        /crls is a list; give \[crl\]/,
      );
  });

  it("refuses what is no certificate with a coded error", () => {
    expect(() => wouldAccept("hello", face, { at: now })).toThrow(
      expect.objectContaining({ code: "CERTIFICATE_UNREADABLE" }),
    );
    expect(() => wouldAccept(chain, { ...face, crls: [pem(root.der)] }, { at: now })).toThrow(
      expect.objectContaining({ code: "CERTIFICATE_UNREADABLE" }),
    );
  });
});
