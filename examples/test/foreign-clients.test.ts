import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { probe } from "@handfast/pki";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { hostname, makePki, type Stack, startStack } from "../stack.ts";
import { hasProgram, runProgram } from "./run-program.ts";
import { writeSpec } from "./write-spec.ts";

const hasOpenssl = hasProgram("openssl", "version");
const hasCurl = hasProgram("curl", "--version");
const hasNginx = hasProgram("nginx", "-v");
const versions = ["1.2", "1.3"] as const;
type Version = (typeof versions)[number];
type Shown = "ours" | "a stranger's" | "nothing";

let stack: Stack;
let folder: string;

beforeAll(async () => {
  const pki = await makePki("ec");
  stack = await startStack(pki, { speed: 40 });
  folder = await mkdtemp(join(tmpdir(), "handfast-foreign-"));
  const files = {
    "site.pem": pki.site.certificate.pem,
    "root.pem": pki.root.certificate.pem,
    "server.pem": pki.server.certificate,
    "server.key": pki.server.key,
    "ours.pem": pki.leaf.chain,
    "ours.key": pki.leafKey,
    "stranger.pem": pki.stranger.chain,
    "stranger.key": pki.stranger.key,
  };
  for (const [name, text] of Object.entries(files))
    await writeFile(join(folder, name), text, { mode: 0o600 });
});

afterAll(async () => {
  await stack.close();
  await rm(folder, { recursive: true });
});

/** One request by `openssl s_client`, straight to the balancer. */
async function askByOpenssl(version: Version, shown: Shown) {
  const { host, port } = stack.balancer.front;
  const args = [
    "s_client",
    ...["-connect", `${host}:${port}`, "-servername", hostname, "-CAfile", join(folder, "site.pem")],
    ...["-verify_return_error", "-ign_eof", "-state", `-tls${version.replace(".", "_")}`],
    ...identityFiles(shown, "-cert", "-key"),
  ];
  const input = `GET / HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`;
  const { text } = await runProgram("openssl", args, { input });
  return {
    asked: /read server certificate request$/m.test(text),
    caNames: /^Acceptable client certificate CA names\n(.*)$/m.exec(text)?.[1],
    signatureAlgorithms: /^Requested Signature Algorithms: /m.test(text),
    httpStatus: /^HTTP\/1\.1 (\d+)/m.exec(text)?.[1],
    /** Of the certificate that the application was told of. */
    serial: /"serial":"(\w+)"/.exec(text)?.[1],
  };
}

/** One request by curl: straight to the balancer, or through the edge. */
async function askByCurl(to: "balancer" | "edge", version: Version, shown: Shown) {
  const { host, port } = stack[to].front;
  const args = [
    ...["--silent", "--show-error", "--verbose", "--noproxy", "*", "--cacert", join(folder, "site.pem")],
    ...["--resolve", `${hostname}:${port}:${host}`, `--tlsv${version}`, "--tls-max", version],
    ...["--write-out", "\nstatus %{http_code}\n", ...identityFiles(shown, "--cert", "--key")],
    `https://${hostname}:${port}/`,
  ];
  const { status, text } = await runProgram("curl", args);
  return {
    asked: /Request CERT \(13\)/.test(text),
    httpStatus: Number(/^status (\d+)$/m.exec(text)?.[1]),
    exit: status === 0 ? "well" : "in error",
  };
}

function identityFiles(shown: Shown, certificateFlag: string, keyFlag: string): readonly string[] {
  if (shown === "nothing") return [];
  const name = shown === "ours" ? "ours" : "stranger";
  return [certificateFlag, join(folder, `${name}.pem`), keyFlag, join(folder, `${name}.key`)];
}

