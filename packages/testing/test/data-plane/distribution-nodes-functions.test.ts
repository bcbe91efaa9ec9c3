import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { OcspResponder } from "../../src/data-plane/certificate-status.ts";
import { makeConnectionEvent } from "../../src/data-plane/connection-event.ts";
import { type DistributionNodesOptions, distributionNodes } from "../../src/data-plane/distribution-nodes.ts";
import type { Address } from "../../src/data-plane/loopback.ts";
import { originServer } from "../../src/data-plane/origin-server.ts";
import { requestDirectly } from "../../src/data-plane/request-directly.ts";
import type { DistributionView } from "../../src/data-plane/sources.ts";
import { checking, distributing, makeCertificates } from "./distribution-certificates.ts";
import { handMade, handTurned } from "./hand-made-sources.ts";
import { has, type Identity, workshop } from "./openssl-certificates.ts";

const shop = has("openssl") ? workshop() : undefined;
const made = shop && makeCertificates(shop);

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0).reverse()) await close();
});
afterAll(() => shop?.remove());

const arn = "arn:aws:cloudfront::111122223333:key-value-store/11111111-2222-3333-4444-555555555555";
const handler = (body: string): string =>
  `import cf from 'cloudfront';\nasync function connectionHandler(connection) { ${body} }`;
/** Lets in who is on no list, and says in the log what it saw. */
const listed = handler(`
  if (!connection.clientCertificate) { connection.logCustomData("none"); return connection.allow(); }
  const { serialNumber } = connection.clientCertificate.certificates.leaf;
  connection.logCustomData(serialNumber);
  if (await cf.kvs().exists(serialNumber.replaceAll(":", ""))) return connection.deny();
  connection.allow();`);
const functionOf = (code: string, keyValueStore?: string): DistributionView["connectionFunction"] => ({
  name: "f",
  code,
  keyValueStore,
});

