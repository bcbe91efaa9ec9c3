import { connect as netConnect } from "node:net";
import type { Duplex } from "node:stream";
import { type ProbeOptions, type ProbeResult, probe } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { makeRoot } from "../world.ts";
import { httpProxy, socksProxy } from "./proxies.ts";
import { type ServerIdentity, serverIdentity, tcpServer, tlsServer } from "./servers.ts";

let server: ServerIdentity;

beforeAll(async () => {
  server = await serverIdentity(await makeRoot("behind a proxy", Date.now() - 60_000));
});

const ask = (port: number, options: Partial<ProbeOptions> = {}): Promise<ProbeResult> =>
  probe({ host: "localhost", port, timeoutMs: 5000, ...options });

const closedPort = 1;

describe("probe through a proxy", () => {
  it.each(["http", "socks5"] as const)(
    "reaches a server through %s, and lets the proxy look up the name",
    async (kind) => {
      const port = await tlsServer({ ...server, requestCert: true, rejectUnauthorized: false });
      const proxy = await (kind === "http" ? httpProxy() : socksProxy());
      const seen = await ask(port, { proxy: `${kind}://127.0.0.1:${proxy.port}`, identity: "stranger" });
      expect(seen).toMatchObject({ verdict: "accepted", asked: true, shown: true, httpStatus: 200 });
      expect(seen.headers["x-host"]).toBe(`localhost:${port}`);
      expect(proxy.asked).toEqual([kind === "http" ? `localhost:${port}` : "localhost"]);
    },
  );

  it.each(["http", "socks5"] as const)("shows its credentials to %s", async (kind) => {
    const port = await tlsServer({ ...server });
    const credentials = { user: "me", password: "p:ss@1" };
    const proxy = await (kind === "http" ? httpProxy("me:p:ss@1") : socksProxy(credentials));
    const seen = await ask(port, { proxy: `${kind}://me:p%3Ass%401@127.0.0.1:${proxy.port}` });
    expect(seen).toMatchObject({ verdict: "accepted" });
  });

  it.each([
    ["http", "wrong"],
    ["http", undefined],
    ["socks5", "wrong"],
    ["socks5", undefined],
  ] as const)("says that %s wants other credentials than %s, and no word of them", async (kind, password) => {
    const proxy = await (kind === "http"
      ? httpProxy("me:right")
      : socksProxy({ user: "me", password: "right" }));
    const user = password === undefined ? "" : `me:${password}@`;
    const seen = await ask(closedPort, { proxy: `${kind}://${user}127.0.0.1:${proxy.port}` });
    expect(seen).toMatchObject({ verdict: "inconclusive", reason: "proxy-refused" });
    expect(seen.explanation).toContain("credentials");
    expect(JSON.stringify(seen)).not.toContain("wrong");
  });

  it.each([
    ["http", "HTTP 502"],
    ["socks5", "the host refuses the connection"],
  ] as const)("says that %s does not reach the server", async (kind, why) => {
    const proxy = await (kind === "http" ? httpProxy() : socksProxy());
    const seen = await ask(closedPort, { proxy: `${kind}://127.0.0.1:${proxy.port}` });
    expect(seen).toMatchObject({ verdict: "inconclusive", reason: "proxy-refused" });
    expect(seen.explanation).toContain(why);
  });

  it.each(["http", "socks5"] as const)("says that nobody listens where %s should be", async (kind) => {
    const seen = await ask(443, { proxy: `${kind}://me:secret@127.0.0.1:${closedPort}` });
    expect(seen).toMatchObject({
      verdict: "inconclusive",
      reason: "proxy-unreachable",
      errno: "ECONNREFUSED",
    });
    expect(JSON.stringify(seen)).not.toContain("secret");
  });

  it.each([
    ["http", "speaks something else", "220 mail.example.com ESMTP\r\n", "proxy-refused"],
    ["socks5", "speaks something else", "220 mail.example.com ESMTP\r\n", "proxy-refused"],
    ["http", "closes", undefined, "proxy-refused"],
    ["socks5", "closes", undefined, "proxy-refused"],
    ["http", "says nothing", "", "connect-timeout"],
    ["socks5", "says nothing", "", "connect-timeout"],
  ] as const)("is not held up by a proxy for %s that %s", async (kind, _, says, reason) => {
    const port = await tcpServer((socket) => {
      socket.on("error", () => undefined);
      if (says === undefined) socket.end();
      else if (says !== "") socket.write(says);
    });
    const seen = await ask(443, { proxy: `${kind}://127.0.0.1:${port}`, timeoutMs: 400 });
    expect(seen).toMatchObject({ verdict: "inconclusive", reason });
  });

  it.each(["ftp://127.0.0.1", "socks4://127.0.0.1", "127.0.0.1:3128", "https://me:secret@proxy"])(
    "takes no %s, and does not repeat it",
    async (proxy) => {
      const problem = await ask(443, { proxy }).catch((error: unknown) => error);
      expect(problem).toBeInstanceOf(TypeError);
      expect(String(problem)).not.toContain("secret");
    },
  );
});

describe("probe over a given connection", () => {
  it("speaks over a stream that stands, and over one that comes later", async () => {
    const port = await tlsServer({ ...server });
    const standing = async (): Promise<Duplex> => {
      const socket = netConnect({ host: "127.0.0.1", port });
      await new Promise((resolve) => socket.once("connect", resolve));
      return socket;
    };
    const stream = await standing();
    for (const connect of [() => stream, standing]) {
      expect(await ask(closedPort, { connect })).toMatchObject({ verdict: "accepted" });
    }
    expect(stream.destroyed).toBe(true);
  });

  it("opens the way to the proxy by it", async () => {
    const port = await tlsServer({ ...server });
    const proxy = await socksProxy();
    const targets: unknown[] = [];
    const seen = await ask(port, {
      proxy: "socks5://proxy.example.com:1080",
      connect: (target) => {
        targets.push({ ...target });
        return netConnect({ host: "127.0.0.1", port: proxy.port });
      },
    });
    expect(seen).toMatchObject({ verdict: "accepted" });
    expect(targets).toEqual([{ host: "proxy.example.com", port: 1080 }]);
  });

  it("reports a connection that is refused to it", async () => {
    const seen = await ask(443, { connect: () => Promise.reject(new Error("no")) });
    expect(seen).toMatchObject({ verdict: "inconclusive", reason: "connect-failed" });
    const gone = await ask(443, {
      connect: () => netConnect({ host: "127.0.0.1", port: closedPort }).destroy(),
    });
    expect(gone).toMatchObject({ verdict: "inconclusive", reason: "connect-failed" });
  });
});
