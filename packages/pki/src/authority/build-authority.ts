import { HandfastError } from "@handfast/core";
import { dissectCertificate, publicKeyBits } from "@handfast/core/certificates";
import type { Certificate } from "../certificate/read-certificates.ts";
import { createCrl } from "../crl/create-crl.ts";
import { encodeName } from "../name/encode-name.ts";
import type { Authority, IssueAuthorityOptions } from "./authority.ts";
import { crossSign } from "./cross-sign.ts";
import { issueMany } from "./issue-many.ts";
import type { AuthorityTools, Issuing } from "./issuing.ts";
import { keyId } from "./key-id.ts";
import { type Leaf, makeLeaf } from "./leaf.ts";
import { pathLimits } from "./path-limits.ts";
import { type PreparedLeaf, prepareLeaves } from "./prepare-leaves.ts";
import { renew } from "./renew.ts";
import { signDer } from "./sign-der.ts";
import { authorityValidity } from "./validity.ts";
import { authorityExtensions, checkPathLength, writeAuthority } from "./write-authority.ts";

/** An authority around its certificate; `issuers` are the certificates above it, the nearest first. */
export function buildAuthority(
  certificate: Certificate,
  issuers: readonly Certificate[],
  tools: AuthorityTools,
): Authority {
  const { facts } = certificate;
  const path = [certificate, ...issuers];
  const top = path.at(-1) ?? certificate;
  const above = (top.facts.selfIssued ? path.slice(0, -1) : path).map(({ pem }) => pem).join("");
  const limits = pathLimits(path);
  const issuing: Issuing = {
    ...tools,
    certificate,
    subject: dissectCertificate(certificate.der).subject,
    keyId:
      facts.ski === undefined ? keyId(publicKeyBits(tools.key.publicKey)) : Buffer.from(facts.ski, "hex"),
    constrained: path.filter(({ der }) => dissectCertificate(der).extensions.has("2.5.29.30")),
    limits,
  };
  const finish = async ({ content, dropped }: PreparedLeaf): Promise<Leaf> =>
    makeLeaf(await signDer(content, tools.key), above, dropped);

  const issueAuthority = async (options: IssueAuthorityOptions): Promise<Authority> => {
    const { key, pathLength = 0, nameConstraints } = options;
    checkPathLength(pathLength);
    if (limits.room !== undefined && pathLength >= limits.room)
      throw new HandfastError(
        "CERTIFICATE_UNSUITABLE",
        `issue authority failed [issuer=${facts.subject}]: its path length, or that of a CA above it, leaves ${limits.room}, which has no room for an authority with ${pathLength}`,
      );
    const subject = encodeName(options.subject);
    const issued = await writeAuthority(
      {
        issuer: issuing.subject,
        subject,
        publicKey: key.publicKey,
        validity: authorityValidity(options, tools.clock.now(), limits.validity),
        extensions: authorityExtensions({
          subjectKeyId: keyId(publicKeyBits(key.publicKey), tools.keyIdentifiers),
          authorityKeyId: issuing.keyId,
          pathLength,
          nameConstraints,
        }),
      },
      issuing,
    );
    return buildAuthority(issued, path, { ...tools, key });
  };

  return Object.freeze({
    certificate,
    issuers,
    trust: Object.freeze({ anchors: top.pem }),
    issue: async (csr, options = {}) => finish(prepareLeaves(issuing, options).fromRequest(csr, options)),
    issueFor: async (request, options = {}) => finish(prepareLeaves(issuing, options).fromPublicKey(request)),
    issueMany: (requests, options = {}) =>
      issueMany(requests, () => prepareLeaves(issuing, options), issuing, above),
    issueAuthority,
    renew: async (options = {}) => {
      const renewed = await renew(issuing, options);
      return buildAuthority(renewed.certificate, renewed.issuers, tools);
    },
    crossSign: (other, options = {}) => crossSign(other, options, issuing),
    createCrl: (options) => createCrl(options, issuing),
  } satisfies Authority);
}
