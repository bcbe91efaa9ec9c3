/**
 * A simulated provider: a function from a fetch `Request` to a `Response`, with state behind it.
 *
 * The same service is reached in two ways: in the process through msw, and over plain HTTP on loopback.
 */
export interface SimulatedService {
  /** Short and unique, e.g. `s3`, `elbv2`, `cloudflare`. */
  readonly name: string;
  /** Whether a request that was sent to the provider's real host name is for this service. */
  owns(url: URL): boolean;
  /** Answers as the provider would. Never throws for a bad request: a provider answers with its own refusal. */
  handle(request: Request): Promise<Response>;
}
