import { X509Certificate } from "node:crypto";
import {
  ACMClient,
  type ACMClientConfig,
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  GetCertificateCommand,
  ImportCertificateCommand,
  type ImportCertificateCommandInput,
  type KeyAlgorithm,
  ListCertificatesCommand,
  ListTagsForCertificateCommand,
  paginateListCertificates,
  RemoveTagsFromCertificateCommand,
} from "@aws-sdk/client-acm";
import {
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AwsOptions, aws, faults, simulate, turnableClock } from "../../src/index.ts";
import { refusal } from "./cloud.ts";
import { caExtensions, type Issued, issue } from "./issue.ts";
import { hasOpenssl } from "./openssl.ts";

const made = <T>(make: () => T): T => (hasOpenssl ? make() : ({ certificate: "", key: "" } as T));
const root = made(() => issue("root", { subject: "/O=Example Trust/CN=root", extensions: caExtensions }));
const middle = made(() => issue("middle", { by: root, extensions: [...caExtensions] }));
const edge = made(() =>
  issue("edge", {
    by: middle,
    subject: "/O=Handfast/CN=edge client",
    extensions: [
      "basicConstraints=critical,CA:FALSE",
      "keyUsage=critical,digitalSignature",
      "extendedKeyUsage=clientAuth,serverAuth",
    ],
  }),
);
const site = made(() =>
  issue("www.example.com", {
    key: "RSA-2048",
    extensions: ["subjectAltName=DNS:example.com,DNS:www.example.com"],
  }),
);
const shop = made(() => issue("shop.example.com"));
const chain = middle.certificate + root.certificate;
const everyKeyType = ["RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1"] as KeyAlgorithm[];