describe("distributionNodes with a connection function", () => {
  if (shop === undefined || made === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const { root, good, next, stranger, responding, expired, viaSecond } = made;

  async function start(view: Partial<DistributionView>, options: Partial<DistributionNodesOptions> = {}) {
    const origin = await originServer();
    const source = handMade(distributing(view));
    const edge = await distributionNodes({
      source,
      nodes: 1,
      server: made?.server ?? { certificate: "", key: "" },
      resolve: () => origin,
      ...options,
    });
    running.push(origin, edge);
    const ask = (identity?: Identity, to: Address = edge.front, protocol?: "TLSv1.2" | "TLSv1.3") =>
      requestDirectly({ ...to, servername: "app.example.com", ca: made?.serverCa, identity, protocol });
    return { source, edge, ask };
  }
  const serialOf = ({ certificate }: Identity): string =>
    makeConnectionEvent({ certificates: [certificate] }).clientCertificate?.certificates.leaf.serialNumber ??
    "";
  const keyOf = (identity: Identity): string => serialOf(identity).replaceAll(":", "");

  const viewers = {
    off: { mode: "off" },
    passthrough: { mode: "passthrough" },
    optional: checking("optional", [root]),
    required: checking("required", [root]),
  } as const satisfies Record<string, DistributionView["viewer"]>;
  const serials = { good: serialOf(good), next: serialOf(next), stranger: serialOf(stranger) };
  test.each([
    ["off", "nothing", undefined, "accepted", undefined],
    ["off", "a listed one", next, "accepted", undefined],
    ["passthrough", "nothing", undefined, "accepted", "none"],
    ["passthrough", "a stranger's", stranger, "accepted", serials.stranger],
    ["passthrough", "a listed one", next, "ConnectionFunctionDenied", serials.next],
    ["optional", "nothing", undefined, "accepted", "none"],
    ["optional", "a good one", good, "accepted", serials.good],
    ["optional", "a stranger's", stranger, "ClientCertUntrusted", undefined],
    ["optional", "a listed one", next, "ConnectionFunctionDenied", serials.next],
    ["required", "nothing", undefined, "ClientCertMissing", undefined],
    ["required", "a good one", good, "accepted", serials.good],
    ["required", "an expired one", expired, "ClientCertExpired", undefined],
    ["required", "a listed one", next, "ConnectionFunctionDenied", serials.next],
  ] as const)("runs it by mode and certificate: %s, %s", async (mode, _name, identity, expected, logged) => {
    const { edge, ask } = await start(
      { viewer: viewers[mode], connectionFunction: functionOf(listed, arn) },
      { keyValues: () => handMade(new Map([[keyOf(next), ""]])) },
    );
    for (const protocol of ["TLSv1.2", "TLSv1.3"] as const) {
      const answer = await ask(identity, edge.front, protocol);
      const refusedAt = protocol === "TLSv1.2" ? "handshake" : "answer";
      if (expected === "accepted") expect(answer).toMatchObject({ kind: "answered", status: 200 });
      else expect(answer).toEqual({ kind: "refused", at: refusedAt, code: "ECONNRESET" });
      const record = edge.connections.at(-1);
      expect(record?.reason ?? record?.verdict).toBe(expected);
      expect(record?.customData).toBe(logged);
    }
  });

  test.each([
    ["decides nothing", handler(""), undefined],
    ["throws", handler("connection.allow(); throw new Error('x');"), "Error: x"],
    ["never ends", handler("connection.allow(); for (;;);"), "Error: Script execution timed out after 50ms"],
    ["is no JavaScript", "{", "SyntaxError: Unexpected token ')'"],
    [
      "reads a store that it has not",
      handler("cf.kvs(); connection.allow();"),
      "Error: no key value store is associated with the function",
    ],
  ])("refuses everybody when it %s", async (name, code, error) => {
    const { edge, ask } = await start(
      { viewer: viewers.optional, connectionFunction: functionOf(code) },
      { functionMs: name === "never ends" ? 50 : undefined },
    );
    expect(await ask(good)).toMatchObject({ kind: "refused" });
    expect(edge.connections).toMatchObject([{ reason: "ConnectionFunctionError" }]);
    expect(edge.connections[0]?.functionError).toBe(error);
  });

  test("tells it who connects to what", async () => {
    const code = handler(`
      const { connectionId, clientIp, endpoint, distributionId, clientCertificate } = connection;
      const { leaf, intermediates = [] } = clientCertificate.certificates;
      connection.logCustomData(JSON.stringify([connectionId, clientIp, endpoint, distributionId,
        leaf.subject, intermediates.length, clientCertificate.revocationStatus ?? null, Date.now()]));
      connection.allow();`);
    const clock = handTurned();
    const { edge, ask } = await start(
      { viewer: viewers.required, connectionFunction: functionOf(code) },
      { distributionId: "E1", clock },
    );
    await ask(viaSecond);
    await ask(good);
    const [first, second] = edge.connections;
    const subject = (identity: Identity): string =>
      makeConnectionEvent({ certificates: [identity.certificate] }).clientCertificate?.certificates.leaf
        .subject ?? "";
    const known = ["127.0.0.1", "d1.cloudfront.net", "E1"];
    expect(JSON.parse(first?.customData ?? "")).toEqual([
      first?.id,
      ...known,
      subject(viaSecond),
      2,
      null,
      clock.now(),
    ]);
    expect(JSON.parse(second?.customData ?? "")).toEqual([
      second?.id,
      ...known,
      subject(good),
      0,
      null,
      clock.now(),
    ]);
    expect(first?.id).not.toBe(second?.id);
  });

  const says = handler(`
    const { chainValidity, certificates } = connection.clientCertificate.revocationStatus;
    connection.logCustomData([chainValidity, certificates.leaf.status, certificates.leaf.errorType].join(" "));
    connection.allow();`);
  const told: [string, OcspResponder | undefined, Identity, string, string | undefined][] = [
    ["good", () => "good", responding, "accepted", "Valid Good "],
    ["revoked", () => "revoked", responding, "accepted", "Invalid Revoked "],
    ["unknown", () => "unknown", responding, "accepted", "Unknown Unknown "],
    ["nothing", undefined, responding, "accepted", "Unknown Error InternalError"],
    ["good, of a certificate that names no responder", () => "good", good, "ClientCertRejected", undefined],
  ];
  test.each(told)(
    "has the last word about responders: %s",
    async (_name, ocspResponder, identity, expected, logged) => {
      const { edge, ask } = await start(
        { viewer: checking("required", [root], { ocsp: true }), connectionFunction: functionOf(says) },
        { ocspResponder },
      );
      await ask(identity);
      const record = edge.connections[0];
      expect(record?.reason ?? record?.verdict).toBe(expected);
      expect(record?.customData).toBe(logged);
    },
  );

  test("sees a change of its store on each node in the node's own time, however the distribution lags", async () => {
    const clock = handTurned();
    const store = handMade<ReadonlyMap<string, string>>(new Map());
    const view = { viewer: viewers.required, connectionFunction: functionOf(listed, arn) };
    const keyValues = (named: string) => (named === arn ? store : undefined);
    const { edge, ask } = await start(view, { nodes: 2, clock, keyValues, lag: () => 60_000 });
    const served = async (): Promise<string> => {
      const answers = await Promise.all(edge.nodes.map((node) => ask(good, node)));
      return answers.map(({ kind }) => kind).join();
    };
    expect(await served()).toBe("answered,answered");
    store.set(new Map([[keyOf(good), ""]]));
    expect(await served()).toBe("refused,answered");
    expect(edge.nodes.map((node) => node.pending())).toEqual([0, 1]);
    clock.turn(999);
    store.set(new Map());
    expect(await served()).toBe("answered,answered");
    clock.turn(1);
    expect(await served()).toBe("answered,refused");
    clock.turn(999);
    expect(await served()).toBe("answered,answered");
    await edge.close();
    expect(store.listeners()).toBe(0);
  });

  test("follows a store from the moment at which the distribution names it", async () => {
    const clock = handTurned();
    const store = handMade<ReadonlyMap<string, string>>(new Map());
    const { edge, source, ask } = await start(
      { viewer: viewers.required },
      { clock, keyValues: () => store, keyValueLag: () => 5_000 },
    );
    expect(store.listeners()).toBe(0);
    source.set(distributing({ viewer: viewers.required, connectionFunction: functionOf(listed, arn) }));
    expect(store.listeners()).toBe(1);
    store.set(new Map([[keyOf(good), ""]]));
    expect(await ask(good)).toMatchObject({ kind: "answered" });
    clock.turn(5_000);
    expect(await ask(good)).toMatchObject({ kind: "refused" });
    expect(edge.connections.map(({ customData }) => customData)).toEqual(Array(2).fill(serials.good));
  });

  test("refuses when the function's store is nobody's", async () => {
    const { edge, ask } = await start({
      viewer: viewers.required,
      connectionFunction: functionOf(listed, arn),
    });
    expect(await ask(good)).toMatchObject({ kind: "refused" });
    expect(edge.connections[0]?.reason).toBe("ConnectionFunctionError");
  });
});