/** nginx as the verifier of our root, on loopback until the test is over. */
async function startNginx(): Promise<number> {
  const port = await findFreePort();
  await writeFile(
    join(folder, "nginx.conf"),
    `daemon off; worker_processes 1; error_log stderr; pid ${folder}/nginx.pid;
    events { worker_connections 64; }
    http {
      access_log off;
      ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
      server {
        listen 127.0.0.1:${port} ssl;
        ssl_certificate ${folder}/server.pem;
        ssl_certificate_key ${folder}/server.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_client_certificate ${folder}/root.pem;
        ssl_verify_client on;
        return 200 $ssl_client_s_dn;
      }
    }`,
  );
  const child = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")], {
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill();
    await ended;
  });
  for (;;) {
    const { verdict } = await probe({ host: "127.0.0.1", port });
    if (verdict !== "inconclusive") return port;
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    await setTimeout(20);
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test.for(versions)(
  "nginx with our root accepts our leaf and refuses a stranger's and none, TLS %s",
  async (version, { skip }) => {
    skip(!hasNginx, "nginx is not installed");
    const port = await startNginx();
    const { pki } = stack;
    const ask = (identity?: { readonly chain: string; readonly key: string }) =>
      probe({
        host: "127.0.0.1",
        port,
        servername: hostname,
        ca: pki.site.certificate.pem,
        identity,
        minVersion: `TLSv${version}`,
        maxVersion: `TLSv${version}`,
        request: { method: "GET" },
      });
    const asked = { asked: true, caNames: ["CN=example.com"], protocol: `TLSv${version}` };
    const ours = await ask({ chain: pki.leaf.chain, key: pki.leafKey });
    expect(ours).toMatchObject({ ...asked, verdict: "accepted", httpStatus: 200 });
    // nginx refuses in HTTP, after the handshake: "No required SSL certificate was sent", "The SSL certificate error"
    expect(await ask(pki.stranger)).toMatchObject({ ...asked, httpStatus: 400 });
    expect(await ask()).toMatchObject({ ...asked, httpStatus: 400 });
  },
);

describe("before the rollout", () => {
  test.for(versions)(
    "openssl sees no certificate request and is served, TLS %s",
    async (version, { skip }) => {
      skip(!hasOpenssl, "openssl is not installed");
      const seen = await askByOpenssl(version, "nothing");
      expect(seen).toMatchObject({ asked: false, caNames: undefined, httpStatus: "200" });
    },
  );

  test.for(versions)("curl sees no certificate request and is served, TLS %s", async (version, { skip }) => {
    skip(!hasCurl, "curl is not installed");
    const served = { asked: false, httpStatus: 200, exit: "well" };
    expect(await askByCurl("balancer", version, "nothing")).toEqual(served);
    expect(await askByCurl("balancer", version, "a stranger's")).toEqual(served);
    expect(await askByCurl("edge", version, "nothing")).toEqual(served);
  });
});

describe("after the rollout", () => {
  beforeAll(async () => {
    const handfast = stack.handfast();
    const spec = handfast.parseSpec(writeSpec(stack, { verifier: { advertiseNames: true } }));
    const report = await handfast.apply(await handfast.plan(spec));
    expect(report.status).toBe("done");
  });

  test.for(versions)(
    "openssl is asked with our CA's name, and served with our certificate alone, TLS %s",
    async (version, { skip }) => {
      skip(!hasOpenssl, "openssl is not installed");
      const refused = { asked: true, httpStatus: undefined };
      expect(await askByOpenssl(version, "nothing")).toMatchObject(refused);
      expect(await askByOpenssl(version, "a stranger's")).toMatchObject(refused);
      expect(await askByOpenssl(version, "ours")).toEqual({
        asked: true,
        caNames: "CN = example.com",
        signatureAlgorithms: true,
        httpStatus: "200",
        serial: stack.pki.leaf.facts.serial.toUpperCase(),
      });
    },
  );

  test.for(versions)(
    "curl is asked, and served with our certificate alone, TLS %s",
    async (version, { skip }) => {
      skip(!hasCurl, "curl is not installed");
      const refused = { asked: true, httpStatus: 0, exit: "in error" };
      expect(await askByCurl("balancer", version, "nothing")).toEqual(refused);
      expect(await askByCurl("balancer", version, "a stranger's")).toEqual(refused);
      const served = { asked: true, httpStatus: 200, exit: "well" };
      expect(await askByCurl("balancer", version, "ours")).toEqual(served);
    },
  );

  test.for(versions)("curl is served through the edge, unasked, TLS %s", async (version, { skip }) => {
    skip(!hasCurl, "curl is not installed");
    expect(await askByCurl("edge", version, "nothing")).toEqual({
      asked: false,
      httpStatus: 200,
      exit: "well",
    });
  });
});
