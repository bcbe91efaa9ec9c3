/** When to give a link up. */
export interface LinkLimits {
  readonly signal: AbortSignal;
  /** Milliseconds until all of the text must be there. */
  readonly timeoutMs: number;
}

/**
 * Reads the text behind a presigned link. A link runs out after ten minutes, so a fresh one is asked for once when the
 * first does not work. What it throws looks like an error of the SDK, and never holds the link, which is a credential.
 */
export async function followLink(
  fetch: typeof globalThis.fetch,
  linkOf: () => Promise<string | undefined>,
  limits: LinkLimits,
): Promise<string> {
  for (let triesLeft = 1; ; triesLeft -= 1) {
    const link = await linkOf();
    if (link === undefined) throw brokenLink("the answer holds no link", undefined);
    const answer = await request(fetch, link, limits);
    if (typeof answer === "string") return answer;
    if (triesLeft === 0) throw answer;
  }
}

async function request(
  fetch: typeof globalThis.fetch,
  link: string,
  { signal, timeoutMs }: LinkLimits,
): Promise<string | Error> {
  try {
    const response = await fetch(link, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (response.ok) return await response.text();
    await response.body?.cancel();
    return brokenLink(`its presigned link answers with HTTP ${response.status}`, response.status);
  } catch {
    if (signal.aborted) throw Object.assign(new Error("called off"), { name: "AbortError" });
    return brokenLink("its presigned link does not answer", undefined);
  }
}

/** Always worth another try: the link is the service's own, and the next one is another. */
function brokenLink(reason: string, httpStatusCode: number | undefined): Error {
  return Object.assign(new Error(reason), { name: "ServiceUnavailable", $metadata: { httpStatusCode } });
}
