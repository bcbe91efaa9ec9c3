import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate and its key, in PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** Whether tests that need real certificates can run; says so when not. */
export const hasOpenssl: boolean = spawnSync("openssl", ["version"]).status === 0;
if (!hasOpenssl)
  process.stdout.write("skipped: tests that make certificates, because openssl is not installed\n");

/** Runs openssl in a folder of its own and hands out what it wrote. */
export class Openssl implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "handfast-"));

  /** A self-signed certificate over P-256: a leaf, or a CA. */
  selfSigned(name: string, kind: "leaf" | "ca" = "leaf", algorithm: readonly string[] = p256): Identity {
    const [key, certificate] = [this.#path(`${name}.key`), this.#path(`${name}.pem`)];
    this.run("genpkey", ...algorithm, "-out", key);
    const ca = `basicConstraints=critical,CA:${kind === "ca" ? "TRUE" : "FALSE"}`;
    this.run(
      "req",
      "-x509",
      "-key",
      key,
      "-subj",
      `/O=Simulated/CN=${name}`,
      "-days",
      "30",
      "-addext",
      ca,
      "-out",
      certificate,
    );
    return { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
  }

  /** A signing request for a new key. */
  request(
    subject: string,
    algorithm: readonly string[] = p256,
  ): { readonly csr: string; readonly key: string } {
    const [key, csr] = [this.#path("request.key"), this.#path("request.csr")];
    this.run("genpkey", ...algorithm, "-out", key);
    this.run("req", "-new", "-key", key, "-subj", subject, "-out", csr);
    return { csr: readFileSync(csr, "utf8"), key: readFileSync(key, "utf8") };
  }

  /** Rewrites a key, e.g. `["-traditional"]`. */
  convertKey(key: string, ...options: readonly string[]): string {
    const [from, to] = [this.#path("from.key"), this.#path("to.key")];
    writeFileSync(from, key);
    this.run("pkey", "-in", from, "-out", to, ...options);
    return readFileSync(to, "utf8");
  }

  run(...words: readonly string[]): void {
    execFileSync("openssl", words, { stdio: "pipe" });
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

const p256 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
