/** `@handfast/pki/serverless-ca`: the open-source serverless CA as an issuer. Apart, so that nothing else loads an AWS SDK. */
export type { LambdaSource, S3Source } from "./sdk-client.ts";
export { type ServerlessCa, type ServerlessCaOptions, serverlessCa } from "./serverless-ca.ts";
