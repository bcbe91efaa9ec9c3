import { type Clock, HandfastError } from "@handfast/core";
import { dissectCertificate } from "@handfast/core/certificates";
import { type Certificate, certificateFromDer } from "../certificate/read-certificates.ts";
import { type CreateCrlOptions, createCrl } from "../crl/create-crl.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import { encodeName } from "../name/encode-name.ts";
import type { Authority, IssueAuthorityOptions, IssueOptions } from "./authority.ts";
import { keyId } from "./key-id.ts";
import { type Leaf, makeLeaf } from "./leaf.ts";
import { makeSerial, type RandomBytes } from "./make-serial.ts";
import { readCsr } from "./read-csr.ts";
import { makeValidity, type Validity } from "./validity.ts";
import { writeCertificate } from "./write-certificate.ts";

/** What an authority works with. */
export interface AuthorityTools {
  readonly key: KeyHandle;
  readonly clock: Clock;
  readonly random: RandomBytes;
}

const purposes = { client: "1.3.6.1.5.5.7.3.2", server: "1.3.6.1.5.5.7.3.1" } as const;

/** An authority around its certificate; `issuers` are the certificates above it, the nearest first. */
export function buildAuthority(
  certificate: Certificate,
  issuers: readonly Certificate[],
  tools: AuthorityTools,
): Authority {
  const { facts } = certificate;
  const issuer = dissectCertificate(certificate.der).subject;
  const authorityKeyId = facts.ski ?? keyId(tools.key.publicKey);
  const path = [certificate, ...issuers];
  const top = path.at(-1) ?? certificate;
  const intermediates = top.facts.selfIssued ? path.slice(0, -1) : path;

  const issue = async (csr: string, options: IssueOptions = {}): Promise<Leaf> => {
    const request = await readCsr(csr);
    const { profile = "client" } = options;
    const names = options.dnsNames ?? (profile === "server" ? request.names : []);
    if (profile === "server" && names.length === 0)
      throw unsuitable(
        facts.subject,
        "a server certificate needs names; pass dnsNames or ask for them in the request",
      );
    const der = await writeCertificate(
      {
        serial: makeSerial(tools.random),
        issuer,
        subject: request.subject,
        ...makeValidity(options.notBefore ?? tools.clock.now(), options.days ?? 730, facts),
        publicKey: request.publicKey,
        extensions: {
          ca: { is: false },
          keyUsage:
            request.algorithm.type === "rsa" ? ["digitalSignature", "keyEncipherment"] : ["digitalSignature"],
          extendedKeyUsage: [purposes[profile]],
          names,
          subjectKeyId: keyId(request.publicKey),
          authorityKeyId,
        },
      },
      tools.key,
    );
    return makeLeaf(certificateFromDer(der), intermediates);
  };

  const issueAuthority = async (options: IssueAuthorityOptions): Promise<Authority> => {
    const { pathLength = 0 } = options;
    if (facts.pathLength !== undefined && pathLength >= facts.pathLength)
      throw unsuitable(
        facts.subject,
        `its path length of ${facts.pathLength} has no room for an authority with ${pathLength}`,
      );
    const der = await writeAuthority(
      {
        issuer,
        subject: encodeName(options.subject),
        key: options.key,
        pathLength,
        authorityKeyId,
        validity: makeValidity(options.notBefore ?? tools.clock.now(), options.days ?? 1826, facts),
      },
      tools,
    );
    return buildAuthority(certificateFromDer(der), path, { ...tools, key: options.key });
  };

  return Object.freeze({
    certificate,
    issuers,
    trust: Object.freeze({ anchors: top.pem }),
    issue,
    issueAuthority,
    createCrl: (options: CreateCrlOptions) =>
      createCrl(options, { issuer, authorityKeyId, key: tools.key, clock: tools.clock }),
  });
}

/** What goes into a CA certificate. */
export interface AuthorityContent {
  /** DER of the names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** The new authority's own key. */
  readonly key: KeyHandle;
  readonly pathLength: number | undefined;
  /** Hex. */
  readonly authorityKeyId: string;
  readonly validity: Validity;
}

/** Signs a CA certificate with the issuer's tools; its DER. */
export function writeAuthority(content: AuthorityContent, tools: AuthorityTools): Promise<Uint8Array> {
  return writeCertificate(
    {
      serial: makeSerial(tools.random),
      issuer: content.issuer,
      subject: content.subject,
      ...content.validity,
      publicKey: content.key.publicKey,
      extensions: {
        ca: { is: true, pathLength: content.pathLength },
        keyUsage: ["keyCertSign", "cRLSign"],
        subjectKeyId: keyId(content.key.publicKey),
        authorityKeyId: content.authorityKeyId,
      },
    },
    tools.key,
  );
}

function unsuitable(subject: string, reason: string): HandfastError {
  return new HandfastError(
    "CERTIFICATE_UNSUITABLE",
    `issue certificate failed [issuer=${subject}]: ${reason}`,
  );
}
