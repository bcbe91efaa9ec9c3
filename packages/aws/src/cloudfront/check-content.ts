import type { CertificateFacts, Digest, Facts, Finding } from "@handfast/core";
import { pemLength } from "../pem.ts";
import { listLimits, measureList } from "../revocation/entries.ts";
import { blocker } from "./obstacles.ts";

/** Quotas and rules of one trust store (CloudFront "Quotas" and "Trust stores and certificate management"). */
export const storeLimits = {
  anchors: 25,
  certificateBytes: 16_384,
  /** 64 KB, read as the smaller of the two. */
  bundleBytes: 64_000,
  /** Distributions that one store may serve. */
  distributions: 25,
} as const;

/** Why CloudFront would refuse this content, told before anything is sent. */
export function checkContent(anchors: readonly Digest[], crls: readonly Digest[], facts: Facts): Finding[] {
  return [...checkAnchors(anchors, facts), ...checkCrls(crls, facts)];
}

function checkAnchors(anchors: readonly Digest[], facts: Facts): Finding[] {
  if (anchors.length === 0) {
    return [blocker("no-anchors", "a trust store without a CA trusts nobody", "name a trust with anchors")];
  }
  const found: Finding[] = [];
  if (anchors.length > storeLimits.anchors) {
    const message = `${anchors.length} anchors; a trust store of CloudFront holds ${storeLimits.anchors}`;
    found.push(blocker("too-many-anchors", message, "trust fewer CAs here"));
  }
  const certificates = anchors.map((digest) => facts.certificate(digest));
  for (const certificate of certificates) {
    const reason = unfitness(certificate);
    if (reason === undefined) continue;
    const message = `CloudFront does not take ${certificate.subject}: ${reason}`;
    found.push(blocker("anchor-unsuitable", message, "leave it out of the trust"));
  }
  const lengths = certificates.map(({ der }) => pemLength(der));
  for (const [index, length] of lengths.entries()) {
    if (length <= storeLimits.certificateBytes) continue;
    const message = `${certificates[index]?.subject} takes ${length} bytes as PEM; CloudFront takes ${storeLimits.certificateBytes}`;
    found.push(blocker("anchor-too-large", message, "leave it out of the trust"));
  }
  const all = lengths.reduce((sum, length) => sum + length, 0);
  if (all > storeLimits.bundleBytes) {
    const message = `the anchors take ${all} bytes as PEM; a trust store of CloudFront is made of ${storeLimits.bundleBytes} at most`;
    found.push(blocker("bundle-too-large", message, "trust fewer CAs here"));
  }
  return found;
}

/** Why CloudFront has no use for a certificate as an anchor. Whether it takes one without CA:true is not documented: refused. */
function unfitness({ ca, key, signature, signatureHash }: CertificateFacts): string | undefined {
  if (!ca) return "it is no CA certificate";
  if (!/^(ec-(prime256v1|secp384r1)|rsa-(2048|3072|4096))$/.test(key)) {
    return `its key is ${key}; RSA of 2048, 3072 or 4096 bits, P-256, P-384`;
  }
  // what can't be read is for the service to judge
  if (signatureHash === undefined || /^sha(256|384|512)$/.test(signatureHash)) return undefined;
  return `it is signed by ${signature}; SHA-256, SHA-384 or SHA-512 with RSA or ECDSA`;
}

function checkCrls(crls: readonly Digest[], facts: Facts): Finding[] {
  if (crls.length > listLimits.lists) {
    const message = `${crls.length} CRLs; a revocation list here is made of ${listLimits.lists} at most`;
    return [blocker("too-many-crls", message, "merge some, or trust fewer CAs here")];
  }
  if (crls.length === 0) return [];
  const tooMuch = tooMuchFor(crls, facts);
  if (tooMuch === undefined) return [];
  return [
    blocker(
      "too-many-revoked",
      `what the CRLs revoke does not fit: ${tooMuch}`,
      "leave out what has expired, issue for shorter, or ask OCSP responders instead (ocsp: true)",
    ),
  ];
}

/** Planning asks for the same CRLs in many states, and they may revoke a hundred thousand serials. */
const measured = new WeakMap<Facts, Map<string, string | undefined>>();

function tooMuchFor(crls: readonly Digest[], facts: Facts): string | undefined {
  const known = measured.get(facts) ?? new Map<string, string | undefined>();
  measured.set(facts, known);
  const name = crls.join();
  if (!known.has(name)) known.set(name, measureList(crls.map((digest) => facts.crl(digest))).tooMuch);
  return known.get(name);
}
