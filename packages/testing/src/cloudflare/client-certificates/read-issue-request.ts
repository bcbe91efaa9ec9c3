import { createPublicKey } from "node:crypto";
import { children, type DerNode, eachChild, readBlocks, readOid } from "@handfast/core/certificates";
import { readSigningRequest, type SigningRequest } from "../../issuing/signing-request.ts";
import type { Refusal } from "../envelope.ts";
import { isObject } from "../route.ts";
import type { ClientSubject } from "./models.ts";
import { refusals } from "./refusals.ts";

/** A request for a client certificate that passed. */
export interface IssueRequest {
  readonly kind: "request";
  readonly csr: string;
  /** DER of the name. */
  readonly subjectDer: Uint8Array;
  readonly subject: ClientSubject;
  /** SPKI DER. */
  readonly publicKey: Uint8Array;
  readonly validityDays: number;
}

/** Ten years: the most that the dashboard offers. */
const mostDays = 3650;

/** Reads the body of the POST: one signing request in PEM, signed by its own key, and a whole number of days. */
export function readIssueRequest(body: unknown): IssueRequest | Refusal {
  if (!isObject(body)) return refusals.bodyInvalid;
  const { csr, validity_days: days } = body;
  if (typeof csr !== "string") return refusals.csrInvalid;
  const valid = typeof days === "number" && Number.isInteger(days) && days >= 1 && days <= mostDays;
  if (!valid) return refusals.validityInvalid;
  const request = readRequest(csr);
  if (request === undefined || !request.isSigned || !isSupported(request.publicKey))
    return refusals.csrInvalid;
  return {
    kind: "request",
    csr,
    subjectDer: request.subject.whole,
    subject: readSubject(request.subject),
    publicKey: request.publicKey,
    validityDays: days,
  };
}

function readRequest(pem: string): SigningRequest | undefined {
  const blocks = readBlocks(pem);
  const [block] = "reason" in blocks ? [] : blocks;
  if (block?.der === undefined || block.label !== "CERTIFICATE REQUEST") return undefined;
  try {
    return readSigningRequest(block.der);
  } catch {
    return undefined;
  }
}

function isSupported(publicKey: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
  const { modulusLength = 0, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "rsa") return modulusLength >= 2048;
  return key.asymmetricKeyType === "ec" && ["prime256v1", "secp384r1", "secp521r1"].includes(namedCurve);
}

const attributes: Readonly<Record<keyof ClientSubject, string>> = {
  common_name: "2.5.4.3",
  country: "2.5.4.6",
  state: "2.5.4.8",
  location: "2.5.4.7",
  organization: "2.5.4.10",
  organizational_unit: "2.5.4.11",
};

/** The first value of each type; empty where the name has none. */
function readSubject(name: DerNode): ClientSubject {
  const first = new Map<string, string>();
  for (const relative of eachChild(name))
    for (const attribute of eachChild(relative)) {
      const [type, value] = children(attribute);
      if (type === undefined || value === undefined) continue;
      const oid = readOid(type);
      if (!first.has(oid)) first.set(oid, Buffer.from(value.value).toString("utf8"));
    }
  const valueFor = (field: keyof ClientSubject): string => first.get(attributes[field]) ?? "";
  return {
    common_name: valueFor("common_name"),
    country: valueFor("country"),
    state: valueFor("state"),
    location: valueFor("location"),
    organization: valueFor("organization"),
    organizational_unit: valueFor("organizational_unit"),
  };
}
