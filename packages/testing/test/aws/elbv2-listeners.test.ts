import {
  CreateListenerCommand,
  type CreateListenerCommandInput,
  CreateTrustStoreCommand,
  DeleteListenerCommand,
  DeleteSharedTrustStoreAssociationCommand,
  DeleteTrustStoreCommand,
  DescribeListenerAttributesCommand,
  DescribeListenerCertificatesCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTrustStoreAssociationsCommand,
  ModifyListenerAttributesCommand,
  ModifyListenerCommand,
  type ModifyListenerCommandInput,
  type MutualAuthenticationAttributes,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectedCloud, refusal, ways } from "./cloud.ts";
import { hasOpenssl, selfSigned } from "./openssl.ts";

const root = hasOpenssl ? selfSigned("root") : "";

describe.runIf(hasOpenssl).each(ways)("elbv2 %s", (way) => {
  let connected: Awaited<ReturnType<typeof connectedCloud>>;
  let balancer = "";
  let listener = "";
  let store = "";
  beforeEach(async () => {
    connected = await connectedCloud(way, { lags: { visible: 0 } });
    connected.cloud.createBucket("bundles");
    await connected.s3.send(new PutObjectCommand({ Bucket: "bundles", Key: "root", Body: root }));
    balancer = connected.cloud.addLoadBalancer("front").arn;
    listener = connected.cloud.addListener(balancer);
    store = await createStore("first");
    await connected.clock.advance(20_000);
  });
  afterEach(() => connected.close());

  const createStore = async (Name: string) => {
    const { TrustStores } = await connected.elb.send(
      new CreateTrustStoreCommand({
        Name,
        CaCertificatesBundleS3Bucket: "bundles",
        CaCertificatesBundleS3Key: "root",
      }),
    );
    return TrustStores?.[0]?.TrustStoreArn ?? "";
  };
  const modify = (more: Partial<ModifyListenerCommandInput>) =>
    connected.elb.send(new ModifyListenerCommand({ ListenerArn: listener, ...more }));
  const set = (MutualAuthentication: MutualAuthenticationAttributes) => modify({ MutualAuthentication });
  const create = (more: Partial<CreateListenerCommandInput> = {}) =>
    connected.elb.send(
      new CreateListenerCommand({
        LoadBalancerArn: balancer,
        Protocol: "HTTPS",
        Port: 8443,
        Certificates: [{ CertificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/x" }],
        DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "204" } }],
        ...more,
      }),
    );
  const look = async (arn = listener) =>
    (await connected.elb.send(new DescribeListenersCommand({ ListenerArns: [arn] }))).Listeners?.[0];
  const block = async () => (await look())?.MutualAuthentication;
  const associations = async () =>
    (
      await connected.elb.send(new DescribeTrustStoreAssociationsCommand({ TrustStoreArn: store }))
    ).TrustStoreAssociations?.map(({ ResourceArn }) => ResourceArn);

  it("shows a listener that was never told anything as off", async () => {
    expect(await block()).toEqual({ Mode: "off" });
  });

  it("verifies with defaults, and with everything", async () => {
    await set({ Mode: "verify", TrustStoreArn: store });
    const defaults = {
      Mode: "verify",
      TrustStoreArn: store,
      IgnoreClientCertificateExpiry: false,
      AdvertiseTrustStoreCaNames: "off",
      TrustStoreAssociationStatus: "active",
    };
    expect(await block()).toEqual(defaults);
    const more = { IgnoreClientCertificateExpiry: true, AdvertiseTrustStoreCaNames: "on" } as const;
    await set({ Mode: "verify", TrustStoreArn: store, ...more });
    expect(await block()).toEqual({ ...defaults, ...more });
    await set({ Mode: "verify", TrustStoreArn: store });
    expect(await block(), "a block replaces the one before it").toEqual(defaults);
  });

  it("leaves the block as it is when it is not sent", async () => {
    await set({ Mode: "verify", TrustStoreArn: store });
    await modify({ Port: 9443 });
    expect(await look()).toMatchObject({
      Port: 9443,
      MutualAuthentication: { Mode: "verify", TrustStoreArn: store },
    });
    await set({ Mode: "off" });
    expect(await block()).toEqual({ Mode: "off" });
  });

  it("passes through without a store, or keeps one that is named", async () => {
    await set({ Mode: "passthrough" });
    expect(await block()).toEqual({ Mode: "passthrough" });
    await set({ Mode: "passthrough", TrustStoreArn: store });
    expect(await block()).toMatchObject({ Mode: "passthrough", TrustStoreArn: store });
    expect(await associations()).toEqual([listener]);
  });

  it.each<{ name: string; block: () => MutualAuthenticationAttributes; code: string }>([
    { name: "verify without a store", block: () => ({ Mode: "verify" }), code: "ValidationError" },
    {
      name: "passthrough with a word about expiry",
      block: () => ({ Mode: "passthrough", IgnoreClientCertificateExpiry: false }),
      code: "ValidationError",
    },
    {
      name: "passthrough with advertised names",
      block: () => ({ Mode: "passthrough", AdvertiseTrustStoreCaNames: "off" }),
      code: "ValidationError",
    },
    {
      name: "off with a store",
      block: () => ({ Mode: "off", TrustStoreArn: store }),
      code: "ValidationError",
    },
    {
      name: "off with a word about expiry",
      block: () => ({ Mode: "off", IgnoreClientCertificateExpiry: false }),
      code: "ValidationError",
    },
    { name: "a mode of another service", block: () => ({ Mode: "required" }), code: "ValidationError" },
    {
      name: "names advertised as true",
      block: () => ({ Mode: "verify", TrustStoreArn: store, AdvertiseTrustStoreCaNames: "true" as "on" }),
      code: "ValidationError",
    },
    {
      name: "a store that is not there",
      block: () => ({ Mode: "verify", TrustStoreArn: `${store}0` }),
      code: "TrustStoreNotFoundException",
    },
  ])("refuses $name with $code", async ({ block: asked, code }) => {
    expect(await refusal(set(asked()))).toMatchObject({ name: code, status: 400 });
    expect(await block()).toEqual({ Mode: "off" });
  });

  it("refuses a store that is not ACTIVE yet, in the words that clients look for", async () => {
    const fresh = await createStore("fresh");
    const failed = {
      name: "TrustStoreNotReadyException",
      message: `Trust store with ARN '${fresh}' is not in ACTIVE state`,
    };
    expect(await refusal(set({ Mode: "verify", TrustStoreArn: fresh }))).toMatchObject(failed);
    const more = { MutualAuthentication: { Mode: "verify", TrustStoreArn: fresh } };
    expect(await refusal(create(more))).toMatchObject(failed);
    await connected.clock.advance(20_000);
    await create(more);
  });

  it("refuses the block on a listener without TLS", async () => {
    listener = connected.cloud.addListener(balancer, { port: 80, protocol: "HTTP" });
    expect(await refusal(set({ Mode: "off" }))).toMatchObject({
      name: "InvalidConfigurationRequestException",
      status: 400,
    });
    expect(await block()).toBeUndefined();
  });

  it("lets two listeners of a load balancer verify, and no third", async () => {
    const verify = { MutualAuthentication: { Mode: "verify", TrustStoreArn: store } };
    await modify(verify);
    await create({ ...verify, Port: 1001 });
    expect((await refusal(create({ ...verify, Port: 1002 }))).name).toBe(
      "InvalidConfigurationRequestException",
    );
    await modify(verify);
    await create({ MutualAuthentication: { Mode: "passthrough" }, Port: 1002 });
  });

  it("keeps a store while a listener uses it, and a little longer", async () => {
    const remove = () => connected.elb.send(new DeleteTrustStoreCommand({ TrustStoreArn: store }));
    const inUse = {
      name: "TrustStoreInUseException",
      message: expect.stringContaining("is currently in use by a listener"),
    };
    await set({ Mode: "verify", TrustStoreArn: store });
    expect(await associations()).toEqual([listener]);
    expect(await refusal(remove())).toMatchObject(inUse);
    await set({ Mode: "off" });
    expect(await associations()).toEqual([]);
    expect(await refusal(remove())).toMatchObject(inUse);
    await connected.clock.advance(5_000);
    await remove();
  });

  it("lets go of a store when its listener is deleted", async () => {
    await set({ Mode: "verify", TrustStoreArn: store });
    await connected.elb.send(new DeleteListenerCommand({ ListenerArn: listener }));
    expect(await associations()).toEqual([]);
    expect((await refusal(look())).name).toBe("ListenerNotFoundException");
  });

  it("creates listeners and describes them with all they were given", async () => {
    const { Listeners } = await create({ SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06" });
    const arn = Listeners?.[0]?.ListenerArn ?? "";
    expect(arn.startsWith(balancer.replace(":loadbalancer/", ":listener/"))).toBe(true);
    expect(await look(arn)).toEqual({
      ListenerArn: arn,
      LoadBalancerArn: balancer,
      Port: 8443,
      Protocol: "HTTPS",
      SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      Certificates: [{ CertificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/x" }],
      DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "204" } }],
      MutualAuthentication: { Mode: "off" },
    });
    const all = await connected.elb.send(new DescribeListenersCommand({ LoadBalancerArn: balancer }));
    expect(all.Listeners?.map(({ ListenerArn }) => ListenerArn)).toEqual([listener, arn]);
    const { Certificates } = await connected.elb.send(
      new DescribeListenerCertificatesCommand({ ListenerArn: arn }),
    );
    expect(Certificates).toMatchObject([{ IsDefault: true }]);
    const { LoadBalancers } = await connected.elb.send(
      new DescribeLoadBalancersCommand({ Names: ["front"] }),
    );
    expect(LoadBalancers).toMatchObject([{ LoadBalancerArn: balancer, State: { Code: "active" } }]);
  });

  it.each<{ name: string; more: Partial<CreateListenerCommandInput>; code: string }>([
    { name: "a port that is taken", more: { Port: 443 }, code: "DuplicateListenerException" },
    { name: "a port that does not exist", more: { Port: 65536 }, code: "ValidationError" },
    {
      name: "a protocol of another kind of load balancer",
      more: { Protocol: "TLS" },
      code: "UnsupportedProtocolException",
    },
    { name: "HTTPS without a certificate", more: { Certificates: [] }, code: "ValidationError" },
    {
      name: "two certificates",
      more: { Certificates: [{ CertificateArn: "arn:aws:acm:a" }, { CertificateArn: "arn:aws:acm:b" }] },
      code: "TooManyCertificatesException",
    },
    {
      name: "a certificate that is none",
      more: { Certificates: [{ CertificateArn: "mine" }] },
      code: "CertificateNotFoundException",
    },
    {
      name: "a policy that does not exist",
      more: { SslPolicy: "strict" },
      code: "SSLPolicyNotFoundException",
    },
    { name: "no actions", more: { DefaultActions: undefined }, code: "ValidationError" },
    {
      name: "a load balancer that is not there",
      more: { LoadBalancerArn: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/x/1" },
      code: "LoadBalancerNotFoundException",
    },
  ])("refuses a listener with $name with $code", async ({ more, code }) => {
    expect(await refusal(create(more))).toMatchObject({ name: code, status: 400 });
  });

  it("renames the headers that carry the client certificate, on HTTPS listeners alone", async () => {
    const Key = "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name";
    const rename = (Value: string, ListenerArn = listener) =>
      connected.elb.send(new ModifyListenerAttributesCommand({ ListenerArn, Attributes: [{ Key, Value }] }));
    const { Attributes } = await connected.elb.send(
      new DescribeListenerAttributesCommand({ ListenerArn: listener }),
    );
    expect(Attributes).toContainEqual({ Key, Value: "X-Amzn-Mtls-Clientcert-Leaf" });
    expect((await rename("X-Leaf")).Attributes).toContainEqual({ Key, Value: "X-Leaf" });
    expect((await refusal(rename("X Leaf"))).name).toBe("InvalidConfigurationRequestException");
    const plain = connected.cloud.addListener(balancer, { port: 80, protocol: "HTTP" });
    expect((await refusal(rename("X-Leaf", plain))).name).toBe("InvalidConfigurationRequestException");
  });

  it("shows a listener whose store the owner took away", async () => {
    const theirs = connected.cloud.addForeignTrustStore({ name: "theirs", bundle: root });
    await set({ Mode: "verify", TrustStoreArn: theirs });
    connected.cloud.unshareTrustStore(theirs);
    expect(await block()).toMatchObject({ TrustStoreArn: theirs, TrustStoreAssociationStatus: "active" });
    expect((await refusal(set({ Mode: "verify", TrustStoreArn: theirs }))).name).toBe(
      "TrustStoreNotFoundException",
    );
    connected.cloud.removeForeignAssociation(theirs, listener);
    expect(await block()).toMatchObject({ Mode: "verify", TrustStoreAssociationStatus: "removed" });
  });

  it("refuses to cut an association of the same account", async () => {
    await set({ Mode: "verify", TrustStoreArn: store });
    const cut = new DeleteSharedTrustStoreAssociationCommand({ TrustStoreArn: store, ResourceArn: listener });
    expect((await refusal(connected.elb.send(cut))).name).toBe("DeleteAssociationSameAccountException");
    await set({ Mode: "off" });
    expect((await refusal(connected.elb.send(cut))).name).toBe("TrustStoreAssociationNotFoundException");
  });
});
