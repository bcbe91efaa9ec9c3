import { checkCrlSignature } from "../../certificate/crl-signature.ts";
import type { CrlFacts } from "../../certificate/facts.ts";
import { formatName } from "../../certificate/format-name.ts";
import { subjectDer } from "../../certificate/read-certificate.ts";
import { crlPartsOf } from "../../certificate/read-crl.ts";
import { pemLength } from "../pem-length.ts";
import type { Checks, Materials, PlacedCrl } from "../rule.ts";
import { moment } from "./certificate.ts";
import { blocksOf, textChecks } from "./text.ts";

/** Checks of revocation lists, by themselves and beside the CAs whose lists they are. */
export const crlChecks: Checks<"crls"> = {
  ...textChecks("X509 CRL"),
  *"too-many-crls"({ crls }, most) {
    if (crls.length > most)
      yield {
        what: `there are ${crls.length} revocation lists, more than ${most}`,
        mend: "merge some, or trust fewer CAs here",
      };
  },
  *"crl-too-large"({ crls }, most) {
    for (const crl of crls) {
      const size = pemLength(crl.facts.der, "X509 CRL");
      if (size > most)
        yield {
          what: `${nameOf(crl)} takes ${size} bytes as PEM, more than ${most}`,
          mend: "drop expired entries, or issue from several CAs",
        };
    }
  },
  *"too-many-revoked"({ crls }, most) {
    const entries = crls.reduce((sum, { facts }) => sum + facts.revoked.size, 0);
    if (entries > most)
      yield { what: `${entries} certificates are revoked, more than ${most}`, mend: "drop expired entries" };
  },
  *"crl-stale"({ crls }, _, at) {
    for (const crl of crls) {
      const { nextUpdate } = crl.facts;
      if (at !== undefined && nextUpdate !== undefined && at > nextUpdate)
        yield { what: `${nameOf(crl)} was to be replaced by ${moment(nextUpdate)}`, mend: "sign a new one" };
    }
  },
  *"crl-not-yet-valid"({ crls }, _, at) {
    for (const crl of crls)
      if (at !== undefined && at < crl.facts.thisUpdate)
        yield {
          what: `${nameOf(crl)} is of ${moment(crl.facts.thisUpdate)}, which is to come`,
          mend: "wait, or check the clock of the machine that signed it",
        };
  },
  *"crl-without-end"({ crls }) {
    for (const crl of crls)
      if (crl.facts.nextUpdate === undefined)
        yield {
          what: `${nameOf(crl)} does not say when the next is due`,
          mend: "sign it with nextUpdate (RFC 5280, 5.1.2.5)",
        };
  },
  *"crl-missing"({ crls, anchors }) {
    if (crls.length === 0) return;
    const issuers = new Set(crls.map(({ facts }) => facts.issuer));
    for (const [index, facts] of (anchors ?? []).entries())
      if (!issuers.has(subjectDer(facts)))
        yield {
          certificate: { facts, index: index + 1 },
          what: `${facts.subject} has no revocation list, while others have one`,
          mend: "give a list of each CA, an empty one where nothing is revoked",
        };
  },
  *"crl-of-nobody"({ crls, anchors }) {
    if (anchors === undefined || crls.length === 0) return;
    const subjects = new Set(anchors.map(subjectDer));
    for (const crl of crls)
      if (!subjects.has(crl.facts.issuer))
        yield {
          what: `${nameOf(crl)} is of no CA that is trusted here`,
          mend: "add its CA to the anchors, or leave the list out",
        };
  },
  *"crl-negative-serial"({ crls }) {
    for (const crl of crls)
      if (crlPartsOf(crl.facts).entries.negatives > 0)
        yield {
          what: `${nameOf(crl)} revokes a negative serial number`,
          mend: "issue that certificate anew, and revoke it in another way",
        };
  },
  *"several-crls-in-text"({ given }) {
    const blocks = blocksOf(given);
    const lists = "reason" in blocks ? [] : blocks.filter(({ label }) => label === "X509 CRL");
    if (lists.length > 1)
      yield {
        line: lists[1]?.line,
        what: `the file holds ${lists.length} revocation lists`,
        mend: "one list in each file",
      };
  },
  *"crl-shrinks"({ crls, previous }) {
    for (const { before, gone } of lostEntries(crls, previous ?? []))
      yield {
        what: `the list of ${issuerOf(before)} forgets ${gone.length} revoked, among them ${gone.slice(0, 3).join(", ")}`,
        mend: "carry the entries over until their certificates have expired (RFC 5280, 3.3)",
      };
  },
  *"crl-older"({ crls, previous }) {
    for (const crl of crls)
      for (const before of previous ?? []) {
        if (before.issuer !== crl.facts.issuer) continue;
        const [now, then] = [numberOf(crl.facts), numberOf(before)];
        if (now !== undefined && then !== undefined && now < then)
          yield {
            what: `${nameOf(crl)} has number ${now}, and the one in use has ${then}`,
            mend: "take the newest list: it was mixed up with an older one",
          };
      }
  },
  *"crl-signature"({ crls, anchors }) {
    for (const crl of crls) {
      const named = (anchors ?? []).filter((facts) => subjectDer(facts) === crl.facts.issuer);
      const faults = named.map((facts) => checkCrlSignature(crl.facts, facts));
      const [first] = faults;
      if (first?.verdict !== "bad" || faults.some(({ verdict }) => verdict === "good")) continue;
      yield {
        what: `${nameOf(crl)} is not one that its CA signed: ${first.explanation}`,
        mend: "sign it with the key of that CA, or take the list that belongs to it",
      };
    }
  },
};

function* lostEntries(
  crls: readonly PlacedCrl[],
  previous: readonly CrlFacts[],
): Generator<{ readonly before: CrlFacts; readonly gone: readonly string[] }> {
  for (const before of previous) {
    const own = crls.filter(({ facts }) => facts.issuer === before.issuer);
    const gone = [...before.revoked].filter((serial) => !own.some(({ facts }) => facts.revoked.has(serial)));
    if (gone.length > 0) yield { before, gone };
  }
}

function nameOf({ facts, index, line }: Materials["crls"]["crls"][number]): string {
  const name = `the revocation list of ${issuerOf(facts)}`;
  return line === undefined ? name : `${name} (list ${index}, line ${line})`;
}

function issuerOf({ issuer }: CrlFacts): string {
  return formatName(Buffer.from(issuer, "hex"));
}

function numberOf(crl: CrlFacts): bigint | undefined {
  const { number } = crlPartsOf(crl);
  return number === undefined ? undefined : BigInt(number);
}
