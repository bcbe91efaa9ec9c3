import {
  ACMClient,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  ImportCertificateCommand,
} from "@aws-sdk/client-acm";
import {
  CloudFrontClient,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
} from "@aws-sdk/client-cloudfront";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aws, simulate, turnableClock } from "../../src/index.ts";
import { refusal } from "./cloud.ts";
import { issue } from "./issue.ts";
import { hasOpenssl } from "./openssl.ts";

const client = () =>
  issue("edge", {
    extensions: ["basicConstraints=CA:FALSE", "keyUsage=digitalSignature", "extendedKeyUsage=clientAuth"],
  });

describe.runIf(hasOpenssl)("a certificate that origins of a distribution are shown", () => {
  let world: Awaited<ReturnType<typeof connect>>;
  beforeEach(async () => {
    world = await connect();
  });
  afterEach(() => world.close());

  const connect = async () => {
    // ahead of the machine's: what openssl makes in the next seconds is valid already
    const clock = turnableClock(Date.now() + 10_000);
    const cloud = aws({ clock });
    const { origins, close } = await simulate({ services: [cloud.acm, cloud.cloudfront] }).listen();
    const settings = { region: "us-east-1", credentials: cloud.credentials, maxAttempts: 1 };
    return {
      clock,
      cloud,
      close,
      acm: new ACMClient({ ...settings, endpoint: origins.acm ?? "" }),
      cloudfront: new CloudFrontClient({ ...settings, endpoint: origins.cloudfront ?? "" }),
      distribution: cloud.addDistribution(),
    };
  };
  const put = async ({ certificate, key } = client(), CertificateArn?: string): Promise<string> => {
    const sent = { Certificate: Buffer.from(certificate), PrivateKey: Buffer.from(key) };
    const put = new ImportCertificateCommand({
      ...sent,
      ...(CertificateArn === undefined ? {} : { CertificateArn }),
    });
    return (await world.acm.send(put)).CertificateArn ?? "";
  };
  /** Shows a certificate to the origin `app`. */
  const show = async (ClientCertificateArn: string): Promise<void> => {
    const { id: Id } = world.distribution;
    const { DistributionConfig, ETag } = await world.cloudfront.send(
      new GetDistributionConfigCommand({ Id }),
    );
    const app = DistributionConfig?.Origins?.Items?.find((origin) => origin.Id === "app");
    if (app?.CustomOriginConfig === undefined) throw new TypeError("the distribution has no such origin");
    app.CustomOriginConfig.OriginMtlsConfig = { ClientCertificateArn };
    await world.cloudfront.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig }));
  };
  const usersOf = async (CertificateArn: string) =>
    (await world.acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate?.InUseBy;
  const remove = (CertificateArn: string) => world.acm.send(new DeleteCertificateCommand({ CertificateArn }));

  it("is found by CloudFront some seconds after it was imported, and is in use from then on", async () => {
    const arn = await put();
    expect(await refusal(show(arn))).toMatchObject({ name: "InvalidArgument", status: 400 });
    await world.clock.advance(3_000);
    await show(arn);
    expect(await usersOf(arn)).toEqual([world.distribution.arn]);
    expect(await refusal(remove(arn))).toMatchObject({ name: "ResourceInUseException", status: 400 });
  });

  it("is in use until the distribution is deployed without it, and for some seconds after", async () => {
    const [first, second] = [await put(), await put()];
    await world.clock.advance(3_000);
    await show(first);
    await world.clock.advance(300_000);
    await show(second);
    expect((await refusal(remove(first))).name).toBe("ResourceInUseException");
    await world.clock.advance(300_000);
    expect(await usersOf(first)).toEqual([]);
    expect((await refusal(remove(first))).name).toBe("ResourceInUseException");
    await world.clock.advance(10_000);
    await remove(first);
  });

  it("changes at the edges when something else is imported under its ARN", async () => {
    const arn = await put();
    await world.clock.advance(3_000);
    await show(arn);
    const source = world.cloud.distributionSource(world.distribution.arn);
    let changes = 0;
    source.subscribe(() => {
      changes += 1;
    });
    const next = client();
    await put(next, arn);
    expect(changes).toBe(1);
    expect(source.current().origins.find(({ id }) => id === "app")?.shows).toMatchObject({ key: next.key });
    expect(world.cloud.inventory().certificates).toEqual([
      { region: "us-east-1", names: [], certificate: next.certificate },
    ]);
  });
});
