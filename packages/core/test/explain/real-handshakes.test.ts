import { explain } from "@handfast/core";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { certificates } from "../fixtures/certificates.ts";
import {
  curl,
  has,
  nodeError,
  type Shows,
  startNginx,
  startNode,
  startOpenssl,
  writePki,
} from "./real-servers.ts";

const hasOpenssl = has("openssl", "version");
const hasCurl = has("curl", "--version");
const hasNginx = has("nginx", "-v");

const pki = writePki();
afterAll(() => pki.dispose());

const first = (symptom: Parameters<typeof explain>[0]): string | undefined =>
  explain(symptom).causes[0]?.code;

const versions = ["TLSv1.2", "TLSv1.3"] as const;

interface Case {
  readonly name: string;
  readonly options: readonly string[];
  readonly nginx: readonly string[];
  readonly shows: Shows;
  readonly cause: string;
  /** What the alert alone says, where it says less than the server's log. */
  readonly byAlert?: string;
}

const trustA = { options: ["-CAfile", "a.pem"], nginx: [`ssl_client_certificate ${pki.at("a.pem")};`] };

const cases: readonly Case[] = [
  { name: "no certificate", ...trustA, shows: "nothing", cause: "nothing-shown" },
  { name: "a stranger's", ...trustA, shows: "b1", cause: "ca-not-trusted" },
  { name: "an expired one", ...trustA, shows: "aexp", cause: "leaf-expired" },
  {
    name: "a revoked one",
    options: ["-CAfile", "a.pem", "-CRL", "crl-a-a1a2.pem", "-crl_check"],
    nginx: [...trustA.nginx, `ssl_crl ${pki.at("crl-a-a1a2.pem")};`],
    shows: "a1",
    cause: "revoked",
  },
  {
    name: "a sound one, but only the other CA has a revocation list",
    options: ["-CAfile", "ab.pem", "-CRL", "crl-b-none.pem", "-crl_check"],
    nginx: [`ssl_client_certificate ${pki.at("ab.pem")};`, `ssl_crl ${pki.at("crl-b-none.pem")};`],
    shows: "a1",
    cause: "crl-missing",
    byAlert: "ca-not-trusted",
  },
];

describe.skipIf(!hasOpenssl)("symptoms of openssl s_server", () => {
  for (const version of versions) {
    it.each(cases)(`${version}: $name`, async ({ options, shows, cause, byAlert = cause }) => {
      const flag = version === "TLSv1.2" ? "-tls1_2" : "-tls1_3";
      const server = await startOpenssl(pki, [...options, flag]);
      onTestFinished(() => server.stop());
      const { code, message } = await nodeError(server.port, shows, version);

      const told = explain({ text: message, errno: code, protocol: version });
      expect(told.causes[0]?.code, `${code} ${message}`).toBe(byAlert);
      expect(told.causes.map((one) => one.code)).toContain(cause);
      await expect.poll(() => first({ text: server.log() })).toBe(cause);
    });

    it.skipIf(!hasCurl).each(cases)(
      `${version}, curl: $name`,
      async ({ options, shows, cause, byAlert = cause }) => {
        const flag = version === "TLSv1.2" ? "-tls1_2" : "-tls1_3";
        const server = await startOpenssl(pki, [...options, flag]);
        onTestFinished(() => server.stop());
        const { code, text } = await curl(server.port, shows, pki);

        const { causes } = explain({ curl: code, text });
        // curl takes the alert certificate_expired for an error of its own, even with -k; its trace shows the alert
        const misleads = code === 60;
        expect(misleads).toBe(version === "TLSv1.2" && shows === "aexp");
        expect(causes[0]?.code, text).toBe(misleads ? "server-not-trusted" : byAlert);
        expect(causes.map((one) => one.code)).toContain(cause);

        const trace = await curl(server.port, shows, pki, ["-v"]);
        const traced = explain({ text: trace.text });
        expect(traced.causes[0]?.code, trace.text).toBe(byAlert);
        expect(traced.causes.map((one) => one.code)).toContain(cause);
      },
    );
  }
});

describe.skipIf(!hasNginx || !hasCurl)("symptoms of nginx", () => {
  it.each(cases)("$name", async ({ nginx, shows, cause }) => {
    const server = await startNginx(pki, nginx);
    onTestFinished(() => server.stop());
    const { code, text } = await curl(server.port, shows, pki, ["-i"]);
    expect(code).toBe(0);

    const { causes } = explain({ text });
    expect(causes[0]?.code, text).toBe(shows === "nothing" ? "nothing-shown" : "ca-not-trusted");
    expect(causes.map((one) => one.code)).toContain(cause);
    await expect.poll(() => first({ text: server.log() })).toBe(cause);
  });

  it("plain HTTP to a port that speaks TLS", async () => {
    const server = await startNginx(pki, trustA.nginx);
    onTestFinished(() => server.stop());
    const answer = await fetch(`http://127.0.0.1:${server.port}/`);
    expect(answer.status).toBe(400);
    expect(first({ text: await answer.text(), httpStatus: answer.status })).toBe("not-tls");
  });
});

describe("symptoms of a TLS server of Node", () => {
  it.each(versions)("%s: no certificate comes back as an alert", async (version) => {
    const server = await startNode({ ca: certificates.a, minVersion: version, maxVersion: version });
    onTestFinished(() => server.stop());
    const { code, message } = await nodeError(server.port, "nothing", version);
    expect(first({ text: message, errno: code, protocol: version })).toBe("nothing-shown");
    expect(first({ text: server.log() })).toBe("nothing-shown");
  });

  it.each(versions)("%s: a stranger's certificate comes back as a bare end", async (version) => {
    const server = await startNode({ ca: certificates.a, minVersion: version, maxVersion: version });
    onTestFinished(() => server.stop());
    const { code, message } = await nodeError(server.port, "b1", version);
    expect(code).toBe("ECONNRESET");
    const { causes } = explain({ text: message, errno: code, protocol: version, asked: true, shown: true });
    expect(causes[0]?.code).toBe("silent-refusal");
    expect(causes.map((one) => one.code)).toContain("ca-not-trusted");
    expect(causes.map((one) => one.code)).not.toContain("nothing-shown");
  });

  it("a closed port", async () => {
    const server = await startNode({ ca: certificates.a });
    await server.stop();
    const { code, message } = await nodeError(server.port, "nothing", "TLSv1.3");
    expect(first({ errno: code })).toBe("port-closed");
    expect(first({ text: message })).toBe("port-closed");
  });
});
