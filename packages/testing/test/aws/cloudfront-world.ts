import { Readable } from "node:stream";
import { ACMClient, ImportCertificateCommand } from "@aws-sdk/client-acm";
import {
  CloudFrontClient,
  type CloudFrontClientConfig,
  CreateTrustStoreCommand,
  type CreateTrustStoreCommandInput,
  GetDistributionConfigCommand,
  type GetDistributionConfigCommandOutput,
  GetTrustStoreCommand,
  UpdateDistributionCommand,
} from "@aws-sdk/client-cloudfront";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type AwsOptions, aws, faults, simulate, turnableClock } from "../../src/index.ts";

/** A simulated account with a bucket of bundles, and SDK clients connected to it over loopback. */
export async function cloudfrontWorld(options: AwsOptions = {}) {
  // ACM takes what is valid by now: certificates that openssl makes while a test is on its way.
  const clock = turnableClock(Date.now() + 60_000);
  const storm = faults();
  const cloud = aws({ clock, faults: storm, ...options });
  const services = [cloud.s3, cloud.acm, cloud.cloudfront];
  const simulation = simulate({ services, clock });
  const { origins, close } = await simulation.listen();
  const settings = { credentials: cloud.credentials, maxAttempts: 1 };
  const clientWith = (config: CloudFrontClientConfig = {}) =>
    new CloudFrontClient({ ...settings, region: "us-east-1", endpoint: origins.cloudfront ?? "", ...config });
  const cloudfront = clientWith();
  const s3 = new S3Client({
    ...settings,
    region: cloud.region,
    endpoint: origins.s3 ?? "",
    forcePathStyle: true,
  });
  const acm = new ACMClient({ ...settings, region: "us-east-1", endpoint: origins.acm ?? "" });
  cloud.createBucket("bundles", { versioning: "Enabled" });

  const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket: "bundles", Key, Body }));
  const bundle = (Key: string) => ({
    CaCertificatesBundleS3Location: { Bucket: "bundles", Key, Region: cloud.region },
  });

  return {
    clock,
    cloud,
    storm,
    simulation,
    origins,
    cloudfront,
    clientWith,
    s3,
    acm,
    close,
    put,
    bundle,
    /** Makes a trust store of a bundle, and answers with its id; it is active when the clock was turned. */
    store: async (Name: string, key: string, rest: Partial<CreateTrustStoreCommandInput> = {}) => {
      const { TrustStore } = await cloudfront.send(
        new CreateTrustStoreCommand({ Name, CaCertificatesBundleSource: bundle(key), ...rest }),
      );
      return TrustStore?.Id ?? "";
    },
    /** Imports a certificate into ACM in us-east-1, visible once the clock was turned. */
    importCertificate: async ({ certificate, key }: { certificate: string; key: string }) => {
      const { CertificateArn = "" } = await acm.send(
        new ImportCertificateCommand({
          Certificate: Buffer.from(certificate),
          PrivateKey: Buffer.from(key),
        }),
      );
      await clock.advance(5_000);
      return CertificateArn;
    },
    etagOf: async (Identifier: string) =>
      (await cloudfront.send(new GetTrustStoreCommand({ Identifier }))).ETag,
    config: (Id: string) => cloudfront.send(new GetDistributionConfigCommand({ Id })),
    /** Reads, changes and writes a configuration as the SDK knows it. */
    update: async (
      Id: string,
      change: (config: NonNullable<GetDistributionConfigCommandOutput["DistributionConfig"]>) => object,
    ) => {
      const { DistributionConfig, ETag } = await cloudfront.send(new GetDistributionConfigCommand({ Id }));
      if (DistributionConfig === undefined) throw new Error("there is no configuration");
      return cloudfront.send(
        new UpdateDistributionCommand({
          Id,
          IfMatch: ETag,
          DistributionConfig: { ...DistributionConfig, ...change(DistributionConfig) },
        }),
      );
    },
    /** The configuration as it is on the wire. */
    readRaw: async (Id: string) => {
      const command = new GetDistributionConfigCommand({ Id });
      let xml = "";
      command.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          const response = result.response as { body: Readable };
          for await (const chunk of response.body) xml += chunk;
          response.body = Readable.from([Buffer.from(xml)]);
          return result;
        },
        { step: "deserialize", priority: "low" },
      );
      const { ETag = "" } = await cloudfront.send(command);
      return { xml, etag: ETag };
    },
    /** Writes a configuration as it is. */
    writeRaw: (Id: string, { xml, etag }: { readonly xml: string; readonly etag: string | undefined }) => {
      const command = new UpdateDistributionCommand({ Id, IfMatch: etag, DistributionConfig: undefined });
      command.middlewareStack.add(
        (next) => (args) => {
          const request = args.request as { body: string; headers: Record<string, string> };
          request.body = xml;
          request.headers["content-length"] = String(Buffer.byteLength(xml));
          request.headers["content-type"] = "application/xml";
          return next(args);
        },
        { step: "build" },
      );
      return cloudfront.send(command);
    },
  };
}

/** What is connected. */
export type CloudfrontTestWorld = Awaited<ReturnType<typeof cloudfrontWorld>>;
