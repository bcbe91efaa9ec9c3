import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate and its key, as PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface IssueOptions {
  /** Who signs it. Default: its own key. */
  readonly by?: Issued;
  /** A subject as openssl takes it. Default: the name as common name. */
  readonly subject?: string;
  /** @default "P-256" */
  readonly key?: "P-256" | "P-384" | "RSA-2048" | "RSA-3072" | "Ed25519";
  readonly extensions?: readonly string[];
  /** Of X.509: one that signs itself may be of the first. @default 3 */
  readonly version?: 1 | 3;
}

const keys = {
  "P-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "P-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "RSA-2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  "RSA-3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
  Ed25519: ["-algorithm", "ED25519"],
};

export const caExtensions = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];

/** A certificate for thirty days from now, made by openssl. */
export function issue(name: string, options: IssueOptions = {}): Issued {
  const {
    by,
    subject = `/CN=${name}`,
    key = "P-256",
    extensions = ["basicConstraints=critical,CA:FALSE"],
  } = options;
  return inFolder((openssl, folder) => {
    const at = (file: string): string => join(folder, file);
    writeFileSync(at("empty.cnf"), "[req]\ndistinguished_name=dn\n[dn]\n");
    if (by !== undefined) {
      writeFileSync(at("ca.pem"), by.certificate);
      writeFileSync(at("ca.key"), by.key);
    }
    openssl("genpkey", ...keys[key], "-out", "leaf.key");
    const request = ["req", "-new", "-config", "empty.cnf", "-key", "leaf.key", "-subj", subject];
    if (options.version === 1) {
      openssl(...request, "-out", "leaf.csr");
      openssl("x509", "-req", "-in", "leaf.csr", "-signkey", "leaf.key", "-days", "30", "-out", "leaf.pem");
    } else {
      openssl(
        ...[...request, "-x509", "-days", "30", "-out", "leaf.pem"],
        ...(by === undefined ? [] : ["-CA", "ca.pem", "-CAkey", "ca.key"]),
        ...extensions.flatMap((extension) => ["-addext", extension]),
      );
    }
    return { certificate: readFileSync(at("leaf.pem"), "utf8"), key: readFileSync(at("leaf.key"), "utf8") };
  });
}

/** The key as another program would have written it. */
export function rewriteKey(key: string, form: "encrypted" | "sec1" | "der"): Buffer {
  return inFolder((openssl, folder) => {
    writeFileSync(join(folder, "in.key"), key);
    const [command, ...options] = {
      encrypted: ["pkcs8", "-topk8", "-v2", "aes256", "-passout", "pass:secret"],
      sec1: ["ec"],
      der: ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"],
    }[form];
    openssl(command ?? "", ...options, "-in", "in.key", "-out", "out.key");
    return readFileSync(join(folder, "out.key"));
  });
}

function inFolder<T>(work: (openssl: (...args: string[]) => void, folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "handfast-issue-"));
  try {
    return work((...args) => void execFileSync("openssl", args, { cwd: folder, stdio: "pipe" }), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
