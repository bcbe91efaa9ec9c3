import type { VerifierFacts } from "../adapter/adapter-facts.ts";

/** What a verifier's provider is like: the rules by which it judges. */
export type Rules = Pick<
  VerifierFacts,
  "maxIntermediates" | "partialChain" | "crlRule" | "chainChoice" | "securityLevel" | "crlChoice"
>;

/** The security level of a provider that tells none: RSA from 2,048 bits on, and no SHA-1. */
export const cautiousLevel = 2;
