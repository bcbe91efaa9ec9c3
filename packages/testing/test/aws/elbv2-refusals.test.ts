import {
  AddTagsCommand,
  CreateTrustStoreCommand,
  type CreateTrustStoreCommandInput,
  DeleteTrustStoreCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  DescribeTrustStoresCommand,
  type ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectedCloud, refusal, ways } from "./cloud.ts";
import { hasOpenssl, revocationList, selfSigned, version1 } from "./openssl.ts";

type Cloud = Awaited<ReturnType<typeof connectedCloud>>;

const pem = hasOpenssl
  ? {
      root: selfSigned("root"),
      other: selfSigned("other"),
      rsa: selfSigned("rsa", { key: "RSA-2048" }),
      wide: selfSigned("wide", { key: "P-521" }),
      weak: selfSigned("weak", { key: "RSA-1024" }),
      curve: selfSigned("curve", { key: "secp256k1" }),
      edwards: selfSigned("edwards", { key: "Ed25519" }),
      sha1: selfSigned("sha1", { key: "RSA-2048", digest: "sha1" }),
      leaf: selfSigned("leaf", { extensions: ["basicConstraints=CA:FALSE"] }),
      version1: version1("version1"),
      huge: selfSigned("huge", {
        extensions: ["basicConstraints=critical,CA:TRUE", `nsComment=${"x".repeat(16_000)}`],
      }),
      list: revocationList("root", 1),
    }
  : undefined;

const { root = "", other = "" } = pem ?? {};

const accepted: { name: string; bundle: string; count: number }[] = [
  { name: "P-256, P-521 and RSA-2048", bundle: root + (pem?.wide ?? "") + (pem?.rsa ?? ""), count: 3 },
  { name: "comments without hyphens", bundle: `# the root\n${root}# the other one\n${other}`, count: 2 },
  { name: "no newline at the end", bundle: root.trimEnd(), count: 1 },
];

const refusedBundles: { name: string; reason: string; bundle: string }[] = [
  { name: "nothing in it", reason: "it is empty", bundle: "" },
  { name: "only a comment", reason: "it has no certificate", bundle: "# nothing here\n" },
  { name: "a blank line between certificates", reason: "is blank", bundle: `${root}\n${other}` },
  { name: "a blank line at the end", reason: "is blank", bundle: `${root}\n` },
  { name: "a line of spaces", reason: "is blank", bundle: `  \n${root}` },
  {
    name: "a comment with a hyphen",
    reason: "the comment in line 1 contains a hyphen",
    bundle: `# made 2026-01-01\n${root}`,
  },
  { name: "a text dump", reason: "line 1 is neither", bundle: `Certificate:\n    Data:\n${root}` },
  {
    name: "DER",
    reason: "it is not PEM",
    bundle: Buffer.from(root.replaceAll(/-.*-|\n/g, ""), "base64").toString("latin1"),
  },
  { name: "lines ended by CR LF", reason: "is neither", bundle: root.replaceAll("\n", "\r\n") },
  {
    name: "a certificate without an end",
    reason: "has no end",
    bundle: root.replace("-----END CERTIFICATE-----\n", ""),
  },
  {
    name: "a certificate with an altered body",
    reason: "can't be read",
    bundle: root.replace(/\nMII/, "\nXXX"),
  },
  { name: "a CRL", reason: "line 1 is neither", bundle: pem?.list ?? "" },
  {
    name: "a comment inside a certificate",
    reason: "line 2 is not base64",
    bundle: root.replace("\n", "\n# inside\n"),
  },
  { name: "the same certificate twice", reason: "certificate 2 is in it twice", bundle: root + root },
  { name: "an RSA key of 1,024 bits", reason: "RSA key of 1024 bits", bundle: pem?.weak ?? "" },
  { name: "a key on secp256k1", reason: "on the curve secp256k1", bundle: pem?.curve ?? "" },
  { name: "an Ed25519 key", reason: "of type ed25519", bundle: pem?.edwards ?? "" },
  { name: "a signature with SHA-1", reason: "the signature algorithm sha1", bundle: pem?.sha1 ?? "" },
  { name: "X.509v1", reason: "is not X.509v3", bundle: pem?.version1 ?? "" },
  { name: "a certificate that is no CA", reason: "is not a CA", bundle: pem?.leaf ?? "" },
  { name: "a certificate larger than 16 KB", reason: "larger than 16384", bundle: pem?.huge ?? "" },
];

const withName = (Name: string) => new CreateTrustStoreCommand({ ...source, Name });
const source = { CaCertificatesBundleS3Bucket: "bundles", CaCertificatesBundleS3Key: "root.pem" };
const arn = (account: string, name: string) =>
  `arn:aws:elasticloadbalancing:eu-west-1:${account}:truststore/${name}/0123456789abcdef`;

