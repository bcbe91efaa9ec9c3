export type { ValidationRecord } from "./acm/port.ts";
export {
  type AcmCallOptions,
  type CertificateRequested,
  type CertificateRequestOptions,
  type CertificateStatus,
  readCertificateStatus,
  requestCertificate,
} from "./acm/request-certificate.ts";
export type { AcmSource } from "./acm/sdk-client.ts";
export { type AlbAdapter, type AlbOptions, alb } from "./alb/adapter.ts";
export type { ElbSource } from "./alb/sdk-client.ts";
export type { AlbTarget } from "./alb/target.ts";
export { type CloudFrontAdapter, type CloudFrontOptions, cloudfront } from "./cloudfront/adapter.ts";
export type { CloudFrontTarget } from "./cloudfront/target.ts";
export {
  type CloudFrontOriginAdapter,
  type CloudFrontOriginOptions,
  cloudfrontOrigin,
} from "./cloudfront-origin/adapter.ts";
export type { OriginTarget } from "./cloudfront-origin/target.ts";
export { type AlbConnectionLogOptions, albConnectionLog } from "./connection-logs/alb-connection-log.ts";
export {
  type CloudFrontConnectionLogOptions,
  cloudfrontConnectionLog,
} from "./connection-logs/cloudfront-connection-log.ts";
export type { LogBucketOptions } from "./connection-logs/read-options.ts";
export type { CloudFrontSource } from "./distribution/sdk-client.ts";
export type { RightsSources } from "./iam/sdk-client.ts";
export type { KeyValueSource } from "./revocation/sdk-client.ts";
export type { S3Source } from "./s3/sdk-client.ts";
export { type S3JournalOptions, s3Journal } from "./s3-journal/s3-journal.ts";
export { type S3TextBucket, type S3TextOptions, s3Text } from "./s3-text/s3-text.ts";
