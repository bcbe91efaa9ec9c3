import {
  ACMClient,
  AddTagsToCertificateCommand,
  DescribeCertificateCommand,
  GetCertificateCommand,
  ListCertificatesCommand,
  RequestCertificateCommand,
  type RequestCertificateCommandInput,
} from "@aws-sdk/client-acm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aws, simulate, turnableClock } from "../../src/index.ts";
import { refusal } from "./cloud.ts";
import { caExtensions, issue } from "./issue.ts";
import { hasOpenssl } from "./openssl.ts";

describe("RequestCertificate", () => {
  const clock = () => turnableClock(Date.now() + 10_000);
  let world: Awaited<ReturnType<typeof connect>>;
  beforeEach(async () => {
    world = await connect();
  });
  afterEach(() => world.close());

  const connect = async (time = clock()) => {
    const cloud = aws({ clock: time });
    const { origins, close } = await simulate({ services: [cloud.acm] }).listen();
    const { credentials } = cloud;
    const acm = new ACMClient({
      region: "us-east-1",
      credentials,
      maxAttempts: 1,
      endpoint: origins.acm ?? "",
    });
    return { clock: time, cloud, acm, close };
  };
  const request = async (more: Partial<RequestCertificateCommandInput> = {}): Promise<string> => {
    const input = { DomainName: "www.example.com", ValidationMethod: "DNS" as const, ...more };
    return (await world.acm.send(new RequestCertificateCommand(input))).CertificateArn ?? "";
  };
  const describeIt = async (CertificateArn: string) =>
    (await world.acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;

  it("can't be read for some seconds, is pending then, and tells its DNS records later still", async () => {
    const arn = await request({ SubjectAlternativeNames: ["*.example.com", "example.com"] });
    expect((await refusal(describeIt(arn))).name).toBe("ResourceNotFoundException");
    await world.clock.advance(3_000);
    const early = await describeIt(arn);
    expect(early).toMatchObject({
      Status: "PENDING_VALIDATION",
      Type: "AMAZON_ISSUED",
      DomainName: "www.example.com",
    });
    expect(early?.DomainValidationOptions).toHaveLength(3);
    expect(early?.DomainValidationOptions?.[0]).not.toHaveProperty("ResourceRecord");
    await world.clock.advance(5_000);
    const [www, wild, bare] = (await describeIt(arn))?.DomainValidationOptions ?? [];
    expect(www).toMatchObject({
      DomainName: "www.example.com",
      ValidationStatus: "PENDING_VALIDATION",
      ResourceRecord: {
        Name: expect.stringMatching(/^_[0-9a-f]{32}\.www\.example\.com\.$/),
        Type: "CNAME",
        Value: expect.stringMatching(/^_[0-9a-f]{32}\.[a-z]{10}\.acm-validations\.aws\.$/),
      },
    });
    expect(wild?.ResourceRecord).toEqual(bare?.ResourceRecord);
    const read = world.acm.send(new GetCertificateCommand({ CertificateArn: arn }));
    expect((await refusal(read)).name).toBe("RequestInProgressException");
  });

  it("stands for one certificate per token, for an hour", async () => {
    const first = await request({ IdempotencyToken: "once" });
    expect(await request({ IdempotencyToken: "once" })).toBe(first);
    expect(await request({ IdempotencyToken: "twice" })).not.toBe(first);
    expect(await request()).not.toBe(await request());
    await world.clock.advance(3_600_000);
    expect(await request({ IdempotencyToken: "once" })).not.toBe(first);
  });

  it("times out after three days", async () => {
    const arn = await request();
    await world.clock.advance(72 * 3_600_000);
    expect((await describeIt(arn))?.Status).toBe("VALIDATION_TIMED_OUT");
  });

  it.each<[string, Partial<RequestCertificateCommandInput>, string]>([
    [
      "more than ten names",
      { SubjectAlternativeNames: Array.from("abcdefghij", (name) => `${name}.example.com`) },
      "LimitExceededException",
    ],
    ["a name that is no domain's", { DomainName: "two words" }, "InvalidParameterException"],
    ["a key that only imports may have", { KeyAlgorithm: "RSA_4096" }, "InvalidParameterException"],
    [
      "a private authority",
      { CertificateAuthorityArn: "arn:aws:acm-pca:us-east-1:111122223333:certificate-authority/1" },
      "InvalidArnException",
    ],
    ["an odd token", { IdempotencyToken: "a-b" }, "ValidationException"],
    [
      "to be validated by another domain",
      { DomainValidationOptions: [{ DomainName: "www.example.com", ValidationDomain: "example.net" }] },
      "InvalidDomainValidationOptionsException",
    ],
  ])("is refused with %s", async (_, more, name) => {
    expect(await refusal(request(more))).toMatchObject({ name, status: 400 });
  });

  it.runIf(hasOpenssl)("is issued by the simulation, with what was requested and nothing else", async () => {
    const arn = await request({ KeyAlgorithm: "EC_prime256v1" });
    await world.clock.advance(8_000);
    const authority = issue("authority", { extensions: caExtensions });
    const right = issue("www.example.com", { by: authority });
    const chain = authority.certificate;
    const other = issue("example.net", { by: authority });
    expect(() => world.cloud.issueCertificate(arn, { ...other, chain })).toThrow("not for www.example.com");
    expect(() => world.cloud.issueCertificate(arn, right)).toThrow("self-signed");
    world.cloud.issueCertificate(arn, { ...right, chain });
    expect(() => world.cloud.issueCertificate(arn, { ...right, chain })).toThrow("no certificate is pending");
    expect(await describeIt(arn)).toMatchObject({
      Status: "ISSUED",
      KeyAlgorithm: "EC-prime256v1",
      IssuedAt: new Date(world.clock.now()),
      DomainValidationOptions: [{ ValidationStatus: "SUCCESS" }],
    });
    expect(await world.acm.send(new GetCertificateCommand({ CertificateArn: arn }))).toMatchObject({
      Certificate: right.certificate,
      CertificateChain: chain,
    });
  });

  it("is put back by a snapshot as it was", async () => {
    const CertificateArn = await request();
    await world.clock.advance(3_000);
    const restore = world.cloud.snapshot();
    await request();
    const Tags = [{ Key: "a", Value: "b" }];
    await world.acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags }));
    restore();
    await world.clock.advance(3_000);
    const { CertificateSummaryList } = await world.acm.send(new ListCertificatesCommand({}));
    expect(CertificateSummaryList).toMatchObject([{ CertificateArn, Status: "PENDING_VALIDATION" }]);
  });
});
