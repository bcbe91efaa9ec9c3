import { X509Certificate } from "node:crypto";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import {
  type DirectAnswer,
  type ListenerView,
  type LoadBalancerNodes,
  type LoadBalancerOptions,
  loadBalancerNodes,
  originServer,
  type RefusalReason,
  requestDirectly,
} from "../../src/index.ts";
import { handMade, handTurned, listening } from "./hand-made-sources.ts";
import {
  clientExtensions,
  has,
  type Identity,
  run,
  serverExtensions,
  workshop,
} from "./openssl-certificates.ts";

const installed = has("openssl");
const shop = installed ? workshop() : undefined;
const made = shop && makeCertificates(shop);

function makeCertificates(bench: NonNullable<typeof shop>) {
  const servers = bench.authority("/CN=Servers");
  const root = bench.authority("/O=Handfast/CN=Clients");
  const issuing = bench.authority("/O=Handfast/CN=Issuing", root);
  const second = bench.authority("/CN=Second issuing", issuing);
  const third = bench.authority("/CN=Third issuing", second);
  const good = root.issue("good");
  const revoked = root.issue("revoked");
  const viaIssuing = issuing.issue("via issuing");
  const chained = (leaf: Identity, ...chain: readonly Identity[]): Identity => ({
    certificate: [leaf, ...chain].map(({ certificate }) => certificate).join(""),
    key: leaf.key,
  });
  return {
    serverCa: servers.certificate,
    server: servers.issue("server", { extensions: serverExtensions("app.example.com") }),
    root,
    issuing,
    good,
    revoked,
    stranger: bench.authority("/O=Handfast/CN=Clients").issue("stranger"),
    expired: root.issue("expired", { from: "20200101000000Z", to: "20200201000000Z" }),
    future: root.issue("future", { from: "20480101000000Z", to: "20490101000000Z" }),
    serverOnly: root.issue("server only", { extensions: serverExtensions("x.example.com") }),
    noPurpose: root.issue("no purpose", { extensions: ["basicConstraints=CA:FALSE"] }),
    noSignature: root.issue("no signature", { extensions: ["keyUsage=critical,keyEncipherment"] }),
    viaIssuing: chained(viaIssuing, issuing),
    viaIssuingAlone: viaIssuing,
    viaSecond: chained(second.issue("via second"), second, issuing),
    viaThird: chained(third.issue("via third"), third, second, issuing),
    underLeaf: chained(bench.authority("/CN=No CA", root, clientExtensions).issue("under leaf"), good),
    odd: root.issue("odd", { subject: '/C=DE/O=A, B + "C"/OU=\\#1 <x>;/CN= Zoë' }),
    crl: root.revoke([revoked]),
    issuingCrl: issuing.revoke([]),
    staleCrl: root.revoke([], { last: "20200101000000Z", next: "20200201000000Z" }),
    otherCrl: bench.authority("/O=Handfast/CN=Clients").revoke([]),
  };
}

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { close } of running.splice(0)) await close();
});
afterAll(() => shop?.remove());

async function start(
  view: ListenerView,
  options: Partial<LoadBalancerOptions> = {},
): Promise<{ balancer: LoadBalancerNodes; source: ReturnType<typeof handMade<ListenerView>> }> {
  if (made === undefined) throw new Error("no certificates");
  const source = handMade(view);
  const target: LoadBalancerOptions["target"] = (request, response) =>
    response.end(JSON.stringify(request.headers));
  const balancer = await loadBalancerNodes({ source, nodes: 1, server: made.server, target, ...options });
  running.push(balancer);
  return { balancer, source };
}

const ask = (
  to: { host: string; port: number },
  identity?: Identity,
  more: Partial<Parameters<typeof requestDirectly>[0]> = {},
): Promise<DirectAnswer> =>
  requestDirectly({ ...to, servername: "app.example.com", ca: made?.serverCa, identity, ...more });

const protocols = ["TLSv1.2", "TLSv1.3"] as const;

