export type { AccessKey } from "./access.ts";
export {
  type Aws,
  type AwsOptions,
  aws,
  type BucketOptions,
  type ForeignTrustStoreOptions,
  type ListenerOptions,
} from "./aws.ts";
export type { Elbv2Lags, Elbv2Quotas } from "./elbv2/call.ts";
export type { Versioning } from "./s3/models.ts";
