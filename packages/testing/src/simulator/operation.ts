const operation = Symbol.for("handfast.operation");

/**
 * For services: marks an answer with the provider's own name of the operation, for the call log.
 * The mark is no header: it does not reach the client.
 */
export function withOperation(response: Response, name: string): Response {
  return Object.defineProperty(response, operation, { value: name, configurable: true });
}

/** The operation that an answer was marked with, if any. */
export function operationOf(response: Response): string | undefined {
  const name = (response as { [operation]?: unknown })[operation];
  return typeof name === "string" ? name : undefined;
}
