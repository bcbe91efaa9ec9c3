import { createHash } from "node:crypto";
import { acceptsIssuedBy, Evidence, type Rules } from "@handfast/core/accept";
import { describe, expect, it } from "vitest";
import { day, now, type PoolKey, p256 } from "./make-certificate.ts";
import { makeCa, makeRoot } from "./make-chain.ts";
import { makeList } from "./make-list.ts";

const rules: Rules = { maxIntermediates: 3, partialChain: false, crlRule: "whole" };
const digestOf = (der: Uint8Array): string => createHash("sha256").update(der).digest("hex");

/** What a verifier with these anchors and lists makes of whatever a CA issues. */
function judge(
  ca: { readonly der: Uint8Array },
  anchors: readonly { readonly der: Uint8Array }[],
  lists: readonly Uint8Array[] = [],
  own: Partial<Rules> = {},
): string {
  const ders = [ca.der, ...anchors.map(({ der }) => der), ...lists];
  const evidence = new Evidence(new Map(ders.map((der) => [digestOf(der), der])));
  const face = {
    role: "verifier",
    mode: "required",
    anchors: { known: anchors.map(({ der }) => digestOf(der)) },
    crls: { known: lists.map(digestOf) },
    ignoreExpiry: false,
    advertiseNames: false,
  } as const;
  const { verdict, code } = acceptsIssuedBy(
    face,
    digestOf(ca.der),
    { at: now },
    { ...rules, ...own },
    evidence,
  );
  return `${verdict} ${code}`;
}

describe("acceptsIssuedBy", () => {
  const subject = [["CN", "Example CA"]] as const;
  const [a, b] = [p256[0] as PoolKey, p256[1] as PoolKey];
  const root = makeRoot({ subject, key: a, ski: null });

  it("lets in what a CA issued when its renewed certificate, of the same key, is the anchor", () => {
    const renewed = makeRoot({ subject, key: a, ski: null });
    expect(judge(root, [renewed])).toBe("accepted accepted");
    expect(judge(root, [renewed, root])).toBe("accepted accepted");
  });

  it("does not take a CA of the same name for it whose key is another", () => {
    const namesake = makeRoot({ subject, key: b, ski: null });
    expect(judge(root, [namesake])).toBe("refused bad-signature");
    expect(judge(root, [namesake, root])).toBe("unknown order-decides");
    expect(judge(root, [namesake, root], [], { chainChoice: "any" })).toBe("accepted accepted");
  });

  it.each([
    ["expired", { notAfter: now - day }, "refused expired"],
    ["for servers", { purposes: ["server"] }, "refused wrong-purpose"],
    ["no CA", { basic: { ca: false } }, "refused not-a-ca"],
    ["one that may not sign certificates", { usage: ["cRLSign"] }, "refused not-a-ca"],
  ] as const)("refuses what an anchor issues that is %s", (_, variation, expected) => {
    const anchor = makeRoot(variation);
    expect(judge(anchor, [anchor])).toBe(expected);
  });

  it("refuses what an intermediate issues below a root that allows none", () => {
    const strict = makeRoot({ basic: { ca: true, pathLength: 0 } });
    expect(judge(makeCa(strict), [strict])).toBe("refused path-length");
  });

  it("wants a list of the CA that is in date and signed by it", () => {
    const other = makeRoot({});
    const lists = (variation: Parameters<typeof makeList>[1]): Uint8Array[] => [
      makeList(root, { aki: null, ...variation }),
    ];
    expect(judge(root, [root], lists({}))).toBe("accepted accepted");
    expect(judge(root, [root], lists({ nextUpdate: now - day }))).toBe("refused crl-expired");
    expect(judge(root, [root], lists({ signer: other.spec.key === a ? b : other.spec.key }))).toBe(
      "refused crl-signature",
    );
    expect(judge(root, [root, other], [makeList(other)])).toBe("refused crl-missing");
  });
});