interface Case {
  readonly name: string;
  readonly code: string;
  readonly status?: number;
  readonly call: (elb: ElasticLoadBalancingV2Client, cloud: Cloud) => Promise<unknown>;
}

const create = (elb: ElasticLoadBalancingV2Client, more: Partial<CreateTrustStoreCommandInput>) =>
  elb.send(new CreateTrustStoreCommand({ ...source, Name: "new", ...more }));

const cases: Case[] = [
  ...["", "-a", "a-", "a--b", "a_b", "ü", "a".repeat(33)].map((name) => ({
    name: `the name '${name}'`,
    code: "ValidationError",
    call: (elb: ElasticLoadBalancingV2Client) => elb.send(withName(name)),
  })),
  {
    name: "a name that is taken",
    code: "DuplicateTrustStoreNameException",
    call: (elb) => elb.send(withName("taken")),
  },
  {
    name: "no bucket",
    code: "ValidationError",
    call: (elb) => create(elb, { CaCertificatesBundleS3Bucket: undefined }),
  },
  {
    name: "a bucket that is not there",
    code: "CaCertificatesBundleNotFoundException",
    call: (elb) => create(elb, { CaCertificatesBundleS3Bucket: "nothing" }),
  },
  {
    name: "a bucket of another region",
    code: "CaCertificatesBundleNotFoundException",
    call: (elb) => create(elb, { CaCertificatesBundleS3Bucket: "far" }),
  },
  {
    name: "a bucket that the caller may not read",
    code: "AccessDenied",
    status: 403,
    call: (elb) => create(elb, { CaCertificatesBundleS3Bucket: "foreign" }),
  },
  {
    name: "a key that is not there",
    code: "CaCertificatesBundleNotFoundException",
    call: (elb) => create(elb, { CaCertificatesBundleS3Key: "nothing" }),
  },
  {
    name: "a version that is not there",
    code: "CaCertificatesBundleNotFoundException",
    call: (elb) => create(elb, { CaCertificatesBundleS3ObjectVersion: "x".repeat(32) }),
  },
  {
    name: "one tag key twice",
    code: "DuplicateTagKeysException",
    call: (elb) =>
      create(elb, {
        Tags: [
          { Key: "a", Value: "1" },
          { Key: "a", Value: "2" },
        ],
      }),
  },
  {
    name: "more than 50 tags",
    code: "TooManyTagsException",
    call: (elb) => create(elb, { Tags: Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}` })) }),
  },
  { name: "an empty list of tags", code: "ValidationError", call: (elb) => create(elb, { Tags: [] }) },
  {
    name: "a tag key that AWS keeps for itself",
    code: "ValidationError",
    call: (elb) => create(elb, { Tags: [{ Key: "aws:x" }] }),
  },
  {
    name: "a store that is not there",
    code: "TrustStoreNotFoundException",
    call: (elb) => elb.send(new DeleteTrustStoreCommand({ TrustStoreArn: arn("111122223333", "x") })),
  },
  {
    name: "something that is no ARN",
    code: "ValidationError",
    call: (elb) => elb.send(new DeleteTrustStoreCommand({ TrustStoreArn: "taken" })),
  },
  {
    name: "a name that is not there",
    code: "TrustStoreNotFoundException",
    call: (elb) => elb.send(new DescribeTrustStoresCommand({ Names: ["x"] })),
  },
  {
    name: "names and ARNs at once",
    code: "ValidationError",
    call: (elb) =>
      elb.send(new DescribeTrustStoresCommand({ Names: ["x"], TrustStoreArns: [arn("111122223333", "x")] })),
  },
  {
    name: "a page of 401",
    code: "ValidationError",
    call: (elb) => elb.send(new DescribeTrustStoresCommand({ PageSize: 401 })),
  },
  {
    name: "a marker of its own making",
    code: "ValidationError",
    call: (elb) => elb.send(new DescribeTrustStoresCommand({ Marker: "x" })),
  },
  {
    name: "tags for a store that is not there",
    code: "TrustStoreNotFoundException",
    call: (elb) =>
      elb.send(new AddTagsCommand({ ResourceArns: [arn("111122223333", "x")], Tags: [{ Key: "a" }] })),
  },
  {
    name: "tags of nothing",
    code: "ValidationError",
    call: (elb) => elb.send(new DescribeTagsCommand({ ResourceArns: [] })),
  },
  {
    name: "an operation that is not simulated",
    code: "InvalidAction",
    call: (elb) => elb.send(new DescribeTargetGroupsCommand({})),
  },
  {
    name: "an access key that nobody has",
    code: "InvalidClientTokenId",
    status: 403,
    call: (_, connected) =>
      connected
        .elbWith({ credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" } })
        .send(new DescribeTrustStoresCommand({})),
  },
  {
    name: "a secret that is wrong",
    code: "SignatureDoesNotMatch",
    status: 403,
    call: (_, connected) =>
      connected
        .elbWith({ credentials: { ...connected.cloud.credentials, secretAccessKey: "x" } })
        .send(new DescribeTrustStoresCommand({})),
  },
  {
    name: "a request without a signature",
    code: "MissingAuthenticationToken",
    status: 403,
    call: (_, connected) =>
      connected
        .elbWith({ signer: { sign: async (request) => request } })
        .send(new DescribeTrustStoresCommand({})),
  },
];

describe.runIf(hasOpenssl).each(ways)("elbv2 %s", (way) => {
  let connected: Cloud;
  beforeAll(async () => {
    connected = await connectedCloud(way, { quotas: { trustStores: 100 } });
    connected.cloud.createBucket("bundles", { versioning: "Enabled" });
    connected.cloud.createBucket("foreign", { owner: "999999999999" });
    connected.cloud.createBucket("far", { region: "us-east-1" });
    const far = connected.s3With({ region: "us-east-1" });
    const foreign = connected.s3With({ credentials: connected.cloud.credentialsOf("999999999999") });
    for (const [s3, Bucket] of [
      [connected.s3, "bundles"],
      [far, "far"],
      [foreign, "foreign"],
    ] as const) {
      await s3.send(new PutObjectCommand({ Bucket, Key: "root.pem", Body: root }));
    }
    await connected.elb.send(withName("taken"));
  });
  afterAll(() => connected.close());

  const createFrom = async (body: string | Uint8Array) => {
    await connected.s3.send(new PutObjectCommand({ Bucket: "bundles", Key: "bundle", Body: body }));
    return connected.elb.send(
      new CreateTrustStoreCommand({
        Name: `store-${connected.simulation.log.count()}`,
        CaCertificatesBundleS3Bucket: "bundles",
        CaCertificatesBundleS3Key: "bundle",
      }),
    );
  };

  it.each(accepted)("takes a bundle with $name", async ({ bundle, count }) => {
    expect((await createFrom(bundle)).TrustStores).toMatchObject([{ NumberOfCaCertificates: count }]);
  });

  it.each(refusedBundles)("refuses a bundle with $name", async ({ bundle, reason }) => {
    expect(await refusal(createFrom(Buffer.from(bundle, "latin1")))).toMatchObject({
      name: "InvalidCaCertificatesBundleException",
      status: 400,
      message: expect.stringContaining(reason),
    });
  });

  it.each(cases)("refuses $name with $code", async ({ call, code, status = 400 }) => {
    expect(await refusal(call(connected.elb, connected))).toMatchObject({ name: code, status });
  });

  it("throttles with the code that clients know", async () => {
    connected.storm.add({ service: "elbv2", fault: { kind: "throttle" } });
    const ask = connected.elb.send(new DescribeTrustStoresCommand({}));
    expect(await refusal(ask)).toMatchObject({ name: "Throttling", status: 400, message: "Rate exceeded" });
  });
});

it.runIf(hasOpenssl)(
  "elbv2 refuses a bundle with more certificates, or larger subjects, than there is room for",
  async () => {
    for (const [quotas, message] of [
      [{ certificates: 1 }, "more than 1 certificates"],
      [{ subjectBytes: 10 }, "subjects are larger than 10 bytes"],
    ] as const) {
      const connected = await connectedCloud("in the process", { quotas });
      try {
        connected.cloud.createBucket("bundles");
        await connected.s3.send(
          new PutObjectCommand({ Bucket: "bundles", Key: "root.pem", Body: root + other }),
        );
        expect(await refusal(connected.elb.send(withName("new")))).toMatchObject({
          name: "InvalidCaCertificatesBundleException",
          message: expect.stringContaining(message),
        });
      } finally {
        await connected.close();
      }
    }
  },
);

it("elbv2 refuses a signature for another region or service", async () => {
  const connected = await connectedCloud("on loopback");
  try {
    const ask = new DescribeTrustStoresCommand({});
    expect(await refusal(connected.elbWith({ region: "us-east-1" }).send(ask))).toMatchObject({
      name: "SignatureDoesNotMatch",
      message: "Credential should be scoped to a valid region.",
    });
    expect(await refusal(connected.elbWith({ signingName: "s3" } as object).send(ask))).toMatchObject({
      name: "SignatureDoesNotMatch",
      message: "Credential should be scoped to correct service: 'elasticloadbalancing'.",
    });
  } finally {
    await connected.close();
  }
});
