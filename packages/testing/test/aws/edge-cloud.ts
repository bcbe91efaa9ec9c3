import {
  CloudFrontClient,
  type CloudFrontClientConfig,
  CreateKeyValueStoreCommand,
  type CreateKeyValueStoreCommandInput,
  DescribeKeyValueStoreCommand,
} from "@aws-sdk/client-cloudfront";
import {
  CloudFrontKeyValueStoreClient,
  type CloudFrontKeyValueStoreClientConfig,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { S3Client } from "@aws-sdk/client-s3";
import "@aws-sdk/signature-v4a";
import {
  type AwsOptions,
  aws,
  faults,
  keyValueStoreEndpoint,
  simulate,
  turnableClock,
} from "../../src/index.ts";

/** A simulated account on loopback, with the clients of CloudFront and of its key value stores. */
export async function edgeCloud(options: AwsOptions = {}) {
  const clock = turnableClock();
  const storm = faults();
  const cloud = aws({ clock, faults: storm, ...options });
  const simulation = simulate({ services: [cloud.cloudfront, cloud.keyValueStore, cloud.s3], clock });
  const { origins, close } = await simulation.listen();
  const { credentials } = cloud;
  const settings = { region: "us-east-1", credentials, maxAttempts: 1 };
  const cloudfront = (config: CloudFrontClientConfig = {}) =>
    new CloudFrontClient({ ...settings, endpoint: origins.cloudfront ?? "", ...config });
  const values = (config: CloudFrontKeyValueStoreClientConfig = {}) =>
    new CloudFrontKeyValueStoreClient({
      ...settings,
      ...keyValueStoreEndpoint(origins["cloudfront-keyvaluestore"] ?? ""),
      ...config,
    });
  const client = cloudfront();
  return {
    clock,
    storm,
    cloud,
    simulation,
    close,
    cloudfront: client,
    cloudfrontWith: cloudfront,
    values: values(),
    valuesWith: values,
    valuesAt: origins["cloudfront-keyvaluestore"] ?? "",
    s3: new S3Client({ ...settings, endpoint: origins.s3 ?? "", forcePathStyle: true }),
    /** Makes a store and waits until it is ready. */
    store: async (Name: string, more: Partial<CreateKeyValueStoreCommandInput> = {}): Promise<string> => {
      const { KeyValueStore } = await client.send(new CreateKeyValueStoreCommand({ Name, ...more }));
      await clock.advance(60_000);
      return KeyValueStore?.ARN ?? "";
    },
    /** The ETag of the control plane. */
    controlEtag: async (Name: string): Promise<string> =>
      (await client.send(new DescribeKeyValueStoreCommand({ Name }))).ETag ?? "",
  };
}
