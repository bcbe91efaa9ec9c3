export { type AlbAdapter, type AlbOptions, alb } from "./alb/adapter.ts";
export type { ElbSource } from "./alb/sdk-client.ts";
export type { AlbTarget } from "./alb/target.ts";
export type { RightsSources } from "./iam/sdk-client.ts";
export type { S3Source } from "./s3/sdk-client.ts";
export { type S3JournalOptions, s3Journal } from "./s3-journal/s3-journal.ts";
