import { isHandfastError, readCertificate } from "@handfast/core";
import { blocksOf, type Given, type Placed } from "@handfast/core/rules";
import { type CertificateInput, readCertificates } from "../certificate/read-certificates.ts";
import { textOf } from "../pem/text-of.ts";
import { type CertificateFinding, unreadable } from "./finding.ts";

/** What could be read of certificates that are to be judged, and what could not. */
export interface CertificateMaterial {
  readonly certificates: readonly Placed[];
  readonly given: Given;
  readonly findings: readonly CertificateFinding[];
}

/** So many blocks that are no certificates say that the file is no bundle; the rest of it is not looked at. */
const mostUnreadable = 20;

/** Reads certificates as far as they can be read: what can't is a finding, with its place. */
export function readMaterial(input: CertificateInput, code: string): CertificateMaterial {
  const text = textOf(input);
  const given: Given = { text };
  if (text === undefined) return { given, ...readAll(input, code) };
  const blocks = blocksOf(given);
  // a text without any block is not certificates; a damaged one is the rules' to tell
  if ("reason" in blocks) return { given, certificates: [], findings: [] };
  if (!blocks.some(({ label }) => label === "CERTIFICATE")) return { given, ...readAll(input, code) };
  const certificates: Placed[] = [];
  const findings: CertificateFinding[] = [];
  let index = 0;
  for (const { label, line, der } of blocks) {
    if (label !== "CERTIFICATE" || der === undefined) continue;
    index += 1;
    try {
      certificates.push({ facts: readCertificate(der), index, line });
    } catch (cause) {
      if (!isHandfastError(cause)) throw cause;
      findings.push(
        unreadable(code, `certificate ${index}, line ${line}, is not an X.509 certificate`, line),
      );
      if (findings.length === mostUnreadable) break;
    }
  }
  return { given, certificates, findings };
}

function readAll(
  input: CertificateInput,
  code: string,
): Pick<CertificateMaterial, "certificates" | "findings"> {
  try {
    const certificates = readCertificates(input).map(({ facts, line }, index) => ({
      facts,
      index: index + 1,
      line,
    }));
    return { certificates, findings: [] };
  } catch (cause) {
    if (!isHandfastError(cause)) throw cause;
    return { certificates: [], findings: [unreadable(code, cause.message)] };
  }
}
