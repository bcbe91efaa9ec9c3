import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { type ListenerView, type LoadBalancerNodes, loadBalancerNodes } from "../../src/index.ts";
import { handMade, listening } from "./hand-made-sources.ts";
import { has, type Identity, run, serverExtensions, workshop } from "./openssl-certificates.ts";

const shop = has("openssl") ? workshop() : undefined;
const curl = has("curl", "--version");
const made = shop && makeCertificates(shop);

function makeCertificates(bench: NonNullable<typeof shop>) {
  const servers = bench.authority("/CN=Servers");
  const root = bench.authority("/O=Handfast/CN=Clients");
  return {
    serverCa: servers.certificate,
    server: servers.issue("server", { extensions: serverExtensions("app.example.com") }),
    root,
    good: root.issue("good"),
    stranger: bench.authority("/O=Handfast/CN=Others").issue("stranger"),
  };
}

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});
afterAll(() => shop?.remove());

describe("loadBalancerNodes, connection by connection,", () => {
  if (shop === undefined || made === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const { server, serverCa, root, good, stranger } = made;
  const verify = listening({ mode: "verify", anchors: [root.certificate] });
  const file = (name: string, content: string): string => shop.file(name, content);
  const ca = file("server-ca.pem", serverCa);

  async function start(view: ListenerView, idleMs?: number) {
    const source = handMade(view);
    const balancer = await loadBalancerNodes({
      source,
      server,
      idleMs,
      target: (incoming, response) => response.end(`hello ${incoming.url}`),
    });
    running.push(balancer);
    return { source, balancer };
  }

  const get = (balancer: LoadBalancerNodes, agent: Agent): Promise<string> =>
    new Promise((resolve, reject) => {
      const sent = request(
        { ...balancer.front, servername: "app.example.com", path: "/x", ca: serverCa, agent },
        (response) => text(response).then(resolve, reject),
      );
      sent.on("error", reject);
      sent.end();
    });

  test("keeps what a connection has negotiated when the mode changes", async () => {
    const { source, balancer } = await start(listening());
    const agent = new Agent({ keepAlive: true });
    expect(await get(balancer, agent)).toBe("hello /x");
    source.set(verify);
    expect(await get(balancer, agent)).toBe("hello /x");
    expect(balancer.connections).toHaveLength(1);
    agent.destroy();
    await expect(get(balancer, new Agent())).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test.each([
    ["that has carried nothing", ""],
    ["that has carried a request", "GET / HTTP/1.1\r\nhost: app.example.com\r\n\r\n"],
  ])("ends an idle connection %s with close_notify and no error", async (_name, sent) => {
    const { balancer } = await start(listening(), 40);
    const socket = connect({ ...balancer.front, servername: "app.example.com", ca: serverCa });
    const events: string[] = [];
    for (const event of ["error", "end"]) socket.on(event, () => events.push(event));
    socket.resume();
    socket.write(sent);
    await new Promise((resolve) => socket.once("close", resolve));
    expect(events).toEqual(["end"]);
  });

  test("cuts the connections that clients keep when it is closed", async () => {
    const { balancer } = await start(listening());
    const socket = connect({ ...balancer.front, servername: "app.example.com", ca: serverCa });
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined).resume();
    await balancer.close();
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  test("lets a request that is under way take longer than the idle time", async () => {
    const balancer = await loadBalancerNodes({
      source: handMade(listening()),
      server,
      idleMs: 20,
      target: (_incoming, response) => void setTimeout(() => response.end("late"), 80),
    });
    running.push(balancer);
    expect(await get(balancer, new Agent())).toBe("late");
  });

  test.each([
    ["no certificate", { ...server, certificate: "x" }, "CERTIFICATE_UNREADABLE"],
    ["no key", { ...server, key: "x" }, "KEY_UNREADABLE"],
    ["a key of another certificate", { ...server, key: good.key }, "KEY_MISMATCH"],
  ])("refuses to be started with %s, and keeps the key to itself", async (_name, pair, code) => {
    const source = handMade<ListenerView>(listening());
    const started = loadBalancerNodes({ source, server: pair, target: () => undefined });
    const error = await started.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code });
    expect(JSON.stringify(error)).not.toContain("PRIVATE");
    expect(source.listeners()).toBe(0);
  });

  test("goes on with the other anchors when one can't be read", async () => {
    const { balancer } = await start({ ...verify, anchors: ["x", root.certificate], advertiseNames: true });
    const { output } = await sClient(balancer, "-tls1_2", ...identityArgs("good", good));
    expect(output).toContain("Verify return code: 0 (ok)");
    expect(balancer.connections.map(({ verdict }) => verdict)).toEqual(["accepted"]);
  });

  test.each([
    ["off", listening(), true],
    ["passthrough", listening({ mode: "passthrough" }), false],
    ["verify", verify, false],
  ] as const)("resumes a session only when it asks for no certificate: %s", async (_name, view, resumes) => {
    const source = handMade<ListenerView>(view);
    const balancer = await loadBalancerNodes({
      source,
      nodes: 1,
      server,
      target: (_incoming, response) => response.end(),
    });
    running.push(balancer);
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const visit = (session?: Buffer): Promise<{ session: Buffer | undefined; reused: boolean }> =>
        new Promise((resolve, reject) => {
          let ticket: Buffer | undefined;
          const socket = connect({
            ...balancer.front,
            servername: "app.example.com",
            ca: serverCa,
            cert: good.certificate,
            key: good.key,
            minVersion: version,
            maxVersion: version,
            session,
          });
          let reused = false;
          socket.on("session", (given) => {
            ticket = given;
          });
          socket.once("secureConnect", () => {
            reused = socket.isSessionReused();
            socket.write("GET / HTTP/1.1\r\nhost: app.example.com\r\nconnection: close\r\n\r\n");
          });
          socket.on("error", reject);
          socket.resume();
          socket.once("close", () => resolve({ session: ticket, reused }));
        });
      const { session } = await visit();
      expect((await visit(session)).reused).toBe(resumes);
    }
  });

  const sClient = (balancer: LoadBalancerNodes, ...more: readonly string[]) => {
    const { host, port } = balancer.front;
    const to = ["-connect", `${host}:${port}`, "-servername", "app.example.com", "-CAfile", ca];
    return run("openssl", ["s_client", ...to, ...more], "");
  };
  const identityArgs = (name: string, { certificate, key }: Identity): string[] => [
    "-cert",
    file(`${name}.pem`, certificate),
    "-key",
    file(`${name}.key`, key),
  ];

  test.each([
    ["off", listening(), "asks for nothing"],
    ["passthrough", listening({ mode: "passthrough" }), "asks without names"],
    ["verify", verify, "asks without names"],
    ["verify with names", { ...verify, advertiseNames: true }, "asks with names"],
    ["off with names", listening({ advertiseNames: true }), "asks for nothing"],
  ])("asks openssl s_client for a certificate by mode: %s", async (_name, view, expected) => {
    const { balancer } = await start(view);
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const { output } = await sClient(balancer, version, ...identityArgs("good", good));
      expect(output).toContain("Verify return code: 0 (ok)");
      const names = /Acceptable client certificate CA names\n(.*)\n/.exec(output)?.[1];
      const asks =
        output.includes("Requested Signature Algorithms") || output.includes("Client Certificate Types");
      const found = names === undefined ? "asks without names" : "asks with names";
      expect(asks ? found : "asks for nothing").toBe(expected);
      if (names !== undefined) expect(names).toBe("O = Handfast, CN = Clients");
    }
  });

  test.skipIf(!curl)("answers curl with a good certificate and resets it with another or none", async () => {
    const { balancer } = await start(verify);
    const { port } = balancer.front;
    const fetchBy = (version: string, identity?: [string, Identity]) =>
      run("curl", [
        ...["-sS", "--noproxy", "*", "--cacert", ca, version, "--tls-max", version.replace("--tlsv", "")],
        ...["--connect-to", `app.example.com:443:127.0.0.1:${port}`],
        ...(identity === undefined
          ? []
          : identityArgs(...identity).map((arg) => (arg.startsWith("-") ? `-${arg}` : arg))),
        "https://app.example.com/hi",
      ]);
    for (const version of ["--tlsv1.2", "--tlsv1.3"]) {
      expect(await fetchBy(version, ["good", good])).toEqual({ code: 0, output: "hello /hi" });
      // 35: the handshake failed; 56: reading failed; 55: writing failed.
      const codes = version === "--tlsv1.2" ? [35] : [55, 56];
      expect(codes).toContain((await fetchBy(version)).code);
      expect(codes).toContain((await fetchBy(version, ["stranger", stranger])).code);
    }
  });
});