describe("loadBalancerNodes", () => {
  if (made === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const certificates = made;
  const { root, issuing, crl, issuingCrl, staleCrl, otherCrl } = certificates;
  const verify = (more: Partial<ListenerView> = {}): ListenerView =>
    listening({ mode: "verify", anchors: [root.certificate], ...more });
  const checking = verify({ crls: [crl] });

  type Shown = Identity | undefined;
  const cases: [string, ListenerView, Shown, "accepted" | RefusalReason][] = [];
  const shown: [string, Shown, "accepted" | RefusalReason][] = [
    ["no certificate", undefined, "UnmappedConnectionError"],
    ["a good one", certificates.good, "accepted"],
    ["a stranger's of the same issuer name", certificates.stranger, "ClientCertUntrusted"],
    ["an expired one", certificates.expired, "ClientCertExpired"],
    ["a revoked one", certificates.revoked, "ClientCertCrlHit"],
    ["one for servers only", certificates.serverOnly, "ClientCertPurposeInvalid"],
  ];
  for (const [name, identity, verdict] of shown) {
    cases.push([`off, ${name}`, listening(), identity, "accepted"]);
    cases.push([`passthrough, ${name}`, listening({ mode: "passthrough" }), identity, "accepted"]);
    cases.push([`verify, ${name}`, checking, identity, verdict]);
  }
  const bothAnchors = [root.certificate, issuing.certificate];
  cases.push(
    ["verify, one not valid yet", verify(), certificates.future, "ClientCertNotYetValid"],
    ["verify ignoring expiry, expired", verify({ ignoreExpiry: true }), certificates.expired, "accepted"],
    [
      "verify ignoring expiry, not valid yet",
      verify({ ignoreExpiry: true }),
      certificates.future,
      "ClientCertNotYetValid",
    ],
    ["verify, no purposes named", verify(), certificates.noPurpose, "accepted"],
    ["verify, key not for signatures", verify(), certificates.noSignature, "ClientCertPurposeInvalid"],
    ["verify, chain of three", verify(), certificates.viaIssuing, "accepted"],
    ["verify, issuer missing", verify(), certificates.viaIssuingAlone, "ClientCertUntrusted"],
    [
      "verify, issuer in the store",
      verify({ anchors: bothAnchors }),
      certificates.viaIssuingAlone,
      "accepted",
    ],
    [
      "verify, issuer without its root",
      verify({ anchors: [issuing.certificate] }),
      certificates.viaIssuing,
      "ClientCertUntrusted",
    ],
    ["verify, chain of four", verify(), certificates.viaSecond, "accepted"],
    ["verify, chain of five", verify(), certificates.viaThird, "ClientCertMaxChainDepthExceeded"],
    ["verify, issued by a leaf", verify(), certificates.underLeaf, "ClientCertUntrusted"],
    ["verify, revoked without a CRL", verify(), certificates.revoked, "accepted"],
    [
      "verify, CRL past its next update",
      verify({ crls: [staleCrl] }),
      certificates.good,
      "ClientCertCrlProcessingError",
    ],
    [
      "verify, current CRL beside a stale one",
      verify({ crls: [staleCrl, crl] }),
      certificates.good,
      "accepted",
    ],
    [
      "verify, CRL of another key",
      verify({ crls: [otherCrl] }),
      certificates.good,
      "ClientCertCrlProcessingError",
    ],
    [
      "verify, CRL that is none",
      verify({ crls: ["-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"] }),
      certificates.good,
      "ClientCertCrlProcessingError",
    ],
    ["verify, issuer without a CRL", checking, certificates.viaIssuing, "ClientCertCrlProcessingError"],
    [
      "verify, a CRL for each issuer",
      verify({ crls: [crl, issuingCrl] }),
      certificates.viaIssuing,
      "accepted",
    ],
    [
      "verify, store taken away",
      verify({ storeRemoved: true }),
      certificates.good,
      "UnmappedConnectionError",
    ],
    ["off, store taken away", listening({ storeRemoved: true }), undefined, "accepted"],
  );

  for (const protocol of protocols) {
    test.each(cases)(`answers or resets over ${protocol}: %s`, async (_name, view, identity, expected) => {
      const { balancer } = await start(view);
      const answer = await ask(balancer.front, identity, { protocol });
      const refusedAt = protocol === "TLSv1.2" ? "handshake" : "answer";
      if (expected === "accepted") expect(answer).toMatchObject({ kind: "answered", status: 200, protocol });
      else expect(answer).toEqual({ kind: "refused", at: refusedAt, code: "ECONNRESET" });
      const [record, ...others] = balancer.connections;
      expect(others).toEqual([]);
      expect(record).toMatchObject({ node: 0, mode: view.mode, protocol });
      expect(record?.reason ?? record?.verdict).toBe(expected);
      const asked = view.mode !== "off" && identity !== undefined;
      const leaf = asked ? new X509Certificate(identity.certificate).serialNumber : undefined;
      expect(record?.leaf?.serial).toBe(leaf);
    });
  }

  test("tells the target what openssl reads in the certificate", async () => {
    const { balancer } = await start(verify());
    const { odd } = certificates;
    const file = shop?.file("odd.pem", odd.certificate) ?? "";
    const args = [
      "x509",
      "-in",
      file,
      "-noout",
      "-nameopt",
      "RFC2253",
      "-subject",
      "-issuer",
      "-serial",
      "-startdate",
      "-enddate",
      "-dateopt",
      "iso_8601",
    ];
    const { output } = await run("openssl", args);
    const field = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(output)?.[1]?.trim() ?? "";
    const iso = (name: string): string => field(name).replace(" ", "T");
    const answer = await ask(balancer.front, odd);
    const headers = JSON.parse(answer.kind === "answered" ? answer.body : "{}");
    expect(headers).toMatchObject({
      "x-amzn-mtls-clientcert-serial-number": field("serial"),
      "x-amzn-mtls-clientcert-subject": field("subject"),
      "x-amzn-mtls-clientcert-issuer": field("issuer"),
      "x-amzn-mtls-clientcert-validity": `NotBefore=${iso("notBefore")};NotAfter=${iso("notAfter")}`,
    });
    const leaf: string = headers["x-amzn-mtls-clientcert-leaf"];
    expect(leaf).toMatch(/^-----BEGIN%20CERTIFICATE-----%0A[\w+/=%]+-----END%20CERTIFICATE-----%0A$/);
    expect(leaf).not.toMatch(/%2B|%2F|%3D/);
    expect(decodeURIComponent(leaf)).toBe(odd.certificate);
  });

  test("passes the shown chain on in passthrough, leaf first, and lets no client write the headers itself", async () => {
    const origin = await originServer();
    running.push(origin);
    const { balancer, source } = await start(listening({ mode: "passthrough" }), { target: origin.url });
    const forged = {
      "X-Amzn-Mtls-Clientcert": "forged",
      "x-amzn-mtls-clientcert-leaf": "forged",
      "x-other": "kept",
    };
    await ask(balancer.front, certificates.viaSecond, { headers: forged, method: "POST", body: "hello" });
    await ask(balancer.front, undefined, { headers: forged });
    source.set(listening());
    const answer = await ask(balancer.front, certificates.good, { headers: forged });
    expect(answer).toMatchObject({ kind: "answered", status: 200 });
    const [chain, ...bare] = origin.requests.map(({ headers }) => headers);
    expect(decodeURIComponent(String(chain?.["x-amzn-mtls-clientcert"]))).toBe(
      certificates.viaSecond.certificate,
    );
    expect(chain?.["x-other"]).toBe("kept");
    const [first] = certificates.viaSecond.certificate.split(/(?<=END CERTIFICATE-----\n)/);
    expect(origin.requests.map(({ seen }) => seen && decodeURIComponent(seen))).toEqual([
      first,
      undefined,
      undefined,
    ]);
    for (const headers of [chain, ...bare]) expect(JSON.stringify(headers)).not.toContain("forged");
    for (const headers of bare) expect(Object.keys(headers ?? {}).join()).not.toContain("mtls");
  });

  test("lets nodes disagree until the change has reached each, in the order of the changes", async () => {
    const clock = handTurned();
    const lag = (node: number): number => node * 10_000;
    const { balancer, source } = await start(listening(), { nodes: 3, lag, clock });
    const modes = (): string => balancer.nodes.map((node) => node.view().mode).join();
    const served = async (): Promise<string> => {
      const answers = await Promise.all(balancer.nodes.map((node) => ask(node)));
      return answers.map(({ kind }) => kind).join();
    };
    source.set(verify());
    expect(await served()).toBe("refused,answered,answered");
    clock.turn(6_000);
    source.set(listening({ mode: "passthrough" }));
    expect(modes()).toBe("passthrough,off,off");
    clock.turn(4_000);
    expect(modes()).toBe("passthrough,verify,off");
    expect(await served()).toBe("answered,refused,answered");
    expect(balancer.nodes.map((node) => node.pending())).toEqual([0, 1, 2]);
    clock.turn(6_000);
    expect(modes()).toBe("passthrough,passthrough,off");
    clock.turn(10_000);
    expect(modes()).toBe("passthrough,passthrough,passthrough");
    expect(await served()).toBe("answered,answered,answered");
  });

  test("judges validity by its clock", async () => {
    const clock = handTurned();
    const { balancer } = await start(verify(), { clock });
    expect(await ask(balancer.front, certificates.good)).toMatchObject({ kind: "answered" });
    clock.turn(31 * 24 * 3_600_000);
    expect(await ask(balancer.front, certificates.good)).toMatchObject({ kind: "refused" });
    expect(balancer.connections.at(-1)?.reason).toBe("ClientCertExpired");
  });

  test("spreads connections to the front over its nodes, and resolve gives them in turn", async () => {
    const { balancer } = await start(listening(), { nodes: 3 });
    for (let i = 0; i < 6; i += 1) await ask(balancer.front);
    expect(balancer.connections.map(({ node }) => node)).toEqual([0, 1, 2, 0, 1, 2]);
    const ports = Array.from({ length: 4 }, () => balancer.resolve().port);
    expect(new Set(ports)).toEqual(new Set(balancer.nodes.map(({ port }) => port)));
    expect(ports[3]).toBe(ports[0]);
  });

  test("refuses to be built of no node, and stops listening to its source when closed", async () => {
    await expect(start(listening(), { nodes: 0 })).rejects.toThrow(TypeError);
    const { balancer, source } = await start(listening(), { nodes: 2 });
    expect(source.listeners()).toBe(2);
    await balancer.close();
    expect(source.listeners()).toBe(0);
    expect(await ask(balancer.front)).toMatchObject({ kind: "refused", at: "connect", code: "ECONNREFUSED" });
  });
});
