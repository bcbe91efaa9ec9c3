import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether the openssl command is there; when not, the tests that need it say so and are skipped. */
export const hasOpenssl = ((): boolean => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    process.stderr.write("skipped: the openssl command is missing, so no certificates can be made\n");
    return false;
  }
})();

const inFolder = <T>(work: (run: (...args: string[]) => void, folder: string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), "handfast-"));
  try {
    return work((...args) => void execFileSync("openssl", args, { cwd: folder, stdio: "ignore" }), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const keys: Record<string, string[]> = {
  "P-256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "P-521": ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
  secp256k1: ["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
  "RSA-1024": ["rsa:1024"],
  "RSA-2048": ["rsa:2048"],
  Ed25519: ["ed25519"],
};

/** A self-signed certificate as PEM, ending in one newline. */
export function selfSigned(
  name: string,
  options: { key?: keyof typeof keys; digest?: string; extensions?: readonly string[] } = {},
): string {
  const extensions = options.extensions ?? [
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=critical,keyCertSign,cRLSign",
  ];
  return inFolder((run, folder) => {
    writeFileSync(join(folder, "empty.cnf"), "[req]\ndistinguished_name=dn\n[dn]\n");
    run(
      ...[
        "req",
        "-x509",
        "-config",
        "empty.cnf",
        "-nodes",
        "-newkey",
        ...(keys[options.key ?? "P-256"] ?? []),
      ],
      ...["-keyout", "key.pem", "-out", "cert.pem", "-subj", `/CN=${name}`, "-days", "365"],
      ...(options.digest === undefined ? [] : [`-${options.digest}`]),
      ...extensions.flatMap((extension) => ["-addext", extension]),
    );
    return readFileSync(join(folder, "cert.pem"), "utf8");
  });
}

/** A self-signed X.509v1 certificate as PEM. */
export function version1(name: string): string {
  return inFolder((run, folder) => {
    writeFileSync(join(folder, "empty.cnf"), "[req]\ndistinguished_name=dn\n[dn]\n");
    run(
      "req",
      "-new",
      "-config",
      "empty.cnf",
      "-nodes",
      "-newkey",
      ...(keys["P-256"] ?? []),
      "-keyout",
      "key.pem",
      "-out",
      "csr.pem",
      "-subj",
      `/CN=${name}`,
    );
    run("x509", "-req", "-in", "csr.pem", "-signkey", "key.pem", "-out", "cert.pem", "-days", "365");
    return readFileSync(join(folder, "cert.pem"), "utf8");
  });
}

/** A CRL as PEM that revokes serial numbers 1 to `entries`. */
export function revocationList(name: string, entries: number): string {
  return inFolder((run, folder) => {
    writeFileSync(
      join(folder, "ca.cnf"),
      "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n[req]\ndistinguished_name=dn\n[dn]\n",
    );
    const revoked = Array.from({ length: entries }, (_, index) => {
      const serial = (index + 1).toString(16).toUpperCase().padStart(2, "0");
      return `R\t361231235959Z\t260101000000Z\t${serial.length % 2 ? `0${serial}` : serial}\tunknown\t/CN=client\n`;
    });
    writeFileSync(join(folder, "index.txt"), revoked.join(""));
    run(
      "req",
      "-x509",
      "-config",
      "ca.cnf",
      "-nodes",
      "-newkey",
      ...(keys["P-256"] ?? []),
      "-keyout",
      "key.pem",
      "-out",
      "cert.pem",
      "-subj",
      `/CN=${name}`,
      "-days",
      "365",
    );
    run("ca", "-gencrl", "-config", "ca.cnf", "-keyfile", "key.pem", "-cert", "cert.pem", "-out", "crl.pem");
    return readFileSync(join(folder, "crl.pem"), "utf8");
  });
}
