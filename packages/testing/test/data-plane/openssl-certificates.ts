import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Identity {
  issue(name: string, options?: IssueOptions): Identity;
  /** A CRL that lists the identities. */
  revoke(identities: readonly Identity[], options?: { last?: string; next?: string }): string;
}

export interface IssueOptions {
  readonly subject?: string;
  readonly extensions?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

export interface Workshop {
  authority(name: string, by?: Authority, extensions?: readonly string[]): Authority;
  file(name: string, content: string): string;
  remove(): void;
}

/** Whether a program is there; says so when it is not, since its tests are skipped then. */
export function has(program: string, flag = "version"): boolean {
  try {
    execFileSync(program, [flag], { stdio: "ignore" });
    return true;
  } catch {
    process.stdout.write(`skipped: the program ${program} is not installed\n`);
    return false;
  }
}

export interface Ran {
  readonly code: number;
  readonly output: string;
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], input = ""): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({
        code: typeof error?.code === "number" ? error.code : error ? -1 : 0,
        output: stdout + stderr,
      }),
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** Makes certificates with the openssl command, in a folder of its own. */
export function workshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), "handfast-certificates-"));
  let count = 0;
  const openssl = (args: readonly string[], cwd: string): void => {
    execFileSync("openssl", args, { cwd, stdio: "pipe" });
  };
  const make = (name: string, by: Authority | undefined, extensions: readonly string[]): Authority => {
    count += 1;
    const home = join(folder, `ca-${count}`);
    mkdirSync(home);
    writeFileSync(join(home, "index.txt"), "");
    writeFileSync(join(home, "index.txt.attr"), "unique_subject = no\n");
    writeFileSync(join(home, "serial"), `${(0x10 + count).toString(16)}A001\n`);
    writeFileSync(join(home, "crlnumber"), "01\n");
    writeFileSync(join(home, "ca.cnf"), config);
    const write = (file: string, content: string): void => writeFileSync(join(home, file), content);
    const read = (file: string): string => readFileSync(join(home, file), "utf8");
    const newKey = (file: string): void =>
      openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file], home);

    if (by === undefined) {
      newKey("ca.key");
      write(
        "self.cnf",
        `[req]\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n[v3]\n${extensions.join("\n")}\n`,
      );
      openssl(
        [
          "req",
          "-x509",
          "-new",
          "-config",
          "self.cnf",
          "-key",
          "ca.key",
          "-subj",
          name,
          "-days",
          "30",
          "-out",
          "ca.pem",
        ],
        home,
      );
    } else {
      const { certificate, key } = by.issue(name, { subject: name, extensions });
      write("ca.pem", certificate);
      write("ca.key", key);
    }
    let issued = 0;
    return {
      certificate: read("ca.pem"),
      key: read("ca.key"),
      issue: (common, options = {}) => {
        issued += 1;
        const leaf = `leaf-${issued}`;
        newKey(`${leaf}.key`);
        const subject = options.subject ?? `/O=Handfast/CN=${common}`;
        openssl(
          [
            "req",
            "-new",
            "-utf8",
            "-config",
            "ca.cnf",
            "-key",
            `${leaf}.key`,
            "-subj",
            subject,
            "-out",
            `${leaf}.csr`,
          ],
          home,
        );
        write(`${leaf}.ext`, `${(options.extensions ?? clientExtensions).join("\n")}\n`);
        const dates = [
          ...(options.from === undefined ? [] : ["-startdate", options.from]),
          ...(options.to === undefined ? ["-days", "30"] : ["-enddate", options.to]),
        ];
        openssl(
          [
            "ca",
            "-batch",
            "-notext",
            "-utf8",
            "-config",
            "ca.cnf",
            "-in",
            `${leaf}.csr`,
            "-extfile",
            `${leaf}.ext`,
            ...dates,
            "-out",
            `${leaf}.pem`,
          ],
          home,
        );
        return { certificate: read(`${leaf}.pem`), key: read(`${leaf}.key`) };
      },
      revoke: (identities, { last, next } = {}) => {
        for (const { certificate } of identities) {
          write("revoked.pem", certificate);
          openssl(["ca", "-config", "ca.cnf", "-revoke", "revoked.pem"], home);
        }
        const dates =
          last === undefined || next === undefined
            ? ["-crldays", "20"]
            : ["-crl_lastupdate", last, "-crl_nextupdate", next];
        openssl(["ca", "-config", "ca.cnf", "-gencrl", ...dates, "-out", "crl.pem"], home);
        return read("crl.pem");
      },
    };
  };
  return {
    authority: (name, by, extensions = caExtensions) => make(name, by, extensions),
    file: (name, content) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const config = `[ca]
default_ca = here
[here]
dir = .
database = ./index.txt
new_certs_dir = .
serial = ./serial
crlnumber = ./crlnumber
certificate = ./ca.pem
private_key = ./ca.key
default_md = sha256
policy = any
copy_extensions = none
[any]
commonName = supplied
organizationName = optional
countryName = optional
organizationalUnitName = optional
[req]
distinguished_name = dn
[dn]
`;

export const caExtensions: readonly string[] = [
  "basicConstraints=critical,CA:TRUE",
  "keyUsage=critical,keyCertSign,cRLSign",
  "subjectKeyIdentifier=hash",
];

export const clientExtensions: readonly string[] = [
  "basicConstraints=critical,CA:FALSE",
  "keyUsage=critical,digitalSignature",
  "extendedKeyUsage=clientAuth",
  "authorityKeyIdentifier=keyid",
];

export const serverExtensions = (...names: readonly string[]): readonly string[] => [
  "basicConstraints=critical,CA:FALSE",
  "keyUsage=critical,digitalSignature",
  "extendedKeyUsage=serverAuth",
  "authorityKeyIdentifier=keyid",
  `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`,
];