describe.runIf(hasOpenssl)("acm", () => {
  let world: Awaited<ReturnType<typeof connect>>;
  beforeEach(async () => {
    world = await connect();
  });
  afterEach(() => world.close());

  const connect = async (options: AwsOptions = {}) => {
    const clock = turnableClock(Date.now() + 10_000);
    const storm = faults();
    const cloud = aws({ clock, faults: storm, ...options });
    const { listen } = simulate({ services: [cloud.acm, cloud.elbv2], clock });
    const { origins, close } = await listen();
    const client = (config: ACMClientConfig = {}) =>
      new ACMClient({
        region: "us-east-1",
        credentials: cloud.credentials,
        maxAttempts: 1,
        ...(origins.acm === undefined ? {} : { endpoint: origins.acm }),
        ...config,
      });
    return { clock, storm, cloud, origins, close, client, acm: client() };
  };
  const put = async (issued: Issued, more: Partial<ImportCertificateCommandInput> = {}): Promise<string> => {
    const { CertificateArn = "" } = await world.acm.send(
      new ImportCertificateCommand({
        Certificate: Buffer.from(issued.certificate),
        PrivateKey: Buffer.from(issued.key),
        ...more,
      }),
    );
    await world.clock.advance(3_000);
    return CertificateArn;
  };
  const putEdge = () => put(edge, { CertificateChain: Buffer.from(chain) });
  const describeIt = async (CertificateArn: string, acm = world.acm) =>
    (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
  const remove = (CertificateArn: string) => world.acm.send(new DeleteCertificateCommand({ CertificateArn }));
  const list = async (keyTypes?: KeyAlgorithm[]) =>
    (
      await world.acm.send(
        new ListCertificatesCommand(keyTypes === undefined ? {} : { Includes: { keyTypes } }),
      )
    ).CertificateSummaryList;

  it("ImportCertificate keeps what it was sent, and tells of it in its own words", async () => {
    const arn = await putEdge();
    expect(arn).toMatch(/^arn:aws:acm:us-east-1:111122223333:certificate\/[0-9a-f-]{36}$/);
    expect(await world.acm.send(new GetCertificateCommand({ CertificateArn: arn }))).toMatchObject({
      Certificate: edge.certificate,
      CertificateChain: chain,
    });
    const { validTo, serialNumber } = new X509Certificate(edge.certificate);
    const described = await describeIt(arn);
    expect(described).toMatchObject({
      CertificateArn: arn,
      Type: "IMPORTED",
      Status: "ISSUED",
      KeyAlgorithm: "EC-prime256v1",
      SignatureAlgorithm: "SHA256WITHECDSA",
      Subject: "O=Handfast,CN=edge client",
      Issuer: "middle",
      Serial: serialNumber.toLowerCase().match(/../g)?.join(":"),
      NotAfter: new Date(validTo),
      ImportedAt: new Date(world.clock.now() - 3_000),
      KeyUsages: [{ Name: "DIGITAL_SIGNATURE" }],
      ExtendedKeyUsages: [
        { Name: "TLS_WEB_CLIENT_AUTHENTICATION", OID: "1.3.6.1.5.5.7.3.2" },
        { Name: "TLS_WEB_SERVER_AUTHENTICATION", OID: "1.3.6.1.5.5.7.3.1" },
      ],
      InUseBy: [],
    });
    expect(described).not.toHaveProperty("DomainName");
    expect(await describeIt(await put(site))).toMatchObject({
      DomainName: "www.example.com",
      SubjectAlternativeNames: ["www.example.com", "example.com"],
      KeyAlgorithm: "RSA-2048",
    });
  });

  it("ImportCertificate makes another ARN each time, and nothing can be read for some seconds", async () => {
    const first = await putEdge();
    const command = { Certificate: Buffer.from(site.certificate), PrivateKey: Buffer.from(site.key) };
    const { CertificateArn = "" } = await world.acm.send(new ImportCertificateCommand(command));
    expect((await refusal(describeIt(CertificateArn))).name).toBe("ResourceNotFoundException");
    expect(await list()).toEqual([]);
    await world.clock.advance(3_000);
    expect((await describeIt(CertificateArn))?.Status).toBe("ISSUED");
    expect(await putEdge()).not.toBe(first);
    expect(await list(everyKeyType)).toHaveLength(3);
  });

  it("ImportCertificate in place keeps the ARN and the tags, and refuses to be given some", async () => {
    const arn = await put(shop, { Tags: [{ Key: "made by", Value: "handfast" }] });
    const next = issue("shop.example.com");
    const tagged = put(next, { CertificateArn: arn, Tags: [] });
    expect(await refusal(tagged)).toMatchObject({
      name: "ValidationException",
      message: "Tagging is not permitted on re-import.",
    });
    expect(await put(next, { CertificateArn: arn })).toBe(arn);
    const { Certificate } = await world.acm.send(new GetCertificateCommand({ CertificateArn: arn }));
    expect(Certificate).toBe(next.certificate);
    expect(await world.acm.send(new ListTagsForCertificateCommand({ CertificateArn: arn }))).toMatchObject({
      Tags: [{ Key: "made by", Value: "handfast" }],
    });
  });

  it.each([
    ["another kind of key", { key: "P-384" }],
    ["no domain name left", { subject: "/CN=nobody" }],
  ] as const)("ImportCertificate in place refuses %s", async (_, options) => {
    const CertificateArn = await put(shop);
    const again = put(issue("shop.example.com", options), { CertificateArn });
    expect(await refusal(again)).toMatchObject({ name: "ValidationException", status: 400 });
  });

  it("ImportCertificate in place may lose the purpose of a client and no other", async () => {
    const usages = (...purposes: string[]) => ({
      extensions: [
        "basicConstraints=CA:FALSE",
        "keyUsage=digitalSignature",
        `extendedKeyUsage=${purposes.join(",")}`,
      ],
    });
    const CertificateArn = await put(issue("both", usages("clientAuth", "serverAuth")));
    const without = put(issue("client", usages("clientAuth")), { CertificateArn });
    expect((await refusal(without)).message).toContain("Extended Key Usage");
    expect(await put(issue("server", usages("serverAuth")), { CertificateArn })).toBe(CertificateArn);
  });

  it("ListCertificates hides all but small RSA keys with a domain, until it is asked for others", async () => {
    const edgeArn = await putEdge();
    const siteArn = await put(site);
    await put(issue("nobody", { key: "RSA-2048" }));
    expect(await list()).toMatchObject([{ CertificateArn: siteArn, KeyAlgorithm: "RSA_2048", InUse: false }]);
    expect(await list(everyKeyType)).toHaveLength(3);
    expect(await list(["EC_prime256v1"])).toMatchObject([
      { CertificateArn: edgeArn, KeyAlgorithm: "EC_prime256v1", KeyUsages: ["DIGITAL_SIGNATURE"] },
    ]);
    const byPurpose = new ListCertificatesCommand({
      Includes: { keyTypes: everyKeyType, extendedKeyUsage: ["TLS_WEB_CLIENT_AUTHENTICATION"] },
    });
    expect((await world.acm.send(byPurpose)).CertificateSummaryList).toMatchObject([
      { CertificateArn: edgeArn },
    ]);
  });

  it("ListCertificates cuts pages before it filters them", async () => {
    await putEdge();
    const siteArn = await put(site);
    const pages: (string | undefined)[][] = [];
    for await (const page of paginateListCertificates({ client: world.acm, pageSize: 1 }, {})) {
      pages.push((page.CertificateSummaryList ?? []).map(({ CertificateArn }) => CertificateArn));
    }
    expect(pages).toEqual([[], [siteArn]]);
  });

  it("AddTagsToCertificate and RemoveTagsFromCertificate change tags by key, or by key and value", async () => {
    const CertificateArn = await put(site);
    const tags = async () =>
      (await world.acm.send(new ListTagsForCertificateCommand({ CertificateArn }))).Tags?.map(
        ({ Key }) => Key,
      );
    const Tags = [
      { Key: "one", Value: "1" },
      { Key: "two", Value: "2" },
    ];
    await world.acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags }));
    await world.acm.send(
      new RemoveTagsFromCertificateCommand({ CertificateArn, Tags: [{ Key: "one", Value: "other" }] }),
    );
    expect(await tags()).toEqual(["one", "two"]);
    await world.acm.send(new RemoveTagsFromCertificateCommand({ CertificateArn, Tags: [{ Key: "one" }] }));
    expect(await tags()).toEqual(["two"]);
    const wrong = new AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key: "aws:x", Value: "" }] });
    expect(await refusal(world.acm.send(wrong))).toMatchObject({ name: "InvalidTagException", status: 400 });
  });

  it("DeleteCertificate is refused while a listener refers to it and for some seconds after", async () => {
    const home = world.client({ region: world.cloud.region });
    const send = new ImportCertificateCommand({
      Certificate: Buffer.from(site.certificate),
      PrivateKey: Buffer.from(site.key),
    });
    const { CertificateArn = "" } = await home.send(send);
    await world.clock.advance(3_000);
    const balancer = world.cloud.addLoadBalancer("front").arn;
    const listener = world.cloud.addListener(balancer, { certificates: [CertificateArn] });
    expect((await describeIt(CertificateArn, home))?.InUseBy).toEqual([balancer]);
    const gone = () => home.send(new DeleteCertificateCommand({ CertificateArn }));
    expect(await refusal(gone())).toMatchObject({ name: "ResourceInUseException", status: 400 });
    const elb = new ElasticLoadBalancingV2Client({
      region: world.cloud.region,
      credentials: world.cloud.credentials,
      ...(world.origins.elbv2 === undefined ? {} : { endpoint: world.origins.elbv2 }),
    });
    const other = { CertificateArn: `${CertificateArn.slice(0, -1)}0` };
    await elb.send(new ModifyListenerCommand({ ListenerArn: listener, Certificates: [other] }));
    expect((await describeIt(CertificateArn, home))?.InUseBy).toEqual([]);
    expect((await refusal(gone())).name).toBe("ResourceInUseException");
    await world.clock.advance(10_000);
    await gone();
  });

  it("DeleteCertificate takes effect at once for writes, and some seconds later for reads", async () => {
    const arn = await put(site);
    await remove(arn);
    expect((await describeIt(arn))?.Status).toBe("ISSUED");
    expect((await refusal(remove(arn))).name).toBe("ResourceNotFoundException");
    await world.clock.advance(3_000);
    expect((await refusal(describeIt(arn))).name).toBe("ResourceNotFoundException");
    expect(await list()).toEqual([]);
  });

  it("certificates live in the region that a request is signed for", async () => {
    const arn = await put(site);
    const other = world.client({ region: "eu-central-1" });
    expect(await refusal(describeIt(arn, other))).toMatchObject({ name: "ResourceNotFoundException" });
    expect((await other.send(new ListCertificatesCommand({}))).CertificateSummaryList).toEqual([]);
  });

  it("a certificate that ran out is EXPIRED", async () => {
    const arn = await put(site);
    await world.clock.advance(31 * 86_400_000);
    expect((await describeIt(arn))?.Status).toBe("EXPIRED");
  });

  it("a stale list does not see the last write, and a lost answer hides that it took effect", async () => {
    await put(site);
    world.storm.add({ operation: "ListCertificates", fault: { kind: "stale" } });
    expect(await list()).toEqual([]);
    world.storm.add({ operation: "ImportCertificate", moment: "after", fault: { kind: "cut" } });
    await expect(put(site)).rejects.toThrow();
    await world.clock.advance(3_000);
    expect(await list()).toHaveLength(2);
  });

  it("quota refusals are LimitExceededException, which clients take for a throttle", async () => {
    await world.close();
    world = await connect({ acm: { quotas: { certificates: 1, additionsPerYear: 3 } } });
    const arn = await put(site);
    expect(await refusal(put(site))).toMatchObject({ name: "LimitExceededException", status: 400 });
    await put(site, { CertificateArn: arn });
    await remove(arn);
    await remove(await put(site));
    expect((await refusal(put(site))).message).toContain("maximum number of certificates");
    await world.clock.advance(366 * 86_400_000);
    expect((await refusal(put(site))).message).toContain("expired");
  });

  it("asks IAM for the certificate, or for any of them, and for tagging", async () => {
    const key = world.cloud.addCredentials({
      kind: "user",
      policies: [{ Statement: { Effect: "Allow", Action: "acm:ImportCertificate", Resource: "*" } }],
    });
    const user = world.client({ credentials: key });
    const command = new ImportCertificateCommand({
      Certificate: Buffer.from(site.certificate),
      PrivateKey: Buffer.from(site.key),
      Tags: [{ Key: "a", Value: "b" }],
    });
    expect(await refusal(user.send(command))).toMatchObject({ name: "AccessDeniedException", status: 403 });
    const resource = "arn:aws:acm:us-east-1:111122223333:certificate/*";
    expect(world.cloud.rightsAsked(key.accessKeyId)).toMatchObject([
      { action: "acm:ImportCertificate", resource, allowed: true },
      { action: "acm:AddTagsToCertificate", resource, allowed: false },
    ]);
  });

  it("refuses who signed with another secret, in the words of its protocol", async () => {
    const wrong = world.client({ credentials: { ...world.cloud.credentials, secretAccessKey: "wrong" } });
    expect((await refusal(wrong.send(new ListCertificatesCommand({})))).name).toBe(
      "InvalidSignatureException",
    );
    world.storm.add({ fault: { kind: "throttle" } });
    expect((await refusal(list())).name).toBe("ThrottlingException");
  });
});
