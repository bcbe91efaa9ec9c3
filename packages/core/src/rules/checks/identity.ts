import type { CertificateFacts } from "../../certificate/facts.ts";
import { isIssuedBy, partsOf } from "../../certificate/read-certificate.ts";
import { children, readDer, readOid } from "../../certificate/read-der.ts";
import { pemLength } from "../pem-length.ts";
import type { Checks, Placed } from "../rule.ts";
import { about, certificateChecks, nameOf } from "./certificate.ts";
import { textChecks } from "./text.ts";

const clientAuth = "1.3.6.1.5.5.7.3.2";

/** Checks of what is shown: a leaf, its chain and its key. What is asked of key and signature is asked of the leaf alone. */
export const identityChecks: Checks<"identity"> = {
  ...certificateChecks,
  ...textChecks("CERTIFICATE"),
  *"certificate-too-large"(material, most) {
    yield* certificateChecks["certificate-too-large"](leafOf(material), most);
  },
  *"key-unsuitable"(material, limits) {
    yield* certificateChecks["key-unsuitable"](leafOf(material), limits);
  },
  *"signature-unsuitable"(material, limits) {
    yield* certificateChecks["signature-unsuitable"](leafOf(material), limits);
  },
  *"certificate-is-ca"({ certificates: [leaf] }) {
    // certificates of version 1 say nothing of it, and node:crypto counts a self-signed one as a CA
    if (leaf?.facts.ca)
      yield about(
        leaf,
        "is a CA certificate",
        "issue a leaf from it, with CA:FALSE and the usage clientAuth",
      );
  },
  *"leaf-without-client-auth"({ certificates: [leaf] }, how) {
    const usages = leaf?.facts.extendedKeyUsage;
    if (leaf === undefined || usages?.includes(clientAuth) || (usages === undefined && how === "allowed"))
      return;
    yield about(
      leaf,
      usages === undefined
        ? `does not say that it is for client authentication (extended key usage ${clientAuth})`
        : "has an extended key usage without clientAuth",
      "issue it for clients: extended key usage clientAuth",
    );
  },
  *"lacks-digital-signature"({ certificates: [leaf] }, { oneOf, named }) {
    const usage = leaf?.facts.keyUsage;
    if (leaf === undefined || (usage === undefined ? !named : usage.some((one) => oneOf.includes(one))))
      return;
    yield about(
      leaf,
      usage === undefined
        ? "has no key usage"
        : "has a key usage without digitalSignature, which TLS clients sign with",
      "issue it anew with digitalSignature",
    );
  },
  *"empty-issuer"({ certificates: [leaf] }) {
    if (leaf?.facts.issuer === "")
      yield about(leaf, "has an empty issuer", "issue it from a CA that has a subject");
  },
  *"ocsp-url-too-long"({ certificates: [leaf] }, most) {
    const longest =
      leaf === undefined ? 0 : Math.max(0, ...responderUrls(leaf.facts).map(({ length }) => length));
    if (leaf !== undefined && longest > most)
      yield about(
        leaf,
        `names an OCSP responder by a URL of ${longest} characters, more than ${most}`,
        "issue it anew with a shorter URL",
      );
  },
  *"empty-subject"({ certificates: [leaf] }) {
    if (leaf?.facts.subject === "") yield about(leaf, "has an empty subject", "issue it anew with a subject");
  },
  *"names-no-ocsp-responder"({ certificates, anchors = [] }) {
    for (const certificate of certificates) {
      const { facts } = certificate;
      if (facts.namesOcspResponder || isRoot(facts) || anchors.includes(facts.sha256)) continue;
      yield about(
        certificate,
        "names no OCSP responder",
        "issue it anew with the responder's URL (authority information access, RFC 5280, 4.2.2.1)",
      );
    }
  },
  *"chain-broken"({ certificates }) {
    for (const [index, above] of certificates.entries()) {
      const below = certificates[index - 1];
      if (below === undefined || (above.facts.ca && isIssuedBy(below.facts, above.facts))) continue;
      yield about(
        above,
        `follows ${nameOf(below)} and did not issue it`,
        "put the leaf first and each issuer behind what it issued, and leave out what does not belong there (RFC 8446, 4.4.2)",
      );
      return;
    }
  },
  *"chain-missing"({ certificates }) {
    const [leaf] = certificates;
    if (leaf !== undefined && certificates.length === 1 && !leaf.facts.selfIssued)
      yield about(
        leaf,
        `comes without the certificate of ${leaf.facts.issuer}, which issued it`,
        "append the certificate of the CA that issued it to the identity's certificates, be it a root",
      );
  },
  *"chain-undocumented"({ certificates: [leaf, ...chain] }) {
    if (leaf !== undefined && chain.length > 0)
      yield about(
        leaf,
        `comes with ${chain.length} intermediate(s)`,
        "put the intermediates among the verifier's anchors and leave them out of the identity",
      );
  },
  *"chain-holds-root"({ certificates }) {
    for (const certificate of certificates.slice(1))
      if (certificate.facts.selfIssued)
        yield about(
          certificate,
          "is a root in the chain",
          "leave it out of the identity's chain: the verifier has it as its anchor",
        );
  },
  *"chain-too-long"({ certificates }, most) {
    const [leaf] = certificates;
    const last = certificates.at(-1);
    if (leaf === undefined || last === undefined) return;
    const length = certificates.length + (last.facts.selfIssued ? 0 : 1);
    if (length > most)
      yield about(
        leaf,
        `is ${length} certificates or more from its root, both counted, more than ${most}`,
        "issue it from an authority nearer to the root",
      );
  },
  *"chain-too-large"({ certificates }, most) {
    const size = certificates.reduce((sum, { facts }) => sum + pemLength(facts.der), 0);
    const [leaf] = certificates;
    if (leaf !== undefined && size > most)
      yield about(leaf, `and its chain take ${size} bytes as PEM, more than ${most}`, "issue smaller ones");
  },
  *"key-family-differs"({ certificates: [leaf, issuer] }) {
    if (leaf === undefined || issuer === undefined || leaf.facts.keyType === issuer.facts.keyType) return;
    yield about(
      leaf,
      `has a key of ${leaf.facts.key} and its issuer one of ${issuer.facts.key}`,
      "issue it from a CA whose key is of the same family",
    );
  },
  *"path-too-long"({ certificates }) {
    for (const [index, certificate] of certificates.entries()) {
      const { pathLength } = certificate.facts;
      // the leaf does not count, nor do authorities that issued to themselves (RFC 5280, 4.2.1.9)
      const below = certificates.slice(1, index).filter(({ facts }) => !facts.selfIssued).length;
      if (index > 0 && pathLength !== undefined && below > pathLength)
        yield about(
          certificate,
          `allows ${pathLength} authorities below it, and there are ${below}`,
          "issue the leaf from an authority nearer to the root",
        );
    }
  },
  *"key-mismatch"({ certificates: [leaf], key }) {
    if (leaf !== undefined && key?.spki !== undefined && key.spki !== leaf.facts.spki)
      yield about(leaf, "has another key than the one given", "give the key that the request was made with");
  },
  *"key-encrypted"({ key }) {
    if (key?.encrypted) yield { what: "the key is encrypted", mend: "give it decrypted, by a handle" };
  },
  *"key-with-parameters"({ key }) {
    if (key?.withParameters)
      yield {
        what: "an EC PARAMETERS block stands before the key",
        mend: "take the block out; the key names its curve itself",
      };
  },
  *"key-too-large"({ key }, most) {
    if (key?.bytes !== undefined && key.bytes > most)
      yield { what: `the key takes ${key.bytes} bytes as PEM, more than ${most}`, mend: "use a smaller key" };
  },
};

function leafOf({ certificates }: { readonly certificates: readonly Placed[] }) {
  return { certificates: certificates.slice(0, 1) };
}

function responderUrls(facts: CertificateFacts): readonly string[] {
  const access = partsOf(facts).extensions.get("1.3.6.1.5.5.7.1.1");
  if (access === undefined) return [];
  return children(readDer(access)).flatMap((one) => {
    const [method, location] = children(one);
    if (method === undefined || readOid(method) !== "1.3.6.1.5.5.7.48.1" || location?.tag !== 0x86) return [];
    return [Buffer.from(location.value).toString("latin1")];
  });
}

function isRoot(facts: CertificateFacts): boolean {
  return facts.selfIssued && isIssuedBy(facts, facts);
}
